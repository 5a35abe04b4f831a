/* SPDX-License-Identifier: MIT */
#include "route.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "bus.h"
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

/* Whether it is among those that all hear; else it goes only to whom has pinned it. */
static bool send_audio(struct relay *r, struct feed *f, struct pkt *p, const struct object_header *h, usec_t now)
{
    if (p->len > WIRE_DATAGRAM_MAX) {
        r->stats.dropped_malformed++;
        return false;
    }
    if (f->kind != PARLEY__V1__KIND__KIND_MIC || voices_admit(r, f, h->level, now)) {
        voices_put(r, f, p, now);
        return true;
    }
    voices_put_pinned(r, f, p, now);
    return false;
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

/* Whether other shards may want it, too. */
static bool forward(struct relay *r, struct feed *f, struct pkt *p, const struct object_header *h, uint8_t kind, usec_t now)
{
    if (kind == WIRE_AUDIO)
        return send_audio(r, f, p, h, now);
    send_video(r, f, p, h, now);
    return true;
}

/* One frame for each shard, whatever the number of receivers there. Voices that are not among the loudest here are not there. */
static void forward_to_shards(struct relay *r, struct feed *f, const struct pkt *p, const struct object_header *h, uint8_t kind)
{
    if (kind == WIRE_AUDIO && f->owner->room->hearing_count)
        bus_audio(r, f->owner->room, p);
    if (kind == WIRE_VIDEO && f->interest_count)
        bus_video(r, f, p, h);
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
    struct pkt *p = stamp(&o, f->owner->id, kind);
    if (!p)
        return;
    if (forward(r, f, p, &o.header, kind, now))
        forward_to_shards(r, f, p, &o.header, kind);
    else if (kind == WIRE_AUDIO && f->interest_count && p->len <= WIRE_DATAGRAM_MAX) /* somebody there has pinned the voice */
        bus_video(r, f, p, &o.header);
    pkt_unref(p);
}

/* The feed that a frame's object belongs to, or NULL when it is not that shard's. */
static struct feed *feed_from(const struct room *room, uint32_t from, uint8_t kind, const struct object_header *h)
{
    const struct seat *seat = room_seat(room, h->sender);
    struct feed *f = seat && seat->home == from ? seat->feeds[h->track] : NULL;
    if (!f || f->muted)
        return NULL;
    bool fits = feed_is_audio(f) ? kind == WIRE_AUDIO && h->spatial == 0 : kind == WIRE_VIDEO && h->spatial < f->layers;
    return fits ? f : NULL;
}

static struct pkt *unframed(uint8_t kind, const uint8_t *framed, size_t len)
{
    struct pkt *p = pkt_new(1 + len);
    if (!p)
        return NULL;
    p->data[0] = kind;
    memcpy(p->data + 1, framed, len);
    p->len = (uint32_t)(1 + len);
    return p;
}

void route_from_shard(struct relay *r, uint32_t from, struct room *room, uint8_t kind, const uint8_t *framed, size_t len,
                      usec_t now)
{
    struct reader in = reader_of(framed, len);
    struct object o;
    size_t object_len = (size_t)read_varint(&in);
    const uint8_t *object = object_len == reader_left(&in) ? read_bytes(&in, object_len) : NULL;
    if (!object || object_len > r->limits.object_bytes || object_parse(&o, object, object_len) != 0) {
        r->stats.frames_malformed++;
        return;
    }
    struct feed *f = feed_from(room, from, kind, &o.header);
    struct pkt *p = f ? unframed(kind, framed, len) : NULL;
    if (!p) {
        r->stats.frames_foreign++;
        return;
    }
    feed_on_object(f, &o.header, object_len, now);
    forward(r, f, p, &o.header, kind, now);
    pkt_unref(p);
}

void route_objects(struct relay *r, struct session *s, uint8_t kind, const uint8_t *data, size_t len, usec_t now)
{
    struct reader in = reader_of(data, len);
    while (s->state == SESSION_LIVE && reader_left(&in)) {
        size_t one;
        const uint8_t *object = object_next(&in, &one);
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
