/* SPDX-License-Identifier: MIT */
/* shards.h - the other shards of the system: which can be reached, and which of them share a room.
 *
 * Whoever opens a room here asks all shards that are up who is there (Ask), and each answers with its own members (State). A shard
 * that was asked knows from then on that this one wants to hear of changes, and asks in its turn if it knows nothing of it. After a
 * gap, and when a shard comes up, all rooms that are open here are asked for again. */
#ifndef PARLEY_RELAY_SHARDS_H
#define PARLEY_RELAY_SHARDS_H

#include "map.h"
#include "timers.h"

struct relay;
struct room;

#define SHARDS_MAX (1u << 14)
#define SHARDS_PATIENCE (250 * MS) /* for the answers of all, when a room is opened */
#define SHARDS_RESYNC_EVERY (500 * MS)

/* One that is up. */
struct shard {
    uint32_t number;
    uint32_t place; /* in shards.list */
    usec_t resynced_at;
    struct timer resync;
};

struct shards {
    struct map by_number;
    struct shard **list; /* compact, of those that are up */
    uint32_t count, cap;
};

/* Another shard as one room sees it. */
struct room_shard {
    uint32_t number;
    bool asked; /* and has not answered yet */
    bool known; /* its State has come */
    bool here;  /* it has somebody in the room, or is about to */
};

bool shards_is_up(const struct relay *r, uint32_t number);
struct shard *shards_find(const struct relay *r, uint32_t number);
/* NULL: there are too many, or memory is short. The timer is the caller's to set up. */
struct shard *shards_add(struct shards *all, uint32_t number);
void shards_drop(struct relay *r, struct shard *s);
void shards_free(struct relay *r);

struct room_shard *shards_of(const struct room *room, uint32_t number);
/* Finds or makes; NULL: memory is short. */
struct room_shard *shards_note(struct room *room, uint32_t number);
/* A frame came that shows that the shard has somebody in the room. */
void shards_heard(struct room *room, uint32_t number);
/* It has somebody in the room, or not any more: voices, news and chat go there, or do not. */
void shards_here(struct room *room, struct room_shard *s, bool here);
/* Forgets what the room knows of that shard. */
void shards_forget(struct room *room, uint32_t number);
/* Whether an answer is still awaited. */
bool shards_awaited(const struct room *room);

#endif
