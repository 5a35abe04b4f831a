/* SPDX-License-Identifier: MIT */
#include "intake.h"

#include <stdlib.h>

#include "wire/wire.h"

void intake_open(struct intake *in, uint32_t link)
{
    *in = (struct intake){.link = link};
    framer_init(&in->control, WIRE_CONTROL_MAX, false);
}

void intake_close(struct intake *in)
{
    size_t cursor = 0;
    struct framer *f;
    while ((f = idmap_next(&in->runs, &cursor))) {
        framer_free(f);
        free(f);
    }
    idmap_reset(&in->runs);
    framer_free(&in->control);
    in->link = 0;
}

struct framer *intake_run(struct intake *in, uint64_t run)
{
    struct framer *f = idmap_get(&in->runs, run);
    if (f || in->runs.count >= INTAKE_RUNS_MAX)
        return f;
    f = malloc(sizeof *f);
    if (f && idmap_put(&in->runs, run, f) != 0) {
        free(f);
        return NULL;
    }
    if (f)
        framer_init(f, WIRE_OBJECT_MAX, true);
    return f;
}

bool intake_settle(struct intake *in, uint64_t run, size_t held_before)
{
    const struct framer *f = idmap_get(&in->runs, run);
    in->held += framer_memory(f) - held_before;
    if (in->held <= INTAKE_BYTES_MAX)
        return true;
    intake_run_ended(in, run);
    return false;
}

void intake_run_ended(struct intake *in, uint64_t run)
{
    struct framer *f = idmap_take(&in->runs, run);
    if (!f)
        return;
    in->held -= framer_memory(f);
    framer_free(f);
    free(f);
}
