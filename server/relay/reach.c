/* SPDX-License-Identifier: MIT */
#include "reach.h"

#include "bus.h"
#include "mirror.h"
#include "state.h"

static void ask_for_all_rooms(struct relay *r, uint32_t number)
{
    size_t at = 0;
    for (struct room *room; (room = map_next(&r->rooms, &at));)
        bus_ask(r, room, number);
}

static void on_resync(struct relay *r, void *owner, usec_t now)
{
    struct shard *s = owner;
    s->resynced_at = now;
    ask_for_all_rooms(r, s->number);
}

void reach_up(struct relay *r, uint32_t number, usec_t now)
{
    struct shard *s = shards_find(r, number) ? NULL : shards_add(&r->shards, number);
    if (!s)
        return;
    s->resync = (struct timer){.fire = on_resync, .owner = s};
    s->resynced_at = now;
    ask_for_all_rooms(r, number);
}

void reach_down(struct relay *r, uint32_t number, usec_t now)
{
    struct shard *s = shards_find(r, number);
    if (!s)
        return;
    shards_drop(r, s);
    size_t at = 0;
    for (struct room *room; (room = map_next(&r->rooms, &at));)
        mirror_lost(r, room, number, now);
}

void reach_gap(struct relay *r, uint32_t number, usec_t now)
{
    struct shard *s = shards_find(r, number);
    if (s)
        timer_set_earlier(&r->timers, &s->resync, usec_max(now, s->resynced_at + SHARDS_RESYNC_EVERY));
}
