/* SPDX-License-Identifier: MIT */
/* seating.h - people take seats, come back to them, move between shards and leave: what becomes of the session, of what they publish and
 * want, and who is told. A room in which nobody sits any more is closed. */
#ifndef PARLEY_RELAY_SEATING_H
#define PARLEY_RELAY_SEATING_H

#include "seat.h"

/* `session` sits in a new seat: NULL, *err is then ERR_FULL or ERR_NOMEM. Nobody is told yet. */
struct seat *seating_begin(struct relay *r, struct room *room, struct session *session, int *err);
/* The same in a seat that nobody remembers, as `token`, which was shown, says that it `was`. */
struct seat *seating_restore(struct relay *r, struct room *room, struct session *session, const struct token_seat *was,
                             const uint8_t *token, int *err);
/* Another connection takes the seat; one that still sits there is told `replaced`. A new token is given; `token` was shown. */
void seating_resume(struct relay *r, struct seat *seat, struct session *session, const uint8_t *token, usec_t now);
/* The session is gone. The seat is held for a while, or given up at once. */
void seating_lost(struct relay *r, struct seat *seat, bool hold, usec_t now);
/* Gives a local seat up: others are told, the room may go with it. */
void seating_leave(struct relay *r, struct seat *seat, usec_t now);

/* A seat with its home there, or NULL. Nobody is told. */
struct seat *seating_mirror(struct relay *r, struct room *room, uint32_t id, uint32_t home);
/* It gets its home here, for `session`, which has shown `token`. ERR_NOMEM. Nobody is told. */
int seating_take_over(struct relay *r, struct seat *seat, struct session *session, const uint8_t *token);
/* It got its home there: a connection that still sits here is told `replaced`. Nobody else is told. */
void seating_move(struct relay *r, struct seat *seat, uint32_t home, usec_t now);
/* One of another shard is given up; those here are told. */
void seating_drop(struct relay *r, struct seat *seat, usec_t now);

/* Closes the room if nobody sits in it here or waits: other shards are told. */
void seating_release(struct relay *r, struct room *room);

#endif
