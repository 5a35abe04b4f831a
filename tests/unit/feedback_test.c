/* SPDX-License-Identifier: MIT */
#include "wire/feedback.h"

#include <string.h>

#include "base/err.h"
#include "base/units.h"
#include "check.h"
#include "wire/wire.h"

static struct feedback large(void)
{
    struct feedback f = {.clock_us = 1ULL << 60, .echo_us = 1ULL << 59, .echo_delay_us = 12345, .count = FEEDBACK_TRACKS_MAX};
    for (uint32_t i = 0; i < FEEDBACK_TRACKS_MAX; i++)
        f.track[i] = (struct track_report){.member = 4000000000u + i,
                                           .track = 1 + i % WIRE_TRACKS_MAX,
                                           .spatial = i % WIRE_LAYERS_MAX,
                                           .newest = UINT32_MAX - i,
                                           .missing = 0x80000001u,
                                           .newest_at_us = (1ULL << 60) + i,
                                           .bytes = (1ULL << 50) + i,
                                           .objects = UINT32_MAX - 2 * i};
    return f;
}

static void what_is_written_is_read(void)
{
    static uint8_t out[8192];
    struct feedback f = large(), back = {0};
    f.count = 3;
    size_t taken;
    int len = feedback_write(out, sizeof out, &f, &taken);
    CHECK_EQ(3, taken);
    CHECK_EQ(WIRE_FEEDBACK, out[0]);
    CHECK_EQ(0, feedback_parse(&back, out + 1, (size_t)len - 1));
    CHECK_EQ(f.clock_us, back.clock_us);
    CHECK_EQ(f.echo_us, back.echo_us);
    CHECK_EQ(f.echo_delay_us, back.echo_delay_us);
    CHECK_EQ(3, back.count);
    for (size_t i = 0; i < 3; i++) {
        CHECK_EQ(f.track[i].member, back.track[i].member);
        CHECK_EQ(f.track[i].track, back.track[i].track);
        CHECK_EQ(f.track[i].spatial, back.track[i].spatial);
        CHECK_EQ(f.track[i].newest, back.track[i].newest);
        CHECK_EQ(f.track[i].missing, back.track[i].missing);
        CHECK_EQ(f.track[i].newest_at_us, back.track[i].newest_at_us);
        CHECK_EQ(f.track[i].bytes, back.track[i].bytes);
        CHECK_EQ(f.track[i].objects, back.track[i].objects);
    }
}

static void as_many_reports_as_fit_are_written(void)
{
    uint8_t out[WIRE_DATAGRAM_MAX];
    struct feedback f = large(), back;
    size_t taken;
    int len = feedback_write(out, sizeof out, &f, &taken);
    CHECK_BETWEEN(15, FEEDBACK_TRACKS_MAX - 1, taken);
    CHECK_BETWEEN(WIRE_DATAGRAM_MAX - 80, WIRE_DATAGRAM_MAX, len);
    CHECK_EQ(0, feedback_parse(&back, out + 1, (size_t)len - 1));
    CHECK_EQ(taken, back.count);
    CHECK_EQ(ERR_SPACE, feedback_write(out, 10, &f, &taken));
}

static void bounds_hold(void)
{
    struct feedback back;
    uint8_t many[2 * (FEEDBACK_TRACKS_MAX + 1)];
    for (size_t i = 0; i < sizeof many; i++)
        many[i] = i % 2 ? 0 : 0x12;
    CHECK_EQ(0, feedback_parse(&back, many, sizeof many - 2));
    CHECK_EQ(FEEDBACK_TRACKS_MAX, back.count);
    CHECK_EQ(ERR_LIMIT, feedback_parse(&back, many, sizeof many));
    CHECK_EQ(ERR_LIMIT, feedback_parse(&back, (const uint8_t[]){0x12, 2, 0x10, 9}, 4)); /* track 9 */
    CHECK_EQ(ERR_LIMIT, feedback_parse(&back, (const uint8_t[]){0x12, 2, 0x18, 3}, 4)); /* spatial 3 */
    CHECK_EQ(ERR_PARSE, feedback_parse(&back, (const uint8_t[]){0x12, 9, 0x18}, 3));
    CHECK_EQ(0, feedback_parse(&back, NULL, 0));
}

int main(void)
{
    static const struct check_test tests[] = {
        T(what_is_written_is_read),
        T(as_many_reports_as_fit_are_written),
        T(bounds_hold),
    };
    return CHECK_RUN(tests);
}
