/* SPDX-License-Identifier: MIT */
/* room.h - one meeting: its seats, and telling all of them something. Made by the first who comes, gone with the last (seating.h).
 *
 * A room may have members on other shards. It is open here as long as somebody sits in it here, or waits to be let in; until then
 * this shard knows nothing of it. */
#ifndef PARLEY_RELAY_ROOM_H
#define PARLEY_RELAY_ROOM_H

#include "bulletin.h"
#include "map.h"
#include "parley.pb-c.h"
#include "relay.h"
#include "timers.h"
#include "voices.h"
#include "wire/wire.h"

#define ROOM_ID_BYTES 16
#define ROOM_ORDER_MAX ((uint64_t)1 << 53) /* of joining: more would be a mistake of another shard's */
#define ROOM_FIRST_IDS                                                                                                             \
    4096 /* another life of a relay or room gives ids from elsewhere below this on, so that those of the last do not come again */
#define ROOM_MIRRORED_FACTOR 2 /* members of all shards, against the limit of one: two may let somebody in at once */

struct seat;

struct room {
    uint8_t id[ROOM_ID_BYTES]; /* BLAKE2b of the name: the same on all shards */
    uint64_t hash; /* of the id, by a secret: in relay.rooms */
    char name[WIRE_MEETING_MAX + 1];
    struct seat **seats; /* compact, in no order; of all shards */
    uint32_t count, cap;
    struct seat **local; /* those of them that have their home here */
    uint32_t local_count, local_cap;
    struct map by_id;
    struct voices voices;
    struct bulletin bulletin;
    uint32_t ids; /* the last that was given, by a relay alone */
    uint64_t order; /* of joining: the largest known */
    uint32_t hosts;
    usec_t partial_until; /* people of an earlier life of it may come back: no roster is whole */

    struct room_shard *shards; /* others that were asked or heard of */
    uint32_t shard_count, shard_cap;
    uint32_t *hearing; /* those of them that have somebody in the room */
    uint32_t hearing_count;

    bool asking; /* whoever comes waits until the others have answered, or have had the time */
    struct timer asked;
    struct arrival *first_arrival, *last_arrival; /* who waits: hello.h */
    uint32_t pins; /* it is being worked on: not to be closed */
};

/* Finds or makes; NULL: over the limit of rooms, or memory is short. */
struct room *room_get(struct relay *r, const char *name);
/* The one that is open here, or NULL. */
struct room *room_find(const struct relay *r, const uint8_t id[ROOM_ID_BYTES]);
/* It has no seats any more. */
void room_del(struct relay *r, struct room *room);
/* Gives the seat an id and a place in the order, unless it has an id. ERR_FULL over the limit of members, ERR_NOMEM. */
int room_add(struct relay *r, struct room *room, struct seat *seat);
/* A seat with an id of another shard's. */
int room_add_remote(struct relay *r, struct room *room, struct seat *seat);
void room_remove(struct room *room, struct seat *seat);
/* The seat, which is in the room, got its home here, or lost it. ERR_NOMEM. */
int room_list_local(struct room *room, struct seat *seat);
void room_unlist_local(struct room *room, struct seat *seat);
struct seat *room_seat(const struct room *room, uint32_t id);
/* To everybody here with a live session but `except` (may be NULL). */
void room_tell(struct relay *r, struct room *room, const struct seat *except, const Parley__V1__Control *m, usec_t now);

#endif
