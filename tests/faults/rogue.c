/* SPDX-License-Identifier: MIT */
#include "rogue.h"

#include <string.h>

#include "check.h"
#include "wire/control.h"
#include "wire/object.h"

#define CAMERA 2
#define TURN (5 * MS)
#define RUN 1

static void on_opened(void *ctx, struct net_conn *conn)
{
    (void)conn;
    ((struct rogue *)ctx)->opened++;
}

static void on_bytes(void *ctx, struct net_conn *conn, const uint8_t *data, size_t len)
{
    (void)ctx, (void)conn, (void)data, (void)len;
}

static void on_run(void *ctx, struct net_conn *conn, uint64_t run, const uint8_t *data, size_t len, enum net_end end)
{
    (void)ctx, (void)conn, (void)run, (void)data, (void)len, (void)end;
}

static void on_closed(void *ctx, struct net_conn *conn, uint32_t code, const char *text)
{
    struct rogue *r = ctx;
    (void)conn, (void)text;
    r->conn = NULL;
    r->closed++;
    r->code = code;
    loop_timer_stop(r->crowd->loop, &r->turn);
}

static const struct net_handler handler = {
    .opened = on_opened, .control = on_bytes, .datagram = on_bytes, .run = on_run, .message = on_bytes, .closed = on_closed};

static void say(struct rogue *r, const Parley__V1__Control *m)
{
    bool ws = net_transport_of(r->conn) == NET_WEBSOCKET;
    struct pkt *p = control_pack(m, ws ? CONTROL_MESSAGE : CONTROL_STREAM);
    CHECK(p);
    net_send(r->conn, &(struct net_send){.channel = NET_CONTROL, .pkt = p, .len = p->len});
}

static void say_hello(struct rogue *r, const char *meeting)
{
    uint8_t salt[WIRE_SALT_BYTES] = {66};
    Parley__V1__Hello hello = PARLEY__V1__HELLO__INIT;
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    hello.major = WIRE_MAJOR;
    hello.meeting = (char *)(uintptr_t)meeting;
    hello.name = "rogue";
    hello.salt = (ProtobufCBinaryData){.data = salt, .len = sizeof(salt)};
    m.body_case = PARLEY__V1__CONTROL__BODY_HELLO;
    m.hello = &hello;
    say(r, &m);
}

static void publish(struct rogue *r)
{
    Parley__V1__Layer layer = PARLEY__V1__LAYER__INIT, *layers = &layer;
    Parley__V1__Track track = PARLEY__V1__TRACK__INIT;
    Parley__V1__Publish body = PARLEY__V1__PUBLISH__INIT;
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    layer.width_px = 640, layer.height_px = 360, layer.fps = 30, layer.temporal = 1, layer.max_bps = 2000000;
    track.id = CAMERA;
    track.kind = PARLEY__V1__KIND__KIND_CAMERA;
    track.layers = &layers;
    track.n_layers = 1;
    body.track = &track;
    m.body_case = PARLEY__V1__CONTROL__BODY_PUBLISH;
    m.publish = &body;
    say(r, &m);
}

void rogue_join(struct rogue *r, struct crowd *c, enum net_transport t, const char *meeting)
{
    char url[64];
    snprintf(url, sizeof(url), t == NET_WEBSOCKET ? "wss://127.0.0.1:%u/ws" : "https://127.0.0.1:%u/wt", c->relay->port);
    *r = (struct rogue){.crowd = c};
    struct net_dial what = {.url = url, .transport = t, .verify = NET_VERIFY_NONE};
    r->conn = net_dial(c->loop, &what, &handler, r);
    for (usec_t end = loop_now() + PATIENT(5 * SEC); !r->opened && loop_now() < end;)
        crowd_run_for(c, 5 * MS);
    CHECK_EQ(1, r->opened);
    say_hello(r, meeting);
    publish(r);
}

static struct pkt *picture(struct rogue *r)
{
    struct object_header header = {.track = CAMERA, .seq = ++r->sent, .captured_us = r->sent, .key = true};
    struct pkt *p = pkt_new(r->bytes + 128);
    int at = object_write_framed(p->data, p->cap, WIRE_VIDEO, &header, r->bytes);
    CHECK(at > 0);
    memset(p->data + at, 0x55, r->bytes);
    p->len = (uint32_t)((size_t)at + r->bytes);
    return p;
}

static void send_one(struct rogue *r)
{
    bool first = r->sent == 0, whole = first || net_transport_of(r->conn) == NET_WEBSOCKET;
    struct pkt *p = picture(r);
    net_send(r->conn, &(struct net_send){.channel = NET_RUN,
                                         .pkt = p,
                                         .offset = whole ? 0 : 1,
                                         .len = p->len - (whole ? 0 : 1),
                                         .run = RUN,
                                         .run_begin = first});
}

static void on_turn(void *ctx, usec_t now)
{
    struct rogue *r = ctx;
    while (r->conn && r->sent < (now - r->began) * r->per_second / SEC && net_room(r->conn))
        send_one(r);
    loop_timer_set(r->crowd->loop, &r->turn, now + TURN);
}

void rogue_flood(struct rogue *r, uint32_t per_second, size_t bytes)
{
    r->per_second = per_second;
    r->bytes = bytes;
    r->began = loop_now();
    r->turn = (struct loop_timer){.fire = on_turn, .ctx = r};
    loop_timer_set(r->crowd->loop, &r->turn, r->began);
}

void rogue_leave(struct rogue *r)
{
    loop_timer_stop(r->crowd->loop, &r->turn);
    if (r->conn)
        net_close(r->conn, 0, "");
}
