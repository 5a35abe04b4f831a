/* SPDX-License-Identifier: MIT */
#include "counters.h"

#include <string.h>

void counters_publish(struct published *p, const struct counters *c)
{
    uint64_t value[COUNTERS];
    memcpy(value, c, sizeof(value));
    for (size_t i = 0; i < COUNTERS; i++)
        atomic_store_explicit(&p->value[i], value[i], memory_order_relaxed);
}

void counters_read(struct counters *c, const struct published *p)
{
    uint64_t value[COUNTERS];
    for (size_t i = 0; i < COUNTERS; i++)
        value[i] = atomic_load_explicit(&p->value[i], memory_order_relaxed);
    memcpy(c, value, sizeof(value));
}

void counters_add(struct counters *sum, const struct counters *c)
{
    uint64_t to[COUNTERS], from[COUNTERS];
    memcpy(to, sum, sizeof(to));
    memcpy(from, c, sizeof(from));
    for (size_t i = 0; i < COUNTERS; i++)
        to[i] += from[i];
    memcpy(sum, to, sizeof(to));
}
