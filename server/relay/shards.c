/* SPDX-License-Identifier: MIT */
#include "shards.h"

#include <stdlib.h>

#include "bus.h"
#include "mirror.h"
#include "room.h"
#include "state.h"

#define LIST_FIRST 4

/* ---- who is up ---- */

static struct shard *find(const struct relay *r, uint32_t number) { return map_get(&r->shards.by_number, number); }

bool shards_is_up(const struct relay *r, uint32_t number) { return find(r, number) != NULL; }

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

static void ask(struct relay *r, struct room *room, uint32_t number);

static void ask_for_all_rooms(struct relay *r, uint32_t number)
{
    size_t at = 0;
    for (struct room *room; (room = map_next(&r->rooms, &at));)
        ask(r, room, number);
}

static void on_resync(struct relay *r, void *owner, usec_t now)
{
    struct shard *s = owner;
    s->resynced_at = now;
    ask_for_all_rooms(r, s->number);
}

static struct shard *add(struct shards *all, uint32_t number)
{
    struct shard *s = all->count < SHARDS_MAX && grow(all) == 0 ? calloc(1, sizeof(*s)) : NULL;
    if (!s || map_put(&all->by_number, number, s) != 0) {
        free(s);
        return NULL;
    }
    s->number = number;
    s->place = all->count;
    s->resync = (struct timer){.fire = on_resync, .owner = s};
    all->list[all->count++] = s;
    return s;
}

void shards_up(struct relay *r, uint32_t number, usec_t now)
{
    struct shard *s = find(r, number) ? NULL : add(&r->shards, number);
    if (!s)
        return;
    s->resynced_at = now;
    ask_for_all_rooms(r, number);
}

static void drop(struct relay *r, struct shard *s)
{
    struct shard *last = r->shards.list[--r->shards.count];
    r->shards.list[s->place] = last;
    last->place = s->place;
    timer_stop(&r->timers, &s->resync);
    map_take(&r->shards.by_number, s->number);
    free(s);
}

void shards_down(struct relay *r, uint32_t number, usec_t now)
{
    struct shard *s = find(r, number);
    if (!s)
        return;
    drop(r, s);
    size_t at = 0;
    for (struct room *room; (room = map_next(&r->rooms, &at));)
        mirror_lost(r, room, number, now);
}

void shards_resync(struct relay *r, uint32_t number, usec_t now)
{
    struct shard *s = find(r, number);
    if (s)
        timer_set_earlier(&r->timers, &s->resync, usec_max(now, s->resynced_at + SHARDS_RESYNC_EVERY));
}

void shards_free(struct relay *r)
{
    while (r->shards.count)
        drop(r, r->shards.list[r->shards.count - 1]);
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

static struct room_shard *room_add_shard(struct room *room, uint32_t number)
{
    struct room_shard *s = shards_of(room, number);
    if (s || room_grow(room) != 0)
        return s;
    s = &room->shards[room->shard_count++];
    *s = (struct room_shard){.number = number};
    return s;
}

static void ask(struct relay *r, struct room *room, uint32_t number)
{
    struct room_shard *s = room_add_shard(room, number);
    if (!s)
        return;
    s->asked = true;
    bus_ask(r, room, number);
}

bool shards_ask_all(struct relay *r, struct room *room)
{
    for (uint32_t i = 0; i < r->shards.count; i++)
        ask(r, room, r->shards.list[i]->number);
    return shards_awaited(room);
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
    struct room_shard *s = room_add_shard(room, number);
    if (s)
        shards_here(room, s, true);
}

void shards_ask_unknown(struct relay *r, struct room *room, uint32_t number, bool again)
{
    const struct room_shard *s = shards_of(room, number);
    if (s && !s->known && (again || !s->asked))
        ask(r, room, number);
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
