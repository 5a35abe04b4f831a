/* SPDX-License-Identifier: MIT */
/* units.h - time as a number, and a few helpers every module uses.
 *
 * Times are microseconds on a clock that the caller chooses and never runs backwards. */
#ifndef PARLEY_BASE_UNITS_H
#define PARLEY_BASE_UNITS_H

#include <stdint.h>

typedef int64_t usec_t;

#define MS ((usec_t)1000)
#define SEC ((usec_t)1000000)
#define NEVER INT64_MAX /* "nothing scheduled" */

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static inline usec_t usec_min(usec_t a, usec_t b) { return a < b ? a : b; }
static inline usec_t usec_max(usec_t a, usec_t b) { return a > b ? a : b; }

#endif
