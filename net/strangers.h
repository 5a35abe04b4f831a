/* SPDX-License-Identifier: MIT */
/* strangers.h - how many connections each address has open. */
#ifndef PARLEY_NET_STRANGERS_H
#define PARLEY_NET_STRANGERS_H

#include <stdint.h>

#include "net/u64map.h"

struct strangers {
    struct u64map map;
};
void strangers_init(struct strangers *s, uint64_t seed);
void strangers_free(struct strangers *s);
/* One more of `who` (addr_stranger()): 0, or ERR_LIMIT when `most` are there already. */
int strangers_add(struct strangers *s, uint64_t who, uint32_t most);
void strangers_remove(struct strangers *s, uint64_t who);

#endif
