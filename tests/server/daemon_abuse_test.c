/* SPDX-License-Identifier: MIT */
/* Members that misbehave on real sockets, over both transports: each harms itself only. Afterwards Bob still hears Ann. */
#include "check.h"

#include <linux/filter.h>
#include <string.h>
#include <sys/socket.h>

#include "base/bytes.h"
#include "daemon_kit.h"
#include "net/quic_state.h"
#include "net/wt.h"
#include "wire/control.h"
#include "wire/object.h"

enum { VERSION = 1, RATE = 7, PROTOCOL = 8 }; /* close codes, see links.c */

static struct host h;
static struct guest *ann, *bob;
static struct stranger eve;
static const enum net_transport transports[] = {NET_WEBTRANSPORT, NET_WEBSOCKET};

/* ---- Ann, Bob and Eve ---- */

static void say(const Parley__V1__Control *m) { stranger_say(&eve, m); }

static void publish(uint32_t id, Parley__V1__Kind kind)
{
    Parley__V1__Layer layer = PARLEY__V1__LAYER__INIT, *layers = &layer;
    Parley__V1__Track track = PARLEY__V1__TRACK__INIT;
    Parley__V1__Publish publish = PARLEY__V1__PUBLISH__INIT;
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    track.id = id;
    track.kind = kind;
    track.layers = &layers;
    track.n_layers = kind == PARLEY__V1__KIND__KIND_CAMERA;
    publish.track = &track;
    m.body_case = PARLEY__V1__CONTROL__BODY_PUBLISH;
    m.publish = &publish;
    say(&m);
}

static void watch_ann(void)
{
    Parley__V1__Want want = PARLEY__V1__WANT__INIT, *wants = &want;
    Parley__V1__Subscribe subscribe = PARLEY__V1__SUBSCRIBE__INIT;
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    want.member = ann->id;
    want.track = 2;
    want.width_px = 640;
    subscribe.wants = &wants;
    subscribe.n_wants = 1;
    m.body_case = PARLEY__V1__CONTROL__BODY_SUBSCRIBE;
    m.subscribe = &subscribe;
    say(&m);
}

static void dial_eve(enum net_transport t)
{
    stranger_dial(&h, &eve, t, "127.0.0.1", NULL);
    host_until(&h, &eve.opened, 1);
}

static void begin(enum net_transport t)
{
    host_start(&h, NULL);
    ann = guest_join(&h, NET_WEBTRANSPORT, "m");
    bob = guest_join(&h, NET_WEBSOCKET, "m");
    dial_eve(t);
    stranger_hello(&eve, WIRE_MAJOR);
    publish(1, PARLEY__V1__KIND__KIND_MIC);
    publish(2, PARLEY__V1__KIND__KIND_CAMERA);
    for (usec_t end = loop_now() + HOST_PATIENCE; host_stats(&h).members < 3 && loop_now() < end;)
        host_run_for(&h, 5 * MS);
    CHECK_EQ(3, host_stats(&h).members);
}

static void others_go_on(void)
{
    guest_speak(ann);
    int heard = bob->audio;
    host_until(&h, &bob->audio, heard + 10);
    CHECK_EQ(0, ann->closed + bob->closed);
    if (eve.conn)
        net_close(eve.conn, 0, "");
    host_until(&h, &eve.closed, 1);
    host_stop(&h);
}

/* One framed object of `track`, kind byte not included. */
static size_t put_object(uint8_t *out, size_t cap, uint32_t sender, uint32_t track, uint32_t seq, uint8_t kind)
{
    uint8_t bytes[256];
    struct object_header header = {.sender = sender, .track = track, .seq = seq, .captured_us = seq, .key = kind == WIRE_VIDEO};
    int len = object_write_framed(bytes, sizeof(bytes), kind, &header, 8);
    CHECK(len > 0 && (size_t)len + 7 <= cap);
    memset(bytes + len, 0x55, 8);
    memcpy(out, bytes + 1, (size_t)len + 7);
    return (size_t)len + 7;
}

/* ---- what Eve does ---- */

