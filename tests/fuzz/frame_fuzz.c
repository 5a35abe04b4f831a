/* SPDX-License-Identifier: MIT */
/* What other shards send to a relay with a member in the room "tea". The input is a list of frames: from whom (one byte: the lower
 * two bits are the shard, the others what happens instead: a gap, a shard that goes or comes, time), a length (two bytes) and the frame.
 * Whatever comes, the relay still lets somebody in afterwards, and what it sends itself is in order. */
#include <string.h>

#include "base/bytes.h"
#include "fuzz/fuzz.h"
#include "relay/relay.h"
#include "wire/control.h"

#define STEPS_MAX 400
#define DRAIN_MAX 100000
#define SHARDS 4
#define OWN 3

struct world {
    struct relay *relay;
    usec_t now;
    struct arena arena;
    uint32_t welcomes;
};

static void note_control(struct world *w, const struct pkt *p)
{
    int err;
    const Parley__V1__Control *m = control_parse(&w->arena, p->data + 1, p->len - 1, WIRE_CONTROL_MAX, &err);
    MUST(m);
    w->welcomes += m->body_case == PARLEY__V1__CONTROL__BODY_WELCOME;
}

static void drain(struct world *w)
{
    struct relay_event e;
    struct relay_out out;
    struct relay_frame f;
    for (int i = 0; relay_poll(w->relay, &e, w->now); i++) {
        MUST(i < DRAIN_MAX);
        while (e.type == RELAY_READY && relay_take(w->relay, e.sid, &out, w->now)) {
            if (out.channel == RELAY_CONTROL)
                note_control(w, out.pkt);
            pkt_unref(out.pkt);
        }
        if (e.type == RELAY_CLOSE)
            relay_on_closed(w->relay, e.sid, w->now);
    }
    for (int i = 0; relay_take_frame(w->relay, &f); i++) {
        MUST(i < DRAIN_MAX && f.pkt->len > 0 && f.to_count > 0 && f.to_count < SHARDS);
        for (uint32_t k = 0; k < f.to_count; k++)
            MUST(f.to[k] < SHARDS && f.to[k] != OWN);
        pkt_unref(f.pkt);
    }
}

static void pass(struct world *w, usec_t time)
{
    w->now += time;
    relay_tick(w->relay, w->now);
    drain(w);
}

static void say(struct world *w, uint64_t sid, const Parley__V1__Control *m)
{
    struct pkt *p = control_pack(m, CONTROL_MESSAGE);
    MUST(p);
    relay_on_message(w->relay, sid, p->data, p->len, w->now);
    pkt_unref(p);
    drain(w);
}

static void join(struct world *w, uint64_t sid)
{
    Parley__V1__Hello h = PARLEY__V1__HELLO__INIT;
    h.major = WIRE_MAJOR;
    h.meeting = (char *)(uintptr_t)"tea";
    h.name = (char *)(uintptr_t)"Ann";
    h.salt = (ProtobufCBinaryData){WIRE_SALT_BYTES, (uint8_t *)(uintptr_t)"0123456789abcdef"};
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_HELLO;
    m.hello = &h;
    MUST(relay_on_open(w->relay, sid, RELAY_WEBSOCKET, 0, w->now) == 0);
    say(w, sid, &m);
    pass(w, 300 * MS);
}

/* A camera of our own, and a want for that of the others' member 16: what is asked of both crosses. */
static void take_part(struct world *w, uint64_t sid)
{
    Parley__V1__Layer layer = PARLEY__V1__LAYER__INIT, *layers = &layer;
    layer.width_px = layer.height_px = 320;
    layer.temporal = 3;
    Parley__V1__Track track = PARLEY__V1__TRACK__INIT;
    track.id = 2;
    track.kind = PARLEY__V1__KIND__KIND_CAMERA;
    track.layers = &layers;
    track.n_layers = 1;
    Parley__V1__Publish publish = PARLEY__V1__PUBLISH__INIT;
    publish.track = &track;
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_PUBLISH;
    m.publish = &publish;
    say(w, sid, &m);
    Parley__V1__Want want = PARLEY__V1__WANT__INIT, *wants = &want;
    want.member = 16;
    want.track = 2;
    want.width_px = 320;
    Parley__V1__Subscribe subscribe = PARLEY__V1__SUBSCRIBE__INIT;
    subscribe.wants = &wants;
    subscribe.n_wants = 1;
    m.body_case = PARLEY__V1__CONTROL__BODY_SUBSCRIBE;
    m.subscribe = &subscribe;
    say(w, sid, &m);
}

static void step(struct world *w, uint8_t what, const uint8_t *data, size_t len)
{
    uint32_t from = what & 3;
    if (from == OWN)
        pass(w, (what >> 2) * 50 * MS);
    else if (what >> 2 == 1)
        relay_on_gap(w->relay, from, w->now);
    else if (what >> 2 == 2 || what >> 2 == 3)
        relay_on_shard(w->relay, from, what >> 2 == 3, w->now);
    else
        relay_on_frame(w->relay, from, data, len, w->now);
    pass(w, MS);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const uint8_t seed[32] = {1};
    struct relay_limits limits = relay_limits_default();
    limits.silence_ms = 1000000;
    struct world w = {.now = SEC, .relay = relay_new(&limits, seed, SEC)};
    MUST(w.relay);
    arena_init_growing(&w.arena, CONTROL_ARENA_MAX);
    relay_set_place(w.relay, &(struct relay_place){.shard = OWN, .bits = 4});
    for (uint32_t shard = 0; shard < OWN; shard++)
        relay_on_shard(w.relay, shard, true, w.now);
    join(&w, 1);
    take_part(&w, 1);
    for (int i = 0; len && i < STEPS_MAX; i++) {
        uint8_t what = take_u8(&data, &len);
        size_t want = (size_t)take_u8(&data, &len) << 8;
        want |= take_u8(&data, &len);
        size_t n = want < len ? want : len;
        step(&w, what, data, n);
        data += n;
        len -= n;
    }
    relay_on_closed(w.relay, 1, w.now);
    pass(&w, 2 * SEC);
    uint32_t before = w.welcomes;
    join(&w, 2);
    MUST(w.welcomes == before + 1);
    relay_del(w.relay);
    arena_free(&w.arena);
    return 0;
}
