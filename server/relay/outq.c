/* SPDX-License-Identifier: MIT */
#include "outq.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "tally.h"
#include "wire/wire.h"

enum out_class { CLASS_CONTROL, CLASS_AUDIO, CLASS_BASE, CLASS_SCREEN, CLASS_UPPER };

void outq_init(struct outq *q, const struct outq_env *env, enum relay_transport t, size_t datagram_bytes)
{
    *q = (struct outq){.env = env, .messages = t == RELAY_WEBSOCKET};
    q->datagram_bytes = q->messages || datagram_bytes > WIRE_DATAGRAM_MAX ? WIRE_DATAGRAM_MAX : datagram_bytes;
}

/* ---- the list of lanes that hold something ---- */

static void link_lane(struct outq *q, struct lane *l)
{
    if (l->linked)
        return;
    l->linked = true;
    l->prev = NULL;
    l->next = q->waiting;
    if (l->next)
        l->next->prev = l;
    q->waiting = l;
}

static void unlink_lane(struct outq *q, struct lane *l)
{
    if (!l->linked)
        return;
    l->linked = false;
    if (l->prev)
        l->prev->next = l->next;
    else
        q->waiting = l->next;
    if (l->next)
        l->next->prev = l->prev;
}

/* After anything was taken out of a lane that held `before` bytes. */
static void settle(struct outq *q, struct lane *l, size_t before)
{
    q->video_bytes -= before - l->fifo.bytes;
    q->env->stats->queued_bytes -= before - l->fifo.bytes;
    if (!l->fifo.count)
        unlink_lane(q, l);
}

/* ---- dropping ---- */

static void end_run(struct outq *q, struct lane *l)
{
    if (!l->run)
        return;
    struct slot *s = slot_new(q->env->pool, NULL, 0);
    if (s) {
        s->run = l->run;
        fifo_push(&q->resets, s);
    }
    l->run = 0;
}

static void skip(struct outq *q, struct lane *l, uint64_t *counter)
{
    size_t before = l->fifo.bytes;
    *counter += lane_skip(l, q->env->pool);
    settle(q, l, before);
    end_run(q, l);
    q->stuck = true;
}

static void age(struct outq *q, struct lane *l, usec_t now)
{
    bool skipped;
    size_t before = l->fifo.bytes;
    q->env->stats->dropped_age += lane_age(l, q->env->pool, q->env->limits->queue_age_ms * MS, now, &skipped);
    settle(q, l, before);
    if (skipped)
        end_run(q, l);
    q->stuck |= skipped;
}

static enum out_class class_of(const struct lane *l)
{
    const struct slot *s = l->fifo.head;
    assert(s); /* only lanes that hold something are compared */
    if (!s->key && s->temporal > 0)
        return CLASS_UPPER;
    return l->screen ? CLASS_SCREEN : CLASS_BASE;
}

/* Whether `a` is to be taken before `b`. */
static bool goes_before(const struct lane *a, const struct lane *b)
{
    enum out_class x = class_of(a), y = class_of(b);
    if (x != y)
        return x < y;
    if (a->priority != b->priority)
        return a->priority < b->priority;
    return a->fifo.head->at < b->fifo.head->at;
}

static struct lane *first_lane(const struct outq *q)
{
    struct lane *best = q->waiting;
    for (struct lane *l = best; l; l = l->next)
        if (goes_before(l, best))
            best = l;
    return best;
}

static struct lane *last_lane(const struct outq *q)
{
    struct lane *worst = q->waiting;
    for (struct lane *l = worst; l; l = l->next)
        if (goes_before(worst, l))
            worst = l;
    return worst;
}

static void fit(struct outq *q)
{
    while (q->video_bytes > q->env->limits->queue_bytes && q->waiting)
        skip(q, last_lane(q), &q->env->stats->dropped_full);
}

/* ---- in ---- */

int outq_control(struct outq *q, struct pkt *p, usec_t now)
{
    if (q->control.bytes + p->len > OUTQ_CONTROL_BYTES)
        return ERR_FULL;
    struct slot *s = slot_new(q->env->pool, p, now);
    if (!s)
        return ERR_NOMEM;
    fifo_push(&q->control, s);
    return 0;
}

