/* SPDX-License-Identifier: MIT */
/* report.h - feedback both ways: what came from a publisher, ten times a second; and what receivers tell of their paths. */
#ifndef PARLEY_RELAY_REPORT_H
#define PARLEY_RELAY_REPORT_H

#include "seat.h"

/* An object came from this publisher: a report follows within 100 ms. */
void report_due(struct relay *r, struct seat *publisher, usec_t now);
void report_fire(struct relay *r, void *publisher, usec_t now);
/* A receiver's Feedback, after the kind byte. */
void report_read(struct relay *r, struct session *s, const uint8_t *data, size_t len, usec_t now);

#endif
