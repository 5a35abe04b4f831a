/* SPDX-License-Identifier: MIT */
#include "queue.h"

#include <stdbool.h>
#include <stdlib.h>

void sim_queue_free(struct sim_queue *q)
{
    free(q->heap);
    *q = (struct sim_queue){0};
}

static bool earlier(const struct sim_plan *a, const struct sim_plan *b)
{
    return a->at != b->at ? a->at < b->at : a->order < b->order;
}

void sim_at(struct sim_queue *q, usec_t at, sim_step *step, void *ctx)
{
    if (q->count == q->cap) {
        q->cap = q->cap ? q->cap * 2 : 1024;
        q->heap = realloc(q->heap, q->cap * sizeof *q->heap);
        if (!q->heap)
            abort();
    }
    struct sim_plan plan = {at, q->order++, step, ctx};
    size_t i = q->count++;
    for (; i > 0 && earlier(&plan, &q->heap[(i - 1) / 2]); i = (i - 1) / 2)
        q->heap[i] = q->heap[(i - 1) / 2];
    q->heap[i] = plan;
}

usec_t sim_queue_next(const struct sim_queue *q) { return q->count ? q->heap[0].at : NEVER; }

void sim_queue_run_one(struct sim_queue *q)
{
    struct sim_plan first = q->heap[0], last = q->heap[--q->count];
    size_t i = 0;
    for (size_t child; (child = 2 * i + 1) < q->count; i = child) {
        if (child + 1 < q->count && earlier(&q->heap[child + 1], &q->heap[child]))
            child++;
        if (!earlier(&q->heap[child], &last))
            break;
        q->heap[i] = q->heap[child];
    }
    q->heap[i] = last;
    first.step(first.ctx, first.at);
}
