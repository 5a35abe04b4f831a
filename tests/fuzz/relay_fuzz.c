/* SPDX-License-Identifier: MIT */
/* The whole relay before four sessions that send anything in any order. The input is a list of steps: what (one byte), who (one
 * byte), a length (one byte, times eight) and bytes. Honest Hello, Publish, Subscribe and objects are among the steps. What the relay sends must be readable,
 * and nobody is shown media under an identity that it does not have. */
#include <string.h>

#include "base/bytes.h"
#include "fuzz/fuzz.h"
#include "relay/relay.h"
#include "wire/control.h"
#include "wire/feedback.h"
#include "wire/framer.h"
#include "wire/object.h"

#define SESSIONS 4
#define STEPS_MAX 400
#define DRAIN_MAX 20000

struct peer {
    uint64_t sid; /* 0: closed */
    enum relay_transport kind;
    bool dead; /* the relay asked to close it */
    uint32_t member, seq;
    struct framer control; /* what the relay sends on the control stream */
};

struct world {
    struct relay *relay;
    struct peer peer[SESSIONS];
    uint64_t next_sid;
    usec_t now;
    struct arena arena;
};

struct step {
    uint8_t what, who;
    const uint8_t *data;
    size_t len;
};

static struct peer *peer_of_sid(struct world *w, uint64_t sid)
{
    for (size_t i = 0; i < SESSIONS; i++)
        if (w->peer[i].sid == sid)
            return &w->peer[i];
    return NULL;
}

/* ---- what comes out ---- */

static void check_control(struct world *w, struct peer *p, const uint8_t *data, size_t len)
{
    int err;
    const Parley__V1__Control *m = control_parse(&w->arena, data, len, WIRE_CONTROL_MAX, &err);
    MUST(m);
    if (m->body_case == PARLEY__V1__CONTROL__BODY_WELCOME)
        p->member = m->welcome->member;
}

static void check_objects(struct world *w, struct peer *p, struct reader r)
{
    (void)w;
    while (reader_left(&r)) {
        struct object o;
        size_t len = (size_t)read_varint(&r);
        const uint8_t *data = read_bytes(&r, len);
        MUST(data && object_parse(&o, data, len) == 0);
        MUST(o.header.sender && o.header.sender != p->member && p->member);
    }
}

static void check_kinds(struct world *w, struct peer *p, const uint8_t *data, size_t len)
{
    static struct feedback f;
    MUST(len > 0);
    switch (data[0]) {
    case WIRE_CONTROL: check_control(w, p, data + 1, len - 1); break;
    case WIRE_AUDIO:
    case WIRE_VIDEO: check_objects(w, p, reader_of(data + 1, len - 1)); break;
    case WIRE_FEEDBACK: MUST(feedback_parse(&f, data + 1, len - 1) == 0); break;
    default: abort();
    }
}

static void check_out(struct world *w, struct peer *p, const struct relay_out *out)
{
    if (!out->pkt) {
        MUST(out->run_reset);
        return;
    }
    MUST(out->offset <= out->pkt->len && out->len <= out->pkt->len - out->offset);
    const uint8_t *data = out->pkt->data + out->offset;
    if (p->kind == RELAY_WEBSOCKET || out->channel == RELAY_DATAGRAM) {
        check_kinds(w, p, data, out->len);
    } else if (out->channel == RELAY_CONTROL) {
        struct framed m;
        framer_feed(&p->control, data, out->len);
        while (framer_next(&p->control, &m) > 0)
            check_control(w, p, m.data, m.len);
    } else {
        size_t kind = out->run_begin;
        MUST(!kind || data[0] == WIRE_VIDEO);
        check_objects(w, p, reader_of(data + kind, out->len - kind));
    }
    pkt_unref(out->pkt);
}

static void take_all(struct world *w, struct peer *p)
{
    struct relay_out out;
    for (int i = 0; relay_take(w->relay, p->sid, &out, w->now); i++) {
        MUST(i < DRAIN_MAX);
        check_out(w, p, &out);
    }
}

static void close_peer(struct world *w, struct peer *p)
{
    relay_on_closed(w->relay, p->sid, w->now);
    framer_free(&p->control);
    *p = (struct peer){.sid = 0};
}

