/* SPDX-License-Identifier: MIT */
/* Which layers go to whom: by the size that is shown, by what the path carries, and what the publisher is told of it. */
#include "check.h"

#include "relay_kit.h"
#include "wire/feedback.h"

enum { CAMERA = 2 };

/* A camera of three layers (320, 640, 1280 px; 0.2, 0.8, 3.2 Mbit/s) at session 1, watched by session 2. */
static struct kit watched(uint32_t width_px)
{
    struct kit k = kit_new(NULL);
    kit_join(&k, 1, RELAY_WEBTRANSPORT, "m");
    kit_join(&k, 2, RELAY_WEBTRANSPORT, "m");
    kit_publish(&k, 1, 2, CAMERA, 3);
    kit_subscribe(&k, 2, 1, 2, width_px);
    return k;
}

static void frame(struct kit *k, uint32_t spatial, uint32_t seq, bool key)
{
    struct object_header h = {.track = 2, .spatial = spatial, .seq = seq, .key = key, .depends = key ? 0 : 1};
    kit_video(k, 1, 1000 * spatial + seq, true, &h, 500);
    relay_on_run(k->r, 1, 1000 * spatial + seq, NULL, 0, RELAY_RUN_END, k->now);
    kit_drain(k);
}

static void the_layer_fits_the_tile(void)
{
    static const struct {
        uint32_t width_px, spatial;
    } row[] = {{100, 0}, {320, 0}, {420, 0}, {500, 1}, {640, 1}, {850, 1}, {900, 2}, {4000, 2}};
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        struct kit k = watched(row[i].width_px);
        CHECK_EQ(row[i].spatial, k.in[2].forwarding.spatial);
        CHECK_EQ(2, k.in[2].forwarding.temporal);
        for (uint32_t s = 0; s < 3; s++) {
            CHECK_EQ(s == row[i].spatial, k.in[1].wanted[2][s]);
            frame(&k, s, 1, true);
        }
        CHECK_EQ(row[i].spatial, k.in[1].key_spatial);
        CHECK_EQ(1, k.in[2].video);
        CHECK_EQ(row[i].spatial, k.in[2].object[0].header.spatial);
        kit_del(&k);
    }
}

static void a_larger_tile_switches_at_the_key_frame(void)
{
    struct kit k = watched(320);
    frame(&k, 0, 1, true);
    kit_run(&k, SEC);
    kit_subscribe(&k, 2, 1, 2, 640);
    kit_run(&k, 200 * MS);
    CHECK(k.in[1].wanted[2][0]); /* until the switch is done */
    CHECK(k.in[1].wanted[2][1]);
    CHECK_EQ(1, k.in[1].key_spatial);
    frame(&k, 0, 2, false);
    frame(&k, 1, 2, false);
    CHECK_EQ(2, k.in[2].video);
    frame(&k, 1, 3, true);
    frame(&k, 0, 3, false);
    CHECK_EQ(3, k.in[2].video);
    CHECK_EQ(1, k.in[2].object[2].header.spatial);
    CHECK_EQ(2, k.in[2].runs_begun);
    kit_run(&k, 200 * MS);
    CHECK(!k.in[1].wanted[2][0]);
    kit_del(&k);
}

static void nobody_watching_means_nobody_wants(void)
{
    struct kit k = watched(320);
    kit_close(&k, 2);
    kit_run(&k, 200 * MS);
    CHECK(!k.in[1].wanted[2][0]);
    kit_del(&k);
}

/* Session 2 reports that everything arrives, but always later: a queue grows on its path. */
static void report(struct kit *k, uint32_t newest, uint64_t bytes, usec_t wait)
{
    struct feedback f = {.clock_us = (uint64_t)(k->now + wait), .count = 1};
    f.track[0] = (struct track_report){.member = 1,
                                       .track = 2,
                                       .spatial = k->in[2].object[k->in[2].video - 1].header.spatial,
                                       .newest = newest,
                                       .newest_at_us = (uint64_t)(k->now + wait),
                                       .bytes = bytes,
                                       .objects = newest};
    uint8_t out[1200];
    int len = feedback_write(out, sizeof(out), &f, NULL);
    CHECK(len > 0);
    relay_on_datagram(k->r, 2, out, (size_t)len, k->now);
}

static void a_narrow_path_lowers_what_the_publisher_is_told(void)
{
    struct kit k = watched(320);
    uint32_t seq = 1;
    frame(&k, 0, seq, true);
    for (int tenth = 0; tenth < 60; tenth++) {
        for (int i = 0; i < 3; i++, kit_run(&k, 33 * MS))
            frame(&k, 0, ++seq, false);
        k.in[2].video = 1; /* the record is short */
        k.in[2].object[0].header.spatial = 0;
        report(&k, seq, (uint64_t)seq * 500, tenth < 20 ? 0 : (tenth - 20) * 40 * MS);
    }
    CHECK_BETWEEN(1, 200000, k.in[1].max_bps[2][0]);
    CHECK(!k.in[2].forwarding.paused); /* the first is never paused */
    kit_del(&k);
}

