/* SPDX-License-Identifier: MIT */
#include "base/pkt.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct pkt *pkt_new(size_t cap)
{
    struct pkt *p = cap <= UINT32_MAX ? malloc(sizeof *p + cap) : NULL;
    if (p) {
        atomic_init(&p->refs, 1);
        p->len = 0;
        p->cap = (uint32_t)cap;
    }
    return p;
}

struct pkt *pkt_copy(const void *data, size_t len)
{
    struct pkt *p = pkt_new(len);
    if (p && len) {
        memcpy(p->data, data, len);
        p->len = (uint32_t)len;
    }
    return p;
}

struct pkt *pkt_ref(struct pkt *p)
{
    atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
    return p;
}

void pkt_unref(struct pkt *p)
{
    if (p && atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel) == 1)
        free(p);
}
