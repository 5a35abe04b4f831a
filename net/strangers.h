/* SPDX-License-Identifier: MIT */
/* strangers.h - how many connections each address has open: a small hash table. */
#ifndef PARLEY_NET_STRANGERS_H
#define PARLEY_NET_STRANGERS_H

#include <stddef.h>
#include <stdint.h>

struct stranger {
    uint64_t who; /* addr_stranger() */
    uint32_t count;
};
struct strangers {
    struct stranger *slot;
    size_t cap, used;
    uint64_t seed;
};
void strangers_init(struct strangers *s, uint64_t seed);
void strangers_free(struct strangers *s);
/* One more of `who`: 0, or ERR_LIMIT when `most` are there already. */
int strangers_add(struct strangers *s, uint64_t who, uint32_t most);
void strangers_remove(struct strangers *s, uint64_t who);

#endif
