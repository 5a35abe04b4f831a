/* SPDX-License-Identifier: MIT */
#include "report.h"

#include "base/bytes.h"
#include "share.h"
#include "state.h"
#include "sub.h"
#include "wire/feedback.h"

#define REPORT_EVERY (100 * MS)
#define MEMBER_SPREAD 0x9e3779b1u /* ids differ in any of their bits: those of one shard in the upper ones */

void report_due(struct relay *r, struct seat *publisher, usec_t now)
{
    timer_set_earlier(&r->timers, &publisher->report, now + REPORT_EVERY);
}

static void add_layers(struct feedback *out, const struct feed *f)
{
    for (uint32_t spatial = 0; spatial < WIRE_LAYERS_MAX; spatial++) {
        const struct feed_layer *l = &f->layer[spatial];
        if (!l->objects || out->count == FEEDBACK_TRACKS_MAX)
            continue;
        out->track[out->count++] = (struct track_report){
            .track = f->id,
            .spatial = spatial,
            .newest = l->newest,
            .missing = l->missing,
            .newest_at_us = (uint64_t)l->newest_at,
            .bytes = l->bytes,
            .objects = l->objects,
        };
    }
}

static void gather(struct feedback *out, const struct seat *publisher, usec_t now)
{
    const struct session *s = publisher->session;
    *out = (struct feedback){0};
    echo_begin(&s->echo, out, now);
    for (uint32_t i = 1; i <= WIRE_TRACKS_MAX; i++)
        if (publisher->feeds[i])
            add_layers(out, publisher->feeds[i]);
}

void report_fire(struct relay *r, void *publisher, usec_t now)
{
    struct seat *seat = publisher;
    if (!seat->session || seat->session->state != SESSION_LIVE)
        return;
    struct feedback f;
    gather(&f, seat, now);
    struct pkt *p = pkt_new(seat->session->out.datagram_bytes);
    int len = p ? feedback_write(p->data, p->cap, &f, NULL) : -1;
    if (len < 0) {
        pkt_unref(p);
        return;
    }
    p->len = (uint32_t)len;
    outq_report(&seat->session->out, p);
    events_ready(&r->events, seat->session);
}

static void apply(struct session *s, const struct track_report *t, usec_t now)
{
    struct sub *sub = sub_find(s->seat, t->member, t->track);
    if (!sub || !sub->from || t->newest_at_us > VARINT_MAX)
        return;
    struct history_report report = {
        .newest = t->newest,
        .missing = t->missing,
        .newest_at = (usec_t)t->newest_at_us,
        .bytes = t->bytes,
        .objects = t->objects,
        .spatial = t->spatial,
    };
    struct delivery d = history_report(&sub->sent, &report);
    rate_on_delivery(&s->downlink.rate, t->member * MEMBER_SPREAD + t->track, &d, now);
    s->downlink.known = true;
}

void report_read(struct relay *r, struct session *s, const uint8_t *data, size_t len, usec_t now)
{
    struct feedback f;
    if (feedback_parse(&f, data, len) != 0 || f.clock_us > VARINT_MAX) {
        r->stats.dropped_malformed++;
        return;
    }
    echo_note(&s->echo, &f, now);
    for (size_t i = 0; i < f.count; i++)
        apply(s, &f.track[i], now);
    uint32_t before = rate_target_bps(&s->downlink.rate);
    rate_on_feedback(&s->downlink.rate, (usec_t)f.clock_us, now);
    if (rate_target_bps(&s->downlink.rate) < before)
        share_now(r, s->seat, now); /* each picture more makes the queue longer */
    else
        share_soon(r, s->seat, now);
}
