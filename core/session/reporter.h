/* SPDX-License-Identifier: MIT */
/* reporter.h - when the next Feedback to the relay is due: soon after something came, and at most ten times a second. */
#ifndef PARLEY_SESSION_REPORTER_H
#define PARLEY_SESSION_REPORTER_H

#include "wire/echo.h"

#define REPORTER_EVERY (100 * MS)
#define REPORTER_FIRST (20 * MS) /* after a pause, the first one comes soon */

struct reporter {
    usec_t at;   /* NEVER: nothing to report */
    usec_t sent; /* the last one */
    struct echo echo;
};

void reporter_init(struct reporter *r);
/* The way to the relay is a new one: what the old one said is not to be echoed. */
void reporter_on_carry(struct reporter *r);
/* Something came that is to be reported. */
void reporter_note(struct reporter *r, usec_t now);
/* The relay's Feedback came: gives the round trip that it tells, or 0. */
usec_t reporter_on_feedback(struct reporter *r, const struct feedback *f, usec_t now);
/* Begins the Feedback that leaves now; the next one waits for reporter_note(). */
void reporter_begin(struct reporter *r, struct feedback *f, usec_t now);

#endif
