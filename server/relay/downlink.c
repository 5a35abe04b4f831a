/* SPDX-License-Identifier: MIT */
#include "downlink.h"

#define START_BPS 300000 /* a receiver that says nothing yet; the transport's own congestion control holds meanwhile */
#define MAX_BPS 50000000

void downlink_init(struct downlink *d, usec_t now)
{
    struct rate_config config = rate_config_default();
    config.start_bps = START_BPS;
    config.max_bps = MAX_BPS;
    d->known = false;
    rate_init(&d->rate, &config, now);
}

void downlink_sent(struct downlink *d, size_t bytes, usec_t now) { rate_on_sent(&d->rate, (uint32_t)bytes, now); }

uint32_t downlink_bps(const struct downlink *d) { return d->known ? rate_target_bps(&d->rate) : 0; }
