/* SPDX-License-Identifier: MIT */
/* beep.h - sound that says when it was made, for machines: a beep of 1 kHz, 100 ms long, begins at each whole second of the Unix clock;
 * between the beeps a quiet hum of 220 Hz shows gaps. All at 48 kHz, one channel. */
#ifndef PARLEY_CLI_BEEP_H
#define PARLEY_CLI_BEEP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BEEP_HZ 1000
#define BEEP_HUM_HZ 220
#define BEEP_MS 100

/* Writes `count` samples of which the first is made at `unix_us`. */
void beep_make(float *out, size_t count, int64_t unix_us);

/* Finds where beeps begin. */
struct beep_finder {
    double sine, cosine; /* of 1 kHz in the current piece of 2 ms */
    uint32_t in_piece;
    bool on;
    uint32_t quiet_pieces;
};
void beep_finder_init(struct beep_finder *f);
/* Takes samples of which the first is heard at `unix_us`; true when a beep begins among them, and `age_us` is how long after
 * the whole second that was: 0 to 999999. */
bool beep_find(struct beep_finder *f, const float *sound, size_t count, int64_t unix_us, uint32_t *age_us);

#endif
