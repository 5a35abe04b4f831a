/* SPDX-License-Identifier: MIT */
#include "net/chunks.h"

#include <assert.h>
#include <stdlib.h>

#define BLOCK_CHUNKS 64

struct chunk_block {
    struct chunk_block *next;
    struct chunk chunk[BLOCK_CHUNKS];
};

static void add_block(struct chunk_pool *pool)
{
    struct chunk_block *b = malloc(sizeof *b);
    if (!b)
        return;
    b->next = pool->blocks;
    pool->blocks = b;
    for (size_t i = 0; i < BLOCK_CHUNKS; i++) {
        b->chunk[i].next = pool->spare;
        pool->spare = &b->chunk[i];
    }
}

void chunk_pool_free(struct chunk_pool *pool)
{
    while (pool->blocks) {
        struct chunk_block *next = pool->blocks->next;
        free(pool->blocks);
        pool->blocks = next;
    }
    pool->spare = NULL;
}

struct chunk *chunks_push(struct chunks *list, struct chunk_pool *pool, struct pkt *pkt, size_t offset, size_t len)
{
    assert(offset + len <= pkt->len);
    if (!pool->spare)
        add_block(pool);
    struct chunk *c = pool->spare;
    if (!c) {
        pkt_unref(pkt);
        return NULL;
    }
    pool->spare = c->next;
    *c = (struct chunk){.pkt = pkt, .offset = (uint32_t)offset, .len = (uint32_t)len};
    if (list->tail)
        list->tail->next = c;
    else
        list->head = c;
    list->tail = c;
    list->bytes += len;
    return c;
}

void chunks_pop(struct chunks *list, struct chunk_pool *pool)
{
    struct chunk *c = list->head;
    list->head = c->next;
    if (!list->head)
        list->tail = NULL;
    list->bytes -= c->len;
    pkt_unref(c->pkt);
    c->next = pool->spare;
    pool->spare = c;
}

void chunks_clear(struct chunks *list, struct chunk_pool *pool)
{
    while (list->head)
        chunks_pop(list, pool);
}
