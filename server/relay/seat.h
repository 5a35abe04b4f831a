/* SPDX-License-Identifier: MIT */
/* seat.h - a member of a room: name, role, tracks, wants, and whether anybody sits in it just now. What it is, and by which token it is
 * known; how people come to sit there and leave is in seating.h.
 *
 * A seat outlives its session for hold_ms, so that a lost connection can be taken up again under the same member id. Its home is the
 * shard on which the session is, or was last; a seat with another home is what that shard says of it, and has no session here. */
#ifndef PARLEY_RELAY_SEAT_H
#define PARLEY_RELAY_SEAT_H

#include "feed.h"
#include "room.h"
#include "session.h"
#include "tokens.h"

#define SEEN_MAX 32

/* Up to where this member was sent a layer that it no longer watches: nothing can be sent twice, for it would not be opened again. */
struct seen {
    uint64_t track; /* track_key(); 0: none */
    uint32_t newest[WIRE_LAYERS_MAX];
};

/* See probe.h. */
struct probe {
    struct timer timer; /* set while padding is sent */
    uint32_t goal_bps, proved_bps; /* proved 0: nothing */
    usec_t began, proved_at, after, wait; /* after: not again before then */
};

struct seat {
    uint32_t id;
    struct room *room;
    uint32_t place; /* in room->seats */
    uint32_t local_place; /* in room->local, when its home is here */
    struct session *session; /* NULL while away */
    char name[WIRE_NAME_MAX + 1];
    uint32_t role; /* proto Role; written by seat_set_role() */
    uint32_t spoke_in; /* voices.serial of the last packet with this member's sound */
    uint32_t home; /* a shard's number */
    uint32_t moves; /* from shard to shard so far */
    uint64_t order; /* of joining */
    bool elsewhere; /* the home is another shard */
    bool away; /* of another home: nobody sits there, or the shard cannot be reached */
    bool stale; /* of another home: not named yet in the State that is coming */
    bool has_token;
    bool has_shown; /* the client may not have its new token yet: it has said nothing since the Welcome */
    uint8_t token_hash[TOKEN_HASH_BYTES]; /* what other shards know of the token */
    uint8_t salt[WIRE_SALT_BYTES];
    uint8_t token[WIRE_RESUME_BYTES];
    uint8_t shown[WIRE_RESUME_BYTES]; /* the token with which the seat was taken up, while has_shown */
    struct feed *feeds[WIRE_TRACKS_MAX + 1]; /* by track id */
    struct sub **subs; /* what this member wants to see, in order of priority */
    uint32_t sub_count, sub_cap;
    struct map wanted; /* track_key() -> struct sub */
    struct seen seen[SEEN_MAX]; /* a ring */
    uint32_t seen_next;
    /* Set by whoever changes something; who fires is settled in seating.c. */
    struct timer hold; /* gives up the seat */
    struct timer report; /* tells the publisher what came */
    struct timer demand; /* tells the publisher what is wanted of it */
    usec_t demand_after; /* and not before then */
    struct timer share; /* divides the receiver's path anew */
    struct probe probe;
};

static inline uint64_t track_key(uint32_t member, uint32_t track) { return (uint64_t)member << 32 | track; }

bool seat_is_local(const struct relay *r, const struct seat *seat);
bool seat_is_away(const struct seat *seat);
void seat_set_role(struct seat *seat, uint32_t role);

/* Gives a seat in `room` with its home here and a token, or NULL; *err is then ERR_FULL or ERR_NOMEM. `was`: what a token said of the seat,
 * which nobody remembers: it is as it was then; NULL: a new one. */
struct seat *seat_new(struct relay *r, struct room *room, const struct token_seat *was, int *err);
/* One with its home there, or NULL: the room is full, or memory is short. */
struct seat *seat_new_remote(struct relay *r, struct room *room, uint32_t id, uint32_t home);
/* Takes it out of the room. No session, track, want or timer hangs on it any more. */
void seat_del(struct relay *r, struct seat *seat);

/* ---- tokens ---- */

/* The local seat that a resume token stands for, or NULL. */
struct seat *seat_of_token(struct relay *r, const uint8_t *token, size_t len);
/* Gives the seat a new token; `shown`, of WIRE_RESUME_BYTES, with which it was taken up, is good until seat_confirm(), for the Welcome with
 * the new one may be lost. */
void seat_renew_token(struct relay *r, struct seat *seat, const uint8_t *shown);
/* The client has its new token. */
void seat_confirm(struct relay *r, struct seat *seat);
/* No token is good for it here any more. */
void seat_revoke(struct relay *r, struct seat *seat);
/* The seat of another shard that a resume token stands for, or NULL. */
struct seat *seat_elsewhere(struct relay *r, const uint8_t *token, size_t len);
/* What can be shown for a seat of another shard: `hash` of TOKEN_HASH_BYTES, or len 0. */
void seat_set_hash(struct relay *r, struct seat *seat, const uint8_t *hash, size_t len);

#endif
