/* SPDX-License-Identifier: MIT */
#include "tally.h"

const uint32_t relay_wait_ms[RELAY_WAITS] = {1, 2, 5, 10, 20, 50, 100, 200, 500};

static void add(struct relay_flow *f, size_t bytes)
{
    f->objects++;
    f->bytes += bytes;
}

static uint32_t layer(uint32_t spatial, uint32_t temporal) { return spatial * RELAY_TEMPORALS + temporal; }

void tally_in(struct relay_stats *s, enum relay_media media, uint32_t spatial, uint32_t temporal, size_t bytes)
{
    s->objects_in++;
    add(&s->in[media][layer(spatial, temporal)], bytes);
}

static void wait(struct relay_stats *s, uint32_t objects, usec_t waited)
{
    uint32_t bucket = 0;
    while (bucket < RELAY_WAITS && waited > relay_wait_ms[bucket] * MS)
        bucket++;
    s->objects_out += objects;
    s->waited[bucket] += objects;
    s->waited_us += objects * (uint64_t)waited;
}

void tally_out(struct relay_stats *s, enum relay_media media, uint32_t spatial, uint32_t temporal, size_t bytes, usec_t waited)
{
    wait(s, 1, waited);
    add(&s->out[media][layer(spatial, temporal)], bytes);
}

void tally_sounds(struct relay_stats *s, uint32_t objects, size_t bytes, usec_t waited)
{
    wait(s, objects, waited);
    s->out[RELAY_SOUND][0].objects += objects;
    s->out[RELAY_SOUND][0].bytes += bytes;
}
