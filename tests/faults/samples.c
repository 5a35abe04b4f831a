/* SPDX-License-Identifier: MIT */
#include "samples.h"

#include <stdlib.h>

void samples_add(struct samples *s, usec_t value)
{
    if (s->count == s->cap) {
        s->cap = s->cap ? s->cap * 2 : 1024;
        s->value = realloc(s->value, s->cap * sizeof(*s->value));
        if (!s->value)
            abort();
    }
    s->value[s->count++] = value;
}

static int compare(const void *a, const void *b)
{
    usec_t x = *(const usec_t *)a, y = *(const usec_t *)b;
    return (x > y) - (x < y);
}

usec_t samples_at(struct samples *s, double share)
{
    if (!s->count)
        return 0;
    qsort(s->value, s->count, sizeof(*s->value), compare);
    size_t at = (size_t)(share * (double)s->count);
    return s->value[at < s->count ? at : s->count - 1];
}

void samples_clear(struct samples *s) { s->count = 0; }

void samples_free(struct samples *s)
{
    free(s->value);
    *s = (struct samples){0};
}
