/* SPDX-License-Identifier: MIT */
/* downlink.h - what one receiver's path can carry: what its transport measures and what its feedback tells. */
#ifndef PARLEY_RELAY_DOWNLINK_H
#define PARLEY_RELAY_DOWNLINK_H

#include <stddef.h>

#include "send/rate.h"

struct downlink {
    struct rate rate;
    uint32_t rtt_us; /* as the transport measured it, 0 unknown */
    bool known; /* a report came: until then nothing is held back */
};

void downlink_init(struct downlink *d, usec_t now);
void downlink_sent(struct downlink *d, size_t bytes, usec_t now);
/* Bits a second, or 0 while nothing is known. */
uint32_t downlink_bps(const struct downlink *d);

#endif
