/* SPDX-License-Identifier: MIT */
/* counters.h - numbers that one thread counts and others read: plain ones where they are counted, published now and then as a whole,
 * so that counting costs nothing and reading stops nobody. */
#ifndef PARLEY_SERVER_COUNTERS_H
#define PARLEY_SERVER_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

#include "exchange.h"
#include "net/server.h"
#include "relay/relay.h"

/* Nothing but uint64_t: they are copied and summed as an array of that. */
struct counters {
    struct relay_stats relay;
    struct net_server_stats net;
    struct port_stats port;
    uint64_t cpu_us; /* of the thread */
};

#define COUNTERS (sizeof(struct counters) / sizeof(uint64_t))
_Static_assert(sizeof(struct counters) % sizeof(uint64_t) == 0, "counters are all uint64_t");

struct published {
    _Alignas(64) _Atomic uint64_t value[COUNTERS];
};

void counters_publish(struct published *p, const struct counters *c);
void counters_read(struct counters *c, const struct published *p);
void counters_add(struct counters *sum, const struct counters *c);

#endif
