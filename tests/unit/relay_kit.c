/* SPDX-License-Identifier: MIT */
#include "relay_kit.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "check.h"
#include "wire/feedback.h"

struct kit kit_new(const struct relay_limits *limits) { return kit_new_seeded(limits, 1); }

struct kit kit_new_seeded(const struct relay_limits *limits, uint8_t first)
{
    struct relay_limits defaults = relay_limits_default();
    const uint8_t seed[32] = {first, 2, 3};
    struct kit k = {.now = 1000 * SEC, .in = calloc(KIT_SESSIONS, sizeof(*k.in))};
    k.r = relay_new(limits ? limits : &defaults, seed, k.now);
    arena_init_growing(&k.arena, CONTROL_ARENA_MAX);
    return k;
}

void kit_del(struct kit *k)
{
    relay_del(k->r);
    for (size_t i = 0; i < KIT_SESSIONS; i++)
        framer_free(&k->in[i].control);
    arena_free(&k->arena);
    free(k->in);
}

/* ---- what came out ---- */

static struct kit_member *find_member(struct kit_inbox *in, uint32_t id)
{
    for (uint32_t i = 0; i < in->others; i++)
        if (in->roster[i].id == id)
            return &in->roster[i];
    return NULL;
}

const struct kit_member *kit_member(const struct kit *k, uint64_t sid, uint32_t id) { return find_member(&k->in[sid], id); }

static void note_member(struct kit_inbox *in, const Parley__V1__Member *m)
{
    struct kit_member *known = find_member(in, m->id);
    if (m->id == in->member) {
        in->role = m->role;
        return;
    }
    if (!known) {
        if (in->others == KIT_SESSIONS) /* a test with larger rooms counts otherwise */
            return;
        known = &in->roster[in->others++];
    }
    *known = (struct kit_member){.id = m->id, .role = m->role, .tracks = (uint32_t)m->n_tracks, .away = m->away};
    snprintf(known->name, sizeof(known->name), "%s", m->name);
}

static void note_roster(struct kit_inbox *in, const Parley__V1__Roster *roster)
{
    for (size_t i = 0; i < roster->n_put; i++)
        note_member(in, roster->put[i]);
    for (size_t i = 0; i < roster->n_gone; i++) {
        struct kit_member *m = find_member(in, roster->gone[i]);
        if (m)
            *m = in->roster[--in->others];
    }
    in->roster_size += (uint32_t)roster->n_put;
    in->gone += (uint32_t)roster->n_gone;
    if (roster->n_gone)
        in->last_gone = roster->gone[0];
    for (size_t i = 0; i < roster->n_put; i++) {
        in->away += roster->put[i]->away ? 1 : 0;
        in->last_role = roster->put[i]->role;
        snprintf(in->last_name, sizeof(in->last_name), "%s", roster->put[i]->name);
    }
}

static void note_welcome(struct kit_inbox *in, const Parley__V1__Welcome *w)
{
    in->member = w->member;
    in->resumed = w->resumed;
    in->partial = w->partial;
    in->role = w->role;
    memcpy(in->resume, w->resume.data, WIRE_RESUME_BYTES);
    note_roster(in, w->roster);
}

static void note_demand(struct kit_inbox *in, const Parley__V1__Demand *d)
{
    for (size_t i = 0; i < d->n_tracks; i++) {
        in->wanted[d->tracks[i]->track][d->tracks[i]->spatial] = d->tracks[i]->wanted;
        in->max_bps[d->tracks[i]->track][d->tracks[i]->spatial] = d->tracks[i]->max_bps;
    }
}

static void note_forwarding(struct kit_inbox *in, const Parley__V1__TrackForwarding *t)
{
    in->forwarding = (struct kit_forwarding){t->spatial, t->temporal, t->paused, t->replayed};
}

static void kit_pong(struct kit *k, struct kit_inbox *in, uint64_t token)
{
    if (in->mute)
        return;
    Parley__V1__Pong pong = PARLEY__V1__PONG__INIT;
    pong.token = token;
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_PONG;
    m.pong = &pong;
    kit_control(k, (uint64_t)(in - k->in), &m);
}

