/* SPDX-License-Identifier: MIT */
/* What a newcomer is sent of the pictures that were there before it, and what the relay remembers for it. */
#include "check.h"
#include "relay/cache.h"
#include "relay_kit.h"
#include "wire/wire.h"

enum { CAMERA = 2, OBJECT_BYTES = 1000 };

/* L1T3 after a key frame with seq 1: 2 T2, 3 T1, 4 T2, 5 T0 ... */
static struct object_header l1t3(uint32_t seq)
{
    static const uint8_t temporal[] = {0, 2, 1, 2}, depends[] = {4, 1, 2, 1};
    uint32_t i = (seq - 1) % 4;
    bool key = seq == 1;
    return (struct object_header){
        .track = 2, .seq = seq, .temporal = temporal[i], .key = key, .depends = key ? 0 : depends[i], .captured_us = seq * 33333};
}

/* ---- what is kept ---- */

struct shelf {
    struct cache_pool pool;
    struct cache cache[3];
    struct relay_limits limits;
};

static struct shelf shelf_new(void) { return (struct shelf){.limits = relay_limits_default()}; }

static void put(struct shelf *s, size_t which, struct object_header h, usec_t now)
{
    struct pkt *p = pkt_new(OBJECT_BYTES);
    p->len = OBJECT_BYTES;
    cache_put(&s->pool, &s->cache[which], &s->limits, p, &h, now);
    pkt_unref(p);
}

static void shelf_clear(struct shelf *s)
{
    for (size_t i = 0; i < COUNT_OF(s->cache); i++)
        cache_clear(&s->pool, &s->cache[i]);
    CHECK_EQ(0, s->pool.bytes);
    CHECK(!s->pool.oldest && !s->pool.newest);
}

static void check_kept(const struct cache *c, const uint32_t *seq)
{
    uint32_t n = 0;
    for (; seq[n]; n++)
        CHECK_EQ(seq[n], n < c->count ? c->entry[n].seq : 0);
    CHECK_EQ(n, c->count);
}

static void the_base_and_what_is_newer_are_kept(void)
{
    static const struct {
        uint32_t put[12], kept[12];
    } row[] = {
        {{2, 3, 4}, {0}},                             /* no key frame */
        {{1, 2, 3, 4}, {1, 2, 3, 4}},                 /* no base since */
        {{1, 2, 3, 4, 5}, {1, 5}},
        {{1, 2, 3, 4, 5, 6, 7}, {1, 5, 6, 7}},
        {{1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 5, 9}},
        {{1, 4, 5, 8}, {1, 5}},                       /* 8 leans on 7, which did not come */
        {{1, 5, 5, 4, 6}, {1, 5, 6}},                 /* twice, and late */
        {{1, 5, 13, 14}, {0}},                        /* the base has a hole */
        {{1, 5, 13, 1, 2}, {1, 2}},                   /* a key frame mends it */
    };
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        struct shelf s = shelf_new();
        for (size_t n = 0; row[i].put[n]; n++)
            put(&s, 0, l1t3(row[i].put[n]), 0);
        check_kept(&s.cache[0], row[i].kept);
        shelf_clear(&s);
    }
}

static void each_bound_empties_it_up_to_the_next_key_frame(void)
{
    for (int bound = 0; bound < 3; bound++) {
        struct shelf s = shelf_new();
        s.limits.cache_objects = bound == 0 ? 3 : 100;
        s.limits.cache_bytes = bound == 1 ? 3 * OBJECT_BYTES : 1000 * OBJECT_BYTES;
        s.limits.cache_age_ms = bound == 2 ? 300 : 10000;
        put(&s, 0, l1t3(1), 0);
        put(&s, 0, l1t3(5), 133 * MS);
        put(&s, 0, l1t3(9), 266 * MS);
        CHECK_EQ(3, s.cache[0].count);
        put(&s, 0, l1t3(13), 400 * MS);
        CHECK_EQ(0, s.cache[0].count);
        put(&s, 0, l1t3(17), 533 * MS);
        CHECK_EQ(0, s.cache[0].count);
        put(&s, 0, l1t3(1), 600 * MS);
        CHECK_EQ(1, s.cache[0].count);
        shelf_clear(&s);
    }
}

