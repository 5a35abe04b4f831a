/* SPDX-License-Identifier: MIT */
/* chunks.h - a queue of packet parts that allocates nothing once it is warm: parts come from a pool that its owner shares among queues. */
#ifndef PARLEY_NET_CHUNKS_H
#define PARLEY_NET_CHUNKS_H

#include <stddef.h>
#include <stdint.h>

#include "base/pkt.h"

struct chunk {
    struct chunk *next;
    struct pkt *pkt;
    uint32_t offset, len; /* the part of pkt->data */
    uint32_t tag; /* the owner's: channel, time ... */
};

struct chunk_block;
struct chunk_pool {
    struct chunk *spare;
    struct chunk_block *blocks;
};
/* Every list must be empty. */
void chunk_pool_free(struct chunk_pool *pool);

/* Zero-initialised is empty. */
struct chunks {
    struct chunk *head, *tail;
    size_t bytes;
};
/* Takes `pkt` in any case. Gives the new chunk, or NULL when memory is short. */
struct chunk *chunks_push(struct chunks *list, struct chunk_pool *pool, struct pkt *pkt, size_t offset, size_t len);
/* Drops the first one and its reference. */
void chunks_pop(struct chunks *list, struct chunk_pool *pool);
void chunks_clear(struct chunks *list, struct chunk_pool *pool);

#endif
