/* SPDX-License-Identifier: MIT */
#include "recv/transit.h"

#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "base/err.h"

#define REVIEW_EVERY (100 * MS)
#define TOP_MAX (TRANSIT_SAMPLES / 2 + 1)

struct transit_config transit_audio(void)
{
    return (struct transit_config){.permille = 990,
                                   .window = 10 * SEC,
                                   .start = 40 * MS,
                                   .least = 20 * MS,
                                   .most = 500 * MS,
                                   .margin = 12 * MS,
                                   .fall_per_sec = 40 * MS};
}

/* A picture that comes late is shown late and no more: fewer need be in time, and the delay may fall sooner. */
struct transit_config transit_video(void)
{
    return (struct transit_config){.permille = 950,
                                   .window = 5 * SEC,
                                   .start = 10 * MS,
                                   .least = 10 * MS,
                                   .most = 500 * MS,
                                   .margin = 5 * MS,
                                   .fall_per_sec = 150 * MS,
                                   .settle = 2 * SEC};
}

void transit_init(struct transit *t, const struct transit_config *config)
{
    memset(t, 0, sizeof *t);
    t->config = *config;
    t->target = config->start;
}

static struct transit_sample *newest(struct transit *t)
{
    return t->count ? &t->sample[(t->next + TRANSIT_SAMPLES - 1) % TRANSIT_SAMPLES] : NULL;
}

/* The `i`th newest sample that still counts, or NULL when there are no more. */
static const struct transit_sample *sample_at(const struct transit *t, uint32_t i)
{
    if (i >= t->count)
        return NULL;
    const struct transit_sample *last = &t->sample[(t->next + TRANSIT_SAMPLES - 1) % TRANSIT_SAMPLES];
    const struct transit_sample *s = &t->sample[(t->next + 2 * TRANSIT_SAMPLES - 1 - i) % TRANSIT_SAMPLES];
    usec_t age = last->arrived - s->arrived;
    return age <= (i < TRANSIT_KEEP ? TRANSIT_KEEP_TIME : t->config.window) ? s : NULL;
}

static uint32_t samples(const struct transit *t)
{
    uint32_t n = 0;
    while (sample_at(t, n))
        n++;
    return n;
}

static usec_t smallest(const struct transit *t)
{
    usec_t low = NEVER;
    const struct transit_sample *s;
    for (uint32_t i = 0; (s = sample_at(t, i)); i++)
        low = usec_min(low, s->low);
    return low;
}

/* Puts `v` into the `*n` largest so far, largest first, of which at most `most` are kept. */
static void keep_top(usec_t *top, uint32_t *n, uint32_t most, usec_t v)
{
    assert(most > 0 && *n <= most);
    if (*n == most && v <= top[most - 1])
        return;
    uint32_t i = *n < most ? (*n)++ : most - 1;
    for (; i > 0 && top[i - 1] < v; i--)
        top[i] = top[i - 1];
    top[i] = v;
}

usec_t transit_spread(const struct transit *t, uint32_t permille)
{
    uint32_t n = samples(t);
    if (n == 0)
        return 0;
    uint32_t above = (1000 - (permille < 1000 ? permille : 1000)) * n / 1000;
    usec_t top[TOP_MAX];
    uint32_t kept = 0, most = above + 1 < TOP_MAX ? above + 1 : TOP_MAX;
    for (uint32_t i = 0; i < n; i++)
        keep_top(top, &kept, most, sample_at(t, i)->high - t->base);
    return top[kept - 1];
}

/* Objects that waited for the same thing arrive together, the younger with the smaller transit. */
static bool same_bunch(const struct transit_sample *last, usec_t transit, usec_t arrived)
{
    return last && arrived - last->arrived < TRANSIT_BUNCH && transit <= last->low;
}

static void add(struct transit *t, usec_t transit, usec_t arrived)
{
    struct transit_sample *last = newest(t);
    if (same_bunch(last, transit, arrived)) {
        last->low = transit;
        last->arrived = arrived;
        return;
    }
    t->sample[t->next] = (struct transit_sample){transit, transit, arrived};
    t->next = (t->next + 1) % TRANSIT_SAMPLES;
    t->count += t->count < TRANSIT_SAMPLES;
}

static usec_t bounded(const struct transit *t, usec_t target)
{
    return usec_max(t->config.least, usec_min(t->config.most, target));
}

static void review(struct transit *t, usec_t now)
{
    t->base = smallest(t);
    usec_t wanted = bounded(t, transit_spread(t, t->config.permille) + t->config.margin);
    usec_t fall = (usec_min(now - t->reviewed, SEC) * t->config.fall_per_sec) / SEC;
    t->target = usec_max(wanted, t->target - fall);
    t->reviewed = now;
}

static void begin(struct transit *t, usec_t transit, usec_t arrived)
{
    t->count = t->next = 0;
    t->base = transit;
    t->reviewed = arrived;
}

static void restart(struct transit *t, usec_t transit, usec_t arrived)
{
    begin(t, transit, arrived);
    t->began = arrived;
    t->restarts++;
}

static bool was_late_so_far(const struct transit *t, usec_t transit, usec_t arrived)
{
    return arrived - t->began < t->config.settle && t->base - transit > TRANSIT_EARLIER;
}

int transit_put(struct transit *t, usec_t captured_us, usec_t arrived)
{
    if (captured_us < 0 || captured_us > TRANSIT_CAPTURED_MAX)
        return ERR_LIMIT;
    usec_t transit = arrived - captured_us;
    if (t->count == 0) {
        begin(t, transit, arrived);
        t->began = arrived;
    } else if (transit - t->base > TRANSIT_JUMP || t->base - transit > TRANSIT_JUMP) {
        restart(t, transit, arrived);
    } else if (was_late_so_far(t, transit, arrived)) {
        begin(t, transit, arrived);
        t->target = t->config.start;
    }
    add(t, transit, arrived);
    if (transit < t->base || transit - t->base + t->config.margin > t->target || arrived - t->reviewed >= REVIEW_EVERY)
        review(t, arrived);
    return 0;
}

usec_t transit_base(const struct transit *t) { return t->base; }
usec_t transit_target(const struct transit *t) { return t->target; }
uint32_t transit_restarts(const struct transit *t) { return t->restarts; }
