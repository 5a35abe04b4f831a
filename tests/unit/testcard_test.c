/* SPDX-License-Identifier: MIT */
#include "cli/testcard.h"

#include <string.h>

#include "base/err.h"
#include "base/rand.h"
#include "base/units.h"
#include "check.h"
#include "cli/beep.h"
#include "cli/tally.h"

#define WIDTH_MAX 1920
#define HEIGHT_MAX 1080

static uint8_t luma[WIDTH_MAX * HEIGHT_MAX], chroma[2][WIDTH_MAX * HEIGHT_MAX / 4];

static struct testcard_picture picture(uint32_t width, uint32_t height)
{
    return (struct testcard_picture){.width_px = width,
                                     .height_px = height,
                                     .y_stride = width,
                                     .u_stride = (width + 1) / 2,
                                     .v_stride = (width + 1) / 2,
                                     .y = luma,
                                     .u = chroma[0],
                                     .v = chroma[1]};
}

static void every_size_is_read_back(void)
{
    static const uint32_t size[][2] = {{80, 45}, {160, 90}, {320, 180}, {641, 361}, {1280, 720}, {1920, 1080}};
    static const int64_t unix_ms = 1795417200123;
    for (size_t i = 0; i < COUNT_OF(size); i++)
        for (unsigned tint = 0; tint < 8; tint++) {
            struct testcard_picture p = picture(size[i][0], size[i][1]);
            struct testcard card;
            testcard_draw(&p, (uint16_t)(4711 * (tint + 1)), unix_ms, tint);
            CHECK_EQ(0, testcard_read(&p, &card));
            CHECK_EQ((uint16_t)(4711 * (tint + 1)), card.counter);
            CHECK_EQ(unix_ms & TESTCARD_TIME_MASK, card.time_ms);
            CHECK_EQ(80, testcard_age_ms(&card, unix_ms + 80));
        }
}

static void noise_is_survived(void)
{
    struct rng rng = {1};
    struct testcard_picture p = picture(640, 360);
    struct testcard card;
    testcard_draw(&p, 300, 123456789, 1);
    for (size_t i = 0; i < 640 * 360; i++) {
        int v = luma[i] / 2 + 64 + (int)rng_below(&rng, 101) - 50; /* half the contrast, much noise */
        luma[i] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
    }
    CHECK_EQ(0, testcard_read(&p, &card));
    CHECK_EQ(300, card.counter);
}

static void what_is_no_card_is_refused(void)
{
    struct testcard_picture p = picture(640, 360);
    struct testcard card;
    memset(luma, 16, sizeof luma);
    CHECK_EQ(ERR_PARSE, testcard_read(&p, &card));
    memset(luma, 235, sizeof luma);
    CHECK_EQ(ERR_PARSE, testcard_read(&p, &card));
    testcard_draw(&p, 7, 7, 0);
    memset(luma, 235, 640 * 20); /* the top half of the first row of cells, and a bit more */
    memset(luma + 640 * 20, 235, 640 * 20);
    CHECK_EQ(ERR_PARSE, testcard_read(&p, &card));
}

static void ages_wrap(void)
{
    struct testcard card = {.time_ms = TESTCARD_TIME_MASK - 10};
    CHECK_EQ(30, testcard_age_ms(&card, ((int64_t)5 << 24) + 19));
    CHECK_EQ(-5, testcard_age_ms(&card, ((int64_t)5 << 24) - 16));
}

static void beeps_tell_their_age(void)
{
    static float sound[480];
    static const int64_t delay_us[] = {0, 37000, 250000, 900000};
    for (size_t k = 0; k < COUNT_OF(delay_us); k++) {
        struct beep_finder f;
        beep_finder_init(&f);
        uint32_t age, found = 0;
        for (int64_t at = 1795417200300000; at < 1795417205300000; at += 10000) {
            beep_make(sound, 480, at);
            if (!beep_find(&f, sound, 480, at + delay_us[k], &age))
                continue;
            found++;
            CHECK_BETWEEN(delay_us[k], delay_us[k] + 4000, age);
        }
        CHECK_EQ(5, found);
    }
}

static void percentiles(void)
{
    static struct tally t;
    CHECK_EQ(0, tally_percentile(&t, 50));
    for (int i = 0; i < 100; i++)
        tally_add(&t, (i * 37) % 100 + 1);
    CHECK_EQ(50, tally_percentile(&t, 50));
    CHECK_EQ(95, tally_percentile(&t, 95));
    CHECK_EQ(100, tally_percentile(&t, 100));
    CHECK_EQ(1, tally_percentile(&t, 0));
}

int main(void)
{
    static const struct check_test tests[] = {
        T(every_size_is_read_back), T(noise_is_survived), T(what_is_no_card_is_refused), T(ages_wrap),
        T(beeps_tell_their_age),    T(percentiles),
    };
    return CHECK_RUN(tests);
}