static void an_upper_object_too_many_is_just_not_kept(void)
{
    struct shelf s = shelf_new();
    s.limits.cache_objects = 2;
    for (uint32_t seq = 1; seq <= 3; seq++)
        put(&s, 0, l1t3(seq), 0);
    check_kept(&s.cache[0], (uint32_t[]){1, 2, 0});
    put(&s, 0, l1t3(5), 0);
    check_kept(&s.cache[0], (uint32_t[]){1, 5, 0});
    shelf_clear(&s);
}

static void the_oldest_gives_way_when_all_hold_too_much(void)
{
    struct shelf s = shelf_new();
    s.limits.cache_total_bytes = 3 * OBJECT_BYTES;
    put(&s, 1, l1t3(1), 0);
    put(&s, 0, l1t3(1), 1);
    put(&s, 1, l1t3(5), 2);
    put(&s, 2, l1t3(1), 3);
    CHECK_EQ(0, s.cache[1].count);
    CHECK_EQ(1, s.cache[0].count);
    CHECK_EQ(1, s.cache[2].count);
    CHECK_EQ(2 * OBJECT_BYTES, s.pool.bytes);
    shelf_clear(&s);
}

static void what_is_too_old_is_freed_whoever_sends(void)
{
    struct shelf s = shelf_new();
    put(&s, 0, l1t3(1), 0);
    put(&s, 1, l1t3(1), 5 * SEC);
    CHECK_EQ(0, s.cache[0].count);
    CHECK_EQ(1, s.cache[1].count);
    shelf_clear(&s);
}

/* ---- who gets it ---- */

static void frame(struct kit *k, uint32_t seq, usec_t then)
{
    struct object_header h = l1t3(seq);
    kit_video(k, 1, 10, seq == 1 && !k->in[1].websocket, &h, 500);
    kit_drain(k);
    kit_run(k, then);
}

/* A camera that sent objects 1 to `count`, 33 ms apart, watched by session 2. Nobody asked for a key frame since. */
static struct kit running(const struct relay_limits *limits, uint32_t count)
{
    struct kit k = kit_new(limits);
    kit_join(&k, 1, RELAY_WEBTRANSPORT, "m");
    kit_join(&k, 2, RELAY_WEBTRANSPORT, "m");
    kit_publish(&k, 1, 2, CAMERA, 1);
    kit_subscribe(&k, 2, 1, 2, 320);
    for (uint32_t seq = 1; seq <= count; seq++)
        frame(&k, seq, 33 * MS);
    k.in[1].bodies[PARLEY__V1__CONTROL__BODY_KEY_FRAME] = 0;
    return k;
}

static uint32_t asked(const struct kit *k) { return k->in[1].bodies[PARLEY__V1__CONTROL__BODY_KEY_FRAME]; }

static void newcomers_get_it_at_once_and_nobody_is_asked(void)
{
    static const enum relay_transport transports[] = {RELAY_WEBTRANSPORT, RELAY_WEBSOCKET};
    for (size_t i = 0; i < COUNT_OF(transports); i++) {
        struct kit k = running(NULL, 10);
        for (uint64_t sid = 3; sid < 20; sid++) {
            kit_join(&k, sid, transports[i], "m");
            kit_subscribe(&k, sid, 1, 2, 320);
            CHECK_EQ(4, k.in[sid].video); /* 1 5 9 10 */
            CHECK_EQ(9, k.in[sid].object[2].header.seq);
            CHECK_EQ(10, k.in[sid].forwarding.replayed);
        }
        CHECK_EQ(0, asked(&k));
        frame(&k, 11, 0);
        frame(&k, 12, 0);
        CHECK_EQ(6, k.in[3].video); /* no gap to the present */
        CHECK_EQ(transports[i] == RELAY_WEBTRANSPORT ? 1 : 0, k.in[3].runs_begun);
        struct relay_stats s;
        relay_stats(k.r, &s);
        CHECK_EQ(17, s.cache_hits);
        kit_del(&k);
    }
}

