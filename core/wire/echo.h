/* SPDX-License-Identifier: MIT */
/* echo.h - the round trip that Feedback measures: each side names its clock, the other says it again and how long it kept it. */
#ifndef PARLEY_WIRE_ECHO_H
#define PARLEY_WIRE_ECHO_H

#include "base/units.h"
#include "feedback.h"

/* What the other side's last Feedback said, to be sent back; all zero before the first. */
struct echo {
    uint64_t clock_us;
    usec_t at; /* when it came */
};

void echo_note(struct echo *e, const struct feedback *f, usec_t now);
/* Fills the clock and the echo of a Feedback that leaves now. */
void echo_begin(const struct echo *e, struct feedback *f, usec_t now);
/* The round trip that a Feedback which came now tells; 0 when it echoes nothing, or what cannot be. */
usec_t echo_round_trip(const struct feedback *f, usec_t now);

#endif
