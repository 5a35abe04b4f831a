/* SPDX-License-Identifier: MIT */
/* fifo.h - queues of packets made of slots from one shared pool: pushing allocates only when the pool grows. */
#ifndef PARLEY_RELAY_FIFO_H
#define PARLEY_RELAY_FIFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/pkt.h"
#include "base/units.h"

struct slot {
    struct slot *next;
    struct pkt *pkt; /* a reference of the slot's own */
    usec_t at;       /* when it was queued */
    uint64_t run;    /* a reset: the run */
    uint32_t seq, depends;
    uint32_t objects; /* sound: in the packet */
    uint8_t spatial, temporal;
    bool key, again;
};

struct slot_pool {
    struct slot *spare;
    struct slot_chunk *chunks;
};

/* All zero bytes are an empty pool. Every slot must have come back. */
void slot_pool_free(struct slot_pool *p);
/* Gives a slot with a new reference to `pkt` (may be NULL), or NULL when memory is short. */
struct slot *slot_new(struct slot_pool *p, struct pkt *pkt, usec_t now);
/* Takes the slot and its reference. */
void slot_del(struct slot_pool *p, struct slot *s);

struct fifo {
    struct slot *head, *tail;
    uint32_t count;
    size_t bytes;
};

/* Takes the slot. */
void fifo_push(struct fifo *f, struct slot *s);
/* Gives the first, or NULL. */
struct slot *fifo_pop(struct fifo *f);
/* Gives the slot after `before` (NULL: the first). */
struct slot *fifo_cut(struct fifo *f, struct slot *before);
void fifo_clear(struct fifo *f, struct slot_pool *p);

#endif
