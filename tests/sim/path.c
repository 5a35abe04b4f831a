/* SPDX-License-Identifier: MIT */
#include "path.h"

static usec_t draw(struct path *p, usec_t below) { return below ? (usec_t)rng_below(&p->rng, (uint64_t)below) : 0; }

/* When the packet has left the bottleneck, or PATH_LOST when its queue is full. */
static usec_t through_bottleneck(struct path *p, size_t bytes, usec_t now)
{
    if (!p->rate_bps)
        return now;
    usec_t start = usec_max(p->free_at, now);
    if (start - now > p->queue)
        return PATH_LOST;
    p->free_at = start + (usec_t)bytes * 8 * SEC / p->rate_bps;
    return p->free_at;
}

usec_t path_send(struct path *p, size_t bytes, usec_t now)
{
    p->packets++;
    usec_t left = through_bottleneck(p, bytes, now);
    if (left == PATH_LOST || rng_unit(&p->rng) < p->loss) {
        p->lost++;
        return PATH_LOST;
    }
    usec_t arrival = left + p->delay + draw(p, p->jitter);
    if (p->reorder > 0 && rng_unit(&p->rng) < p->reorder)
        return arrival + p->reorder_delay;
    p->last_arrival = usec_max(p->last_arrival, arrival);
    return p->last_arrival;
}

usec_t path_transit(const struct path *p, usec_t now)
{
    return (p->rate_bps ? usec_max(0, p->free_at - now) : 0) + p->delay + p->jitter / 2;
}
