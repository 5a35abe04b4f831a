/* SPDX-License-Identifier: MIT */
/* transit.h - how long objects take from capture to here, and how evenly they come.
 *
 * transit = arrived - captured holds the path's delay plus an unknown but steady difference of two clocks. Its smallest value in a
 * sliding window is the base; the spread of one object is its transit beyond the base. The target is a high percentile of the spread:
 * whoever plays at captured + base + target has nearly everything in time. It rises at once and falls slowly.
 *
 * Objects that arrive in one bunch after a stall count as one sample, so one outage does not lengthen the delay of the next ten seconds. */
#ifndef PARLEY_RECV_TRANSIT_H
#define PARLEY_RECV_TRANSIT_H

#include <stdint.h>

#include "base/units.h"

#define TRANSIT_SAMPLES 512
#define TRANSIT_KEEP 50              /* samples that count even when they are older than the window, */
#define TRANSIT_KEEP_TIME (60 * SEC) /* up to this */
#define TRANSIT_BUNCH (3 * MS)     /* objects that arrive within this of each other came together */
#define TRANSIT_EARLIER                                                                                                            \
    (30 * MS)  /* the first objects may wait for a connection, a large key frame, the relay's memory: no sign of jitter */
#define TRANSIT_JUMP (5 * SEC) /* a transit this far from the base is another clock: the sender restarted */
#define TRANSIT_CAPTURED_MAX ((usec_t)1 << 56)

struct transit_config {
    uint32_t permille;     /* share of objects that shall be in time */
    usec_t window;         /* samples older than this do not count, but for the latest TRANSIT_KEEP */
    usec_t start;          /* target until more is known */
    usec_t least, most;    /* bounds of the target */
    usec_t margin;         /* added to the percentile */
    usec_t fall_per_sec;   /* how fast the target may fall */
    usec_t settle;         /* so long after the first object, one that is much earlier than all before makes them forgotten */
};

/* One bunch of objects that arrived together, mostly a bunch of one. */
struct transit_sample {
    usec_t low, high; /* smallest and largest transit in it */
    usec_t arrived;
};

struct transit {
    struct transit_config config;
    struct transit_sample sample[TRANSIT_SAMPLES];
    uint32_t count, next;
    usec_t base, target, reviewed, began;
    uint32_t restarts;
};

struct transit_config transit_audio(void);
struct transit_config transit_video(void);

void transit_init(struct transit *t, const struct transit_config *config);
/* One object arrived. ERR_LIMIT when `captured_us` is out of bounds (nothing changes). */
int transit_put(struct transit *t, usec_t captured_us, usec_t arrived);
/* Smallest transit in the window; 0 before the first object. */
usec_t transit_base(const struct transit *t);
/* The spread that `permille` of the objects in the window stay within. */
usec_t transit_spread(const struct transit *t, uint32_t permille);
/* Within the configured bounds; `start` before the first object. */
usec_t transit_target(const struct transit *t);
/* How often the sender's clock was found to be another one. */
uint32_t transit_restarts(const struct transit *t);

#endif
