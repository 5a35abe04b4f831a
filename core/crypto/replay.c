/* SPDX-License-Identifier: MIT */
#include "crypto/replay.h"

#include <string.h>

#include "base/err.h"

static uint64_t *word(struct replay *r, uint64_t counter) { return &r->seen[counter % REPLAY_WINDOW / 64]; }

static uint64_t bit(uint64_t counter) { return (uint64_t)1 << (counter % 64); }

void replay_init(struct replay *r) { *r = (struct replay){.any = false}; }

void replay_resume(struct replay *r, uint64_t newest)
{
    *r = (struct replay){.any = true, .newest = newest};
    memset(r->seen, 0xff, sizeof r->seen);
}

int replay_check(const struct replay *r, uint64_t counter)
{
    if (!r->any || counter > r->newest)
        return 0;
    if (r->newest - counter >= REPLAY_WINDOW)
        return ERR_REPLAY;
    return r->seen[counter % REPLAY_WINDOW / 64] & bit(counter) ? ERR_REPLAY : 0;
}

/* The window moves up to `counter`: what lies between was not seen yet. */
static void move(struct replay *r, uint64_t counter)
{
    uint64_t step = counter - r->newest;
    if (step > REPLAY_WINDOW)
        step = REPLAY_WINDOW;
    for (uint64_t c = counter - step + 1; c != counter + 1; c++)
        *word(r, c) &= ~bit(c);
    r->newest = counter;
}

void replay_mark(struct replay *r, uint64_t counter)
{
    if (!r->any || counter > r->newest)
        move(r, counter);
    r->any = true;
    *word(r, counter) |= bit(counter);
}
