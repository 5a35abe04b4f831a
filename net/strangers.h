/* SPDX-License-Identifier: MIT */
/* strangers.h - how many connections each address has open, and how fast it opens them. */
#ifndef PARLEY_NET_STRANGERS_H
#define PARLEY_NET_STRANGERS_H

#include <stdint.h>

#include "base/units.h"
#include "net/u64map.h"

struct strangers {
    struct u64map map;
};
void strangers_init(struct strangers *s, uint64_t seed);
void strangers_free(struct strangers *s);
/* One more of `who` (addr_stranger()): 0, or ERR_LIMIT when `most` are there already. */
int strangers_add(struct strangers *s, uint64_t who, uint32_t most);
void strangers_remove(struct strangers *s, uint64_t who);

/* Rates in a table of one size: two addresses may share a place, but nobody can choose with whom. */
#define OPENINGS_PLACES 4096
#define OPENINGS_BURST 10 /* seconds' worth that may come at once */
struct openings {
    uint64_t seed;
    usec_t paid_until[OPENINGS_PLACES];
};
void openings_init(struct openings *o, uint64_t seed);
/* `who` opens one more: 0, or ERR_LIMIT when it opens more than `per_second`. */
int openings_note(struct openings *o, uint64_t who, uint32_t per_second, usec_t now);

#endif
