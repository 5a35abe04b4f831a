/* SPDX-License-Identifier: MIT */
#include "recv/stretch.h"

#include <math.h>
#include <string.h>

#include "base/rand.h"
#include "base/units.h"
#include "check.h"

#define LONG 48000
#define PI 3.14159265358979

static float sound[(STRETCH_LAG_MAX + LONG + STRETCH_LAG_MAX) * 2];

/* A voice-like tone: a fundamental and some of its multiples. */
static void fill(double hz, size_t count, unsigned channels)
{
    for (size_t i = 0; i < count; i++)
        for (unsigned c = 0; c < channels; c++) {
            double t = 2 * PI * hz * (double)i / 48000;
            sound[i * channels + c] = (float)(0.3 * sin(t) + 0.15 * sin(2 * t + 1) + 0.1 * sin(5 * t + 2));
        }
}

static double likeness_at(const float *data, size_t count, unsigned channels, size_t lag)
{
    double sum = 0;
    for (size_t i = 0; i + lag < count; i++)
        sum += (double)data[i * channels] * (double)data[(i + lag) * channels];
    return sum / (double)(count - lag);
}

/* The pitch from the period after which a second of sound repeats itself best. */
static double pitch(const float *data, size_t count, unsigned channels, double expected)
{
    size_t best = (size_t)(48000 / expected * 0.8);
    for (size_t lag = best; lag < (size_t)(48000 / expected * 1.2); lag++)
        if (likeness_at(data, count, channels, lag) > likeness_at(data, count, channels, best))
            best = lag;
    double a = likeness_at(data, count, channels, best - 1), b = likeness_at(data, count, channels, best),
           c = likeness_at(data, count, channels, best + 1);
    return 48000 / ((double)best + 0.5 * (a - c) / (a - 2 * b + c));
}

static float worst_step(const float *data, size_t count, unsigned channels)
{
    float worst = 0;
    for (size_t i = 1; i < count; i++)
        worst = fmaxf(worst, fabsf(data[i * channels] - data[(i - 1) * channels]));
    return worst;
}

static void shrinking_keeps_the_pitch(void)
{
    static const double hz[] = {90, 130, 220, 400, 1000};
    for (size_t k = 0; k < COUNT_OF(hz); k++)
        for (unsigned channels = 1; channels <= 2; channels++) {
            fill(hz[k], LONG, channels);
            float step = worst_step(sound, LONG, channels);
            size_t count = LONG, cut = 0;
            for (size_t at = 0; at + 2 * STRETCH_NEEDS < count; at += STRETCH_NEEDS) {
                size_t lag = stretch_shrink(sound + at * channels, count - at, channels, false);
                CHECK(lag == 0 || (lag >= STRETCH_LAG_MIN && lag <= STRETCH_LAG_MAX));
                count -= lag;
                cut += lag;
            }
            CHECK_BETWEEN(LONG / 10, LONG / 2, cut);
            CHECK_BETWEEN(hz[k] * 0.995, hz[k] * 1.005, pitch(sound, count, channels, hz[k]));
            CHECK_BETWEEN(0, 1.3 * (double)step, worst_step(sound, count, channels));
        }
}

static void growing_keeps_the_pitch(void)
{
    static const double hz[] = {90, 130, 220, 400, 1000};
    for (size_t k = 0; k < COUNT_OF(hz); k++)
        for (unsigned channels = 1; channels <= 2; channels++) {
            fill(hz[k], LONG, channels);
            float step = worst_step(sound, LONG / 2, channels);
            size_t count = LONG / 2, added = 0;
            for (size_t at = STRETCH_LAG_MAX; at + 2 * STRETCH_NEEDS < count && count + STRETCH_LAG_MAX < LONG;
                 at += 2 * STRETCH_NEEDS) {
                size_t lag = stretch_grow(sound + (at - STRETCH_LAG_MAX) * channels, count - at, channels, false);
                count += lag;
                added += lag;
            }
            CHECK_BETWEEN(LONG / 40, LONG / 2, added);
            CHECK_BETWEEN(hz[k] * 0.995, hz[k] * 1.005, pitch(sound, count, channels, hz[k]));
            CHECK_BETWEEN(0, 1.3 * (double)step, worst_step(sound, count, channels));
        }
}

static void noise_is_left_alone_unless_urgent(void)
{
    struct rng rng = {5};
    for (size_t i = 0; i < LONG; i++)
        sound[i] = (float)(rng_unit(&rng) - 0.5);
    CHECK_EQ(0, stretch_shrink(sound, LONG, 1, false));
    CHECK_EQ(0, stretch_grow(sound, LONG, 1, false));
}

static void silence_gives_most(void)
{
    memset(sound, 0, sizeof sound);
    CHECK_EQ(STRETCH_LAG_MAX, stretch_shrink(sound, STRETCH_NEEDS, 1, false));
    CHECK_EQ(STRETCH_LAG_MAX, stretch_grow(sound, STRETCH_OVERLAP, 2, false));
}

static void too_little_is_left_alone(void)
{
    memset(sound, 0, sizeof sound);
    CHECK_EQ(0, stretch_shrink(sound, STRETCH_NEEDS - 1, 1, true));
    CHECK_EQ(0, stretch_grow(sound, STRETCH_OVERLAP - 1, 1, true));
}

int main(void)
{
    static const struct check_test tests[] = {
        T(shrinking_keeps_the_pitch), T(growing_keeps_the_pitch),  T(noise_is_left_alone_unless_urgent),
        T(silence_gives_most),        T(too_little_is_left_alone),
    };
    return CHECK_RUN(tests);
}
