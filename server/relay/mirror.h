/* SPDX-License-Identifier: MIT */
/* mirror.h - the members of other shards, as those shards tell of them: what an open room shows of the rest of the system.
 *
 * Each seat is told of by its home alone. Whose it is when two claim it: the one to whom it moved more often, else the shard with the
 * smaller number. */
#ifndef PARLEY_RELAY_MIRROR_H
#define PARLEY_RELAY_MIRROR_H

#include "bus.pb-c.h"
#include "seat.h"
#include "shards.h"

#define MIRROR_DOUBT (300 * MS) /* a seat that its home does not name any more is kept for: it may have moved */

/* One of `from`'s came or changed. */
void mirror_put(struct relay *r, struct room *room, uint32_t from, const Parley__Bus__V1__Seat *m, usec_t now);
/* A part of all of `from`'s. */
void mirror_state(struct relay *r, struct room *room, uint32_t from, const Parley__Bus__V1__State *m, usec_t now);
void mirror_gone(struct relay *r, struct room *room, uint32_t from, const Parley__Bus__V1__Gone *m, usec_t now);
/* The room is closed there: all of `from`'s are gone, unless they turn up elsewhere within MIRROR_DOUBT. */
void mirror_done(struct relay *r, struct room *room, uint32_t from, usec_t now);
/* The shard cannot be reached: its members are away, and gone after a while unless somebody takes their seats up. */
void mirror_lost(struct relay *r, struct room *room, uint32_t from, usec_t now);
/* What is wanted here of its members is told again. */
void mirror_want_again(struct relay *r, struct room *room, uint32_t from);

#endif
