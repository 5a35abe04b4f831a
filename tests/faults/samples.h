/* SPDX-License-Identifier: MIT */
/* samples.h - many durations, and what part of them is shorter than what. */
#ifndef PARLEY_TESTS_FAULTS_SAMPLES_H
#define PARLEY_TESTS_FAULTS_SAMPLES_H

#include <stddef.h>

#include "base/units.h"

struct samples {
    usec_t *value;
    size_t count, cap;
};

void samples_add(struct samples *s, usec_t value);
/* The smallest value that `share` (0..1) of all do not exceed; 0 without samples. Sorts. */
usec_t samples_at(struct samples *s, double share);
void samples_clear(struct samples *s);
void samples_free(struct samples *s);

#endif
