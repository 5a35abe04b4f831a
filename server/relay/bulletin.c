/* SPDX-License-Identifier: MIT */
#include "bulletin.h"

#include <stdlib.h>

#include "room.h"
#include "state.h"

#define IDS_FIRST 64

static bool grow(struct bulletin *b)
{
    if (b->count < b->cap)
        return true;
    uint32_t next = b->cap ? b->cap * 2 : IDS_FIRST;
    uint32_t *grown = realloc(b->ids, next * sizeof(*grown));
    if (!grown)
        return false;
    b->ids = grown;
    b->cap = next;
    return true;
}

void bulletin_sent(struct bulletin *b, usec_t now)
{
    b->count = 0;
    b->sent_at = now;
}

bool bulletin_takes(struct relay *r, struct room *room, uint32_t id, bulletin_tell *tell, usec_t now)
{
    struct bulletin *b = &room->bulletin;
    if (!b->count && room->local_count <= BULLETIN_ROOM)
        return false;
    if (b->count && b->ids[b->count - 1] == id)
        return true;
    if (!grow(b))
        return false;
    b->ids[b->count++] = id;
    b->timer.fire = tell;
    b->timer.owner = room;
    timer_set_earlier(&r->timers, &b->timer, usec_max(now, b->sent_at + BULLETIN_EVERY));
    return true;
}

void bulletin_free(struct relay *r, struct room *room)
{
    timer_stop(&r->timers, &room->bulletin.timer);
    free(room->bulletin.ids);
}
