/* SPDX-License-Identifier: MIT */
/* health.h - the numbers for people, and whether a member's media can be opened at all. */
#ifndef PARLEY_SESSION_HEALTH_H
#define PARLEY_SESSION_HEALTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/units.h"

/* Bits a second over the last second, in steps of 100 ms. */
#define METER_STEPS 10
struct meter {
    uint64_t bytes[METER_STEPS];
    int64_t step; /* the number of the newest step */
};
void meter_add(struct meter *m, size_t bytes, usec_t now);
uint32_t meter_bps(const struct meter *m, usec_t now);

/* The smallest of the values of the last ten to twenty seconds. */
struct lowest {
    usec_t current, last, since;
    bool any;
};
void lowest_put(struct lowest *l, usec_t value, usec_t now);
usec_t lowest_get(const struct lowest *l);

/* Five objects in a row that cannot be opened are another secret; the first that can is the right one. */
#define HEALTH_KEYS_FAILURES 5
enum keys_verdict { KEYS_UNKNOWN, KEYS_GOOD, KEYS_WRONG };
struct keys_health {
    enum keys_verdict verdict;
    uint32_t failures; /* in a row */
};
/* True when the verdict changed. */
bool keys_health_note(struct keys_health *k, bool opened);

struct health {
    uint32_t objects_in, objects_out, dropped_out, lost_in, auth_failed, replayed, malformed;
    struct meter in, out;
};

#endif