static void drain(struct world *w, bool take)
{
    struct relay_event e;
    for (int i = 0; relay_poll(w->relay, &e, w->now); i++) {
        MUST(i < DRAIN_MAX);
        struct peer *p = e.type == RELAY_LOG ? NULL : peer_of_sid(w, e.sid);
        MUST(p || e.type == RELAY_LOG);
        if (e.type == RELAY_READY && take)
            take_all(w, p);
        if (e.type == RELAY_CLOSE)
            p->dead = true;
    }
    for (size_t i = 0; i < SESSIONS; i++)
        if (w->peer[i].sid && w->peer[i].dead) {
            take_all(w, &w->peer[i]);
            close_peer(w, &w->peer[i]);
        }
}

/* ---- what goes in ---- */

static void open_peer(struct world *w, struct peer *p, const struct step *s)
{
    if (p->sid)
        close_peer(w, p);
    p->sid = ++w->next_sid;
    p->kind = s->who & 4 ? RELAY_WEBSOCKET : RELAY_WEBTRANSPORT;
    framer_init(&p->control, WIRE_CONTROL_MAX, false);
    if (relay_on_open(w->relay, p->sid, p->kind, p->kind == RELAY_WEBSOCKET ? 0 : 1200, w->now) != 0)
        p->sid = 0;
}

static void control(struct world *w, struct peer *p, const Parley__V1__Control *m)
{
    struct pkt *k = control_pack(m, p->kind == RELAY_WEBSOCKET ? CONTROL_MESSAGE : CONTROL_STREAM);
    MUST(k);
    if (p->kind == RELAY_WEBSOCKET)
        relay_on_message(w->relay, p->sid, k->data, k->len, w->now);
    else
        relay_on_control(w->relay, p->sid, k->data, k->len, w->now);
    pkt_unref(k);
}

static void hello(struct world *w, struct peer *p)
{
    Parley__V1__Hello h = PARLEY__V1__HELLO__INIT;
    h.major = WIRE_MAJOR;
    h.meeting = (char *)(uintptr_t)"tea";
    h.name = (char *)(uintptr_t)"Ann";
    h.salt = (ProtobufCBinaryData){WIRE_SALT_BYTES, (uint8_t *)(uintptr_t)"0123456789abcdef"};
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_HELLO;
    m.hello = &h;
    control(w, p, &m);
}

static void publish(struct world *w, struct peer *p, const struct step *s)
{
    Parley__V1__Layer layer[3], *layers[3] = {&layer[0], &layer[1], &layer[2]};
    for (uint32_t i = 0; i < 3; i++) {
        parley__v1__layer__init(&layer[i]);
        layer[i].spatial = i;
        layer[i].width_px = layer[i].height_px = 320u << i;
        layer[i].fps = 30;
        layer[i].max_bps = 150000u << 2 * i;
        layer[i].temporal = 3;
    }
    Parley__V1__Track t = PARLEY__V1__TRACK__INIT;
    t.id = 1 + (s->who >> 6 & 1);
    t.kind = t.id == 1 ? PARLEY__V1__KIND__KIND_MIC : PARLEY__V1__KIND__KIND_CAMERA;
    t.muted = s->who & 32;
    t.n_layers = t.id == 1 ? 0 : 1 + (s->who >> 3 & 1);
    t.layers = layers;
    Parley__V1__Publish body = PARLEY__V1__PUBLISH__INIT;
    body.track = &t;
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_PUBLISH;
    m.publish = &body;
    control(w, p, &m);
}

static void subscribe(struct world *w, struct peer *p, const struct step *s)
{
    Parley__V1__Want want[SESSIONS], *wants[SESSIONS];
    for (uint32_t i = 0; i < SESSIONS; i++) {
        wants[i] = &want[i];
        parley__v1__want__init(&want[i]);
        want[i].member = w->peer[i].member;
        want[i].track = 2;
        want[i].width_px = 10u * s->who;
    }
    Parley__V1__Subscribe body = PARLEY__V1__SUBSCRIBE__INIT;
    body.n_wants = SESSIONS;
    body.wants = wants;
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_SUBSCRIBE;
    m.subscribe = &body;
    control(w, p, &m);
}

