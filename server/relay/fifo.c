/* SPDX-License-Identifier: MIT */
#include "fifo.h"

#include <stdlib.h>

#define CHUNK_SLOTS 255

struct slot_chunk {
    struct slot_chunk *next;
    struct slot slot[CHUNK_SLOTS];
};

void slot_pool_free(struct slot_pool *p)
{
    while (p->chunks) {
        struct slot_chunk *c = p->chunks;
        p->chunks = c->next;
        free(c);
    }
    p->spare = NULL;
}

static void grow(struct slot_pool *p)
{
    struct slot_chunk *c = malloc(sizeof(*c));
    if (!c)
        return;
    c->next = p->chunks;
    p->chunks = c;
    for (size_t i = 0; i < CHUNK_SLOTS; i++) {
        c->slot[i].next = p->spare;
        p->spare = &c->slot[i];
    }
}

struct slot *slot_new(struct slot_pool *p, struct pkt *pkt, usec_t now)
{
    if (!p->spare)
        grow(p);
    struct slot *s = p->spare;
    if (!s)
        return NULL;
    p->spare = s->next;
    *s = (struct slot){.pkt = pkt ? pkt_ref(pkt) : NULL, .at = now};
    return s;
}

void slot_del(struct slot_pool *p, struct slot *s)
{
    pkt_unref(s->pkt);
    s->next = p->spare;
    p->spare = s;
}

static size_t slot_bytes(const struct slot *s) { return s->pkt ? s->pkt->len : 0; }

void fifo_push(struct fifo *f, struct slot *s)
{
    s->next = NULL;
    if (f->tail)
        f->tail->next = s;
    else
        f->head = s;
    f->tail = s;
    f->count++;
    f->bytes += slot_bytes(s);
}

struct slot *fifo_cut(struct fifo *f, struct slot *before)
{
    struct slot *s = before ? before->next : f->head;
    if (!s)
        return NULL;
    if (before)
        before->next = s->next;
    else
        f->head = s->next;
    if (f->tail == s)
        f->tail = before;
    f->count--;
    f->bytes -= slot_bytes(s);
    s->next = NULL;
    return s;
}

struct slot *fifo_pop(struct fifo *f) { return fifo_cut(f, NULL); }

void fifo_clear(struct fifo *f, struct slot_pool *p)
{
    for (struct slot *s; (s = fifo_pop(f));)
        slot_del(p, s);
}
