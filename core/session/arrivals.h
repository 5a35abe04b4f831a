/* SPDX-License-Identifier: MIT */
/* arrivals.h - what arrived of one spatial layer, or of a sound: what is missing, and what the next Feedback says of it. */
#ifndef PARLEY_SESSION_ARRIVALS_H
#define PARLEY_SESSION_ARRIVALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/units.h"
#include "wire/feedback.h"

struct arrivals {
    uint32_t newest, missing, objects; /* missing: bit i set: newest - 1 - i has not arrived */
    usec_t newest_at;
    uint64_t bytes;
    bool any, fresh; /* fresh: not reported yet */
};

/* Notes an object; gives how many are now so far back that they count as lost. */
uint32_t arrivals_note(struct arrivals *a, uint32_t seq, size_t bytes, usec_t now);
/* Fills all but the names: true, or false when nothing came since the last time. */
bool arrivals_report(struct arrivals *a, struct track_report *r);

#endif
