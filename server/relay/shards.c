/* SPDX-License-Identifier: MIT */
#include "shards.h"

#include <stdlib.h>

#include "room.h"
#include "state.h"

#define LIST_FIRST 4

/* ---- who is up ---- */

struct shard *shards_find(const struct relay *r, uint32_t number) { return map_get(&r->shards.by_number, number); }

bool shards_is_up(const struct relay *r, uint32_t number) { return shards_find(r, number) != NULL; }

static int grow(struct shards *all)
{
    if (all->count < all->cap)
        return 0;
    uint32_t next = all->cap ? all->cap * 2 : LIST_FIRST;
    struct shard **grown = realloc(all->list, next * sizeof(struct shard *));
    if (!grown)
        return -1;
    all->list = grown;
    all->cap = next;
    return 0;
}

struct shard *shards_add(struct shards *all, uint32_t number)
{
    struct shard *s = all->count < SHARDS_MAX && grow(all) == 0 ? calloc(1, sizeof(*s)) : NULL;
    if (!s || map_put(&all->by_number, number, s) != 0) {
        free(s);
        return NULL;
    }
    s->number = number;
    s->place = all->count;
    all->list[all->count++] = s;
    return s;
}

void shards_drop(struct relay *r, struct shard *s)
{
    struct shard *last = r->shards.list[--r->shards.count];
    r->shards.list[s->place] = last;
    last->place = s->place;
    timer_stop(&r->timers, &s->resync);
    map_take(&r->shards.by_number, s->number);
    free(s);
}

void shards_free(struct relay *r)
{
    while (r->shards.count)
        shards_drop(r, r->shards.list[r->shards.count - 1]);
    map_free(&r->shards.by_number);
    free(r->shards.list);
}

/* ---- as one room sees them ---- */

struct room_shard *shards_of(const struct room *room, uint32_t number)
{
    for (uint32_t i = 0; i < room->shard_count; i++)
        if (room->shards[i].number == number)
            return &room->shards[i];
    return NULL;
}

static int room_grow(struct room *room)
{
    if (room->shard_count < room->shard_cap)
        return 0;
    uint32_t next = room->shard_cap ? room->shard_cap * 2 : LIST_FIRST;
    struct room_shard *shards = realloc(room->shards, next * sizeof(*shards));
    if (!shards)
        return -1;
    room->shards = shards;
    uint32_t *hearing = realloc(room->hearing, next * sizeof(*hearing));
    if (!hearing)
        return -1;
    room->hearing = hearing;
    room->shard_cap = next;
    return 0;
}

struct room_shard *shards_note(struct room *room, uint32_t number)
{
    struct room_shard *s = shards_of(room, number);
    if (s || room_grow(room) != 0)
        return s;
    s = &room->shards[room->shard_count++];
    *s = (struct room_shard){.number = number};
    return s;
}

static void list_hearing(struct room *room)
{
    room->hearing_count = 0;
    for (uint32_t i = 0; i < room->shard_count; i++)
        if (room->shards[i].here)
            room->hearing[room->hearing_count++] = room->shards[i].number;
}

void shards_here(struct room *room, struct room_shard *s, bool here)
{
    if (s->here == here)
        return;
    s->here = here;
    list_hearing(room);
}

void shards_heard(struct room *room, uint32_t number)
{
    struct room_shard *s = shards_note(room, number);
    if (s)
        shards_here(room, s, true);
}

void shards_forget(struct room *room, uint32_t number)
{
    struct room_shard *s = shards_of(room, number);
    if (!s)
        return;
    *s = room->shards[--room->shard_count];
    list_hearing(room);
}

bool shards_awaited(const struct room *room)
{
    for (uint32_t i = 0; i < room->shard_count; i++)
        if (room->shards[i].asked)
            return true;
    return false;
}
