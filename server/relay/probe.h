/* SPDX-License-Identifier: MIT */
/* probe.h - whether a receiver's path carries a larger picture, found out before it is sent.
 *
 * What a path carries is known only up to what is sent over it; a layer that turns out too large costs a freeze. So datagrams that mean
 * nothing (WIRE_PADDING) fill up what is sent, slowly, to what is asked: the first sign of a queue ends it, for longer each time. */
#ifndef PARLEY_RELAY_PROBE_H
#define PARLEY_RELAY_PROBE_H

#include "seat.h"

void probe_init(struct seat *seat);
/* The most that is known to go through: UINT64_MAX while nothing speaks against the path. */
uint64_t probe_proved_bps(const struct seat *seat, usec_t now);
/* Finds out, unless that is being done, or was done in vain a short while ago. The path is divided anew (seat.share) when it went well. */
void probe_begin(struct relay *r, struct seat *seat, uint64_t goal_bps, usec_t now);
/* The session is gone. */
void probe_stop(struct relay *r, struct seat *seat);

#endif