static void age_audio(struct outq *q, usec_t now)
{
    usec_t limit = q->env->limits->audio_age_ms * MS;
    for (; q->audio.head && now - q->audio.head->at > limit;) {
        q->env->stats->dropped_age += q->audio.head->objects;
        slot_del(q->env->pool, fifo_pop(&q->audio));
    }
}

static void push_audio(struct outq *q, struct pkt *p, uint32_t objects, usec_t now)
{
    struct slot *s = q->audio.count < OUTQ_AUDIO_COUNT ? slot_new(q->env->pool, p, now) : NULL;
    if (!s) {
        q->env->stats->dropped_full += objects;
        return;
    }
    s->objects = objects;
    fifo_push(&q->audio, s);
}

/* Each object in a packet of its own: the receiver's path takes smaller datagrams than most. */
static void push_apart(struct outq *q, const struct pkt *p, usec_t now)
{
    struct reader r = reader_of(p->data + 1, p->len - 1);
    while (reader_left(&r)) {
        size_t before = reader_left(&r);
        read_bytes(&r, (size_t)read_varint(&r));
        size_t len = before - reader_left(&r);
        struct pkt *one = pkt_new(1 + len);
        if (!one)
            return;
        one->data[0] = WIRE_AUDIO;
        memcpy(one->data + 1, p->data + p->len - before, len);
        one->len = (uint32_t)(1 + len);
        push_audio(q, one, 1, now);
        pkt_unref(one);
    }
}

void outq_audio(struct outq *q, struct pkt *p, uint32_t objects, usec_t now)
{
    age_audio(q, now);
    if (objects > 1 && p->len > q->datagram_bytes)
        push_apart(q, p, now);
    else
        push_audio(q, p, objects, now);
}

void outq_report(struct outq *q, struct pkt *p)
{
    pkt_unref(q->report);
    q->report = p;
}

void outq_padding(struct outq *q, struct pkt *p, uint32_t times)
{
    pkt_unref(q->padding);
    q->padding = p;
    q->paddings = p ? times : 0;
}

/* The first object of another layer: what waits of the old one is not worth the time. */
static void switch_layer(struct outq *q, struct lane *l)
{
    size_t before = l->fifo.bytes;
    q->env->stats->dropped_layer += l->fifo.count;
    fifo_clear(&l->fifo, q->env->pool);
    settle(q, l, before);
    end_run(q, l);
}

static void put_video(struct outq *q, struct lane *l, struct pkt *p, const struct object_header *h, bool again, usec_t now)
{
    if (h->spatial != l->spatial)
        switch_layer(q, l);
    else if (!l->whole)
        end_run(q, l);
    lane_note(l, h);
    struct slot *s = slot_new(q->env->pool, p, now);
    if (!s) {
        lane_forget_newest(l);
        return;
    }
    s->seq = h->seq;
    s->depends = h->depends;
    s->spatial = (uint8_t)h->spatial;
    s->temporal = (uint8_t)h->temporal;
    s->key = h->key;
    s->again = again;
    fifo_push(&l->fifo, s);
    q->video_bytes += p->len;
    q->env->stats->queued_bytes += p->len;
    link_lane(q, l);
    age(q, l, now);
    fit(q);
}

void outq_video(struct outq *q, struct lane *l, struct pkt *p, const struct object_header *h, usec_t now)
{
    put_video(q, l, p, h, false, now);
}

void outq_again(struct outq *q, struct lane *l, struct pkt *p, const struct object_header *h, usec_t now)
{
    put_video(q, l, p, h, true, now);
}

void outq_forget_lane(struct outq *q, struct lane *l)
{
    size_t before = l->fifo.bytes;
    fifo_clear(&l->fifo, q->env->pool);
    settle(q, l, before);
    end_run(q, l);
    l->whole = false;
}

bool outq_run_stopped(struct outq *q, struct lane *l, uint64_t run)
{
    if (!run || l->run != run)
        return false;
    l->run = 0;
    outq_forget_lane(q, l);
    return true;
}

static void forget_lanes(struct outq *q)
{
    while (q->waiting) {
        q->waiting->run = 0;
        outq_forget_lane(q, q->waiting);
    }
}

