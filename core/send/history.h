/* SPDX-License-Identifier: MIT */
/* history.h - when the latest objects of one track were sent, to make sense of what the other end reports.
 *
 * The publisher keeps one per layer of its own; the relay one per track and receiver, who gets one spatial layer after another: reports of
 * the layer that was left still count. Only objects that were really sent are put here, so a layer left out on purpose is never a loss. */
#ifndef PARLEY_SEND_HISTORY_H
#define PARLEY_SEND_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/units.h"

#define HISTORY_OBJECTS 64
#define HISTORY_LAYERS 3

struct history_entry {
    uint32_t seq, bytes;
    usec_t sent;
    bool judged, untimed;
    uint8_t spatial;
};

/* What was reported last of one spatial layer. */
struct history_mark {
    bool any;
    uint32_t newest;
    uint64_t bytes;
};

struct history {
    struct history_entry entry[HISTORY_OBJECTS];
    uint32_t next;
    uint8_t spatial; /* of what is sent from now on; the owner may change it */
    struct history_mark mark[HISTORY_LAYERS];
};

/* A TrackReport of the wire, without its names. */
struct history_report {
    uint32_t newest, missing;
    usec_t newest_at;
    uint64_t bytes;
    uint32_t objects;
    uint32_t spatial;
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
/* Gives what the report adds; an old or impossible report adds nothing. The other end counts bytes since before us: the first report adds
 * only what is remembered here. */
struct delivery history_report(struct history *h, const struct history_report *report);
/* The highest number reported of `spatial`; 0: none. */
uint32_t history_newest(const struct history *h, uint32_t spatial);
/* When the oldest of the objects from `seq` on that no report has reached yet was sent; NEVER when there is none. */
usec_t history_waiting(const struct history *h, uint32_t seq);
/* Forgets everything: the path or the other end's counters are new. */
void history_reset(struct history *h);

#endif