static void note_control(struct kit *k, struct kit_inbox *in, const uint8_t *data, size_t len)
{
    int err;
    const Parley__V1__Control *m = control_parse(&k->arena, data, len, WIRE_CONTROL_MAX, &err);
    CHECK(m);
    in->bodies[m->body_case]++;
    switch (m->body_case) {
    case PARLEY__V1__CONTROL__BODY_WELCOME: note_welcome(in, m->welcome); break;
    case PARLEY__V1__CONTROL__BODY_ROSTER: note_roster(in, m->roster); break;
    case PARLEY__V1__CONTROL__BODY_DEMAND: note_demand(in, m->demand); break;
    case PARLEY__V1__CONTROL__BODY_FORWARDING: note_forwarding(in, m->forwarding->tracks[m->forwarding->n_tracks - 1]); break;
    case PARLEY__V1__CONTROL__BODY_CHAT: in->chat_member = m->chat->member; break;
    case PARLEY__V1__CONTROL__BODY_KEY_FRAME: in->key_spatial = m->key_frame->spatial; break;
    case PARLEY__V1__CONTROL__BODY_REFUSED:
        snprintf(in->refused, sizeof(in->refused), "%s", m->refused->code);
        in->retry_ms = m->refused->retry_ms;
        snprintf(in->refused_to, sizeof(in->refused_to), "%s", m->refused->relay);
        break;
    case PARLEY__V1__CONTROL__BODY_DRAIN: snprintf(in->drain_relay, sizeof(in->drain_relay), "%s", m->drain->relay); break;
    case PARLEY__V1__CONTROL__BODY_PING: kit_pong(k, in, m->ping->token); break;
    default: break;
    }
}

static void note_object(struct kit_inbox *in, uint8_t kind, uint64_t run, const uint8_t *data, size_t len)
{
    struct object o;
    CHECK_EQ(0, object_parse(&o, data, len));
    struct kit_object k = {.header = o.header, .run = run, .first = o.payload_len ? o.payload[0] : 0};
    if (kind == WIRE_AUDIO) {
        in->audio++;
        in->last_audio = k;
        return;
    }
    CHECK(in->video < KIT_OBJECTS);
    in->object[in->video++] = k;
}

static void note_objects(struct kit_inbox *in, uint8_t kind, uint64_t run, const uint8_t *data, size_t len)
{
    struct reader r = reader_of(data, len);
    while (reader_left(&r)) {
        size_t one = (size_t)read_varint(&r);
        const uint8_t *object = read_bytes(&r, one);
        CHECK(object);
        note_object(in, kind, run, object, one);
    }
}

static void note_feedback(struct kit_inbox *in, const uint8_t *data, size_t len)
{
    struct feedback f;
    CHECK_EQ(0, feedback_parse(&f, data, len));
    in->feedbacks++;
    CHECK(f.count > 0);
    in->report_newest = f.track[f.count - 1].newest;
    in->report_missing = f.track[f.count - 1].missing;
    in->report_objects = f.track[f.count - 1].objects;
}

static void note_kind(struct kit *k, struct kit_inbox *in, const uint8_t *data, size_t len)
{
    if (data[0] == WIRE_CONTROL) {
        note_control(k, in, data + 1, len - 1);
    } else if (data[0] == WIRE_PADDING) {
        in->paddings++;
    } else if (data[0] == WIRE_FEEDBACK) {
        note_feedback(in, data + 1, len - 1);
    } else {
        in->audio_datagrams += data[0] == WIRE_AUDIO;
        note_objects(in, data[0], 0, data + 1, len - 1);
    }
}

static void note_run(struct kit_inbox *in, const struct relay_out *o)
{
    if (o->run_reset) {
        in->runs_reset++;
        return;
    }
    size_t skip = o->run_begin ? 1 : 0;
    in->runs_begun += o->run_begin;
    CHECK_EQ(o->run_begin ? 0 : 1, o->offset);
    CHECK_EQ(in->last_run + (o->run_begin ? 1 : 0), o->run > in->last_run ? in->last_run + 1 : in->last_run);
    in->last_run = o->run > in->last_run ? o->run : in->last_run;
    note_objects(in, WIRE_VIDEO, o->run, o->pkt->data + o->offset + skip, o->len - skip);
}

static void note_control_stream(struct kit *k, struct kit_inbox *in, const uint8_t *data, size_t len)
{
    struct framed m;
    framer_feed(&in->control, data, len);
    while (framer_next(&in->control, &m) > 0)
        note_control(k, in, m.data, m.len);
}

