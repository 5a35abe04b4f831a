/* SPDX-License-Identifier: MIT */
#include "cache.h"

#include <stdlib.h>

#include "state.h"
#include "sub.h"

/* ---- the pool's list ---- */

static void link_newest(struct cache_pool *pool, struct cache *c)
{
    c->next = NULL;
    c->prev = pool->newest;
    *(c->prev ? &c->prev->next : &pool->oldest) = c;
    pool->newest = c;
}

static void unlink_one(struct cache_pool *pool, struct cache *c)
{
    *(c->prev ? &c->prev->next : &pool->oldest) = c->next;
    *(c->next ? &c->next->prev : &pool->newest) = c->prev;
}

/* ---- what is kept ---- */

static void drop_last(struct cache_pool *pool, struct cache *c)
{
    struct pkt *p = c->entry[--c->count].pkt;
    c->bytes -= p->len;
    pool->bytes -= p->len;
    pkt_unref(p);
}

static void empty(struct cache_pool *pool, struct cache *c)
{
    if (!c->count)
        return;
    while (c->count)
        drop_last(pool, c);
    unlink_one(pool, c);
}

void cache_clear(struct cache_pool *pool, struct cache *c)
{
    empty(pool, c);
    free(c->entry);
    c->entry = NULL;
}

bool cache_is_fresh(const struct cache *c, const struct relay_limits *limits, usec_t now)
{
    return c->count && now - c->began <= limits->cache_age_ms * MS;
}

static bool holds(const struct cache *c, uint32_t seq)
{
    for (uint32_t i = c->count; i-- > 0;)
        if (c->entry[i].seq == seq)
            return true;
    return false;
}

static void drop_upper(struct cache_pool *pool, struct cache *c)
{
    while (c->count && c->entry[c->count - 1].temporal > 0)
        drop_last(pool, c);
}

static void push(struct cache_pool *pool, struct cache *c, struct pkt *p, const struct object_header *h)
{
    c->entry[c->count++] =
        (struct cache_entry){.pkt = pkt_ref(p), .seq = h->seq, .depends = h->depends, .temporal = (uint8_t)h->temporal};
    c->bytes += p->len;
    pool->bytes += p->len;
}

/* Makes room in the pool; false when the object does not fit into this cache. */
static bool has_room(struct cache_pool *pool, const struct cache *c, const struct relay_limits *limits, size_t len)
{
    if (c->count >= limits->cache_objects || c->bytes + len > limits->cache_bytes)
        return false;
    while (pool->bytes + len > limits->cache_total_bytes && pool->oldest && pool->oldest != c)
        empty(pool, pool->oldest);
    return pool->bytes + len <= limits->cache_total_bytes;
}

static void begin(struct cache_pool *pool, struct cache *c, const struct relay_limits *limits, struct pkt *p,
                  const struct object_header *h, usec_t now)
{
    empty(pool, c);
    if (!c->entry)
        c->entry = calloc(limits->cache_objects, sizeof(*c->entry));
    if (!c->entry || !has_room(pool, c, limits, p->len))
        return;
    c->began = now;
    link_newest(pool, c);
    push(pool, c, p, h);
}

/* What is too old will not be asked for again. */
static void age(struct cache_pool *pool, const struct relay_limits *limits, usec_t now)
{
    while (pool->oldest && !cache_is_fresh(pool->oldest, limits, now))
        empty(pool, pool->oldest);
}

void cache_put(struct cache_pool *pool, struct cache *c, const struct relay_limits *limits, struct pkt *p,
               const struct object_header *h, usec_t now)
{
    if (!limits->cache_objects)
        return;
    age(pool, limits, now);
    if (h->key) {
        begin(pool, c, limits, p, h, now);
        return;
    }
    if (!c->count || (int32_t)(h->seq - c->entry[c->count - 1].seq) <= 0)
        return;
    bool leans = holds(c, h->seq - h->depends);
    if (h->temporal > 0 && !leans)
        return;
    if (h->temporal == 0)
        drop_upper(pool, c);
    if (leans && has_room(pool, c, limits, p->len))
        push(pool, c, p, h);
    else if (h->temporal == 0)
        empty(pool, c);
}

/* ---- to a newcomer ---- */

uint32_t cache_burst_bytes(const struct relay_limits *limits, uint32_t bps)
{
    uint64_t bytes = (uint64_t)bps * limits->cache_burst_ms / 8000;
    return bytes < UINT32_MAX ? (uint32_t)bytes : UINT32_MAX;
}

/* What reaches the receiver soon enough, after all that waits already. */
static uint32_t burst_bytes(const struct relay *r, const struct sub *s)
{
    const struct session *to = s->to->session;
    uint32_t bps = downlink_bps(&to->downlink);
    if (!bps || (to->downlink.rate.state == RATE_RAMP && bps < CACHE_UNKNOWN_BPS))
        bps = CACHE_UNKNOWN_BPS;
    uint32_t bytes = cache_burst_bytes(&r->limits, bps);
    return bytes > to->out.video_bytes ? bytes - (uint32_t)to->out.video_bytes : 0;
}

/* It can wait for a key frame without a gap. */
static bool sees_another(const struct sub *s) { return s->lane.whole && s->lane.spatial != s->spatial; }

uint32_t cache_would_take(const struct relay *r, const struct sub *s)
{
    return sees_another(s) || s->lane.seen[s->spatial] ? 0 : burst_bytes(r, s);
}

static bool saw_some(const struct sub *s, const struct cache *c)
{
    uint32_t seen = s->lane.seen[s->spatial];
    return seen && (int32_t)(c->entry[0].seq - seen) <= 0;
}

static bool helps(const struct relay *r, const struct sub *s, const struct cache *c, usec_t now)
{
    return cache_is_fresh(c, &r->limits, now) && !sees_another(s) && !saw_some(s, c) && c->bytes <= burst_bytes(r, s);
}

bool cache_serve(struct relay *r, struct sub *s, usec_t now)
{
    const struct cache *c = &s->from->cache[s->spatial];
    struct session *to = s->to->session;
    if (!helps(r, s, c, now)) {
        r->stats.cache_misses++;
        return false;
    }
    for (uint32_t i = 0; i < c->count; i++) {
        const struct cache_entry *e = &c->entry[i];
        struct object_header h = {
            .spatial = s->spatial, .temporal = e->temporal, .seq = e->seq, .depends = e->depends, .key = i == 0};
        if (lane_admits(&s->lane, &h, s->spatial) != LANE_TAKES)
            continue;
        outq_again(&to->out, &s->lane, e->pkt, &h, now);
        s->replayed = e->seq;
    }
    events_ready(&r->events, to);
    r->stats.cache_hits++;
    return true;
}
