/* SPDX-License-Identifier: MIT */
/* mixer.h - many speakers into one sound: a playout and an opus decoder for each source, gains, levels and a limiter.
 *
 * A source is one audio track of one member, under a number of the caller's. mixer_pull() gives any number of samples; inside, sound is
 * made in blocks of 10 ms (PLAYOUT_BLOCK). Nothing is allocated but in mixer_new() and mixer_add(). */
#ifndef PARLEY_CODEC_MIXER_H
#define PARLEY_CODEC_MIXER_H

#include <stddef.h>
#include <stdint.h>

#include "base/units.h"

#define MIXER_SOURCES 64
#define MIXER_PULL_MAX 960 /* samples per channel in one mixer_pull() */
#define MIXER_GAIN_MAX 4.0f

struct mixer;

/* `channels` of the mix, 1 or 2. NULL when memory is short. */
struct mixer *mixer_new(unsigned channels);
void mixer_del(struct mixer *m);

/* 0 also when it is there already; ERR_FULL at MIXER_SOURCES, ERR_NOMEM. */
int mixer_add(struct mixer *m, uint32_t id);
void mixer_remove(struct mixer *m, uint32_t id);
/* As playout_put(); ERR_UNKNOWN when there is no such source. */
int mixer_put(struct mixer *m, uint32_t id, uint32_t seq, usec_t captured_us, uint32_t duration_us, const uint8_t *data, size_t len,
              usec_t now);
/* The next `frames` (at most MIXER_PULL_MAX) samples, one channel after the other (not interleaved), borrowed until the next call. */
const float *mixer_pull(struct mixer *m, size_t frames, usec_t now);

/* 1 as recorded, 0 silent: it is decoded and counted all the same. Changes glide over one block. At most MIXER_GAIN_MAX. */
void mixer_set_gain(struct mixer *m, uint32_t id, float gain);
/* Plays this source this much later than it would by itself (lip sync). */
void mixer_hold(struct mixer *m, uint32_t id, usec_t hold);
/* Loudness of the last block of the source before its gain, 0 silence .. 127 full scale. */
uint32_t mixer_level(const struct mixer *m, uint32_t id);

/* What playout_stats() says, in types that are simple to read from outside. */
struct mixer_stats {
    uint32_t target_us, delay_us, own_us, jitter_us;
    uint32_t packets, lost, late, duplicates, restarts, decode_errors, waiting;
    double played_ms, concealed_ms, recovered_ms, stretched_ms, shrunk_ms, silent_ms, skipped_ms;
    uint32_t level;
};
/* ERR_UNKNOWN when there is no such source. */
int mixer_stats(const struct mixer *m, uint32_t id, struct mixer_stats *out);

#endif
