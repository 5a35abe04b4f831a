/* SPDX-License-Identifier: MIT */
/* bucket.h - a token bucket: `rate` units a second on average, `burst` at once. */
#ifndef PARLEY_RELAY_BUCKET_H
#define PARLEY_RELAY_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/units.h"

struct bucket {
    int64_t rate, burst; /* units a second, units */
    int64_t level;       /* millionths of a unit */
    usec_t at;
};

/* Full at first. */
struct bucket bucket_of(int64_t rate, int64_t burst, usec_t now);
/* Takes `units` when there are as many; else takes nothing and gives false. */
bool bucket_take(struct bucket *b, int64_t units, usec_t now);

#endif
