/* SPDX-License-Identifier: MIT */
/* attend.h - a participant's life: dials, says Hello, publishes and subscribes, receives without decoding or opening anything, reports to the
 * relay ten times a second as the engine does. */
#ifndef PARLEY_LOAD_ATTEND_H
#define PARLEY_LOAD_ATTEND_H

#include "person.h"

void attend_join(struct person *p, usec_t now);
/* Says Goodbye and hangs up; comes back a moment later when `stays` is set again. */
void attend_leave(struct person *p);
/* Ten times a second. */
void attend_tick(struct person *p, usec_t now);
/* The end of the measurement: pictures that stand still now are counted. */
void attend_settle(const struct person *p, struct ear_tally *t, usec_t now);
void attend_free(struct person *p);

#endif
