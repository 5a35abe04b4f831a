/* SPDX-License-Identifier: MIT */
/* seat.h - a member of a room: name, role, tracks, wants, and whether anybody sits in it just now.
 *
 * A seat outlives its session for hold_ms, so that a lost connection can be taken up again under the same member id. */
#ifndef PARLEY_RELAY_SEAT_H
#define PARLEY_RELAY_SEAT_H

#include "feed.h"
#include "room.h"
#include "session.h"

#define SEEN_MAX 32

/* Up to where this member was sent a layer that it no longer watches: nothing can be sent twice, for it would not be opened again. */
struct seen {
    uint64_t track; /* track_key(); 0: none */
    uint32_t newest[WIRE_LAYERS_MAX];
};

struct seat {
    uint32_t id;
    struct room *room;
    uint32_t place;          /* in room->seats */
    uint32_t local_place;    /* in room->local, when its home is here */
    struct session *session; /* NULL while away */
    char name[WIRE_NAME_MAX + 1];
    uint32_t role; /* proto Role */
    uint32_t spoke_in; /* voices.serial of the last packet with this member's sound */
    uint8_t salt[WIRE_SALT_BYTES];
    uint8_t token[WIRE_RESUME_BYTES];
    struct feed *feeds[WIRE_TRACKS_MAX + 1]; /* by track id */
    struct sub **subs;                       /* what this member wants to see, in order of priority */
    uint32_t sub_count, sub_cap;
    struct map wanted;                       /* track_key() -> struct sub */
    struct seen seen[SEEN_MAX];              /* a ring */
    uint32_t seen_next;
    struct timer hold;   /* gives up the seat */
    struct timer report; /* tells the publisher what came */
    struct timer demand; /* tells the publisher what is wanted of it */
    usec_t demand_after; /* and not before then */
    struct timer share;  /* divides the receiver's path anew */
};

static inline uint64_t track_key(uint32_t member, uint32_t track) { return (uint64_t)member << 32 | track; }

/* Gives a seat in `room` for `session`, or NULL; *err is then ERR_FULL or ERR_NOMEM. Nobody is told yet. */
struct seat *seat_new(struct relay *r, struct room *room, struct session *session, int *err);
/* The seat that a resume token stands for, or NULL. */
struct seat *seat_of_token(struct relay *r, const uint8_t *token, size_t len);
/* Another connection takes the seat; one that still sits there is told `replaced`. A new token is given. */
void seat_resume(struct relay *r, struct seat *seat, struct session *session, usec_t now);
/* The session is gone. The seat is held for a while, or given up at once. */
void seat_lost(struct relay *r, struct seat *seat, bool hold, usec_t now);
/* Gives the seat up: others are told, the room may go with it. */
void seat_leave(struct relay *r, struct seat *seat, usec_t now);
void seat_unpublish(struct relay *r, struct seat *seat, uint32_t track);

#endif