static void object(struct world *w, struct peer *p, const struct step *s)
{
    bool audio = s->who & 4;
    uint8_t out[4096];
    struct object_header h = {.track = audio ? 1 : 2, .seq = ++p->seq, .captured_us = w->now, .key = !audio && s->who & 8};
    h.depends = audio || h.key || h.seq < 2 ? 0 : 1;
    h.spatial = audio ? 0 : s->who >> 4 & 1;
    h.temporal = audio ? 0 : s->who >> 5 & 1;
    int at = object_write_framed(out, sizeof out, audio ? WIRE_AUDIO : WIRE_VIDEO, &h, s->len);
    MUST(at > 0);
    memcpy(out + at, s->data, s->len);
    size_t len = (size_t)at + s->len;
    if (p->kind == RELAY_WEBSOCKET)
        relay_on_message(w->relay, p->sid, out, len, w->now);
    else if (audio)
        relay_on_datagram(w->relay, p->sid, out, len, w->now);
    else
        relay_on_run(w->relay, p->sid, 1000 + h.seq, out, len, s->who & 64 ? RELAY_RUN_END : RELAY_RUN_MORE, w->now);
}

static void tick(struct world *w, const struct step *s)
{
    usec_t due = relay_deadline(w->relay);
    w->now += s->who & 128 ? 100 * MS * (s->who & 127) : MS * s->who;
    if (s->who == 0 && due != NEVER && due > w->now)
        w->now = due;
    relay_tick(w->relay, w->now);
}

static void step_of_session(struct world *w, struct peer *p, const struct step *s)
{
    struct relay *r = w->relay;
    struct relay_path path = {1000u * s->who, 10000u * s->who};
    switch (s->what % 15) {
    case 2: close_peer(w, p); break;
    case 3: hello(w, p); break;
    case 4: publish(w, p, s); break;
    case 5: subscribe(w, p, s); break;
    case 6: object(w, p, s); break;
    case 7: relay_on_control(r, p->sid, s->data, s->len, w->now); break;
    case 8: relay_on_datagram(r, p->sid, s->data, s->len, w->now); break;
    case 9: relay_on_run(r, p->sid, s->who >> 4, s->data, s->len, (enum relay_run_end)((s->who >> 2) % 3), w->now); break;
    case 10: relay_on_message(r, p->sid, s->data, s->len, w->now); break;
    case 11: relay_on_path(r, p->sid, &path, w->now); break;
    case 12: relay_on_run_stopped(r, p->sid, s->who, w->now); break;
    case 13: object(w, p, s); break;
    case 14:
        if (s->who == 255)
            relay_drain(r, 1000, NULL, w->now);
        break;
    }
}

static void take_step(struct world *w, const struct step *s)
{
    struct peer *p = &w->peer[s->who % SESSIONS];
    if (s->what % 15 == 0)
        tick(w, s);
    else if (s->what % 15 == 1)
        open_peer(w, p, s);
    else if (p->sid)
        step_of_session(w, p, s);
}

static struct step next_step(const uint8_t **data, size_t *len)
{
    struct step s = {.what = take_u8(data, len), .who = take_u8(data, len)};
    size_t want = 8u * take_u8(data, len);
    s.len = want < *len ? want : *len;
    s.data = *data;
    *data += s.len;
    *len -= s.len;
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const uint8_t seed[32] = {1};
    struct relay_limits limits = relay_limits_default();
    struct world w = {.now = SEC, .relay = relay_new(&limits, seed, SEC)};
    MUST(w.relay);
    arena_init_growing(&w.arena, CONTROL_ARENA_MAX);
    for (int i = 0; len && i < STEPS_MAX; i++) {
        struct step s = next_step(&data, &len);
        take_step(&w, &s);
        drain(&w, s.what < 192); /* else: nobody reads just now */
    }
    for (size_t i = 0; i < SESSIONS; i++)
        if (w.peer[i].sid)
            close_peer(&w, &w.peer[i]);
    relay_del(w.relay);
    arena_free(&w.arena);
    return 0;
}
