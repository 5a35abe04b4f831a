/* SPDX-License-Identifier: MIT */
#include "idmap.h"

#include <assert.h>
#include <stdlib.h>

#include "base/err.h"

#define FIRST_CAP 16

void idmap_init(struct idmap *m) { *m = (struct idmap){0}; }

void idmap_reset(struct idmap *m)
{
    free(m->slot);
    idmap_init(m);
}

static size_t home_of(const struct idmap *m, uint64_t id) { return (size_t)((id * 0x9e3779b97f4a7c15ULL) >> 32) & (m->cap - 1); }

/* The slot that holds `id`, or the free one where it belongs. The table is never full. */
static size_t find(const struct idmap *m, uint64_t id)
{
    size_t i = home_of(m, id);
    while (m->slot[i].value && m->slot[i].id != id)
        i = (i + 1) & (m->cap - 1);
    return i;
}

static int grow(struct idmap *m)
{
    struct idmap bigger = {.cap = m->cap ? m->cap * 2 : FIRST_CAP, .count = m->count};
    bigger.slot = calloc(bigger.cap, sizeof *bigger.slot);
    if (!bigger.slot)
        return ERR_NOMEM;
    for (size_t i = 0; i < m->cap; i++)
        if (m->slot[i].value)
            bigger.slot[find(&bigger, m->slot[i].id)] = m->slot[i];
    free(m->slot);
    *m = bigger;
    return 0;
}

void *idmap_get(const struct idmap *m, uint64_t id) { return m->cap ? m->slot[find(m, id)].value : NULL; }

int idmap_put(struct idmap *m, uint64_t id, void *value)
{
    assert(value);
    if ((m->count + 1) * 4 > m->cap * 3 && grow(m) != 0)
        return ERR_NOMEM;
    size_t i = find(m, id);
    if (!m->slot[i].value)
        m->count++;
    m->slot[i] = (struct idmap_slot){.id = id, .value = value};
    return 0;
}

/* Closes the gap at `hole`: moves back every follower that would not be found past it. */
static void close_gap(struct idmap *m, size_t hole)
{
    size_t mask = m->cap - 1;
    for (size_t i = (hole + 1) & mask; m->slot[i].value; i = (i + 1) & mask) {
        size_t home = home_of(m, m->slot[i].id);
        if (((i - home) & mask) < ((i - hole) & mask))
            continue;
        m->slot[hole] = m->slot[i];
        hole = i;
    }
    m->slot[hole].value = NULL;
}

void *idmap_take(struct idmap *m, uint64_t id)
{
    if (!m->cap)
        return NULL;
    size_t i = find(m, id);
    void *value = m->slot[i].value;
    if (value) {
        m->count--;
        close_gap(m, i);
    }
    return value;
}

void *idmap_next(const struct idmap *m, size_t *cursor)
{
    while (*cursor < m->cap) {
        void *value = m->slot[(*cursor)++].value;
        if (value)
            return value;
    }
    return NULL;
}