/* Far more than a thousand objects a second, as fast as the socket takes them. */
static void floods_over(enum net_transport t)
{
    static uint8_t bytes[600000];
    size_t len = 1;
    begin(t);
    uint8_t kind = t == NET_WEBSOCKET ? WIRE_AUDIO : WIRE_VIDEO;
    bytes[0] = kind;
    for (uint32_t seq = 1; seq <= 15000; seq++)
        len += put_object(bytes + len, sizeof(bytes) - len, 0, kind == WIRE_AUDIO ? 1 : 2, seq, kind);
    for (int i = 0; i < 200 && t == NET_WEBTRANSPORT; i++)
        stranger_send(&eve, NET_DATAGRAM, (uint8_t[]){WIRE_AUDIO, 0, 0, 0}, 4);
    stranger_send(&eve, NET_RUN, bytes, len);
    host_until(&h, &eve.closed, 1);
    CHECK_EQ(RATE, eve.code);
    CHECK_BETWEEN(10000, 15000, host_stats(&h).dropped_rate);
    CHECK_BETWEEN(0, 1001, bob->audio);
    others_go_on();
}

static void publish_again(void) { publish(1, PARLEY__V1__KIND__KIND_MIC); }

/* What the room is told of counts twice: so both kinds, each for itself. */
static void floods_with_requests_over(enum net_transport t)
{
    void (*const request[])(void) = {watch_ann, publish_again};
    for (size_t r = 0; r < COUNT_OF(request); r++) {
        begin(t);
        for (int i = 0; i < 500 && eve.conn; i++)
            request[r]();
        host_until(&h, &eve.closed, 1);
        CHECK_EQ(RATE, eve.code);
        others_go_on();
    }
}

static void opens_a_thousand_streams_over(enum net_transport t)
{
    begin(t);
    int granted = 0;
    for (uint64_t run = 1; run <= 1000 && eve.conn; run++) {
        struct net_send what = {
            .channel = NET_RUN, .pkt = pkt_copy((uint8_t[]){WIRE_VIDEO, 0x40}, 2), .len = 2, .run = run, .run_begin = true};
        granted += net_send(eve.conn, &what) == 0;
    }
    if (t == NET_WEBTRANSPORT) {
        CHECK_BETWEEN(65, 128, granted);
        host_until(&h, &eve.closed, 1);
        CHECK_EQ(PROTOCOL, eve.code);
    }
    others_go_on();
}

/* A length that no message may have, and lengths that are allowed but whose bytes never come. */
static void lies_about_lengths_over(enum net_transport t)
{
    static const uint8_t endless[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 2, 3};
    static const uint8_t endless_run[] = {WIRE_VIDEO, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1};
    begin(t);
    stranger_send(&eve, NET_CONTROL, endless, sizeof(endless));
    if (t == NET_WEBTRANSPORT) {
        host_until(&h, &eve.closed, 1);
        CHECK_EQ(PROTOCOL, eve.code);
    }
    others_go_on();
    begin(t);
    stranger_send(&eve, NET_RUN, endless_run, sizeof(endless_run));
    if (t == NET_WEBTRANSPORT) {
        host_until(&h, &eve.closed, 1);
        CHECK_EQ(PROTOCOL, eve.code);
    }
    others_go_on();
    begin(t);
    for (uint64_t run = 1; run <= 60; run++)
        net_send(eve.conn, &(struct net_send){.channel = NET_RUN,
                                              .pkt = pkt_copy((uint8_t[]){WIRE_VIDEO, 0x80, 0x0f, 0xff, 0xff, 9}, 6),
                                              .len = 6,
                                              .run = run,
                                              .run_begin = true});
    host_run_for(&h, 100 * MS);
    CHECK_EQ(0, eve.closed);
    others_go_on();
}

static void claims_to_be_ann_over(enum net_transport t)
{
    uint8_t bytes[256] = {WIRE_AUDIO};
    begin(t);
    for (uint32_t seq = 1; seq <= 20; seq++) {
        size_t len = 1 + put_object(bytes + 1, sizeof(bytes) - 1, ann->id, 1, seq, WIRE_AUDIO);
        stranger_send(&eve, NET_DATAGRAM, bytes, len);
        host_run_for(&h, 5 * MS);
    }
    CHECK_EQ(20, host_stats(&h).dropped_forbidden);
    CHECK_EQ(0, host_stats(&h).objects_out);
    others_go_on();
}

