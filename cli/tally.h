/* SPDX-License-Identifier: MIT */
/* tally.h - numbers as they come, and their percentiles: the latest TALLY_SAMPLES of them. */
#ifndef PARLEY_CLI_TALLY_H
#define PARLEY_CLI_TALLY_H

#include <stdint.h>

#define TALLY_SAMPLES 4096

struct tally {
    int32_t sample[TALLY_SAMPLES];
    uint64_t count;
};

void tally_add(struct tally *t, int32_t value);
/* The value that `percent` of the samples do not exceed; 0 without samples. */
int32_t tally_percentile(const struct tally *t, unsigned percent);

#endif