static void without_a_cache_each_newcomer_costs_a_key_frame(void)
{
    struct relay_limits limits = relay_limits_default();
    limits.cache_objects = 0;
    struct kit k = running(&limits, 10);
    kit_join(&k, 3, RELAY_WEBTRANSPORT, "m");
    kit_subscribe(&k, 3, 1, 2, 320);
    CHECK_EQ(0, k.in[3].video);
    CHECK_EQ(0, k.in[3].forwarding.replayed);
    CHECK_EQ(1, asked(&k));
    kit_del(&k);
}

static void what_takes_longer_than_a_key_frame_is_not_sent(void)
{
    struct relay_limits limits = relay_limits_default();
    limits.cache_burst_ms = 1; /* 500 bytes at 4 Mbit/s */
    struct kit k = running(&limits, 10);
    kit_join(&k, 3, RELAY_WEBTRANSPORT, "m");
    kit_subscribe(&k, 3, 1, 2, 320);
    CHECK_EQ(0, k.in[3].video);
    CHECK_EQ(1, asked(&k));
    kit_del(&k);
}

static void an_old_key_frame_is_asked_for_anew(void)
{
    struct kit k = running(NULL, 10);
    kit_run(&k, 4 * SEC);
    kit_join(&k, 3, RELAY_WEBTRANSPORT, "m");
    kit_subscribe(&k, 3, 1, 2, 320);
    CHECK_EQ(0, k.in[3].video);
    CHECK_EQ(1, asked(&k));
    kit_del(&k);
}

/* It could not open them: SFrame lets nothing be played twice. */
static void nobody_is_sent_an_object_twice(void)
{
    struct kit k = running(NULL, 10);
    kit_subscribe(&k, 2, 1, 2, 0);
    CHECK_EQ(10, k.in[2].video);
    kit_subscribe(&k, 2, 1, 2, 320);
    CHECK_EQ(10, k.in[2].video);
    CHECK_EQ(1, asked(&k));
    kit_subscribe(&k, 2, 1, 2, 0);
    struct object_header again = {.track = 2, .seq = 11, .key = true};
    kit_video(&k, 1, 10, false, &again, 500);
    kit_subscribe(&k, 2, 1, 2, 320); /* a newer key frame is another matter */
    CHECK_EQ(11, k.in[2].video);
    CHECK_EQ(11, k.in[2].forwarding.replayed);
    kit_del(&k);
}

static void a_muted_camera_leaves_nothing(void)
{
    struct kit k = running(NULL, 10);
    kit_mute(&k, 1, 2, CAMERA);
    kit_publish(&k, 1, 2, CAMERA, 1);
    kit_join(&k, 3, RELAY_WEBTRANSPORT, "m");
    kit_subscribe(&k, 3, 1, 2, 320);
    CHECK_EQ(0, k.in[3].video);
    kit_del(&k);
}

int main(void)
{
    static const struct check_test tests[] = {
        T(the_base_and_what_is_newer_are_kept),
        T(each_bound_empties_it_up_to_the_next_key_frame),
        T(an_upper_object_too_many_is_just_not_kept),
        T(the_oldest_gives_way_when_all_hold_too_much),
        T(what_is_too_old_is_freed_whoever_sends),
        T(newcomers_get_it_at_once_and_nobody_is_asked),
        T(without_a_cache_each_newcomer_costs_a_key_frame),
        T(what_takes_longer_than_a_key_frame_is_not_sent),
        T(an_old_key_frame_is_asked_for_anew),
        T(nobody_is_sent_an_object_twice),
        T(a_muted_camera_leaves_nothing),
    };
    return CHECK_RUN(tests);
}
