/* SPDX-License-Identifier: MIT */
#include "reporter.h"

void reporter_init(struct reporter *r) { *r = (struct reporter){.at = NEVER}; }

void reporter_on_carry(struct reporter *r) { r->echo = (struct echo){0}; }

void reporter_note(struct reporter *r, usec_t now)
{
    if (r->at == NEVER)
        r->at = usec_max(now + REPORTER_FIRST, r->sent + REPORTER_EVERY);
}

usec_t reporter_on_feedback(struct reporter *r, const struct feedback *f, usec_t now)
{
    echo_note(&r->echo, f, now);
    reporter_note(r, now);
    return echo_round_trip(f, now);
}

void reporter_begin(struct reporter *r, struct feedback *f, usec_t now)
{
    *f = (struct feedback){0};
    echo_begin(&r->echo, f, now);
    r->at = NEVER;
    r->sent = now;
}
