/* SPDX-License-Identifier: MIT */
/* demand.h - tells a publisher which of its layers somebody wants, and how much the best receiver can take of each.
 *
 * A publisher on another shard is not told by this one: its home is (Interest), and it counts that among its own receivers. */
#ifndef PARLEY_RELAY_DEMAND_H
#define PARLEY_RELAY_DEMAND_H

#include "seat.h"

struct sub;

/* What is wanted of this publisher may have changed: it is told at the next tick, at most every 100 ms. */
void demand_changed(struct relay *r, struct seat *publisher);
/* The layer meant for a receiver was chosen anew: tells the publisher if nobody wanted that one. */
void demand_check(struct relay *r, struct sub *s);
/* Whether two rates are so far apart that it is worth a message. */
bool demand_rate_differs(uint32_t a, uint32_t b);
/* A new connection knows nothing: everything is told again. */
void demand_forget_told(struct seat *publisher);
/* The home of a publisher on another shard may know nothing of what is wanted here, or something old: it is told again. */
void demand_again(struct relay *r, struct seat *publisher);
void demand_fire(struct relay *r, void *publisher, usec_t now);

#endif