static void sends_garbage_over(enum net_transport t)
{
    static const enum net_channel channels[] = {NET_CONTROL, NET_DATAGRAM, NET_RUN};
    uint32_t noise = 12345;
    for (size_t c = 0; c < 3; c++) {
        begin(t);
        for (int i = 0; i < 40 && eve.conn; i++) {
            uint8_t bytes[900];
            for (size_t at = 0; at < sizeof(bytes); at++)
                bytes[at] = (uint8_t)((noise = noise * 1664525 + 1013904223) >> 24);
            bytes[0] = (uint8_t)(i % 6);
            stranger_send(&eve, channels[c], bytes, sizeof(bytes));
            host_run_for(&h, 1 * MS);
        }
        others_go_on();
    }
}

static void hammers_hello_over(enum net_transport t)
{
    begin(t);
    net_close(eve.conn, 0, "");
    host_until(&h, &eve.closed, 1);
    uint64_t before = host_stats(&h).refusals;
    for (uint32_t i = 0; i < 30; i++) {
        dial_eve(t);
        stranger_hello(&eve, i + 2);
        host_until(&h, &eve.closed, 1);
        CHECK_EQ(VERSION, eve.code);
        CHECK(strstr((const char *)eve.last, "version"));
    }
    CHECK_EQ(before + 30, host_stats(&h).refusals);
    host_run_for(&h, 1600 * MS);
    CHECK_EQ(2, host_stats(&h).members);
    CHECK_EQ(2, host_stats(&h).sessions);
    others_go_on();
}

/* Ann films 1.8 MB a second: what waits for Eve is what a picture may age to, half a second, however long she is deaf. */
static void film_and_measure_what_waits(int pictures)
{
    static const double second = 30 * 60000;
    uint64_t most = 0;
    for (int until = bob->video + pictures; bob->video < until;) {
        host_until(&h, &bob->video, bob->video + 1);
        uint64_t now = host_stats(&h).queued_bytes;
        most = now > most ? now : most;
    }
    CHECK_BETWEEN(second / 10, second * 0.7, most);
}

/* Nothing that the relay sends reaches Eve any more; what she sends still does. See a_member_that_never_reads_harms_nobody for the
 * same over TCP. */
static void is_deaf(void)
{
    static struct sock_filter nothing[] = {{.code = BPF_RET | BPF_K}};
    static const struct sock_fprog program = {.len = 1, .filter = nothing};
    begin(NET_WEBTRANSPORT);
    ann->frame_bytes = 60000;
    guest_speak(ann);
    guest_film(ann);
    guest_watch(bob, ann);
    watch_ann();
    host_until(&h, &bob->video, 5);
    struct quic_conn *quic = ((struct wt_conn *)eve.conn)->quic;
    CHECK_EQ(0, setsockopt(quic->endpoint->udp.fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)));
    int heard = bob->audio;
    film_and_measure_what_waits(120);
    host_until(&h, &bob->audio, heard + 100);
    CHECK_BETWEEN(1, INT32_MAX, host_stats(&h).dropped_age + host_stats(&h).dropped_full);
    CHECK_EQ(0, ann->closed + bob->closed);
    net_close(eve.conn, 0, "");
    host_until(&h, &eve.closed, 1);
    host_run_for(&h, 50 * MS);
    CHECK_EQ(0, host_stats(&h).queued_bytes);
    host_stop(&h);
}

/* ---- */

static void over_both(void (*misbehave)(enum net_transport t))
{
    for (size_t i = 0; i < 2; i++)
        misbehave(transports[i]);
}

static void floods_with_objects(void) { over_both(floods_over); }
static void floods_with_requests(void) { over_both(floods_with_requests_over); }
static void opens_a_thousand_streams(void) { over_both(opens_a_thousand_streams_over); }
static void lies_about_lengths(void) { over_both(lies_about_lengths_over); }
static void claims_to_be_another(void) { over_both(claims_to_be_ann_over); }
static void sends_garbage(void) { over_both(sends_garbage_over); }
static void hammers_hello_with_wrong_versions(void) { over_both(hammers_hello_over); }

int main(void)
{
    static const struct check_test tests[] = {
        T(floods_with_objects),  T(floods_with_requests), T(opens_a_thousand_streams),          T(lies_about_lengths),
        T(claims_to_be_another), T(sends_garbage),        T(hammers_hello_with_wrong_versions), T(is_deaf),
    };
    return CHECK_RUN(tests);
}
