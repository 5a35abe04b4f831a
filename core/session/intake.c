/* SPDX-License-Identifier: MIT */
#include "intake.h"

#include <stdlib.h>

#include "wire/wire.h"

static struct intake *find(struct intakes *all, uint32_t link)
{
    for (size_t i = 0; i < INTAKES_MAX; i++)
        if (all->of[i].link == link)
            return &all->of[i];
    return NULL;
}

struct intake *intake_of(struct intakes *all, uint32_t link) { return link ? find(all, link) : NULL; }

void intake_open(struct intakes *all, uint32_t link)
{
    struct intake *in = intake_of(all, link) ? NULL : find(all, 0);
    if (!in)
        return;
    *in = (struct intake){.link = link};
    framer_init(&in->control, WIRE_CONTROL_MAX, false);
}

static void forget(struct intake *in)
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

void intake_close(struct intakes *all, uint32_t link)
{
    struct intake *in = intake_of(all, link);
    if (in)
        forget(in);
}

void intake_close_all(struct intakes *all)
{
    for (size_t i = 0; i < INTAKES_MAX; i++)
        intake_close(all, all->of[i].link);
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
