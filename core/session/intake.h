/* SPDX-License-Identifier: MIT */
/* intake.h - the streams that come in on one carrier, each cut into messages by a framer of its own.
 *
 *   struct framer *f = intake_run(in, run, now ...);  framer_feed(f, ...); while (framer_next(f, &msg) > 0) ...
 *
 * Bounded: INTAKE_RUNS_MAX runs, and INTAKE_BYTES_MAX for unfinished messages of all of them. A client has one for each carrier. */
#ifndef PARLEY_SESSION_INTAKE_H
#define PARLEY_SESSION_INTAKE_H

#include "idmap.h"
#include "wire/framer.h"

#define INTAKES_MAX 4 /* carriers at a time */
#define INTAKE_RUNS_MAX 512
#define INTAKE_BYTES_MAX (16 * 1024 * 1024)

struct intake {
    uint32_t link; /* 0: not in use */
    struct framer control;
    struct idmap runs;
    size_t held; /* bytes of unfinished messages in all runs */
};
struct intakes {
    struct intake of[INTAKES_MAX];
};

/* The one of carrier `link`, or NULL. */
struct intake *intake_of(struct intakes *all, uint32_t link);
/* Does nothing when `link` has one, or when none is free. */
void intake_open(struct intakes *all, uint32_t link);
void intake_close(struct intakes *all, uint32_t link);
void intake_close_all(struct intakes *all);
/* The framer of a run, new at its first bytes; NULL when there are too many (its bytes are then to be dropped). */
struct framer *intake_run(struct intake *in, uint64_t run);
/* After messages were taken: false when too much is held, and the run was forgotten. */
bool intake_settle(struct intake *in, uint64_t run, size_t held_before);
void intake_run_ended(struct intake *in, uint64_t run);

#endif
