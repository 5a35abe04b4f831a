/* SPDX-License-Identifier: MIT */
/* cache.h - what a newcomer needs to see a picture at once: the packets of one layer since its last key frame, by reference.
 *
 * Kept are the key frame, the base layer after it, and the upper objects after the newest of the base: all of them can be decoded in
 * order, and they lead to the present. When a bound is reached, or an object of the base is missing, everything is forgotten up to the
 * next key frame. All caches of a relay share one bound; the one with the oldest key frame gives way. */
#ifndef PARLEY_RELAY_CACHE_H
#define PARLEY_RELAY_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/pkt.h"
#include "base/units.h"
#include "relay.h"
#include "wire/object.h"

#define CACHE_UNKNOWN_BPS 2500000 /* what a path is taken for while nothing speaks against it */

struct cache_entry {
    struct pkt *pkt; /* a reference of its own */
    uint32_t seq, depends;
    uint8_t temporal;
};

struct cache {
    struct cache_entry *entry; /* allocated with the first key frame; the first is the key frame */
    uint32_t count;
    size_t bytes;
    usec_t began;              /* when the key frame came */
    struct cache *prev, *next; /* the pool's, in order of `began` */
};

struct cache_pool {
    struct cache *oldest, *newest; /* those that hold something */
    size_t bytes;
};

/* Notes an object that was forwarded. */
void cache_put(struct cache_pool *pool, struct cache *c, const struct relay_limits *limits, struct pkt *p,
               const struct object_header *h, usec_t now);
/* Forgets and frees everything. */
void cache_clear(struct cache_pool *pool, struct cache *c);
/* Whether it leads to the present and is not too old. */
bool cache_is_fresh(const struct cache *c, const struct relay_limits *limits, usec_t now);

/* What a path of this rate carries in --cache-burst-ms. */
uint32_t cache_burst_bytes(const struct relay_limits *limits, uint32_t bps);

struct sub;

/* How much of what another shard remembers would help the receiver, who has seen nothing of layer `s->spatial`; 0: only a key frame. */
uint32_t cache_would_take(const struct relay *r, const struct sub *s);

/* Queues for a receiver, who is to get layer `s->spatial`, all that is remembered of it: true, and `s->replayed` is the last of them.
 * False when it would not help: nothing is remembered, the receiver saw some of it, or a key frame is sooner there. */
bool cache_serve(struct relay *r, struct sub *s, usec_t now);

#endif
