/* SPDX-License-Identifier: MIT */
#include "send/pacer.h"

#include "base/err.h"
#include "base/rand.h"
#include "check.h"

#define MBIT 1000000u

static struct pacer_object video(uint32_t seq, size_t len)
{
    static const uint32_t temporal[] = {0, 2, 1, 2}, depends[] = {4, 1, 2, 1};
    struct pkt *p = pkt_new(len);
    p->len = (uint32_t)len;
    return (struct pacer_object){.pkt = p,
                                 .len = len,
                                 .track = 2,
                                 .seq = seq,
                                 .temporal = temporal[(seq - 1) % 4],
                                 .depends = seq == 1 ? 0 : depends[(seq - 1) % 4],
                                 .key = seq == 1,
                                 .paced = true,
                                 .priority = 4};
}

static struct pacer_object audio(size_t len)
{
    struct pacer_object o = video(1, len);
    o.track = 1;
    o.key = o.paced = false;
    return o;
}

/* The seq that leaves, 0 for nothing. */
static uint32_t pop(struct pacer *p, usec_t now)
{
    struct pacer_object o;
    if (!pacer_pop(p, &o, now))
        return 0;
    pkt_unref(o.pkt);
    return o.seq;
}

static int push(struct pacer *p, struct pacer_object o, usec_t now) { return pacer_push(p, &o, now); }

static void spaces_objects_at_the_rate(void)
{
    static const struct {
        usec_t now, ready_at;
    } step[] = {
        {0 * MS, 8 * MS},    /* 1000 bytes at 1 Mbit/s last 8 ms */
        {8 * MS, 16 * MS},
        {18 * MS, 24 * MS},  /* woken late: made up for */
        {90 * MS, 98 * MS},  /* idle time earns no burst */
    };
    struct pacer p;
    pacer_init(&p, MBIT, 0);
    for (size_t i = 0; i < COUNT_OF(step); i++) {
        CHECK_EQ(0, push(&p, video((uint32_t)i + 1, 1000), step[i].now));
        CHECK_EQ(i + 1, pop(&p, step[i].now));
        struct pacer_object o = audio(1);
        o.paced = true, o.key = true;
        push(&p, o, step[i].now);
        CHECK_EQ(step[i].ready_at, pacer_deadline(&p));
        CHECK_EQ(0, pop(&p, step[i].ready_at - 1));
        pacer_clear(&p);
    }
    CHECK_EQ(NEVER, pacer_deadline(&p));
}

static void sound_leaves_at_once_but_counts(void)
{
    struct pacer p;
    pacer_init(&p, MBIT, 0);
    push(&p, video(1, 10000), 0); /* 80 ms */
    CHECK_EQ(1, pop(&p, 0));
    push(&p, video(2, 1000), 0);
    push(&p, audio(1000), 0);
    struct pacer_object o;
    CHECK_EQ(1, pacer_pop(&p, &o, 0));
    CHECK_EQ(1, o.track);
    pkt_unref(o.pkt);
    CHECK_EQ(88 * MS, pacer_deadline(&p));
    CHECK_EQ(2, pop(&p, 88 * MS));
}

static void a_lower_priority_waits(void)
{
    struct pacer p;
    pacer_init(&p, MBIT, 0);
    struct pacer_object low = video(1, 100), high = video(1, 100);
    low.priority = 6, low.spatial = 1;
    high.priority = 4;
    push(&p, low, 0);
    push(&p, high, 0);
    struct pacer_object o;
    CHECK_EQ(1, pacer_pop(&p, &o, 0));
    CHECK_EQ(0, o.spatial);
    pkt_unref(o.pkt);
    pacer_clear(&p);
}

static void a_new_rate_applies_to_what_was_sent(void)
{
    struct pacer p;
    pacer_init(&p, MBIT, 0);
    pacer_sent(&p, 10000, 0);
    pacer_set_rate(&p, 2 * MBIT, 40 * MS);
    push(&p, video(1, 1), 40 * MS);
    CHECK_EQ(60 * MS, pacer_deadline(&p));
    pacer_clear(&p);
}

/* 100 kbit/s; every frame takes 80 ms, one comes each 33 ms. */
static void higher_temporal_layers_make_room_first(void)
{
    struct pacer p;
    pacer_init(&p, 100000, 0);
    uint32_t left[3] = {0}, pushed[3] = {0};
    usec_t now = 0;
    for (uint32_t seq = 1; seq <= 300; seq++, now += 33 * MS) {
        struct pacer_object o = video(seq, 900);
        pushed[o.temporal]++;
        int err = push(&p, o, now);
        CHECK(err == 0 || err == ERR_LATE);
        struct pacer_object out;
        for (usec_t at = now; at < now + 33 * MS; at += MS)
            while (pacer_pop(&p, &out, at)) {
                left[out.temporal]++;
                CHECK(at - out.queued < PACER_AGE);
                pkt_unref(out.pkt);
            }
        CHECK(!pacer_wants_key(&p, 2, 0));
    }
    CHECK(left[0] >= pushed[0] - 2); /* the base layer is whole */
    CHECK(left[2] < pushed[2] / 4);
    CHECK(left[0] + left[1] + left[2] >= 120); /* of 9.9 s / 72 ms = 137 */
    pacer_clear(&p);
}

