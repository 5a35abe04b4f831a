/* SPDX-License-Identifier: MIT */
#include "net/u64map.h"

#include <stdlib.h>

#include "base/err.h"
#include "base/rand.h"

#define FIRST_CAP 8

void u64map_free(struct u64map *m)
{
    free(m->slot);
    m->slot = NULL;
    m->cap = m->used = 0;
}

static size_t home_of(const struct u64map *m, uint64_t key)
{
    struct rng mix = {key ^ m->seed};
    return (size_t)rng_next(&mix) & (m->cap - 1);
}

/* Where `key` stands, or the free slot where it belongs. */
static struct u64map_slot *find(const struct u64map *m, uint64_t key)
{
    size_t i = home_of(m, key);
    while (m->slot[i].value && m->slot[i].key != key)
        i = (i + 1) & (m->cap - 1);
    return &m->slot[i];
}

static int grow(struct u64map *m)
{
    struct u64map bigger = {.cap = m->cap ? m->cap * 2 : FIRST_CAP, .used = m->used, .seed = m->seed};
    bigger.slot = calloc(bigger.cap, sizeof *bigger.slot);
    if (!bigger.slot)
        return ERR_NOMEM;
    for (size_t i = 0; i < m->cap; i++)
        if (m->slot[i].value)
            *find(&bigger, m->slot[i].key) = m->slot[i];
    free(m->slot);
    *m = bigger;
    return 0;
}

void *u64map_get(const struct u64map *m, uint64_t key) { return m->cap ? find(m, key)->value : NULL; }

int u64map_put(struct u64map *m, uint64_t key, void *value)
{
    if ((m->used + 1) * 2 > m->cap && grow(m))
        return ERR_NOMEM;
    struct u64map_slot *s = find(m, key);
    m->used += s->value == NULL;
    *s = (struct u64map_slot){key, value};
    return 0;
}

/* Closes the gap so that no later entry of the same chain is lost. */
static void close_gap(struct u64map *m, size_t gap)
{
    for (size_t i = (gap + 1) & (m->cap - 1); m->slot[i].value; i = (i + 1) & (m->cap - 1)) {
        size_t home = home_of(m, m->slot[i].key);
        if (((i - home) & (m->cap - 1)) >= ((i - gap) & (m->cap - 1))) {
            m->slot[gap] = m->slot[i];
            gap = i;
        }
    }
    m->slot[gap].value = NULL;
}

void *u64map_remove(struct u64map *m, uint64_t key)
{
    struct u64map_slot *s = m->cap ? find(m, key) : NULL;
    void *value = s ? s->value : NULL;
    if (value) {
        m->used--;
        close_gap(m, (size_t)(s - m->slot));
    }
    return value;
}