static void note_out(struct kit *k, struct kit_inbox *in, const struct relay_out *o)
{
    if (o->pkt) {
        CHECK(o->offset + o->len <= o->pkt->len);
        in->relay_out_bytes += o->len;
    }
    if (in->websocket)
        note_kind(k, in, o->pkt->data, o->pkt->len);
    else if (o->channel == RELAY_CONTROL)
        note_control_stream(k, in, o->pkt->data + o->offset, o->len);
    else if (o->channel == RELAY_DATAGRAM)
        note_kind(k, in, o->pkt->data + o->offset, o->len);
    else
        note_run(in, o);
    pkt_unref(o->pkt);
}

static void take(struct kit *k, uint64_t sid)
{
    struct relay_out o;
    while (relay_take(k->r, sid, &o, k->now))
        note_out(k, &k->in[sid], &o);
}

void kit_drain(struct kit *k)
{
    struct relay_event e;
    while (relay_poll(k->r, &e, k->now)) {
        struct kit_inbox *in = &k->in[e.sid];
        if (e.type == RELAY_READY && !in->stalled)
            take(k, e.sid);
        if (e.type == RELAY_CLOSE) {
            snprintf(in->closed, sizeof(in->closed), "%s", e.code);
            take(k, e.sid);
            kit_close(k, e.sid);
        }
    }
}

void kit_run(struct kit *k, usec_t duration)
{
    usec_t end = k->now + duration;
    kit_drain(k);
    while (relay_deadline(k->r) <= end) {
        k->now = usec_max(k->now, relay_deadline(k->r));
        relay_tick(k->r, k->now);
        kit_drain(k);
    }
    k->now = end;
}

/* ---- what goes in ---- */

void kit_open(struct kit *k, uint64_t sid, enum relay_transport t)
{
    struct kit_inbox *in = &k->in[sid];
    framer_free(&in->control);
    *in = (struct kit_inbox){.open = true, .websocket = t == RELAY_WEBSOCKET};
    framer_init(&in->control, WIRE_CONTROL_MAX, false);
    CHECK_EQ(0, relay_on_open(k->r, sid, t, t == RELAY_WEBSOCKET ? 0 : 1200, k->now));
}

void kit_close(struct kit *k, uint64_t sid)
{
    k->in[sid].open = false;
    relay_on_closed(k->r, sid, k->now);
}

void kit_control(struct kit *k, uint64_t sid, const Parley__V1__Control *m)
{
    bool ws = k->in[sid].websocket;
    struct pkt *p = control_pack(m, ws ? CONTROL_MESSAGE : CONTROL_STREAM);
    if (ws)
        relay_on_message(k->r, sid, p->data, p->len, k->now);
    else
        relay_on_control(k->r, sid, p->data, p->len, k->now);
    pkt_unref(p);
}

void kit_hello(struct kit *k, uint64_t sid, const char *meeting, uint32_t major, const uint8_t *resume)
{
    char name[32];
    uint8_t salt[WIRE_SALT_BYTES] = {(uint8_t)sid};
    snprintf(name, sizeof(name), "guest %u", (unsigned)sid);
    Parley__V1__Hello hello = PARLEY__V1__HELLO__INIT;
    hello.major = major;
    hello.meeting = (char *)(uintptr_t)meeting;
    hello.name = name;
    hello.salt = (ProtobufCBinaryData){.data = salt, .len = sizeof(salt)};
    if (resume)
        hello.resume = (ProtobufCBinaryData){.data = (uint8_t *)(uintptr_t)resume, .len = WIRE_RESUME_BYTES};
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_HELLO;
    m.hello = &hello;
    kit_control(k, sid, &m);
    kit_drain(k);
}

uint32_t kit_rejoin(struct kit *k, uint64_t sid, enum relay_transport t, const char *meeting, const uint8_t *resume)
{
    uint8_t token[WIRE_RESUME_BYTES];
    if (resume)
        memcpy(token, resume, sizeof(token));
    kit_open(k, sid, t);
    kit_hello(k, sid, meeting, WIRE_MAJOR, resume ? token : NULL);
    return k->in[sid].member;
}

