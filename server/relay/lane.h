/* SPDX-License-Identifier: MIT */
/* lane.h - the pictures of one track that wait for one receiver, in order, all of one spatial layer, all decodable.
 *
 * Kept decodable by one rule: an object goes in when what it depends on went in and was not dropped since; dropping one drops
 * all that depend on it. Upper temporal layers go first, then everything up to the newest key frame. */
#ifndef PARLEY_RELAY_LANE_H
#define PARLEY_RELAY_LANE_H

#include <stdbool.h>
#include <stdint.h>

#include "fifo.h"
#include "wire/object.h"
#include "wire/wire.h"

struct lane {
    struct fifo fifo;
    struct lane *next, *prev; /* the queue's list of lanes that hold something */
    bool linked;
    bool screen;
    uint32_t priority;    /* the want's: 0 is first */
    uint8_t temporal_max; /* higher layers are not let in */

    bool whole;      /* a key frame went in, and nothing after it is missing at the base */
    uint8_t spatial; /* of what is in */
    uint32_t newest;
    uint64_t have; /* bit i: newest - i is in, or was taken */
    uint32_t seen[WIRE_LAYERS_MAX]; /* newest of each layer that ever went in; nothing can be sent twice */

    uint64_t run; /* on its way to the receiver; 0: the next object begins one */

    usec_t ask_at;   /* the next key frame may be asked for then */
    usec_t ask_wait; /* grows with every ask, so that a slow receiver does not burden the others */
};

void lane_init(struct lane *l, bool screen);

/* What lane_admits() says. */
enum lane_verdict {
    LANE_TAKES = 0,
    LANE_LATE,   /* came after a newer one, or twice */
    LANE_LAYER,  /* not a layer for this receiver */
    LANE_BROKEN, /* cannot be decoded here: a key frame is needed */
};
/* `spatial`: the layer meant for the receiver; a key frame of it switches the lane to it. */
enum lane_verdict lane_admits(struct lane *l, const struct object_header *h, uint8_t spatial);
/* Notes that an object was let in; on a switch the caller has emptied the lane before. */
void lane_note(struct lane *l, const struct object_header *h);
/* The object just noted could not be queued after all. */
void lane_forget_newest(struct lane *l);

/* Drop from the queue, give the number dropped. */
uint32_t lane_drop_temporal(struct lane *l, struct slot_pool *pool, uint8_t from);
/* All before the newest key frame, or all; then the lane is not whole. */
uint32_t lane_skip(struct lane *l, struct slot_pool *pool);
/* By the age of the oldest: over a quarter of `limit` the top temporal layer, over half all but the base, over it a skip. */
uint32_t lane_age(struct lane *l, struct slot_pool *pool, usec_t limit, usec_t now, bool *skipped);

/* Whether a key frame may be asked for now; if so, counts it as asked. */
bool lane_may_ask(struct lane *l, usec_t every, usec_t now);

#endif
