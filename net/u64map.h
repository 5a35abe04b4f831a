/* SPDX-License-Identifier: MIT */
/* u64map.h - a hash table from 64-bit numbers to pointers, open addressing, for keys that strangers may choose. */
#ifndef PARLEY_NET_U64MAP_H
#define PARLEY_NET_U64MAP_H

#include <stddef.h>
#include <stdint.h>

struct u64map_slot {
    uint64_t key;
    void *value; /* NULL: free */
};
/* Zero-initialised but for `seed` (random where strangers choose the keys) is an empty map without memory. */
struct u64map {
    struct u64map_slot *slot;
    size_t cap, used;
    uint64_t seed;
};
void u64map_free(struct u64map *m);
/* NULL when absent. */
void *u64map_get(const struct u64map *m, uint64_t key);
/* Sets or replaces; `value` is not NULL. ERR_NOMEM. */
int u64map_put(struct u64map *m, uint64_t key, void *value);
/* Gives what stood there, or NULL. */
void *u64map_remove(struct u64map *m, uint64_t key);

#endif