static void what_needs_a_dropped_object_goes_with_it(void)
{
    struct pacer p;
    pacer_init(&p, 8000, 0); /* 1 byte a millisecond */
    push(&p, video(1, 400), 0);
    CHECK_EQ(1, pop(&p, 0));
    for (uint32_t seq = 2; seq <= 9; seq++)
        CHECK_EQ(0, push(&p, video(seq, 10), 0));
    CHECK_EQ(0, pop(&p, PACER_AGE - 1)); /* 5 and 9 wait alone */
    CHECK_EQ(6, pacer_dropped(&p));
    CHECK(!pacer_wants_key(&p, 2, 0));
    CHECK_EQ(0, push(&p, video(10, 10), PACER_AGE - 1));
    CHECK_EQ(0, pop(&p, PACER_AGE)); /* 5 is too old, 9 and 10 need it */
    CHECK_EQ(9, pacer_dropped(&p));
    CHECK(pacer_wants_key(&p, 2, 0));
    CHECK_EQ(ERR_LATE, push(&p, video(13, 10), PACER_AGE));
    struct pacer_object key = video(17, 10);
    key.key = true, key.depends = 0;
    CHECK_EQ(0, push(&p, key, PACER_AGE));
    CHECK(!pacer_wants_key(&p, 2, 0));
    CHECK_EQ(0, push(&p, video(18, 10), PACER_AGE));
    CHECK_EQ(17, pop(&p, 450 * MS));
    CHECK_EQ(0, p.count); /* 18 was too old by then */
}

static void what_needs_a_dropped_object_is_not_taken_later(void)
{
    struct pacer p;
    pacer_init(&p, 8000, 0);
    push(&p, video(1, 400), 0);
    CHECK_EQ(1, pop(&p, 0));
    push(&p, video(2, 10), 0);
    push(&p, video(3, 10), 0);
    CHECK_EQ(0, pop(&p, PACER_AGE / 2)); /* both make room */
    CHECK_EQ(2, pacer_dropped(&p));
    CHECK_EQ(ERR_LATE, push(&p, video(4, 10), PACER_AGE / 2)); /* needs 3 */
    CHECK_EQ(0, push(&p, video(5, 10), PACER_AGE / 2));
    CHECK(!pacer_wants_key(&p, 2, 0));
    pacer_clear(&p);
}

static void a_key_frame_takes_the_place_of_what_waits(void)
{
    struct pacer p;
    pacer_init(&p, 8000, 0);
    pacer_sent(&p, 100, 0);
    push(&p, video(1, 10), 0);
    push(&p, video(2, 10), 0);
    struct pacer_object key = video(5, 10);
    key.key = true;
    push(&p, key, 0);
    CHECK_EQ(5, pop(&p, 100 * MS));
    CHECK_EQ(0, pop(&p, SEC));
}

static void bounds_hold(void)
{
    struct pacer p;
    pacer_init(&p, 1, 0);
    pacer_sent(&p, 1000, 0);
    for (uint32_t seq = 1; seq <= PACER_OBJECTS; seq++)
        CHECK_EQ(0, push(&p, video(seq, 1), 0));
    CHECK_EQ(ERR_FULL, push(&p, video(PACER_OBJECTS + 1, 1), 0));
    struct pacer_object o = video(1, 1);
    o.track = PACER_TRACKS;
    CHECK_EQ(ERR_LIMIT, push(&p, o, 0));
    o = video(1, 1);
    o.len = 2;
    CHECK_EQ(ERR_LIMIT, push(&p, o, 0));
    pacer_clear(&p);
    CHECK_EQ(0, pacer_backlog(&p, NEVER / 2));
}

/* Whatever is pushed, what leaves can be decoded: its reference left before it. */
static void what_leaves_can_be_decoded(void)
{
    struct rng rng = {3};
    struct pacer p;
    pacer_init(&p, 300000, 0);
    static bool left[8000];
    usec_t now = 0;
    uint32_t count = 0;
    for (uint32_t seq = 1; seq < 6000; seq++, now += 33 * MS) {
        struct pacer_object o = video(seq, 200 + rng_below(&rng, 3000));
        o.key = seq == 1 || (o.temporal == 0 && pacer_wants_key(&p, 2, 0));
        push(&p, o, now);
        for (struct pacer_object out; pacer_pop(&p, &out, now); count++) {
            CHECK(out.key || left[out.seq - out.depends]);
            left[out.seq] = true;
            pkt_unref(out.pkt);
        }
    }
    CHECK(count > 3000);
    pacer_clear(&p);
}

int main(void)
{
    static const struct check_test tests[] = {
        T(spaces_objects_at_the_rate),
        T(sound_leaves_at_once_but_counts),
        T(a_lower_priority_waits),
        T(a_new_rate_applies_to_what_was_sent),
        T(higher_temporal_layers_make_room_first),
        T(what_needs_a_dropped_object_goes_with_it),
        T(what_needs_a_dropped_object_is_not_taken_later),
        T(a_key_frame_takes_the_place_of_what_waits),
        T(bounds_hold),
        T(what_leaves_can_be_decoded),
    };
    return CHECK_RUN(tests);
}
