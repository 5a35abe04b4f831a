/* SPDX-License-Identifier: MIT */
#include "recv/jitter.h"

#include "base/err.h"
#include "base/rand.h"
#include "check.h"

#define FPS 30
#define FRAME_US (SEC / FPS)
#define PATH (40 * MS)

/* L1T3 as proto/README.md has it: 0 2 1 2 0 ...; depends in distance of seq. */
static struct frame l1t3(uint32_t seq)
{
    static const uint32_t temporal[] = {0, 2, 1, 2}, depends[] = {4, 1, 2, 1};
    uint32_t i = (seq - 1) % 4;
    return (struct frame){.seq = seq, .temporal = temporal[i], .depends = depends[i], .captured_us = (usec_t)seq * FRAME_US};
}

static struct frame key(uint32_t seq, uint32_t spatial)
{
    return (struct frame){
        .seq = seq, .spatial = spatial, .key = true, .captured_us = (usec_t)seq * FRAME_US, .width_px = 640, .height_px = 360};
}

static int put(struct jitter *j, struct frame f, usec_t now)
{
    f.pkt = pkt_copy("0123456789", 10);
    f.len = 10;
    return jitter_put(j, &f, now);
}

static int put_late(struct jitter *j, struct frame f, usec_t late) { return put(j, f, f.captured_us + PATH + late); }

/* The seq of what is given, 0 for nothing. */
static uint32_t next(struct jitter *j, usec_t now)
{
    const struct frame *f = jitter_next(j, now);
    return f ? f->seq : 0;
}

static struct jitter_stats stats(struct jitter *j, usec_t now)
{
    struct jitter_stats s;
    jitter_stats(j, &s, now);
    return s;
}

static void frames_in_any_order_come_out_in_order(void)
{
    static const uint32_t order[] = {1, 3, 2, 5, 4, 8, 7, 6};
    struct jitter *j = jitter_new();
    for (size_t i = 0; i < COUNT_OF(order); i++)
        CHECK_EQ(0, put(j, order[i] == 1 ? key(1, 0) : l1t3(order[i]), 300 * MS));
    for (uint32_t seq = 1; seq <= 8; seq++)
        CHECK_EQ(seq, next(j, 2 * SEC));
    CHECK_EQ(0, next(j, 2 * SEC));
    CHECK_EQ(NEVER, jitter_deadline(j, 2 * SEC));
    jitter_del(j);
}

static void a_frame_waits_for_its_time(void)
{
    struct jitter *j = jitter_new();
    jitter_hold(j, 100 * MS);
    put_late(j, key(1, 0), 0);
    usec_t due = FRAME_US + PATH + 100 * MS;
    CHECK_EQ(due - JITTER_LEAD, jitter_deadline(j, 0));
    CHECK_EQ(0, next(j, due - JITTER_LEAD - 1));
    const struct frame *f = jitter_next(j, due - JITTER_LEAD);
    CHECK(f && f->due == due && f->pkt->data[f->offset] == '0');
    jitter_del(j);
}

static void a_dropped_temporal_layer_is_no_loss(void)
{
    struct jitter *j = jitter_new();
    uint32_t given = 0;
    for (uint32_t seq = 1; seq <= 120; seq++) {
        struct frame f = seq == 1 ? key(1, 0) : l1t3(seq);
        if (f.temporal == 0) /* the relay forwards one frame in four */
            put_late(j, f, 0);
        usec_t now = f.captured_us + PATH + 33 * MS;
        given += next(j, now) != 0;
        uint32_t spatial;
        CHECK(!jitter_wants_key(j, &spatial, now));
    }
    CHECK_EQ(30, given);
    struct jitter_stats s = stats(j, 5 * SEC);
    CHECK_EQ(0, s.lost + s.freezes + s.dropped + s.late);
    CHECK_BETWEEN(70, 80, s.fps_x10);
    jitter_del(j);
}

static void a_missing_frame_is_awaited_then_a_key_frame_is_wanted(void)
{
    struct jitter *j = jitter_new();
    uint32_t spatial;
    usec_t now = 0;
    put_late(j, key(1, 0), 0);
    for (uint32_t seq = 2; seq <= 4; seq++)
        put_late(j, l1t3(seq), 0);
    for (uint32_t seq = 1; seq <= 4; seq++)
        CHECK_EQ(seq, next(j, 4 * FRAME_US + PATH + 50 * MS));
    for (uint32_t seq = 6; seq <= 8; seq++) /* 5, that all need, is missing */
        put_late(j, l1t3(seq), 0);
    usec_t due6 = 6 * FRAME_US + PATH + 10 * MS; /* least target: 10 ms */
    now = due6 + JITTER_PATIENCE - 1;
    CHECK_EQ(0, next(j, now));
    CHECK(!jitter_wants_key(j, &spatial, now));
    CHECK_EQ(due6 + JITTER_PATIENCE, jitter_deadline(j, now));
    CHECK(jitter_wants_key(j, &spatial, now + 1));
    put(j, l1t3(5), now + 20 * MS); /* it comes after all */
    CHECK(!jitter_wants_key(j, &spatial, now + 20 * MS));
    for (uint32_t seq = 5; seq <= 8; seq++)
        CHECK_EQ(seq, next(j, now + 2 * SEC));
    CHECK_EQ(0, stats(j, now).lost);
    jitter_del(j);
}

