/* SPDX-License-Identifier: MIT */
/* Only what is wanted, only what can be decoded: layers that begin, change and end, told to both sides. */
#include <string.h>

#include "base/rand.h"
#include "check.h"
#include "relay_kit.h"

enum { CAMERA = 2 };

/* A camera of three layers (320, 640, 1280 px) at session 1, watched by session 2. */
static struct kit watched(enum relay_transport t, uint32_t width_px)
{
    struct kit k = kit_new(NULL);
    kit_join(&k, 1, RELAY_WEBTRANSPORT, "m");
    kit_join(&k, 2, t, "m");
    kit_publish(&k, 1, 2, CAMERA, 3);
    kit_subscribe(&k, 2, 1, 2, width_px);
    return k;
}

/* L1T3, one run for each object; `since`: number of objects since the key frame. */
static void send(struct kit *k, uint32_t spatial, uint32_t seq, uint32_t since)
{
    static const uint8_t temporal[] = {0, 2, 1, 2}, depends[] = {4, 1, 2, 1};
    struct object_header h = {.track = 2,
                              .spatial = spatial,
                              .seq = seq,
                              .temporal = temporal[since % 4],
                              .key = since == 0,
                              .depends = since == 0 ? 0 : depends[since % 4],
                              .captured_us = seq * 33333};
    uint64_t run = 10000 * (spatial + 1) + seq;
    kit_video(k, 1, run, true, &h, 300);
    relay_on_run(k->r, 1, run, NULL, 0, RELAY_RUN_END, k->now);
    kit_drain(k);
}

/* The first object of a layer that begins is a key frame with seq 1. */
static void frame(struct kit *k, uint32_t spatial, uint32_t seq, bool key)
{
    send(k, spatial, seq, key ? 0 : (seq - 1) % 4 ? (seq - 1) % 4 : 4);
}

static void off_screen_means_no_bytes(void)
{
    static const enum relay_transport transports[] = {RELAY_WEBTRANSPORT, RELAY_WEBSOCKET};
    for (size_t i = 0; i < COUNT_OF(transports); i++) {
        struct kit k = watched(transports[i], 320);
        for (uint32_t seq = 1; seq <= 30; seq++) {
            frame(&k, 0, seq, seq == 1);
            kit_run(&k, 33 * MS);
        }
        kit_subscribe(&k, 2, 1, 2, 0);
        kit_run(&k, 99 * MS);
        CHECK(!k.in[1].wanted[2][0]); /* and the publisher knows */
        uint64_t bytes = k.in[2].relay_out_bytes;
        for (uint32_t seq = 31; seq <= 60; seq++) {
            frame(&k, 0, seq, seq == 45);
            kit_run(&k, 33 * MS);
        }
        CHECK_EQ(30, k.in[2].video);
        CHECK_EQ(bytes, k.in[2].relay_out_bytes);
        kit_del(&k);
    }
}

static void what_waits_goes_with_the_tile(void)
{
    struct kit k = watched(RELAY_WEBTRANSPORT, 320);
    k.in[2].stalled = true;
    for (uint32_t seq = 1; seq <= 8; seq++)
        frame(&k, 0, seq, seq == 1);
    kit_subscribe(&k, 2, 1, 2, 0);
    k.in[2].stalled = false;
    kit_control(&k, 2,
                &(Parley__V1__Control){.base = PROTOBUF_C_MESSAGE_INIT(&parley__v1__control__descriptor),
                                       .body_case = PARLEY__V1__CONTROL__BODY_PING,
                                       .ping = &(Parley__V1__Ping)PARLEY__V1__PING__INIT});
    kit_run(&k, SEC);
    CHECK_EQ(0, k.in[2].video);
    kit_del(&k);
}

