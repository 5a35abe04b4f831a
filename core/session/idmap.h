/* SPDX-License-Identifier: MIT */
/* idmap.h - from a number to a pointer, in constant time: members by id, runs by number. Open addressing, grows by doubling. */
#ifndef PARLEY_SESSION_IDMAP_H
#define PARLEY_SESSION_IDMAP_H

#include <stddef.h>
#include <stdint.h>

struct idmap_slot {
    uint64_t id;
    void *value; /* NULL: the slot is free */
};
struct idmap {
    struct idmap_slot *slot;
    size_t cap, count;
};

void idmap_init(struct idmap *m);
/* Frees the table; the values are the caller's. */
void idmap_reset(struct idmap *m);
/* The value of `id`, or NULL. */
void *idmap_get(const struct idmap *m, uint64_t id);
/* `value` is not NULL; replaces. ERR_NOMEM when the table cannot grow. */
int idmap_put(struct idmap *m, uint64_t id, void *value);
/* Takes `id` out and gives its value, or NULL. */
void *idmap_take(struct idmap *m, uint64_t id);
/* Walks all values, in no order that means anything: start with *cursor = 0; NULL at the end. No put or take meanwhile. */
void *idmap_next(const struct idmap *m, size_t *cursor);

#endif
