/* SPDX-License-Identifier: MIT */
#include "recv/stretch.h"

#include <math.h>
#include <string.h>

#define STEP 4 /* the first search looks at every fourth sample */
#define ROUGH_NEEDS ((STRETCH_LAG_MAX + STRETCH_OVERLAP) / STEP)
#define SILENT 1e-6f    /* mean square: -60 dBov; any length resembles any other */
#define ALIKE 0.85f     /* likeness that is not heard */
#define ALIKE_URGENT 0.5f

/* Likeness of `a` and `b`: 1 equal, 0 nothing in common. */
static float likeness(const float *a, const float *b, size_t count)
{
    float ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < count; i++) {
        ab += a[i] * b[i];
        aa += a[i] * a[i];
        bb += b[i] * b[i];
    }
    float scale = aa * bb;
    return scale > 0 ? ab / sqrtf(scale) : 0;
}

static void mix_down(float *out, const float *in, size_t count, unsigned channels)
{
    for (size_t i = 0; i < count; i++)
        out[i] = channels == 2 ? 0.5f * (in[2 * i] + in[2 * i + 1]) : in[i];
}

/* Every STEPth sample, each a mean, so that high tones do not deceive the first search. */
static void thin_out(float *out, const float *in, size_t count)
{
    for (size_t i = 0; i < count / STEP; i++)
        out[i] = 0.25f * (in[STEP * i] + in[STEP * i + 1] + in[STEP * i + 2] + in[STEP * i + 3]);
}

static float power(const float *data, size_t count)
{
    float sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += data[i] * data[i];
    return sum / (float)count;
}

static size_t search(const float *data, size_t overlap, size_t low, size_t high, float *best)
{
    size_t lag = low;
    *best = -1;
    for (size_t l = low; l <= high; l++) {
        float like = likeness(data, data + l, overlap);
        if (like > *best) {
            *best = like;
            lag = l;
        }
    }
    return lag;
}

/* The lag at which STRETCH_NEEDS samples resemble their beginning most, or 0. Silence: the longest. */
static size_t find_lag(const float *mono, bool urgent)
{
    if (power(mono, STRETCH_NEEDS) < SILENT)
        return STRETCH_LAG_MAX;
    float rough[ROUGH_NEEDS], like;
    thin_out(rough, mono, STRETCH_NEEDS);
    size_t about = STEP * search(rough, STRETCH_OVERLAP / STEP, STRETCH_LAG_MIN / STEP, STRETCH_LAG_MAX / STEP, &like);
    size_t low = about > STRETCH_LAG_MIN + STEP ? about - STEP : STRETCH_LAG_MIN;
    size_t high = about + STEP < STRETCH_LAG_MAX ? about + STEP : STRETCH_LAG_MAX;
    size_t lag = search(mono, STRETCH_OVERLAP, low, high, &like);
    return like >= (urgent ? ALIKE_URGENT : ALIKE) ? lag : 0;
}

/* Goes from `from` to `to` within the overlap; `out` may be `from`. */
static void cross_fade(float *out, const float *from, const float *to, unsigned channels)
{
    for (size_t i = 0; i < STRETCH_OVERLAP; i++) {
        float share = ((float)i + 0.5f) / STRETCH_OVERLAP;
        for (unsigned c = 0; c < channels; c++) {
            size_t k = i * channels + c;
            out[k] = (1 - share) * from[k] + share * to[k];
        }
    }
}

size_t stretch_shrink(float *data, size_t count, unsigned channels, bool urgent)
{
    float mono[STRETCH_NEEDS];
    if (count < STRETCH_NEEDS)
        return 0;
    mix_down(mono, data, STRETCH_NEEDS, channels);
    size_t lag = find_lag(mono, urgent);
    if (lag == 0)
        return 0;
    cross_fade(data, data, data + lag * channels, channels);
    size_t rest = STRETCH_OVERLAP + lag;
    memmove(data + STRETCH_OVERLAP * channels, data + rest * channels, (count - rest) * channels * sizeof *data);
    return lag;
}

/* The lag at which what comes resembles what was played: the same search, backwards in time. */
static size_t find_lag_back(const float *data, unsigned channels, bool urgent)
{
    float mono[STRETCH_NEEDS], turned[STRETCH_NEEDS];
    mix_down(mono, data, STRETCH_NEEDS, channels);
    for (size_t i = 0; i < STRETCH_NEEDS; i++)
        turned[i] = mono[STRETCH_NEEDS - 1 - i];
    return find_lag(turned, urgent);
}

size_t stretch_grow(float *data, size_t count, unsigned channels, bool urgent)
{
    if (count < STRETCH_OVERLAP)
        return 0;
    size_t lag = find_lag_back(data, channels, urgent);
    if (lag == 0)
        return 0;
    float *next = data + STRETCH_LAG_MAX * channels, *again = next - lag * channels;
    float joint[2 * STRETCH_OVERLAP];
    cross_fade(joint, next, again, channels);
    size_t rest = count + lag - STRETCH_OVERLAP; /* all that follows the joint is what followed `again` */
    memmove(next + STRETCH_OVERLAP * channels, again + STRETCH_OVERLAP * channels, rest * channels * sizeof *data);
    memcpy(next, joint, STRETCH_OVERLAP * channels * sizeof *data);
    return lag;
}
