/* SPDX-License-Identifier: MIT */
/* hist.h - a histogram of whole numbers (microseconds) in fixed memory: adding costs one increment, percentiles are right to 3 %.
 *
 * Buckets grow with the value: each power of two is cut into 32, values below 32 stand alone. A zeroed one is empty. */
#ifndef PARLEY_LOAD_HIST_H
#define PARLEY_LOAD_HIST_H

#include <stdint.h>

#define HIST_STEPS 32
#define HIST_BUCKETS (HIST_STEPS * 36) /* to 2^40; larger values count as the largest */

struct hist {
    uint64_t count, max;
    uint64_t bucket[HIST_BUCKETS];
};

/* Negative values count as 0. */
void hist_add(struct hist *h, int64_t value);
/* The value that `per_million` of a million samples do not exceed, rounded up to its bucket; the exact maximum for 1000000; 0 when empty. */
uint64_t hist_at(const struct hist *h, uint32_t per_million);

#endif
