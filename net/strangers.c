/* SPDX-License-Identifier: MIT */
#include "net/strangers.h"

#include <assert.h>

#include "base/err.h"
#include "base/rand.h"

/* The count itself stands where the map keeps pointers. */
static uint32_t count_of(const struct strangers *s, uint64_t who) { return (uint32_t)(uintptr_t)u64map_get(&s->map, who); }

static int set_count(struct strangers *s, uint64_t who, uint32_t count)
{
    return u64map_put(&s->map, who, (void *)(uintptr_t)count);
}

void strangers_init(struct strangers *s, uint64_t seed) { *s = (struct strangers){.map = {.seed = seed}}; }

void strangers_free(struct strangers *s) { u64map_free(&s->map); }

int strangers_add(struct strangers *s, uint64_t who, uint32_t most)
{
    uint32_t count = count_of(s, who);
    return count >= most ? ERR_LIMIT : set_count(s, who, count + 1);
}

void strangers_remove(struct strangers *s, uint64_t who)
{
    uint32_t count = count_of(s, who);
    assert(count > 0);
    if (count == 1)
        u64map_remove(&s->map, who);
    else
        set_count(s, who, count - 1);
}

void openings_init(struct openings *o, uint64_t seed) { *o = (struct openings){.seed = seed}; }

int openings_note(struct openings *o, uint64_t who, uint32_t per_second, usec_t now)
{
    struct rng mix = {who ^ o->seed};
    usec_t *paid_until = &o->paid_until[rng_next(&mix) % OPENINGS_PLACES];
    if (*paid_until - now > (OPENINGS_BURST - 1) * SEC)
        return ERR_LIMIT;
    *paid_until = usec_max(*paid_until, now) + SEC / per_second;
    return 0;
}
