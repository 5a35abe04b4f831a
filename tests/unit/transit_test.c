/* SPDX-License-Identifier: MIT */
#include "recv/transit.h"

#include "base/err.h"
#include "base/rand.h"
#include "check.h"

#define CLOCKS (-123456789) /* their clock is ahead of ours */
#define PATH (30 * MS)

static void put_at(struct transit *t, usec_t captured, usec_t delay) { transit_put(t, captured, captured + CLOCKS + delay); }

static struct transit fresh(void)
{
    struct transit_config config = transit_audio();
    struct transit t;
    transit_init(&t, &config);
    return t;
}

static void an_even_path_has_the_least_target(void)
{
    struct transit t = fresh();
    CHECK_EQ(40 * MS, transit_target(&t)); /* careful until more is known */
    for (int i = 0; i < 500; i++)
        put_at(&t, SEC + i * 20 * MS, PATH);
    CHECK_EQ(PATH + CLOCKS, transit_base(&t));
    CHECK_EQ(20 * MS, transit_target(&t));
    CHECK_EQ(0, transit_spread(&t, 1000));
}

static void percentiles_of_even_jitter(void)
{
    struct transit t = fresh();
    for (int i = 0; i < 500; i++)
        put_at(&t, SEC + i * 20 * MS, PATH + (i * 7 % 20) * MS); /* 0..19 ms, each as often */
    CHECK_EQ(PATH + CLOCKS, transit_base(&t));
    CHECK_EQ(9 * MS, transit_spread(&t, 500));
    CHECK_EQ(18 * MS, transit_spread(&t, 949));
    CHECK_EQ(19 * MS, transit_spread(&t, 990));
    CHECK_EQ(19 * MS + 12 * MS, transit_target(&t));
}

static void the_target_rises_at_once_and_falls_slowly(void)
{
    struct transit t = fresh();
    usec_t at = SEC;
    for (int i = 0; i < 50; i++, at += 20 * MS)
        put_at(&t, at, PATH);
    put_at(&t, at, PATH + 60 * MS); /* 50 samples: the 99th percentile is the largest */
    CHECK_EQ(72 * MS, transit_target(&t));
    usec_t least = NEVER, before = transit_target(&t);
    for (int i = 0; i < 600; i++) {
        at += 20 * MS;
        put_at(&t, at, PATH);
        CHECK(before - transit_target(&t) <= 5 * MS); /* 40 ms a second, in steps of 100 ms */
        before = transit_target(&t);
        least = usec_min(least, before);
    }
    CHECK_EQ(20 * MS, least);
}

static void one_outage_is_one_sample(void)
{
    struct transit t = fresh();
    usec_t at = SEC;
    for (int i = 0; i < 500; i++, at += 20 * MS)
        put_at(&t, at, PATH);
    for (int i = 0; i < 50; i++, at += 20 * MS) /* held for up to a second, then all at once */
        put_at(&t, at, PATH + (49 - i) * 20 * MS);
    CHECK_EQ(20 * MS, transit_target(&t));
    for (int i = 0; i < 5; i++) { /* but a path that stalls again and again is another path */
        for (int k = 0; k < 10; k++, at += 20 * MS)
            put_at(&t, at, PATH);
        for (int k = 0; k < 10; k++, at += 20 * MS)
            put_at(&t, at, PATH + (9 - k) * 20 * MS);
    }
    CHECK_BETWEEN(180 * MS, 200 * MS, transit_target(&t));
}

static void the_base_follows_drift_both_ways(void)
{
    static const int ppm[] = {500, -500};
    for (size_t k = 0; k < COUNT_OF(ppm); k++) {
        struct transit t = fresh();
        usec_t drift = 0;
        for (int i = 0; i < 50 * 120; i++) {
            drift = (usec_t)i * 20 * MS * ppm[k] / 1000000;
            put_at(&t, SEC + i * 20 * MS, PATH + 100 * MS + drift);
        }
        CHECK_BETWEEN(-6 * MS, 1, transit_base(&t) - (PATH + 100 * MS + CLOCKS + drift));
        CHECK_EQ(20 * MS, transit_target(&t));
    }
}

static void another_clock_is_a_restart(void)
{
    struct transit t = fresh();
    for (int i = 0; i < 100; i++)
        put_at(&t, SEC + i * 20 * MS, PATH);
    transit_put(&t, 77, 10 * SEC + 77);
    CHECK_EQ(1, transit_restarts(&t));
    CHECK_EQ(10 * SEC, transit_base(&t));
}

static void impossible_times_are_refused(void)
{
    struct transit t = fresh();
    CHECK_EQ(ERR_LIMIT, transit_put(&t, -1, 5));
    CHECK_EQ(ERR_LIMIT, transit_put(&t, INT64_MAX, 5));
    CHECK_EQ(0, transit_base(&t));
    struct rng rng = {1};
    for (int i = 0; i < 2000; i++) /* whatever comes, the target stays in bounds */ {
        transit_put(&t, (usec_t)(rng_next(&rng) >> (8 + rng_below(&rng, 40))), i * 20 * MS);
        CHECK_BETWEEN(20 * MS, 500 * MS, transit_target(&t));
    }
}

static void the_first_objects_may_be_late_for_other_reasons(void)
{
    struct transit_config config = transit_video();
    struct transit t;
    transit_init(&t, &config);
    for (int i = 0; i < 4; i++)
        put_at(&t, SEC + i * 33 * MS, PATH + (400 - i * 100) * MS);
    for (int i = 4; i < 30; i++) {
        put_at(&t, SEC + i * 33 * MS, PATH);
        CHECK_EQ(config.start, transit_target(&t));
    }
    for (int i = 100; i < 104; i++)
        put_at(&t, SEC + i * 33 * MS, PATH + 100 * MS); /* some seconds later lateness is a sign of jitter again */
    put_at(&t, SEC + 104 * 33 * MS, PATH - 40 * MS);
    CHECK(transit_target(&t) > 100 * MS);
}

int main(void)
{
    static const struct check_test tests[] = {
        T(an_even_path_has_the_least_target),
        T(percentiles_of_even_jitter),
        T(the_target_rises_at_once_and_falls_slowly),
        T(one_outage_is_one_sample),
        T(the_base_follows_drift_both_ways),
        T(another_clock_is_a_restart),
        T(impossible_times_are_refused),
        T(the_first_objects_may_be_late_for_other_reasons),
    };
    return CHECK_RUN(tests);
}
