/* SPDX-License-Identifier: MIT */
#include "hist.h"

#define STEP_BITS 5 /* log2 of HIST_STEPS */

static uint32_t bucket_of(uint64_t value)
{
    if (value < HIST_STEPS)
        return (uint32_t)value;
    uint32_t power = 63u - (uint32_t)__builtin_clzll(value);
    uint32_t step = (uint32_t)(value >> (power - STEP_BITS)) & (HIST_STEPS - 1);
    uint32_t bucket = (power - STEP_BITS + 1) * HIST_STEPS + step;
    return bucket < HIST_BUCKETS ? bucket : HIST_BUCKETS - 1;
}

/* The largest value of a bucket. */
static uint64_t top_of(uint32_t bucket)
{
    if (bucket < HIST_STEPS)
        return bucket;
    uint32_t shift = bucket / HIST_STEPS - 1;
    uint64_t step = bucket % HIST_STEPS + HIST_STEPS;
    return ((step + 1) << shift) - 1;
}

void hist_add(struct hist *h, int64_t value)
{
    uint64_t v = value > 0 ? (uint64_t)value : 0;
    h->bucket[bucket_of(v)]++;
    h->count++;
    if (v > h->max)
        h->max = v;
}

uint64_t hist_at(const struct hist *h, uint32_t per_million)
{
    uint64_t rank = (h->count * per_million + 999999) / 1000000, seen = 0;
    for (uint32_t i = 0; i < HIST_BUCKETS && per_million < 1000000; i++) {
        seen += h->bucket[i];
        if (seen && seen >= rank)
            return top_of(i) < h->max ? top_of(i) : h->max;
    }
    return h->max;
}
