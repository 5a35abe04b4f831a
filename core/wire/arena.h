/* SPDX-License-Identifier: MIT */
/* arena.h - memory for one parsed message at a time: handed out from the front, given back all at once.
 *
 * Two kinds: over the caller's memory (never grows: per object, on the stack), or growing on the heap up to a named maximum
 * (control messages). It serves protobuf-c as its allocator. */
#ifndef PARLEY_WIRE_ARENA_H
#define PARLEY_WIRE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#define ARENA_ALIGN 16

struct arena {
    uint8_t *memory;
    size_t used, cap;
    size_t max; /* a growing arena's bound; 0: `memory` is the caller's */
    ProtobufCAllocator allocator;
};

/* Borrows `memory` for the arena's life. */
void arena_init(struct arena *a, void *memory, size_t cap);
/* Holds nothing until arena_reserve(). To be freed. */
void arena_init_growing(struct arena *a, size_t max);
void arena_free(struct arena *a);

/* Takes back all that was handed out and makes sure that `bytes` can be: 0, ERR_LIMIT (over the bound), ERR_NOMEM. */
int arena_reserve(struct arena *a, size_t bytes);
/* Memory aligned to ARENA_ALIGN, or NULL when it is used up. Valid until the next arena_reserve(). */
void *arena_alloc(struct arena *a, size_t len);
/* For protobuf-c: its frees do nothing. Valid while `a` stays where it is. */
ProtobufCAllocator *arena_allocator(struct arena *a);

#endif
