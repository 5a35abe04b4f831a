/* SPDX-License-Identifier: MIT */
/* A room whose roster is larger than one Control may be: whoever joins still learns of all, in messages that a client accepts. */
#include "check.h"

#include <string.h>

#include "base/units.h"
#include "relay/relay.h"
#include "wire/control.h"
#include "wire/framer.h"

#define MEMBERS 300
#define LAST (MEMBERS + 1)

static struct relay *r;
static struct arena arena;
static size_t named, largest, messages; /* of what the last one was sent */

static void send(uint64_t sid, const Parley__V1__Control *m)
{
    struct pkt *p = control_pack(m, CONTROL_MESSAGE);
    relay_on_message(r, sid, p->data, p->len, SEC);
    pkt_unref(p);
}

static void hello(uint64_t sid)
{
    char name[WIRE_NAME_MAX + 1] = {0};
    uint8_t salt[WIRE_SALT_BYTES] = {(uint8_t)sid, (uint8_t)(sid >> 8)};
    Parley__V1__Hello h = PARLEY__V1__HELLO__INIT;
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    h.major = WIRE_MAJOR;
    h.meeting = "m";
    h.name = memset(name, 'n', WIRE_NAME_MAX);
    h.salt = (ProtobufCBinaryData){.data = salt, .len = sizeof(salt)};
    m.body_case = PARLEY__V1__CONTROL__BODY_HELLO;
    m.hello = &h;
    CHECK_EQ(0, relay_on_open(r, sid, RELAY_WEBSOCKET, 0, SEC));
    send(sid, &m);
}

static void publish(uint64_t sid, uint32_t id)
{
    Parley__V1__Layer layer[WIRE_LAYERS_MAX], *layers[WIRE_LAYERS_MAX];
    for (uint32_t i = 0; i < WIRE_LAYERS_MAX; i++) {
        parley__v1__layer__init(layers[i] = &layer[i]);
        layer[i].spatial = i;
        layer[i].width_px = layer[i].height_px = layer[i].fps = layer[i].max_bps = layer[i].temporal = UINT32_MAX;
    }
    Parley__V1__Track track = PARLEY__V1__TRACK__INIT;
    Parley__V1__Publish p = PARLEY__V1__PUBLISH__INIT;
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    track.id = id;
    track.kind = PARLEY__V1__KIND__KIND_CAMERA;
    track.layers = layers;
    track.n_layers = WIRE_LAYERS_MAX;
    p.track = &track;
    m.body_case = PARLEY__V1__CONTROL__BODY_PUBLISH;
    m.publish = &p;
    send(sid, &m);
}

static bool partial;

static void note(const struct pkt *p)
{
    int err;
    const Parley__V1__Control *m = control_parse(&arena, p->data + 1, p->len - 1, WIRE_CONTROL_MAX, &err);
    CHECK(m);
    messages++;
    largest = p->len > largest ? p->len : largest;
    if (m->body_case == PARLEY__V1__CONTROL__BODY_WELCOME) {
        named += m->welcome->roster->n_put;
        partial = m->welcome->partial;
    } else if (m->body_case == PARLEY__V1__CONTROL__BODY_ROSTER)
        named += m->roster->n_put;
}

static void drain(void)
{
    struct relay_event e;
    struct relay_out o;
    while (relay_poll(r, &e, SEC)) {
        CHECK(e.type != RELAY_CLOSE);
        while (e.type == RELAY_READY && relay_take(r, e.sid, &o, SEC)) {
            if (e.sid == LAST && o.channel == RELAY_CONTROL)
                note(o.pkt);
            pkt_unref(o.pkt);
        }
    }
}

static void a_large_roster_comes_in_parts(void)
{
    struct relay_limits limits = relay_limits_default();
    r = relay_new(&limits, (const uint8_t[32]){1}, SEC);
    arena_init_growing(&arena, CONTROL_ARENA_MAX);
    for (uint64_t sid = 1; sid <= MEMBERS; sid++) {
        hello(sid);
        for (uint32_t track = 1; track <= WIRE_TRACKS_MAX; track++)
            publish(sid, track);
        drain();
    }
    hello(LAST);
    drain();
    CHECK_EQ(MEMBERS, named);
    CHECK(partial);
    CHECK_BETWEEN(2, 20, messages);
    CHECK_BETWEEN(1000, WIRE_CONTROL_MAX, largest);
    relay_del(r);
    arena_free(&arena);
}

int main(void)
{
    static const struct check_test tests[] = {T(a_large_roster_comes_in_parts)};
    return CHECK_RUN(tests);
}