/* Three frames of 800 bytes and a report, ten times a second, all of which wait for so long in the path. */
static void go_on(struct kit *k, uint32_t *seq, uint32_t tenths, usec_t wait)
{
    for (uint32_t tenth = 0; tenth < tenths; tenth++) {
        for (int i = 0; i < 3; i++, kit_run(k, 33 * MS)) {
            struct object_header h = {.track = 2, .spatial = 0, .seq = ++*seq, .depends = 1};
            kit_video(k, 1, 5000 + *seq, true, &h, 800);
            relay_on_run(k->r, 1, 5000 + *seq, NULL, 0, RELAY_RUN_END, k->now);
            kit_drain(k);
        }
        k->in[2].video = 1;
        k->in[2].object[0].header.spatial = 0;
        report(k, *seq, (uint64_t)*seq * 820, wait);
    }
}

/* 200 kbit/s go through. A larger tile would need 1.2 Mbit/s: datagrams without meaning ask the path first, and only while they are not late. */
static void a_larger_picture_is_tried_with_padding_first(void)
{
    for (int late = 0; late < 2; late++) {
        struct kit k = watched(320);
        uint32_t seq = 1;
        frame(&k, 0, seq, true);
        go_on(&k, &seq, 10, 0);
        go_on(&k, &seq, 8, 300 * MS); /* once there was a queue: from now on the estimate is doubted */
        go_on(&k, &seq, 60, 0);
        CHECK_EQ(0, k.in[2].paddings);
        kit_subscribe(&k, 2, 1, 2, 640);
        CHECK_EQ(0, k.in[2].forwarding.spatial);
        go_on(&k, &seq, 3, 0);
        uint32_t begun = k.in[2].paddings;
        CHECK_BETWEEN(1, 40, begun);
        go_on(&k, &seq, 12, late ? 60 * MS : 0);
        CHECK_BETWEEN(begun, late ? begun + 20 : begun + 200, k.in[2].paddings);
        uint32_t ended = k.in[2].paddings;
        go_on(&k, &seq, 8, 0);
        CHECK_EQ(late ? 0 : 1, k.in[2].forwarding.spatial);
        if (late)
            CHECK_EQ(ended, k.in[2].paddings); /* and not again for a while */
        kit_del(&k);
    }
}

/* Every joiner is told of everybody and everybody of it; one speaker reaches all, with one packet. */
static void a_thousand_members_fit_into_a_room(void)
{
    struct relay *r;
    static const uint8_t seed[32] = {9};
    struct relay_limits limits = relay_limits_default();
    struct relay_stats s;
    struct relay_event e;
    struct relay_out o;
    uint8_t hello[256];
    r = relay_new(&limits, seed, 0);
    Parley__V1__Hello h = PARLEY__V1__HELLO__INIT;
    uint8_t salt[WIRE_SALT_BYTES] = {1};
    h.major = WIRE_MAJOR;
    h.meeting = "large";
    h.name = "somebody with an ordinary name";
    h.salt = (ProtobufCBinaryData){.data = salt, .len = sizeof(salt)};
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_HELLO;
    m.hello = &h;
    int len = control_write(hello, sizeof(hello), &m, CONTROL_STREAM);
    for (uint64_t sid = 1; sid <= 1000; sid++) {
        CHECK_EQ(0, relay_on_open(r, sid, RELAY_WEBTRANSPORT, 1200, 0));
        relay_on_control(r, sid, hello, (size_t)len, 0);
        while (relay_poll(r, &e, 0))
            while (e.type == RELAY_READY && relay_take(r, e.sid, &o, 0)) {
                CHECK(o.len < WIRE_CONTROL_MAX);
                pkt_unref(o.pkt);
            }
    }
    relay_stats(r, &s);
    CHECK_EQ(1000, s.members);
    relay_on_open(r, 1001, RELAY_WEBTRANSPORT, 1200, 0);
    relay_on_control(r, 1001, hello, (size_t)len, 0);
    relay_stats(r, &s);
    CHECK_EQ(1000, s.members);
    CHECK_EQ(1, s.refusals);
    relay_del(r);
}

int main(void)
{
    static const struct check_test tests[] = {
        T(the_layer_fits_the_tile),
        T(a_larger_tile_switches_at_the_key_frame),
        T(nobody_watching_means_nobody_wants),
        T(a_larger_picture_is_tried_with_padding_first),
        T(a_narrow_path_lowers_what_the_publisher_is_told),
        T(a_thousand_members_fit_into_a_room),
    };
    return CHECK_RUN(tests);
}
