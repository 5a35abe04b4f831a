/* SPDX-License-Identifier: MIT */
#include "net/strangers.h"

#include <assert.h>
#include <stdlib.h>

#include "base/err.h"
#include "base/rand.h"

void strangers_init(struct strangers *s, uint64_t seed) { *s = (struct strangers){.seed = seed}; }

void strangers_free(struct strangers *s)
{
    free(s->slot);
    s->slot = NULL;
}

static size_t home_of(const struct strangers *s, uint64_t who)
{
    struct rng mix = {who ^ s->seed};
    return (size_t)rng_next(&mix) & (s->cap - 1);
}

/* Where `who` stands, or the free slot where it belongs. */
static struct stranger *find(const struct strangers *s, uint64_t who)
{
    size_t i = home_of(s, who);
    while (s->slot[i].count && s->slot[i].who != who)
        i = (i + 1) & (s->cap - 1);
    return &s->slot[i];
}

static int grow(struct strangers *s)
{
    struct strangers bigger = {.cap = s->cap ? s->cap * 2 : 64, .used = s->used, .seed = s->seed};
    bigger.slot = calloc(bigger.cap, sizeof *bigger.slot);
    if (!bigger.slot)
        return ERR_NOMEM;
    for (size_t i = 0; i < s->cap; i++)
        if (s->slot[i].count)
            *find(&bigger, s->slot[i].who) = s->slot[i];
    free(s->slot);
    *s = bigger;
    return 0;
}

int strangers_add(struct strangers *s, uint64_t who, uint32_t most)
{
    if (s->used * 2 >= s->cap && grow(s))
        return ERR_NOMEM;
    struct stranger *found = find(s, who);
    if (found->count >= most)
        return ERR_LIMIT;
    s->used += found->count == 0;
    *found = (struct stranger){who, found->count + 1};
    return 0;
}

/* Closes the gap so that no later entry of the same chain is lost. */
static void remove_slot(struct strangers *s, size_t gap)
{
    for (size_t i = (gap + 1) & (s->cap - 1); s->slot[i].count; i = (i + 1) & (s->cap - 1)) {
        size_t home = home_of(s, s->slot[i].who);
        if (((i - home) & (s->cap - 1)) >= ((i - gap) & (s->cap - 1))) {
            s->slot[gap] = s->slot[i];
            gap = i;
        }
    }
    s->slot[gap].count = 0;
    s->used--;
}

void strangers_remove(struct strangers *s, uint64_t who)
{
    assert(s->cap);
    struct stranger *found = find(s, who);
    assert(found->count);
    if (found->count == 1)
        remove_slot(s, (size_t)(found - s->slot));
    else
        found->count--;
}
