/* SPDX-License-Identifier: MIT */
#include "tally.h"

#include <stdlib.h>
#include <string.h>

void tally_add(struct tally *t, int32_t value) { t->sample[t->count++ % TALLY_SAMPLES] = value; }

static int compare(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return x < y ? -1 : x > y;
}

int32_t tally_percentile(const struct tally *t, unsigned percent)
{
    size_t n = t->count < TALLY_SAMPLES ? (size_t)t->count : TALLY_SAMPLES;
    if (n == 0)
        return 0;
    int32_t sorted[TALLY_SAMPLES];
    memcpy(sorted, t->sample, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, compare);
    size_t rank = (n * percent + 99) / 100;
    return sorted[rank ? rank - 1 : 0];
}
