/* SPDX-License-Identifier: MIT */
/* path.h - one direction of somebody's access to the network: delay, jitter, loss, reordering, and a bottleneck with a queue. */
#ifndef PARLEY_SIM_PATH_H
#define PARLEY_SIM_PATH_H

#include <stddef.h>

#include "base/rand.h"
#include "base/units.h"

struct path {
    /* may be changed at any time */
    usec_t delay, jitter;    /* jitter: evenly in 0..jitter on top of the delay; order is kept */
    double loss;             /* share of packets; 1 is an outage */
    double reorder;          /* share of packets that come later than the next ones, by reorder_delay */
    usec_t reorder_delay;
    uint32_t rate_bps;       /* 0: without limit */
    usec_t queue;            /* what the bottleneck holds, as time at its rate */

    struct rng rng;
    usec_t free_at, last_arrival;
    uint64_t packets, lost;
};

#define PATH_LOST (-1)
/* When a packet sent now arrives, or PATH_LOST. */
usec_t path_send(struct path *p, size_t bytes, usec_t now);
/* How long a small packet would take now: what acknowledgements see. */
usec_t path_transit(const struct path *p, usec_t now);

#endif
