/* SPDX-License-Identifier: MIT */
#include "mouth.h"

#include <string.h>

#include "stamp.h"
#include "wire/object.h"
#include "wire/wire.h"

#define BEHIND_MAX (1 * SEC) /* later than that, what was missed is left out */
#define LEVEL_LOUD 90        /* of a voice; it varies by LEVEL_RANGE */
#define LEVEL_RANGE 20
#define LANE_VOICE 1
#define LANE_PICTURE 2

/* ---- objects ---- */

static struct pkt *object(uint8_t kind, const struct object_header *h, uint32_t bytes, uint32_t base)
{
    size_t payload = bytes + SHAPE_SEAL_BYTES, cap = 1 + 8 + 8 + WIRE_HEADER_MAX + payload;
    struct pkt *p = pkt_new(cap);
    int at = p ? object_write_framed(p->data, cap, kind, h, payload) : -1;
    if (at < 0) {
        pkt_unref(p);
        return NULL;
    }
    stamp_write(p->data + at, &(struct stamp){h->captured_us, base});
    memset(p->data + at + STAMP_BYTES, 0, payload - STAMP_BYTES);
    p->len = (uint32_t)((size_t)at + payload);
    return p;
}

static void count_out(struct mouth *m) { m->world->objects_out += m->world->measuring; }

/* ---- pictures ---- */

static void send_on_run(struct mouth *m, uint32_t layer, struct pkt *p, bool key)
{
    struct net_send s = {.channel = NET_RUN, .pkt = p, .len = p->len, .priority = LANE_PICTURE + layer};
    if (net_transport_of(m->conn) == NET_WEBTRANSPORT) {
        s.run_begin = key || !m->open[layer];
        if (s.run_begin && m->open[layer])
            net_send(m->conn, &(struct net_send){.channel = NET_RUN, .run = m->run[layer], .run_end = NET_END});
        if (s.run_begin)
            m->run[layer] = ++m->runs;
        s.run = m->run[layer];
        s.offset = !s.run_begin;
        s.len -= s.offset;
    }
    m->open[layer] = net_send(m->conn, &s) == 0;
    if (!m->open[layer])
        film_want_key(&m->film[layer]);
}

static void send_frame(struct mouth *m, uint32_t layer, usec_t now)
{
    struct film_frame f;
    film_next(&m->film[layer], &f);
    struct pkt *p = object(WIRE_VIDEO,
                           &(struct object_header){.track = TRACK_PICTURE,
                                                   .spatial = layer,
                                                   .temporal = f.temporal,
                                                   .seq = f.seq,
                                                   .captured_us = now,
                                                   .key = f.key,
                                                   .depends = f.depends},
                           f.bytes, f.base);
    if (!p) {
        film_want_key(&m->film[layer]);
        return;
    }
    count_out(m);
    send_on_run(m, layer, p, f.key);
}

static void film_all(struct mouth *m, usec_t now)
{
    for (uint32_t i = 0; i < m->world->shape->video.layers; i++) {
        if (!m->wanted[i])
            continue;
        if (net_room(m->conn)) {
            send_frame(m, i, now);
        } else {
            film_want_key(&m->film[i]);
            m->world->unsent += m->world->measuring;
        }
    }
}

/* ---- sound ---- */

static void speak(struct mouth *m, usec_t now)
{
    const struct shape_audio *a = &m->world->shape->audio;
    if (!turns_speaks(&m->world->turns, m->who, now))
        return;
    uint32_t level = LEVEL_LOUD + (uint32_t)rng_below(&m->world->rng, LEVEL_RANGE);
    struct pkt *p =
        object(WIRE_AUDIO, &(struct object_header){.track = TRACK_VOICE, .seq = ++m->voice_seq, .captured_us = now, .level = level},
               a->bytes, 0);
    if (!p)
        return;
    count_out(m);
    if (m->world->measuring)
        m->world->voices_due += m->room->people - 1; /* those who see nothing hear, too */
    net_send(m->conn, &(struct net_send){.channel = NET_DATAGRAM, .pkt = p, .len = p->len, .priority = LANE_VOICE});
}

/* ---- time ---- */

/* The moment after the one that was due at t->at. */
static void again(struct mouth *m, struct loop_timer *t, usec_t interval, usec_t now)
{
    usec_t due = t->at;
    if (m->world->measuring)
        hist_add(&m->world->lag, now - due);
    loop_timer_set(m->world->loop, t, now - due > BEHIND_MAX ? now + interval : due + interval);
}

static void on_picture(void *ctx, usec_t now)
{
    struct mouth *m = ctx;
    again(m, &m->picture, SEC / m->world->shape->video.fps, now);
    film_all(m, loop_now());
}

static void on_voice(void *ctx, usec_t now)
{
    struct mouth *m = ctx;
    again(m, &m->voice, m->world->shape->audio.interval_ms * MS, now);
    speak(m, loop_now());
}

static void begin(struct mouth *m, struct loop_timer *t, void (*fire)(void *, usec_t), usec_t interval)
{
    *t = (struct loop_timer){.fire = fire, .ctx = m};
    loop_timer_set(m->world->loop, t, loop_now() + (usec_t)rng_below(&m->world->rng, (uint64_t)interval));
}

void mouth_start(struct mouth *m, struct net_conn *conn)
{
    const struct shape *s = m->world->shape;
    *m = (struct mouth){.world = m->world, .room = m->room, .who = m->who, .conn = conn};
    for (uint32_t i = 0; s->video.fps && i < s->video.layers; i++)
        film_init(&m->film[i], &s->video, i);
    if (s->video.fps)
        begin(m, &m->picture, on_picture, SEC / s->video.fps);
    if (s->audio.interval_ms)
        begin(m, &m->voice, on_voice, s->audio.interval_ms * MS);
}

void mouth_stop(struct mouth *m)
{
    loop_timer_stop(m->world->loop, &m->voice);
    loop_timer_stop(m->world->loop, &m->picture);
}

/* ---- what the relay asks for ---- */

void mouth_on_demand(struct mouth *m, const Parley__V1__Demand *d)
{
    for (size_t i = 0; i < d->n_tracks; i++) {
        uint32_t layer = d->tracks[i]->spatial;
        if (d->tracks[i]->track != TRACK_PICTURE || layer >= SHAPE_LAYERS_MAX)
            continue;
        if (d->tracks[i]->wanted && !m->wanted[layer])
            film_want_key(&m->film[layer]);
        m->wanted[layer] = d->tracks[i]->wanted;
    }
}

void mouth_on_key_frame(struct mouth *m, const Parley__V1__KeyFrameRequest *k)
{
    if (k->track == TRACK_PICTURE && k->spatial < SHAPE_LAYERS_MAX)
        film_want_key(&m->film[k->spatial]);
}