void outq_only_control(struct outq *q)
{
    forget_lanes(q);
    fifo_clear(&q->audio, q->env->pool);
    fifo_clear(&q->resets, q->env->pool);
    outq_report(q, NULL);
    outq_padding(q, NULL, 0);
}

void outq_free(struct outq *q)
{
    outq_only_control(q);
    fifo_clear(&q->control, q->env->pool);
}

bool outq_keeps_up(const struct outq *q) { return !q->waiting && !q->stuck; }

bool outq_is_empty(const struct outq *q)
{
    return !q->control.head && !q->audio.head && !q->resets.head && !q->report && !q->waiting && !q->paddings;
}

/* ---- out ---- */

static int give(struct outq *q, struct relay_out *out, enum relay_channel channel, enum out_class class, struct pkt *p)
{
    *out = (struct relay_out){.channel = channel, .pkt = p, .len = p->len, .priority = class};
    q->env->stats->bytes_out += p->len;
    return 1;
}

/* Moves the slot's reference out of it. */
static struct pkt *strip(struct outq *q, struct slot *s)
{
    struct pkt *p = s->pkt;
    s->pkt = NULL;
    slot_del(q->env->pool, s);
    return p;
}

static int take_reset(struct outq *q, struct relay_out *out)
{
    struct slot *s = fifo_pop(&q->resets);
    *out = (struct relay_out){.channel = RELAY_RUN, .run = s->run, .run_reset = true};
    slot_del(q->env->pool, s);
    return 1;
}

static int take_audio(struct outq *q, struct relay_out *out, usec_t now)
{
    struct slot *s = fifo_pop(&q->audio);
    tally_sounds(q->env->stats, s->objects, s->pkt->len, now - s->at);
    return give(q, out, RELAY_DATAGRAM, CLASS_AUDIO, strip(q, s));
}

static int take_video(struct outq *q, struct lane *l, struct relay_out *out, usec_t now)
{
    enum out_class class = class_of(l);
    size_t before = l->fifo.bytes;
    struct slot *s = fifo_pop(&l->fifo);
    settle(q, l, before);
    q->taken = l;
    q->taken_seq = s->seq;
    q->taken_again = s->again;
    tally_out(q->env->stats, l->screen ? RELAY_SCREEN : RELAY_CAMERA, s->spatial, s->temporal, s->pkt->len, now - s->at);
    give(q, out, RELAY_RUN, class, strip(q, s));
    if (q->messages)
        return 1;
    out->run_begin = !l->run;
    if (!l->run)
        l->run = ++q->runs;
    else
        out->offset = 1; /* the kind byte stands only at the start of a run */
    out->run = l->run;
    out->len -= out->offset;
    return 1;
}

static struct lane *next_lane(struct outq *q, usec_t now)
{
    struct lane *l;
    while ((l = first_lane(q))) {
        age(q, l, now);
        if (l->fifo.head)
            break;
    }
    return l;
}

static int take_padding(struct outq *q, struct relay_out *out)
{
    struct pkt *p = q->padding;
    if (--q->paddings)
        pkt_ref(p);
    else
        q->padding = NULL;
    return give(q, out, RELAY_DATAGRAM, CLASS_UPPER, p);
}

static int take(struct outq *q, struct relay_out *out, usec_t now)
{
    if (q->control.head)
        return give(q, out, RELAY_CONTROL, CLASS_CONTROL, strip(q, fifo_pop(&q->control)));
    age_audio(q, now);
    if (q->audio.head)
        return take_audio(q, out, now);
    if (q->report) {
        struct pkt *p = q->report;
        q->report = NULL;
        return give(q, out, RELAY_DATAGRAM, CLASS_AUDIO, p);
    }
    struct lane *l = next_lane(q, now); /* ageing may end its run: resets go before what begins the next */
    if (q->resets.head)
        return take_reset(q, out);
    if (l)
        return take_video(q, l, out, now);
    return q->paddings ? take_padding(q, out) : 0;
}

int outq_take(struct outq *q, struct relay_out *out, usec_t now)
{
    q->taken = NULL;
    int any = take(q, out, now);
    q->stuck = false;
    return any;
}