static void a_key_frame_ends_the_wait(void)
{
    struct jitter *j = jitter_new();
    uint32_t spatial;
    put_late(j, key(1, 0), 0);
    CHECK_EQ(1, next(j, FRAME_US + PATH));
    for (uint32_t seq = 6; seq <= 9; seq++) /* 2..5 are gone */
        put_late(j, l1t3(seq), 0);
    usec_t now = 9 * FRAME_US + PATH + 200 * MS;
    CHECK_EQ(0, next(j, now));
    CHECK(jitter_wants_key(j, &spatial, now));
    struct frame f = key(20, 0);
    put_late(j, f, 0);
    CHECK(!jitter_wants_key(j, &spatial, f.captured_us + PATH));
    CHECK_EQ(20, next(j, f.captured_us + PATH));
    struct jitter_stats s = stats(j, f.captured_us + PATH);
    CHECK_EQ(18, s.lost);
    CHECK_EQ(4, s.dropped);
    CHECK_EQ(1, s.freezes);
    CHECK_BETWEEN(18 * 33 - 5, 18 * 33 + 30, s.frozen_ms);
    CHECK_EQ(ERR_LATE, put(j, l1t3(10), f.captured_us + PATH + 1));
    CHECK_EQ(1, stats(j, f.captured_us + PATH).late);
    jitter_del(j);
}

static void a_frame_passed_over_is_no_reference(void)
{
    static const struct {
        uint32_t seq, depends;
    } row[] = {{3, 2}, {4, 2}, {5, 2}}; /* 2 is missing: 4 needs it, 5 needs 3 */
    struct jitter *j = jitter_new();
    put_late(j, key(1, 0), 0);
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        struct frame f = {.seq = row[i].seq, .depends = row[i].depends, .captured_us = row[i].seq * FRAME_US};
        CHECK_EQ(0, put_late(j, f, 0));
    }
    CHECK_EQ(1, next(j, SEC));
    CHECK_EQ(3, next(j, SEC));
    CHECK_EQ(5, next(j, SEC));
    CHECK_EQ(0, next(j, SEC));
    CHECK_EQ(1, stats(j, SEC).dropped);
    jitter_del(j);
}

static void frames_without_a_reference_are_given_up(void)
{
    struct jitter *j = jitter_new();
    uint32_t spatial;
    CHECK_EQ(0, put_late(j, l1t3(6), 0));
    CHECK(jitter_wants_key(j, &spatial, 6 * FRAME_US + PATH)); /* nothing to build upon: at once */
    CHECK_EQ(0, next(j, 6 * FRAME_US + PATH + 10 * MS + JITTER_GIVE_UP - 1));
    CHECK_EQ(0, stats(j, SEC).dropped);
    CHECK_EQ(0, next(j, 6 * FRAME_US + PATH + 10 * MS + JITTER_GIVE_UP));
    CHECK_EQ(1, stats(j, SEC).dropped);
    CHECK(jitter_wants_key(j, &spatial, 2 * SEC)); /* still */
    jitter_del(j);
}

static void the_spatial_layer_changes_at_a_key_frame_only(void)
{
    struct jitter *j = jitter_new();
    uint32_t spatial;
    put_late(j, key(1, 0), 0);
    CHECK_EQ(1, next(j, FRAME_US + PATH));
    struct frame other = l1t3(2);
    other.spatial = 1;
    put_late(j, other, 0); /* a larger layer begins without its key frame */
    usec_t now = 2 * FRAME_US + PATH + 10 * MS + JITTER_PATIENCE;
    CHECK_EQ(0, next(j, now));
    CHECK(jitter_wants_key(j, &spatial, now));
    CHECK_EQ(1, spatial);
    put_late(j, key(5, 1), 0);
    const struct frame *f = jitter_next(j, 5 * FRAME_US + PATH);
    CHECK(f && f->seq == 5 && f->spatial == 1);
    other = l1t3(6); /* depends on 5: decodable in layer 1, not in layer 0 */
    CHECK_EQ(0, put_late(j, other, 0));
    CHECK_EQ(0, next(j, 6 * FRAME_US + PATH + 100 * MS));
    other.spatial = 1;
    CHECK_EQ(0, put_late(j, other, 0));
    f = jitter_next(j, 6 * FRAME_US + PATH + 100 * MS);
    CHECK(f && f->spatial == 1 && f->seq == 6);
    jitter_del(j);
}

