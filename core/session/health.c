/* SPDX-License-Identifier: MIT */
#include "health.h"

#define METER_STEP (100 * MS)
#define LOWEST_PERIOD (10 * SEC)

void meter_add(struct meter *m, size_t bytes, usec_t now)
{
    int64_t step = now / METER_STEP;
    if (step - m->step >= METER_STEPS || step < m->step)
        *m = (struct meter){.step = step};
    while (m->step < step)
        m->bytes[++m->step % METER_STEPS] = 0;
    m->bytes[step % METER_STEPS] += bytes;
}

uint32_t meter_bps(const struct meter *m, usec_t now)
{
    int64_t step = now / METER_STEP;
    uint64_t sum = 0;
    for (int64_t i = step - METER_STEPS + 1; i <= m->step; i++)
        if (i >= 0 && i > m->step - METER_STEPS)
            sum += m->bytes[i % METER_STEPS];
    return (uint32_t)(sum * 8);
}

void lowest_put(struct lowest *l, usec_t value, usec_t now)
{
    if (!l->any)
        *l = (struct lowest){.current = value, .last = value, .since = now, .any = true};
    if (now - l->since >= LOWEST_PERIOD) {
        l->last = l->current;
        l->current = value;
        l->since = now;
    }
    l->current = usec_min(l->current, value);
}

usec_t lowest_get(const struct lowest *l) { return usec_min(l->current, l->last); }

static enum keys_verdict judge(const struct keys_health *k, bool opened)
{
    if (opened)
        return KEYS_GOOD;
    return k->failures >= HEALTH_KEYS_FAILURES ? KEYS_WRONG : k->verdict;
}

bool keys_health_note(struct keys_health *k, bool opened)
{
    enum keys_verdict before = k->verdict;
    k->failures = opened ? 0 : k->failures + 1;
    k->verdict = judge(k, opened);
    return k->verdict != before;
}
