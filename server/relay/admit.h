/* SPDX-License-Identifier: MIT */
/* admit.h - who is let in, and what is left out while the relay has more to do than it can.
 *
 * The shell tells twice a second how busy it is. Over a bound (CPU, bandwidth out) newcomers are refused as `busy` when that lasts, and what is there is cut
 * step by step for everybody: upper layers, larger pictures, pictures, voices; control never. A step is taken back when the load has been well below
 * the bound for a while, which grows each time that turns out to have been too early. */
#ifndef PARLEY_RELAY_ADMIT_H
#define PARLEY_RELAY_ADMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/units.h"
#include "wire/wire.h"

enum admit_step {
    ADMIT_ALL = 0,
    ADMIT_NO_TOP,      /* all but the top temporal layer */
    ADMIT_BASE,        /* the base temporal layer */
    ADMIT_SMALL,       /* of the smallest pictures */
    ADMIT_ONE,         /* of the picture that each receiver wants first */
    ADMIT_NO_PICTURES,
    ADMIT_FEW_VOICES,
};

struct admit_bounds {
    uint8_t temporal, spatial; /* highest forwarded */
    uint32_t pictures;         /* to each receiver */
    uint32_t speakers;         /* in each room */
};

struct admit {
    enum admit_step step;
    struct admit_bounds bounds; /* what the step leaves */
    uint32_t cpu_percent;       /* mean of the last two */
    uint32_t cpu_told;
    uint64_t out_bps;
    uint64_t bytes_out; /* until `measured_at` */
    usec_t measured_at;
    usec_t stepped_at, eased_at;
    usec_t over_since; /* a bound; NEVER while it is not */
    usec_t calm_since; /* NEVER while it is not calm */
    usec_t patience;   /* calm for so long takes a step back */
    bool full, memory_short; /* the shell said so */
    char lighter[WIRE_ADDRESS_MAX + 1];
};

struct relay;
struct session;

void admit_init(struct admit *a);
void admit_on_load(struct relay *r, uint32_t cpu_percent, usec_t now);
/* Whether a connection may say Hello. */
bool admit_opens(struct relay *r);
/* Whether a session may join anew; if not, it was refused. */
bool admit_joins(struct relay *r, struct session *s, usec_t now);

#endif
