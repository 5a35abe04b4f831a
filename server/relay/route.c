/* SPDX-License-Identifier: MIT */
#include "route.h"

#include "base/bytes.h"
#include "base/err.h"
#include "demand.h"
#include "report.h"
#include "state.h"
#include "sub.h"
#include "tally.h"

/* ---- may it go on? ---- */

/* The feed that the object belongs to, or NULL when the session may not send it. */
static struct feed *feed_for(const struct session *s, uint8_t kind, const struct object_header *h)
{
    if (s->state != SESSION_LIVE || (h->sender && h->sender != s->seat->id))
        return NULL;
    struct feed *f = s->seat->feeds[h->track];
    if (!f || f->muted)
        return NULL;
    if (feed_is_audio(f))
        return kind == WIRE_AUDIO && h->spatial == 0 ? f : NULL;
    return kind == WIRE_VIDEO && h->spatial < f->layers ? f : NULL;
}

static bool within_rate(struct session *s, size_t len, usec_t now)
{
    return bucket_take(&s->objects, 1, now) && bucket_take(&s->bytes, (int64_t)len, now);
}

/* ---- the one packet ---- */

static struct pkt *stamp(const struct object *o, uint32_t sender, uint8_t kind)
{
    struct object_header h = o->header;
    h.sender = sender;
    size_t cap = 1 + 8 + 8 + WIRE_HEADER_MAX + o->payload_len;
    struct pkt *p = pkt_new(cap);
    int at = p ? object_write_framed(p->data, cap, kind, &h, o->payload_len) : ERR_NOMEM;
    if (at < 0) {
        pkt_unref(p);
        return NULL;
    }
    struct writer w = writer_of(p->data + at, cap - (size_t)at);
    write_bytes(&w, o->payload, o->payload_len);
    p->len = (uint32_t)at + (uint32_t)o->payload_len;
    return p;
}

/* ---- to whom ---- */

static void send_audio(struct relay *r, struct feed *f, struct pkt *p, const struct object_header *h, usec_t now)
{
    if (p->len > WIRE_DATAGRAM_MAX)
        r->stats.dropped_malformed++;
    else if (f->kind != PARLEY__V1__KIND__KIND_MIC || voices_admit(r, f, h->level, now))
        voices_put(r, f, p, now);
    else
        voices_put_pinned(r, f, p, now);
}

/* A receiver that does not keep up is not helped by another key frame, and the others should not pay for it. */
static void on_broken(struct relay *r, struct sub *s, struct session *to, usec_t now)
{
    if (outq_keeps_up(&to->out) && sub_may_ask(r, s, now))
        keyask(r, s->from, s->spatial, now);
}

static void send_picture(struct relay *r, struct sub *s, struct pkt *p, const struct object_header *h, usec_t now)
{
    struct session *to = s->to->session;
    if (s->paused || to->state != SESSION_LIVE) {
        r->stats.dropped_layer++;
        return;
    }
    switch (lane_admits(&s->lane, h, s->spatial)) {
    case LANE_TAKES:
        if (h->spatial != s->lane.spatial)
            demand_changed(r, s->from->owner); /* the layer that is left may not be wanted any more */
        outq_video(&to->out, &s->lane, p, h, now);
        events_ready(&r->events, to);
        break;
    case LANE_LATE: r->stats.dropped_age++; break;
    case LANE_LAYER: r->stats.dropped_layer++; break;
    case LANE_BROKEN:
        r->stats.dropped_layer++;
        on_broken(r, s, to, now);
        break;
    }
}

static void send_video(struct relay *r, struct feed *f, struct pkt *p, const struct object_header *h, usec_t now)
{
    if (h->temporal > r->admit.bounds.temporal) {
        r->stats.dropped_overload += f->sub_count;
        return;
    }
    for (uint32_t i = 0; i < f->sub_count; i++)
        send_picture(r, f->subs[i], p, h, now);
    if (h->key)
        keyask_came(f, h->spatial);
    cache_put(&r->pictures, &f->cache[h->spatial], &r->limits, p, h, now);
}

static void forward(struct relay *r, struct feed *f, const struct object *o, uint8_t kind, usec_t now)
{
    struct pkt *p = stamp(o, f->owner->id, kind);
    if (!p)
        return;
    if (kind == WIRE_AUDIO)
        send_audio(r, f, p, &o->header, now);
    else
        send_video(r, f, p, &o->header, now);
    pkt_unref(p);
}

/* ---- in ---- */

void route_object(struct relay *r, struct session *s, uint8_t kind, const uint8_t *data, size_t len, usec_t now)
{
    struct object o;
    if (!within_rate(s, len, now)) {
        session_over_rate(r, s, now);
        return;
    }
    if (len > r->limits.object_bytes || object_parse(&o, data, len) != 0) {
        r->stats.dropped_malformed++;
        return;
    }
    struct feed *f = feed_for(s, kind, &o.header);
    if (!f) {
        r->stats.dropped_forbidden++;
        return;
    }
    tally_in(&r->stats, feed_media(f), o.header.spatial, o.header.temporal, len);
    feed_on_object(f, &o.header, len, now);
    report_due(r, f->owner, now);
    forward(r, f, &o, kind, now);
}

void route_objects(struct relay *r, struct session *s, uint8_t kind, const uint8_t *data, size_t len, usec_t now)
{
    struct reader in = reader_of(data, len);
    while (s->state == SESSION_LIVE && reader_left(&in)) {
        size_t one = (size_t)read_varint(&in);
        const uint8_t *object = read_bytes(&in, one);
        if (!object) {
            r->stats.dropped_malformed++;
            return;
        }
        route_object(r, s, kind, object, one, now);
    }
}

uint32_t route_layer(const uint8_t *data, size_t len)
{
    struct object o;
    return object_parse(&o, data, len) == 0 ? o.header.track * WIRE_LAYERS_MAX + o.header.spatial : 0;
}