uint32_t kit_join(struct kit *k, uint64_t sid, enum relay_transport t, const char *meeting)
{
    return kit_rejoin(k, sid, t, meeting, NULL);
}

static void publish(struct kit *k, uint64_t sid, uint32_t track, uint32_t kind, uint32_t layers, bool muted)
{
    Parley__V1__Layer layer[WIRE_LAYERS_MAX], *list[WIRE_LAYERS_MAX];
    for (uint32_t i = 0; i < layers; i++) {
        parley__v1__layer__init(&layer[i]);
        layer[i].spatial = i;
        layer[i].width_px = 320u << i;
        layer[i].height_px = 180u << i;
        layer[i].fps = 30;
        layer[i].max_bps = 200000u << (2 * i);
        layer[i].temporal = 3;
        list[i] = &layer[i];
    }
    Parley__V1__Track t = PARLEY__V1__TRACK__INIT;
    t.id = track;
    t.kind = (Parley__V1__Kind)kind;
    t.layers = list;
    t.n_layers = layers;
    t.muted = muted;
    Parley__V1__Publish publish = PARLEY__V1__PUBLISH__INIT;
    publish.track = &t;
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_PUBLISH;
    m.publish = &publish;
    kit_control(k, sid, &m);
    kit_drain(k);
}

void kit_publish(struct kit *k, uint64_t sid, uint32_t track, uint32_t kind, uint32_t layers)
{
    publish(k, sid, track, kind, layers, false);
}

void kit_mute(struct kit *k, uint64_t sid, uint32_t track, uint32_t kind) { publish(k, sid, track, kind, 1, true); }

void kit_subscribe(struct kit *k, uint64_t sid, uint32_t member, uint32_t track, uint32_t width_px)
{
    Parley__V1__Want w = PARLEY__V1__WANT__INIT, *list = &w;
    w.member = member;
    w.track = track;
    w.width_px = width_px;
    Parley__V1__Subscribe s = PARLEY__V1__SUBSCRIBE__INIT;
    s.wants = &list;
    s.n_wants = width_px ? 1 : 0;
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_SUBSCRIBE;
    m.subscribe = &s;
    kit_control(k, sid, &m);
    kit_run(k, 0);
}

void kit_ask_key(struct kit *k, uint64_t sid, uint32_t member, uint32_t track)
{
    Parley__V1__KeyFrameRequest q = PARLEY__V1__KEY_FRAME_REQUEST__INIT;
    q.member = member;
    q.track = track;
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_KEY_FRAME;
    m.key_frame = &q;
    kit_control(k, sid, &m);
    kit_drain(k);
}

size_t kit_object(uint8_t *out, size_t cap, uint8_t kind, const struct object_header *h, size_t payload, uint8_t fill)
{
    int at = object_write_framed(out, cap, kind, h, payload);
    CHECK(at > 0 && (size_t)at + payload <= cap);
    memset(out + at, fill, payload);
    return (size_t)at + payload;
}

void kit_audio(struct kit *k, uint64_t sid, uint32_t track, uint32_t seq) { kit_voice(k, sid, track, seq, 90); }

void kit_voice(struct kit *k, uint64_t sid, uint32_t track, uint32_t seq, uint32_t level)
{
    uint8_t bytes[256];
    struct object_header h = {.track = track, .seq = seq, .captured_us = seq * 20000, .level = level};
    size_t len = kit_object(bytes, sizeof(bytes), WIRE_AUDIO, &h, 80, (uint8_t)sid);
    if (k->in[sid].websocket)
        relay_on_message(k->r, sid, bytes, len, k->now);
    else
        relay_on_datagram(k->r, sid, bytes, len, k->now);
}

void kit_video(struct kit *k, uint64_t sid, uint64_t run, bool first, const struct object_header *h, size_t payload)
{
    size_t cap = payload + 128;
    uint8_t *bytes = malloc(cap);
    size_t len = kit_object(bytes, cap, WIRE_VIDEO, h, payload, (uint8_t)sid);
    size_t skip = first ? 0 : 1;
    if (k->in[sid].websocket)
        relay_on_message(k->r, sid, bytes, len, k->now);
    else
        relay_on_run(k->r, sid, run, bytes + skip, len - skip, RELAY_RUN_MORE, k->now);
    free(bytes);
}
