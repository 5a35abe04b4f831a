/* SPDX-License-Identifier: MIT */
/* history.h - when the latest objects of one (track, spatial) layer were sent, to make sense of what the other end reports.
 *
 * The publisher keeps one per layer of its own; the relay one per layer and receiver. Only objects that were really sent are put here,
 * so a layer left out on purpose is never a loss. */
#ifndef PARLEY_SEND_HISTORY_H
#define PARLEY_SEND_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/units.h"

#define HISTORY_OBJECTS 64

struct history_entry {
    uint32_t seq, bytes;
    usec_t sent;
    bool judged, untimed;
};

struct history {
    struct history_entry entry[HISTORY_OBJECTS];
    uint32_t next;
    uint32_t newest;  /* highest reported */
    uint64_t bytes;   /* last reported */
};

/* A TrackReport of the wire, without its names. */
struct history_report {
    uint32_t newest, missing;
    usec_t newest_at;
    uint64_t bytes;
    uint32_t objects;
};

/* What one report adds to what was known: input of rate.h. */
struct delivery {
    bool timed;             /* `sent`, `arrived` and `object_bytes` hold: the newest object is a new one and was found */
    usec_t sent, arrived;   /* our clock, their clock */
    uint32_t object_bytes;
    uint32_t bytes;         /* newly delivered */
    uint32_t objects, lost; /* newly judged, and how many of those are lost */
};

void history_init(struct history *h);
/* An object left, `bytes` on the wire. */
void history_sent(struct history *h, uint32_t seq, uint32_t bytes, usec_t now);
/* The same for one of a burst that tells nothing of the path's delay. */
void history_sent_untimed(struct history *h, uint32_t seq, uint32_t bytes, usec_t now);
/* Gives what the report adds; an old or impossible report adds nothing. */
struct delivery history_report(struct history *h, const struct history_report *report);
/* When the oldest of the objects from `seq` on that no report has reached yet was sent; NEVER when there is none. */
usec_t history_waiting(const struct history *h, uint32_t seq);
/* Forgets everything: the path or the other end's counters are new. */
void history_reset(struct history *h);

#endif
