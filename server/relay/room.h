/* SPDX-License-Identifier: MIT */
/* room.h - one meeting: its seats, and telling all of them something. Made by the first who comes, gone with the last. */
#ifndef PARLEY_RELAY_ROOM_H
#define PARLEY_RELAY_ROOM_H

#include "map.h"
#include "parley.pb-c.h"
#include "relay.h"
#include "voices.h"
#include "wire/wire.h"

struct seat;

struct room {
    uint64_t hash;
    char name[WIRE_MEETING_MAX + 1];
    struct seat **seats; /* compact, in no order; of all shards */
    uint32_t count, cap;
    struct seat **local; /* those of them that have their home here */
    uint32_t local_count, local_cap;
    struct map by_id;
    struct voices voices;
    uint32_t ids; /* given so far */
};

/* Finds or makes; NULL: over the limit of rooms, or memory is short. */
struct room *room_get(struct relay *r, const char *name);
/* Frees the room if nobody sits in it. */
void room_release(struct relay *r, struct room *room);
/* ERR_FULL over the limit of members, ERR_NOMEM. */
int room_add(struct relay *r, struct room *room, struct seat *seat);
void room_remove(struct room *room, struct seat *seat);
struct seat *room_seat(const struct room *room, uint32_t id);
/* The one who has been here longest, or NULL. */
struct seat *room_eldest(const struct room *room);
/* To everybody with a live session but `except` (may be NULL). */
void room_tell(struct relay *r, struct room *room, const struct seat *except, const Parley__V1__Control *m, usec_t now);

#endif
