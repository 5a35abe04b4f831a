/* SPDX-License-Identifier: MIT */
/* pacer.h - lets objects leave at a steady rate, and drops what waits too long in the order in which it is missed least.
 *
 * Sound and control leave at once but count. Video waits its turn by priority, then age: a virtual clock runs ahead of time by what has
 * been sent; idle time earns no burst. When an object of a layer has waited half of PACER_AGE, the higher temporal layers behind
 * it are dropped, highest first; at PACER_AGE (a key frame: twice that) it is dropped itself. What depends on a dropped object goes with
 * it, and so does what is pushed later, until a key frame of that layer comes: pacer_wants_key(). */
#ifndef PARLEY_SEND_PACER_H
#define PARLEY_SEND_PACER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/pkt.h"
#include "base/units.h"

#define PACER_OBJECTS 128
#define PACER_BYTES_MAX (4 * 1024 * 1024)
#define PACER_AGE (250 * MS)
#define PACER_TRACKS 9 /* ids 0..WIRE_TRACKS_MAX */
#define PACER_LAYERS 3
#define PACER_BURST (5 * MS) /* a caller may wake this late without loss of rate */

struct pacer_object {
    struct pkt *pkt;
    size_t offset, len;
    uint32_t track, spatial, temporal, seq, depends;
    bool key, paced; /* not paced: leaves at once */
    uint32_t priority; /* 0 first */
    usec_t queued;
};

struct pacer_layer {
    uint32_t newest;  /* highest seq pushed */
    uint64_t dropped; /* bit i set: newest - i was dropped */
    bool wants_key;
};

struct pacer {
    struct pacer_object object[PACER_OBJECTS];
    uint32_t count;
    size_t bytes;
    uint32_t rate_bps;
    usec_t clock; /* when what was sent has left, at this rate */
    struct pacer_layer layer[PACER_TRACKS][PACER_LAYERS];
    uint32_t dropped;
};

void pacer_init(struct pacer *p, uint32_t rate_bps, usec_t now);
/* Drops what waits. */
void pacer_clear(struct pacer *p);
void pacer_set_rate(struct pacer *p, uint32_t rate_bps, usec_t now);

/* Takes the caller's reference on `o->pkt` in every case. 0; ERR_LATE: what it depends upon was dropped, so is this;
 * ERR_FULL: a bound was reached; ERR_LIMIT: a number out of bounds. */
int pacer_push(struct pacer *p, const struct pacer_object *o, usec_t now);
/* The next object that may leave: 1 and gives it with its reference, or 0. */
int pacer_pop(struct pacer *p, struct pacer_object *o, usec_t now);
/* When pacer_pop() will have something; NEVER while empty. */
usec_t pacer_deadline(const struct pacer *p);
/* Bytes left by another way (e.g. retransmitted, or written past the pacer): count them. */
void pacer_sent(struct pacer *p, size_t bytes, usec_t now);
/* Nothing of this layer will leave before a key frame of it is pushed. */
bool pacer_wants_key(const struct pacer *p, uint32_t track, uint32_t spatial);
/* How long what waits now takes to leave. */
usec_t pacer_backlog(const struct pacer *p, usec_t now);
/* Objects dropped since pacer_init(). */
uint32_t pacer_dropped(const struct pacer *p);

#endif
