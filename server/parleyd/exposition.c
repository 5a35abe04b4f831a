/* SPDX-License-Identifier: MIT */
#include "exposition.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/units.h"

static const char *suffix_of(enum metric_kind kind) { return kind == METRIC_COUNTER ? "_total" : ""; }

void expose_head(FILE *out, const char *name, const char *help, enum metric_kind kind)
{
    const char *suffix = suffix_of(kind);
    fprintf(out, "# HELP %s%s %s\n# TYPE %s%s %s\n", name, suffix, help, name, suffix,
            kind == METRIC_COUNTER ? "counter" : "gauge");
}

static void expose_value(FILE *out, const char *name, const char *suffix, const char *labels, uint64_t value)
{
    bool bare = !*labels;
    fprintf(out, "%s%s%s%s%s %" PRIu64 "\n", name, suffix, bare ? "" : "{", labels, bare ? "" : "}", value);
}

void expose_count(FILE *out, const char *name, const char *labels, uint64_t value)
{
    expose_value(out, name, suffix_of(METRIC_COUNTER), labels, value);
}

void expose_list(FILE *out, const struct metric *list, size_t count, const void *numbers)
{
    const char *family = "";
    for (const struct metric *m = list; m < list + count; m++) {
        uint64_t value;
        memcpy(&value, (const char *)numbers + m->offset, sizeof(value));
        if (strcmp(family, m->name) != 0)
            expose_head(out, m->name, m->help, m->kind);
        expose_value(out, m->name, suffix_of(m->kind), m->labels, value);
        family = m->name;
    }
}

void expose_histogram(FILE *out, const struct histogram *h)
{
    uint64_t sum = 0;
    fprintf(out, "# HELP %s %s\n# TYPE %s histogram\n", h->name, h->help, h->name);
    for (size_t i = 0; i < h->count; i++) {
        sum += h->bucket[i];
        fprintf(out, "%s_bucket{le=\"%g\"} %" PRIu64 "\n", h->name, h->bound_ms[i] / 1000.0, sum);
    }
    sum += h->bucket[h->count];
    fprintf(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n%s_sum %.6f\n%s_count %" PRIu64 "\n", h->name, sum, h->name,
            (double)h->sum_us / (double)SEC, h->name, sum);
}
