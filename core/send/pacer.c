/* SPDX-License-Identifier: MIT */
#include "send/pacer.h"

#include <string.h>

#include "base/err.h"

#define MEMORY 64 /* seqs back that are remembered as dropped or not */

void pacer_init(struct pacer *p, uint32_t rate_bps, usec_t now)
{
    memset(p, 0, sizeof *p);
    p->rate_bps = rate_bps ? rate_bps : 1;
    p->clock = now;
}

void pacer_clear(struct pacer *p)
{
    for (uint32_t i = 0; i < p->count; i++)
        pkt_unref(p->object[i].pkt);
    p->count = 0;
    p->bytes = 0;
}

static usec_t time_of(const struct pacer *p, size_t bytes) { return (usec_t)bytes * 8 * SEC / p->rate_bps; }

/* A change of rate also changes how long what was sent already takes. */
void pacer_set_rate(struct pacer *p, uint32_t rate_bps, usec_t now)
{
    uint32_t rate = rate_bps ? rate_bps : 1;
    usec_t ahead = usec_max(0, p->clock - now);
    p->clock = now + usec_min(ahead, 10 * SEC) * p->rate_bps / rate;
    p->rate_bps = rate;
}

/* A caller that wakes a little late makes up for it; idle time is gone. */
void pacer_sent(struct pacer *p, size_t bytes, usec_t now)
{
    usec_t from = p->clock < now - PACER_BURST ? now : p->clock;
    p->clock = from + time_of(p, bytes);
}

/* ---- what was dropped ---- */

static struct pacer_layer *layer_of(struct pacer *p, const struct pacer_object *o) { return &p->layer[o->track][o->spatial]; }

static bool was_dropped(const struct pacer_layer *l, uint32_t seq)
{
    return seq <= l->newest && l->newest - seq < MEMORY && (l->dropped >> (l->newest - seq) & 1);
}

static void remember(struct pacer_layer *l, uint32_t seq)
{
    uint32_t ahead = seq - l->newest;
    l->dropped = ahead < MEMORY ? l->dropped << ahead : 0;
    l->newest = seq;
}

static bool same_layer(const struct pacer_object *a, const struct pacer_object *b)
{
    return a->paced && b->paced && a->track == b->track && a->spatial == b->spatial;
}

static void take_out(struct pacer *p, uint32_t i)
{
    p->bytes -= p->object[i].len;
    p->count--;
    memmove(&p->object[i], &p->object[i + 1], (p->count - i) * sizeof p->object[0]);
}

static void note_dropped(struct pacer *p, const struct pacer_object *o)
{
    struct pacer_layer *l = layer_of(p, o);
    if (o->seq <= l->newest && l->newest - o->seq < MEMORY)
        l->dropped |= 1ull << (l->newest - o->seq);
    l->wants_key |= o->temporal == 0;
    p->dropped++;
}

static bool needs_dropped(struct pacer *p, const struct pacer_object *o)
{
    return !o->key && was_dropped(layer_of(p, o), o->seq - o->depends);
}

/* Drops object `i` and all of its layer behind it that needs it; they stand behind it in the queue. */
static void drop(struct pacer *p, uint32_t i)
{
    struct pacer_object first = p->object[i];
    note_dropped(p, &first);
    pkt_unref(first.pkt);
    take_out(p, i);
    while (i < p->count) {
        struct pacer_object *o = &p->object[i];
        if (!same_layer(&first, o) || !needs_dropped(p, o)) {
            i++;
            continue;
        }
        note_dropped(p, o);
        pkt_unref(o->pkt);
        take_out(p, i);
    }
}

/* ---- pushing ---- */

static int check_object(const struct pacer_object *o)
{
    if (!o->pkt || o->offset > o->pkt->len || o->len > o->pkt->len - o->offset)
        return ERR_LIMIT;
    if (o->track >= PACER_TRACKS || o->spatial >= PACER_LAYERS || o->depends > o->seq)
        return ERR_LIMIT;
    return 0;
}