static void bounds_hold_and_the_newest_key_frame_survives(void)
{
    struct jitter *j = jitter_new();
    uint32_t spatial;
    for (uint32_t seq = 2; seq < 2 + JITTER_FRAMES; seq++)
        CHECK_EQ(0, put(j, seq == 61 ? key(seq, 0) : l1t3(seq), 3 * SEC));
    CHECK_EQ(ERR_FULL, put(j, l1t3(200), 3 * SEC));
    CHECK_EQ(61, next(j, 9 * SEC));
    CHECK_EQ(62, next(j, 9 * SEC));
    CHECK_EQ(59, stats(j, 9 * SEC).dropped);
    jitter_reset(j);
    for (uint32_t seq = 300; seq < 300 + JITTER_FRAMES; seq++)
        CHECK_EQ(0, put(j, l1t3(seq), 12 * SEC));
    CHECK_EQ(ERR_FULL, put(j, l1t3(500), 18 * SEC));
    CHECK(jitter_wants_key(j, &spatial, 18 * SEC));
    jitter_del(j);
}

static void what_was_decoded_is_lost_when_the_decoder_says_so(void)
{
    struct jitter *j = jitter_new();
    uint32_t spatial;
    put_late(j, key(1, 0), 0);
    CHECK_EQ(1, next(j, SEC));
    jitter_broken(j, SEC);
    CHECK(jitter_wants_key(j, &spatial, SEC));
    put_late(j, l1t3(2), 0);
    CHECK_EQ(0, next(j, SEC));
    put_late(j, key(3, 0), 0);
    CHECK(!jitter_wants_key(j, &spatial, SEC));
    CHECK_EQ(3, next(j, SEC));
    jitter_del(j);
}

static void a_still_screen_is_not_frozen(void)
{
    struct jitter *j = jitter_new();
    static const usec_t at[] = {1 * SEC, 2 * SEC, 7 * SEC, 7 * SEC + 100 * MS};
    for (uint32_t i = 0; i < COUNT_OF(at); i++) {
        struct frame f = i ? (struct frame){.seq = i + 1, .depends = 1} : key(1, 0);
        f.captured_us = at[i];
        put_late(j, f, 0);
        CHECK_EQ(i + 1, next(j, at[i] + PATH + 10 * MS));
    }
    CHECK_EQ(0, stats(j, 8 * SEC).freezes);
    jitter_del(j);
}

static void a_restarted_sender_is_followed(void)
{
    struct jitter *j = jitter_new();
    put(j, key(900, 0), 100 * SEC);
    CHECK_EQ(900, next(j, 101 * SEC));
    struct frame f = key(1, 0);
    f.captured_us = 5;
    CHECK_EQ(0, put(j, f, 110 * SEC));
    CHECK_EQ(1, next(j, 111 * SEC));
    CHECK_EQ(1, stats(j, 111 * SEC).restarts);
    jitter_del(j);
}

static void impossible_frames_are_refused(void)
{
    struct jitter *j = jitter_new();
    struct frame f = l1t3(5);
    f.depends = 5;
    CHECK_EQ(ERR_LIMIT, put_late(j, f, 0));
    f = l1t3(5);
    f.depends = 0;
    CHECK_EQ(ERR_LIMIT, put_late(j, f, 0));
    f = key(1, 99);
    CHECK_EQ(ERR_LIMIT, put_late(j, f, 0));
    f = key(1, 0);
    f.captured_us = INT64_MAX;
    CHECK_EQ(ERR_LIMIT, put(j, f, 0));
    f = key(1, 0);
    f.pkt = pkt_copy("x", 1);
    f.len = 2;
    CHECK_EQ(ERR_LIMIT, jitter_put(j, &f, 0));
    jitter_del(j);
}

/* Random arrivals: what is given is always decodable and in order, and nothing leaks (the sanitizer looks). */
static void whatever_comes_what_is_given_can_be_decoded(void)
{
    struct rng rng = {7};
    struct jitter *j = jitter_new();
    bool given[4000] = {false};
    uint32_t last = 0, count = 0, spatial;
    usec_t now = SEC;
    for (uint32_t seq = 1; seq < 3000; seq++, now += FRAME_US) {
        uint32_t s = seq > 4 && rng_below(&rng, 3) == 0 ? seq - (uint32_t)rng_below(&rng, 4) : seq;
        struct frame f = s % 96 == 1 || (s % 4 == 1 && jitter_wants_key(j, &spatial, now)) ? key(s, 0) : l1t3(s);
        if (rng_below(&rng, 20))
            put(j, f, now);
        for (const struct frame *g; (g = jitter_next(j, now)); count++) {
            CHECK(g->seq > last);
            CHECK(g->key || given[g->seq - g->depends]);
            last = g->seq;
            given[last] = true;
        }
        CHECK(jitter_deadline(j, now) > now);
    }
    CHECK(count > 1000);
    jitter_del(j);
}