/* The best layer that anybody has on screen, and no other. */
static void publishers_make_only_what_somebody_wants(void)
{
    static const struct {
        uint32_t width_px[3]; /* sessions 2 to 4 */
        bool wanted[3];
    } row[] = {
        {{320, 0, 0}, {true, false, false}},   {{320, 640, 0}, {true, true, false}}, {{320, 640, 1280}, {true, true, true}},
        {{320, 0, 1280}, {true, false, true}}, {{0, 0, 1280}, {false, false, true}}, {{0, 0, 0}, {false, false, false}},
        {{0, 640, 640}, {false, true, false}},
    };
    struct kit k = watched(RELAY_WEBTRANSPORT, 0);
    kit_join(&k, 3, RELAY_WEBTRANSPORT, "m");
    kit_join(&k, 4, RELAY_WEBSOCKET, "m");
    uint32_t seq = 0;
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        for (uint64_t sid = 2; sid <= 4; sid++)
            kit_subscribe(&k, sid, 1, 2, row[i].width_px[sid - 2]);
        kit_run(&k, 100 * MS);
        seq++;
        for (uint32_t spatial = 0; spatial < 3; spatial++)
            frame(&k, spatial, seq, true); /* so that all can switch */
        kit_run(&k, 100 * MS);
        for (uint32_t spatial = 0; spatial < 3; spatial++)
            CHECK_EQ(row[i].wanted[spatial], k.in[1].wanted[2][spatial]);
        for (uint64_t sid = 2; sid <= 4; sid++)
            k.in[sid].video = 0;
    }
    kit_del(&k);
}

static void receivers_are_told_what_they_get(void)
{
    static const struct {
        uint32_t width_px, spatial, messages;
    } row[] = {{320, 0, 1}, {300, 0, 1}, {640, 1, 2}, {1280, 2, 3}, {200, 0, 4}};
    struct kit k = watched(RELAY_WEBTRANSPORT, 0);
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        kit_subscribe(&k, 2, 1, 2, row[i].width_px);
        kit_run(&k, 20 * SEC); /* a layer that was too large may be tried again */
        CHECK_EQ(row[i].spatial, k.in[2].forwarding.spatial);
        CHECK_EQ(2, k.in[2].forwarding.temporal);
        CHECK(!k.in[2].forwarding.paused);
        CHECK_EQ(row[i].messages, k.in[2].bodies[PARLEY__V1__CONTROL__BODY_FORWARDING]);
    }
    kit_del(&k);
}

static void a_smaller_tile_switches_at_a_key_frame_too(void)
{
    struct kit k = watched(RELAY_WEBTRANSPORT, 1280);
    for (uint32_t seq = 1; seq <= 4; seq++)
        frame(&k, 2, seq, seq == 1);
    kit_run(&k, SEC);
    kit_subscribe(&k, 2, 1, 2, 320);
    CHECK_EQ(0, k.in[1].key_spatial);
    frame(&k, 0, 3, false);
    frame(&k, 2, 5, false); /* goes on until there is something to switch to */
    CHECK_EQ(5, k.in[2].video);
    frame(&k, 0, 4, true);
    frame(&k, 2, 6, false);
    frame(&k, 0, 5, false);
    CHECK_EQ(6, k.in[2].video);
    CHECK_EQ(0, k.in[2].object[5].header.spatial);
    CHECK(k.in[2].object[5].header.key);
    kit_del(&k);
}

/* ---- before anybody asked ---- */

static void pictures_begin_when_somebody_comes(void)
{
    struct kit k = kit_new(NULL);
    kit_join(&k, 1, RELAY_WEBTRANSPORT, "m");
    kit_publish(&k, 1, 2, CAMERA, 3);
    kit_run(&k, SEC);
    kit_join(&k, 2, RELAY_WEBTRANSPORT, "m");
    kit_run(&k, 0);
    CHECK(k.in[1].wanted[2][2] && !k.in[1].wanted[2][1] && !k.in[1].wanted[2][0]);
    CHECK_EQ(1, k.in[1].bodies[PARLEY__V1__CONTROL__BODY_KEY_FRAME]);
    CHECK_EQ(2, k.in[1].key_spatial);
    frame(&k, 2, 1, true);
    CHECK_EQ(0, k.in[2].video); /* nobody is sent what was not asked for */
    kit_subscribe(&k, 2, 1, 2, 1280);
    CHECK_EQ(1, k.in[2].video);
    CHECK_EQ(1, k.in[1].bodies[PARLEY__V1__CONTROL__BODY_KEY_FRAME]);
    kit_run(&k, 5 * SEC);
    CHECK(k.in[1].wanted[2][2]);
    kit_del(&k);
}

static void pictures_end_when_nobody_asks_for_them(void)
{
    struct kit k = kit_new(NULL);
    kit_join(&k, 1, RELAY_WEBTRANSPORT, "m");
    kit_publish(&k, 1, 2, CAMERA, 3);
    kit_run(&k, SEC);
    kit_join(&k, 2, RELAY_WEBTRANSPORT, "m");
    kit_run(&k, 900 * MS);
    CHECK(k.in[1].wanted[2][2]);
    kit_run(&k, 101 * MS);
    CHECK(!k.in[1].wanted[2][2]);
    kit_del(&k);
}