/* The layer's books; ERR_LATE when the object cannot be used by anybody. */
static int admit(struct pacer *p, const struct pacer_object *o)
{
    struct pacer_layer *l = layer_of(p, o);
    if (o->seq <= l->newest && !o->key)
        return ERR_LATE;
    remember(l, o->seq);
    if (o->key)
        l->wants_key = false;
    else if (l->wants_key || needs_dropped(p, o)) {
        note_dropped(p, o);
        return ERR_LATE;
    }
    return 0;
}

/* A key frame makes all that waits of its layer useless. */
static void drop_superseded(struct pacer *p, const struct pacer_object *key)
{
    for (uint32_t i = p->count; i-- > 0;)
        if (same_layer(key, &p->object[i])) {
            p->dropped++;
            pkt_unref(p->object[i].pkt);
            take_out(p, i);
        }
}

static void insert(struct pacer *p, const struct pacer_object *o, usec_t now)
{
    p->object[p->count] = *o;
    p->object[p->count].queued = now;
    p->count++;
    p->bytes += o->len;
}

static int push(struct pacer *p, const struct pacer_object *o, usec_t now)
{
    int err = check_object(o);
    if (!err && o->paced)
        err = admit(p, o);
    if (err)
        return err;
    if (o->paced && o->key)
        drop_superseded(p, o);
    if (p->count == PACER_OBJECTS || p->bytes + o->len > PACER_BYTES_MAX) {
        if (o->paced)
            note_dropped(p, o);
        return ERR_FULL;
    }
    insert(p, o, now);
    return 0;
}

int pacer_push(struct pacer *p, const struct pacer_object *o, usec_t now)
{
    int err = push(p, o, now);
    if (err)
        pkt_unref(o->pkt);
    return err;
}

/* ---- ageing ---- */

/* The one of `like`'s layer that is missed least: of the highest temporal layer, the oldest. */
static uint32_t least_missed(const struct pacer *p, const struct pacer_object *like)
{
    uint32_t best = p->count;
    for (uint32_t i = 0; i < p->count; i++)
        if (same_layer(like, &p->object[i]) && (best == p->count || p->object[i].temporal > p->object[best].temporal))
            best = i;
    return best;
}

/* Index of one to drop now, or count. Half of its age makes room by the higher temporal layers; the base layer goes at its full age, a key
 * frame at twice that: without it nothing else is of use. */
static uint32_t find_stale(const struct pacer *p, usec_t now)
{
    for (uint32_t i = 0; i < p->count; i++) {
        const struct pacer_object *o = &p->object[i];
        usec_t age = now - o->queued;
        if (!o->paced || age < PACER_AGE / 2)
            continue;
        uint32_t least = least_missed(p, o);
        if (p->object[least].temporal > 0 || age >= (o->key ? 2 * PACER_AGE : PACER_AGE))
            return least;
    }
    return p->count;
}

static void drop_stale(struct pacer *p, usec_t now)
{
    for (uint32_t i; (i = find_stale(p, now)) < p->count;)
        drop(p, i);
}

/* ---- popping ---- */

/* What leaves next: unpaced first, then by priority, then by age. */
static uint32_t first(const struct pacer *p)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < p->count; i++) {
        const struct pacer_object *a = &p->object[i], *b = &p->object[best];
        if (a->paced != b->paced ? !a->paced : a->priority < b->priority)
            best = i;
    }
    return best;
}

int pacer_pop(struct pacer *p, struct pacer_object *o, usec_t now)
{
    drop_stale(p, now);
    if (p->count == 0)
        return 0;
    uint32_t i = first(p);
    if (p->object[i].paced && now < p->clock)
        return 0;
    *o = p->object[i];
    take_out(p, i);
    pacer_sent(p, o->len, now);
    return 1;
}

usec_t pacer_deadline(const struct pacer *p)
{
    if (p->count == 0)
        return NEVER;
    return p->object[first(p)].paced ? p->clock : 0;
}

bool pacer_wants_key(const struct pacer *p, uint32_t track, uint32_t spatial)
{
    return track < PACER_TRACKS && spatial < PACER_LAYERS && p->layer[track][spatial].wants_key;
}

usec_t pacer_backlog(const struct pacer *p, usec_t now) { return usec_max(0, p->clock - now) + time_of(p, p->bytes); }

uint32_t pacer_dropped(const struct pacer *p) { return p->dropped; }
