/* SPDX-License-Identifier: MIT */
#include "lane.h"

#define WINDOW 64              /* objects that `have` remembers */
#define ASK_WAIT_MAX (4 * SEC) /* between two asks of one receiver for one track */
#define ASK_CALM (10 * SEC)    /* without an ask: the receiver keeps up again */

void lane_init(struct lane *l, bool screen) { *l = (struct lane){.screen = screen, .temporal_max = UINT8_MAX}; }

static bool has(const struct lane *l, uint32_t seq)
{
    uint32_t back = l->newest - seq;
    return back < WINDOW && (l->have >> back & 1);
}

static void forget(struct lane *l, uint32_t seq)
{
    uint32_t back = l->newest - seq;
    if (back < WINDOW)
        l->have &= ~(UINT64_C(1) << back);
}

static bool decodable(const struct lane *l, bool key, uint32_t seq, uint32_t depends)
{
    return key || (depends && has(l, seq - depends));
}

static bool is_switch(const struct lane *l, const struct object_header *h) { return !l->whole || h->spatial != l->spatial; }

enum lane_verdict lane_admits(struct lane *l, const struct object_header *h, uint8_t spatial)
{
    bool other = !l->newest || h->spatial != l->spatial;
    if (h->key && h->spatial == spatial && other)
        return LANE_TAKES;
    if (h->spatial == spatial && !h->key && (other || !l->whole))
        return LANE_BROKEN;
    if (other || h->temporal > l->temporal_max)
        return LANE_LAYER;
    if ((int32_t)(h->seq - l->newest) <= 0)
        return LANE_LATE;
    if (h->key || decodable(l, h->key, h->seq, h->depends))
        return LANE_TAKES;
    if (h->temporal > 0)
        return LANE_LAYER; /* leans on an upper object that was left out; the base goes on */
    l->whole = false;
    return LANE_BROKEN;
}

void lane_note(struct lane *l, const struct object_header *h)
{
    uint32_t ahead = h->seq - l->newest;
    if (is_switch(l, h))
        l->have = 0;
    else
        l->have = ahead < WINDOW ? l->have << ahead : 0;
    l->have |= 1;
    l->newest = l->seen[h->spatial] = h->seq;
    l->spatial = (uint8_t)h->spatial;
    l->whole = true;
}

void lane_forget_newest(struct lane *l)
{
    l->have &= ~UINT64_C(1);
    l->whole = false;
}

/* Drops what no longer has what it depends on. */
static uint32_t prune(struct lane *l, struct slot_pool *pool)
{
    uint32_t dropped = 0;
    for (struct slot *before = NULL, *s = l->fifo.head; s; s = before ? before->next : l->fifo.head) {
        if (decodable(l, s->key, s->seq, s->depends)) {
            before = s;
            continue;
        }
        forget(l, s->seq);
        slot_del(pool, fifo_cut(&l->fifo, before));
        dropped++;
    }
    return dropped;
}

uint32_t lane_drop_temporal(struct lane *l, struct slot_pool *pool, uint8_t from)
{
    uint32_t dropped = 0;
    for (struct slot *before = NULL, *s = l->fifo.head; s; s = before ? before->next : l->fifo.head) {
        if (s->temporal < from || s->key) {
            before = s;
            continue;
        }
        forget(l, s->seq);
        slot_del(pool, fifo_cut(&l->fifo, before));
        dropped++;
    }
    return dropped ? dropped + prune(l, pool) : 0;
}

static const struct slot *newest_key(const struct lane *l)
{
    const struct slot *key = NULL;
    for (const struct slot *s = l->fifo.head; s; s = s->next)
        if (s->key && s != l->fifo.head)
            key = s;
    return key;
}

uint32_t lane_skip(struct lane *l, struct slot_pool *pool)
{
    const struct slot *key = newest_key(l);
    uint32_t dropped = 0;
    for (; l->fifo.head && l->fifo.head != key; dropped++) {
        struct slot *s = fifo_pop(&l->fifo);
        forget(l, s->seq);
        slot_del(pool, s);
    }
    if (!key)
        l->whole = false;
    return dropped;
}

uint32_t lane_age(struct lane *l, struct slot_pool *pool, usec_t limit, usec_t now, bool *skipped)
{
    uint32_t dropped = 0;
    *skipped = false;
    for (const struct slot *s; (s = l->fifo.head) && now - s->at > limit; *skipped = true)
        dropped += lane_skip(l, pool);
    if (l->fifo.head && now - l->fifo.head->at > limit / 2)
        return dropped + lane_drop_temporal(l, pool, 1);
    if (l->fifo.head && now - l->fifo.head->at > limit / 4)
        return dropped + lane_drop_temporal(l, pool, 2);
    return dropped;
}

bool lane_may_ask(struct lane *l, usec_t every, usec_t now)
{
    if (now < l->ask_at)
        return false;
    if (!l->ask_wait || now > l->ask_at + ASK_CALM)
        l->ask_wait = every;
    l->ask_at = now + l->ask_wait;
    l->ask_wait = usec_min(l->ask_wait * 2, ASK_WAIT_MAX);
    return true;
}