static void in_a_large_room_nothing_is_expected(void)
{
    struct kit k = kit_new(NULL);
    for (uint64_t sid = 1; sid <= 12; sid++) {
        kit_join(&k, sid, RELAY_WEBTRANSPORT, "m");
        kit_publish(&k, sid, 2, CAMERA, 3);
        kit_run(&k, 2 * SEC);
    }
    CHECK_EQ(0, k.in[9].bodies[PARLEY__V1__CONTROL__BODY_KEY_FRAME]);
    CHECK_EQ(1, k.in[7].bodies[PARLEY__V1__CONTROL__BODY_KEY_FRAME]); /* by the eighth */
    CHECK_EQ(0, k.in[7].key_spatial); /* of a small picture, in a room of more than three */
    kit_del(&k);
}

/* ---- whatever happens ---- */

/* All that came can be decoded in order: a key frame, or built upon what came of the same layer since its last one. */
static void check_decodable(const struct kit_inbox *in)
{
    uint32_t spatial = UINT32_MAX, have[KIT_OBJECTS], count = 0;
    for (uint32_t i = 0; i < in->video; i++) {
        const struct object_header *h = &in->object[i].header;
        bool found = h->key;
        count = h->key ? 0 : count;
        for (uint32_t n = 0; n < count && !found; n++)
            found = have[n] == h->seq - h->depends;
        CHECK(found);
        CHECK(h->key || h->spatial == spatial);
        CHECK(!count || h->seq > have[count - 1]);
        spatial = h->spatial;
        have[count++] = h->seq;
    }
}

/* An encoder's layer. */
struct maker {
    uint32_t seq, since;
};

/* The next object, unless it is lost on its way to the relay. */
static void make(struct kit *k, struct maker *m, uint32_t spatial, bool key, bool lost)
{
    m->since = key ? 0 : m->since + 1;
    m->seq++;
    if (!lost)
        send(k, spatial, m->seq, m->since);
}

/* Tiles change, somebody stalls and reads again, key frames come when they come, frames are lost on their way to the relay. */
static void whatever_happens_what_comes_can_be_decoded(void)
{
    static const uint32_t widths[] = {0, 100, 320, 640, 1280};
    uint32_t seen = 0, hits = 0;
    for (uint64_t seed = 1; seed <= 40; seed++) {
        struct rng rng = {.state = seed};
        struct kit k = watched(seed % 2 ? RELAY_WEBTRANSPORT : RELAY_WEBSOCKET, 640);
        struct maker m[3] = {{0}};
        uint32_t asked = 0;
        for (uint32_t n = 0; n < 400; n++) {
            uint32_t requests = k.in[1].bodies[PARLEY__V1__CONTROL__BODY_KEY_FRAME];
            for (uint32_t spatial = 0; spatial < 3; spatial++) {
                bool wanted = requests > asked && k.in[1].key_spatial == spatial;
                make(&k, &m[spatial], spatial, n == 0 || wanted || rng_below(&rng, 60) == 0, rng_below(&rng, 50) == 0);
            }
            asked = requests;
            if (rng_below(&rng, 20) == 0)
                kit_subscribe(&k, 2, 1, 2, widths[rng_below(&rng, COUNT_OF(widths))]);
            if (rng_below(&rng, 15) == 0)
                k.in[2].stalled = !k.in[2].stalled;
            kit_run(&k, 33 * MS);
        }
        struct relay_stats stats;
        relay_stats(k.r, &stats);
        hits += (uint32_t)stats.cache_hits;
        seen += k.in[2].video;
        check_decodable(&k.in[2]);
        kit_del(&k);
    }
    print_message("  %u objects, %u times from the cache\n", (unsigned)seen, (unsigned)hits);
    CHECK(seen > 4000);
    CHECK(hits > 0);
}

int main(void)
{
    static const struct check_test tests[] = {
        T(off_screen_means_no_bytes),
        T(what_waits_goes_with_the_tile),
        T(publishers_make_only_what_somebody_wants),
        T(receivers_are_told_what_they_get),
        T(a_smaller_tile_switches_at_a_key_frame_too),
        T(pictures_begin_when_somebody_comes),
        T(pictures_end_when_nobody_asks_for_them),
        T(in_a_large_room_nothing_is_expected),
        T(whatever_happens_what_comes_can_be_decoded),
    };
    return CHECK_RUN(tests);
}
