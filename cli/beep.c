/* SPDX-License-Identifier: MIT */
#include "beep.h"

#include <math.h>
#include <string.h>

#define HZ 48000
#define PI 3.14159265358979323846
#define SECOND_US 1000000
#define PIECE 96 /* samples: two periods of 1 kHz */
#define LOUD 0.08 /* amplitude of 1 kHz that is a beep; made with 0.3 */
#define QUIET_PIECES 100 /* this long without: 200 ms */

void beep_make(float *out, size_t count, int64_t unix_us)
{
    int64_t first = (unix_us % SECOND_US) * HZ / SECOND_US;
    for (size_t i = 0; i < count; i++) {
        int64_t n = (first + (int64_t)i) % HZ;
        double t = 2 * PI * (double)n / HZ; /* both tones fit a whole number of times into a second */
        bool beep = n < BEEP_MS * HZ / 1000;
        out[i] = (float)(beep ? 0.3 * sin(BEEP_HZ * t) : 0.02 * sin(BEEP_HUM_HZ * t));
    }
}

void beep_finder_init(struct beep_finder *f) { memset(f, 0, sizeof *f); }

/* A piece is complete: true when a beep begins with it. */
static bool judge(struct beep_finder *f)
{
    double strength = 2 * sqrt(f->sine * f->sine + f->cosine * f->cosine) / PIECE;
    bool loud = strength > LOUD, begins = loud && !f->on && f->quiet_pieces >= QUIET_PIECES;
    f->quiet_pieces = loud ? 0 : f->quiet_pieces + 1;
    f->on = loud;
    f->sine = f->cosine = 0;
    f->in_piece = 0;
    return begins;
}

bool beep_find(struct beep_finder *f, const float *sound, size_t count, int64_t unix_us, uint32_t *age_us)
{
    bool found = false;
    for (size_t i = 0; i < count; i++) {
        double t = 2 * PI * BEEP_HZ * f->in_piece / HZ;
        f->sine += sound[i] * sin(t);
        f->cosine += sound[i] * cos(t);
        if (++f->in_piece < PIECE || !judge(f))
            continue;
        found = true;
        *age_us = (uint32_t)((unix_us + ((int64_t)i - PIECE / 2) * SECOND_US / HZ) % SECOND_US);
    }
    return found;
}
