/* SPDX-License-Identifier: MIT */
#include "session/reporter.h"

#include <stdbool.h>

#include "check.h"

static void reports_soon_after_a_pause_and_ten_times_a_second_at_most(void)
{
    static const struct {
        usec_t now;
        bool sends;
        usec_t due;
    } step[] = {
        {200 * MS, false, 220 * MS}, /* the first in a while */
        {210 * MS, false, 220 * MS}, /* more came: it leaves when it was to */
        {220 * MS, true, NEVER},     /* nothing new: nothing to say */
        {225 * MS, false, 320 * MS}, /* 100 ms after the one before */
        {330 * MS, true, NEVER},     {500 * MS, false, 520 * MS},
    };
    struct reporter r;
    struct feedback f;
    reporter_init(&r);
    CHECK_EQ(NEVER, r.at);
    for (size_t i = 0; i < COUNT_OF(step); i++) {
        if (step[i].sends)
            reporter_begin(&r, &f, step[i].now);
        else
            reporter_note(&r, step[i].now);
        CHECK_EQ(step[i].due, r.at);
    }
}

static void echoes_the_last_clock_and_how_long_it_was_kept(void)
{
    struct reporter r;
    struct feedback mine, theirs = {.clock_us = 7000};
    reporter_init(&r);
    reporter_begin(&r, &mine, 50);
    CHECK_EQ(50, mine.clock_us);
    CHECK_EQ(0, mine.echo_us);
    CHECK_EQ(0, mine.echo_delay_us);
    CHECK_EQ(0, reporter_on_feedback(&r, &theirs, 100));
    CHECK(r.at != NEVER); /* an answer is due */
    reporter_begin(&r, &mine, 350);
    CHECK_EQ(350, mine.clock_us);
    CHECK_EQ(7000, mine.echo_us);
    CHECK_EQ(250, mine.echo_delay_us);
    CHECK_EQ(0, mine.count);
    reporter_on_carry(&r);
    reporter_begin(&r, &mine, 360);
    CHECK_EQ(0, mine.echo_us);
}

static void believes_no_echo_that_cannot_be(void)
{
    static const struct {
        uint64_t echo, delay;
        usec_t now, round_trip;
    } echo[] = {
        {0, 0, 1000, 0}, /* none */
        {400, 100, 1000, 500},
        {400, 600, 1000, 0},
        {400, 700, 1000, 0},          /* kept for longer than it was away */
        {1001, 0, 1000, 0},           /* of a time that has not come */
        {UINT64_MAX, 0, 1000, 0},
        {400, UINT64_MAX, 1000, 0},
        {1, 60 * SEC, 61 * SEC, SEC - 1},
        {1, 60 * SEC + 1, 62 * SEC, 0}, /* kept for longer than anything is worth */
    };
    for (size_t i = 0; i < COUNT_OF(echo); i++) {
        struct feedback f = {.clock_us = 1, .echo_us = echo[i].echo, .echo_delay_us = echo[i].delay};
        CHECK_EQ(echo[i].round_trip, echo_round_trip(&f, echo[i].now));
    }
}

int main(void)
{
    static const struct check_test tests[] = {T(reports_soon_after_a_pause_and_ten_times_a_second_at_most),
                                              T(echoes_the_last_clock_and_how_long_it_was_kept),
                                              T(believes_no_echo_that_cannot_be)};
    return CHECK_RUN(tests);
}
