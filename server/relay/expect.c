/* SPDX-License-Identifier: MIT */
#include "expect.h"

#include "demand.h"
#include "state.h"

/* The largest that somebody has on screen already, or a guess by the size of the room. */
static uint32_t layer_for(const struct feed *f)
{
    for (uint32_t spatial = f->layers; spatial-- > 0;)
        if (f->layer[spatial].wanted)
            return spatial;
    return f->owner->room->count <= EXPECT_LARGE ? f->layers - 1 : 0;
}

static void expect(struct relay *r, struct feed *f, usec_t now)
{
    if (feed_is_audio(f) || f->muted || !f->layers)
        return;
    f->expected = layer_for(f);
    f->expected_until = now + EXPECT_FOR;
    demand_changed(r, f->owner);
    if (!cache_is_fresh(&f->cache[f->expected], &r->limits, now))
        keyask_or_replay(r, f, f->expected, cache_burst_bytes(&r->limits, CACHE_UNKNOWN_BPS), now);
}

void expect_pictures(struct relay *r, const struct seat *newcomer, usec_t now)
{
    const struct room *room = newcomer->room;
    if (room->count > EXPECT_MEMBERS || !r->limits.cache_objects || r->admit.step != ADMIT_ALL)
        return;
    for (uint32_t i = 0; i < room->count; i++)
        for (uint32_t track = 1; track <= WIRE_TRACKS_MAX && room->seats[i] != newcomer; track++)
            if (room->seats[i]->feeds[track])
                expect(r, room->seats[i]->feeds[track], now);
}
