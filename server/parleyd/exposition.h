/* SPDX-License-Identifier: MIT */
/* exposition.h - the text format of Prometheus: https://prometheus.io/docs/instrumenting/exposition_formats/ */
#ifndef PARLEY_SERVER_EXPOSITION_H
#define PARLEY_SERVER_EXPOSITION_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum metric_kind { METRIC_GAUGE, METRIC_COUNTER };

/* One number in a structure of uint64_t. Neighbours in a list that have the same name are one family. */
struct metric {
    const char *name;   /* a counter's without `_total` */
    const char *labels; /* "" or `reason="age"` */
    const char *help;
    enum metric_kind kind;
    size_t offset;
};

void expose_head(FILE *out, const char *name, const char *help, enum metric_kind kind);
/* `labels` as in struct metric. */
void expose_count(FILE *out, const char *name, const char *labels, uint64_t value);
void expose_list(FILE *out, const struct metric *list, size_t count, const void *numbers);

/* Observations in microseconds, shown in seconds. bucket[i]: those up to bound_ms[i]; bucket[count]: the rest. */
struct histogram {
    const char *name, *help;
    const uint32_t *bound_ms;
    size_t count;
    const uint64_t *bucket;
    uint64_t sum_us;
};
void expose_histogram(FILE *out, const struct histogram *h);

#endif
