/* SPDX-License-Identifier: MIT */
#include "frames.h"

#include <stdlib.h>

#include "base/err.h"

#define SLOTS_FIRST 64

void frames_free(struct frames *f)
{
    for (uint32_t i = f->first; i < f->count; i++)
        pkt_unref(f->slot[i].pkt);
    free(f->slot);
    free(f->to);
    *f = (struct frames){0};
}

static bool has_slot(struct frames *f)
{
    if (f->count < f->cap)
        return true;
    uint32_t next = f->cap ? f->cap * 2 : SLOTS_FIRST;
    struct frame_slot *grown = next <= FRAMES_MAX ? realloc(f->slot, next * sizeof(*grown)) : NULL;
    if (!grown)
        return false;
    f->slot = grown;
    f->cap = next;
    return true;
}

static bool has_room_to(struct frames *f)
{
    if (f->to_count < f->to_cap)
        return true;
    uint32_t next = f->to_cap ? f->to_cap * 2 : SLOTS_FIRST;
    uint32_t *grown = next <= FRAMES_TO_MAX ? realloc(f->to, next * sizeof(*grown)) : NULL;
    if (!grown)
        return false;
    f->to = grown;
    f->to_cap = next;
    return true;
}

void frames_open(struct frames *f)
{
    if (f->first == f->count)
        f->first = f->count = f->to_count = 0;
    f->open_at = f->to_count;
    f->short_of = !has_slot(f);
}

void frames_to(struct frames *f, uint32_t shard)
{
    if (has_room_to(f))
        f->to[f->to_count++] = shard;
    else
        f->short_of = true;
}

bool frames_wanted(const struct frames *f) { return !f->short_of && f->to_count > f->open_at; }

int frames_close(struct frames *f, struct pkt *p, bool media)
{
    if (!p || !frames_wanted(f)) {
        bool lost = f->short_of || f->to_count > f->open_at;
        f->to_count = f->open_at;
        pkt_unref(p);
        return lost ? ERR_FULL : 0;
    }
    f->slot[f->count++] = (struct frame_slot){p, f->open_at, f->to_count - f->open_at, media};
    return 0;
}

int frames_take(struct frames *f, struct relay_frame *out)
{
    if (f->first == f->count)
        return 0;
    const struct frame_slot *s = &f->slot[f->first++];
    *out = (struct relay_frame){.pkt = s->pkt, .to = f->to + s->to_at, .to_count = s->to_count, .media = s->media};
    return 1;
}
