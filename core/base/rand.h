/* SPDX-License-Identifier: MIT */
/* rand.h - repeatable pseudo-random numbers (splitmix64) for jitter, back-off and simulations.
 * Never for keys: those come from the secret and the salt that the shell hands in. */
#ifndef PARLEY_BASE_RAND_H
#define PARLEY_BASE_RAND_H

#include <stdint.h>

struct rng {
    uint64_t state;
};

static inline uint64_t rng_next(struct rng *r)
{
    uint64_t z = (r->state += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

/* Evenly in [0, n); 0 for n = 0. */
static inline uint64_t rng_below(struct rng *r, uint64_t n) { return n ? rng_next(r) % n : 0; }
/* Evenly in [0, 1). */
static inline double rng_unit(struct rng *r) { return (double)(rng_next(r) >> 11) * 0x1p-53; }

#endif
