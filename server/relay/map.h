/* SPDX-License-Identifier: MIT */
/* map.h - a hash table from 64-bit numbers to pointers. Open addressing, at most three quarters full, grows and never shrinks.
 *
 * Keys that a stranger chooses are hashed with a secret before they come here (room names) or are few (run numbers). */
#ifndef PARLEY_RELAY_MAP_H
#define PARLEY_RELAY_MAP_H

#include <stddef.h>
#include <stdint.h>

struct map_slot {
    uint64_t key;
    void *value; /* NULL: free */
};

struct map {
    struct map_slot *slots;
    size_t count, cap; /* cap: 0 or a power of two */
};

/* All zero bytes are an empty map. */
void map_free(struct map *m);
/* `value` is not NULL; replaces. ERR_NOMEM. */
int map_put(struct map *m, uint64_t key, void *value);
void *map_get(const struct map *m, uint64_t key);
/* Removes and gives the value, or NULL. */
void *map_take(struct map *m, uint64_t key);
/* Walks: start with *at = 0; NULL at the end. Nothing may be put or taken meanwhile. */
void *map_next(const struct map *m, size_t *at);

#endif
