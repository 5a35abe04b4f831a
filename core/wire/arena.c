/* SPDX-License-Identifier: MIT */
#include "wire/arena.h"

#include <stdlib.h>

#include "base/err.h"

static void *allocate(void *arena, size_t len) { return arena_alloc(arena, len); }

static void keep(void *arena, void *memory)
{
    (void)arena;
    (void)memory;
}

static void start(struct arena *a, void *memory, size_t cap, size_t max)
{
    *a = (struct arena){.memory = memory, .cap = cap, .max = max, .allocator = {allocate, keep, NULL}};
}

void arena_init(struct arena *a, void *memory, size_t cap) { start(a, memory, cap, 0); }

void arena_init_growing(struct arena *a, size_t max) { start(a, NULL, 0, max); }

void arena_free(struct arena *a)
{
    if (a->max)
        free(a->memory);
    start(a, NULL, 0, a->max);
}

int arena_reserve(struct arena *a, size_t bytes)
{
    a->used = 0;
    if (bytes <= a->cap)
        return 0;
    if (bytes > a->max)
        return ERR_LIMIT;
    free(a->memory);
    a->memory = malloc(bytes);
    a->cap = a->memory ? bytes : 0;
    return a->memory ? 0 : ERR_NOMEM;
}

/* Bytes from `a->used` to the next aligned address. */
static size_t padding(const struct arena *a)
{
    uintptr_t at = (uintptr_t)(a->memory + a->used);
    return (size_t)(-at & (ARENA_ALIGN - 1));
}

void *arena_alloc(struct arena *a, size_t len)
{
    size_t pad = padding(a), left = a->cap - a->used;
    if (!a->memory || pad > left || len > left - pad)
        return NULL;
    void *memory = a->memory + a->used + pad;
    a->used += pad + len;
    return memory;
}

ProtobufCAllocator *arena_allocator(struct arena *a)
{
    a->allocator.allocator_data = a;
    return &a->allocator;
}