/* ---- the relay's memory ---- */

/* A key frame of 4 s ago and the base since, all at `now`; then live frames. */
static struct jitter *replayed(struct jitter *j, uint32_t spatial, usec_t now)
{
    jitter_replay(j, spatial, 121);
    for (uint32_t seq = 1; seq <= 121; seq += 4) {
        struct frame f = seq == 1 ? key(1, spatial) : l1t3(seq);
        f.spatial = spatial;
        f.captured_us += now - PATH - 122 * FRAME_US;
        CHECK_EQ(0, put(j, f, now + seq * 500)); /* spread over 60 ms */
    }
    return j;
}

static void what_is_replayed_is_given_at_once_and_only_its_ends_are_shown(void)
{
    usec_t now = 100 * SEC;
    struct jitter *j = replayed(jitter_new(), 0, now);
    now += 61 * MS;
    for (uint32_t seq = 1; seq <= 121; seq += 4) {
        const struct frame *f = jitter_next(j, now);
        CHECK(f && f->seq == seq);
        CHECK_EQ(seq > 1 && seq < 121, f->hidden);
        CHECK_EQ(now, f->due);
    }
    jitter_del(j);
}

static void what_is_replayed_says_nothing_of_the_path(void)
{
    usec_t now = 100 * SEC;
    struct jitter *j = replayed(jitter_new(), 0, now);
    while (jitter_next(j, now + 61 * MS))
        ;
    for (uint32_t seq = 122; seq <= 200; seq++) {
        struct frame f = l1t3(seq);
        f.captured_us += now - PATH - 122 * FRAME_US;
        CHECK_EQ(0, put(j, f, f.captured_us + PATH));
        const struct frame *given = jitter_next(j, f.captured_us + PATH);
        CHECK(given && given->seq == seq && !given->hidden);
        CHECK_EQ(f.captured_us + PATH + 10 * MS, given->due);
    }
    struct jitter_stats s = stats(j, now + 3 * SEC);
    CHECK_EQ(0, s.freezes);
    CHECK_EQ(10 * MS, s.target_us);
    jitter_del(j);
}

static void another_layer_may_begin_before_what_was_shown(void)
{
    struct jitter *j = jitter_new();
    usec_t now = 100 * SEC;
    for (uint32_t seq = 1; seq <= 8; seq++) {
        struct frame f = seq == 1 ? key(1, 0) : l1t3(seq);
        f.captured_us += now - 8 * FRAME_US - PATH;
        CHECK_EQ(0, put(j, f, f.captured_us + PATH));
        if (seq < 8)
            CHECK_EQ(seq, next(j, f.captured_us + PATH));
    }
    replayed(j, 1, now);
    for (uint32_t seq = 1; seq <= 121; seq += 4) {
        const struct frame *f = jitter_next(j, now + 62 * MS);
        CHECK(f && f->seq == seq && f->spatial == 1);
        CHECK_EQ(seq < 121, f->hidden); /* the last was shown 90 ms ago */
    }
    CHECK_EQ(0, stats(j, now + 62 * MS).freezes);
    jitter_del(j);
}

int main(void)
{
    static const struct check_test tests[] = {
        T(frames_in_any_order_come_out_in_order),
        T(a_frame_waits_for_its_time),
        T(a_dropped_temporal_layer_is_no_loss),
        T(a_missing_frame_is_awaited_then_a_key_frame_is_wanted),
        T(a_key_frame_ends_the_wait),
        T(a_frame_passed_over_is_no_reference),
        T(frames_without_a_reference_are_given_up),
        T(the_spatial_layer_changes_at_a_key_frame_only),
        T(bounds_hold_and_the_newest_key_frame_survives),
        T(what_was_decoded_is_lost_when_the_decoder_says_so),
        T(a_still_screen_is_not_frozen),
        T(a_restarted_sender_is_followed),
        T(impossible_frames_are_refused),
        T(whatever_comes_what_is_given_can_be_decoded),
        T(what_is_replayed_is_given_at_once_and_only_its_ends_are_shown),
        T(what_is_replayed_says_nothing_of_the_path),
        T(another_layer_may_begin_before_what_was_shown),
    };
    return CHECK_RUN(tests);
}
