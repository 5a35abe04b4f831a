/* SPDX-License-Identifier: MIT */
#include "map.h"

#include <assert.h>
#include <stdlib.h>

#include "base/err.h"

#define CAP_FIRST 16

static size_t home(const struct map *m, uint64_t key)
{
    uint64_t z = key * 0x9e3779b97f4a7c15ULL;
    return (size_t)(z ^ (z >> 32)) & (m->cap - 1);
}

static struct map_slot *find(const struct map *m, uint64_t key)
{
    size_t i = home(m, key);
    while (m->slots[i].value && m->slots[i].key != key)
        i = (i + 1) & (m->cap - 1);
    return &m->slots[i];
}

void map_free(struct map *m)
{
    free(m->slots);
    *m = (struct map){0};
}

static int grow(struct map *m)
{
    struct map next = {.cap = m->cap ? m->cap * 2 : CAP_FIRST, .count = m->count};
    next.slots = calloc(next.cap, sizeof(*next.slots));
    if (!next.slots)
        return ERR_NOMEM;
    for (size_t i = 0; i < m->cap; i++)
        if (m->slots[i].value)
            *find(&next, m->slots[i].key) = m->slots[i];
    free(m->slots);
    *m = next;
    return 0;
}

int map_put(struct map *m, uint64_t key, void *value)
{
    assert(value);
    if ((m->count + 1) * 4 > m->cap * 3 && grow(m) != 0)
        return ERR_NOMEM;
    struct map_slot *s = find(m, key);
    m->count += s->value == NULL;
    *s = (struct map_slot){key, value};
    return 0;
}

void *map_get(const struct map *m, uint64_t key) { return m->count ? find(m, key)->value : NULL; }

/* Moves later entries of the same chain back into the hole at `hole`, so that no marks of the deleted are needed. */
static void close_hole(struct map *m, size_t hole)
{
    size_t mask = m->cap - 1;
    for (size_t i = (hole + 1) & mask; m->slots[i].value; i = (i + 1) & mask) {
        size_t wanted = home(m, m->slots[i].key);
        if (((i - wanted) & mask) >= ((i - hole) & mask)) {
            m->slots[hole] = m->slots[i];
            hole = i;
        }
    }
    m->slots[hole].value = NULL;
}

void *map_take(struct map *m, uint64_t key)
{
    if (!m->count)
        return NULL;
    struct map_slot *s = find(m, key);
    void *value = s->value;
    if (value) {
        m->count--;
        close_hole(m, (size_t)(s - m->slots));
    }
    return value;
}

void *map_next(const struct map *m, size_t *at)
{
    while (*at < m->cap) {
        void *value = m->slots[(*at)++].value;
        if (value)
            return value;
    }
    return NULL;
}
