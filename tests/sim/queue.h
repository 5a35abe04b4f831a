/* SPDX-License-Identifier: MIT */
/* queue.h - what will happen when, in virtual time. Things at the same time happen in the order in which they were planned. */
#ifndef PARLEY_SIM_QUEUE_H
#define PARLEY_SIM_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "base/units.h"

typedef void sim_step(void *ctx, usec_t now);
struct sim_plan {
    usec_t at;
    uint64_t order;
    sim_step *step;
    void *ctx;
};
struct sim_queue {
    struct sim_plan *heap;
    size_t count, cap;
    uint64_t order;
};
void sim_queue_free(struct sim_queue *q);
void sim_at(struct sim_queue *q, usec_t at, sim_step *step, void *ctx);
/* NEVER when nothing is planned. */
usec_t sim_queue_next(const struct sim_queue *q);
/* Does the next thing. */
void sim_queue_run_one(struct sim_queue *q);

#endif
