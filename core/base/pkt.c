/* SPDX-License-Identifier: MIT */
#include "base/pkt.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* ---- spare packets of this thread, by size ----
 *
 * Four sizes per doubling, from 64 bytes. A packet goes to the spare ones of the thread that drops the last reference, whoever made
 * it: no thread ever looks into another's. Under AddressSanitizer nothing is kept, so that a use after the last reference is seen. */

#define SIZES 49
#define LARGEST_BYTES (256 * 1024)
#define SIZE_KEPT_BYTES (1024 * 1024) /* of one size, four packets at least */
#define KEPT_BYTES (16 * 1024 * 1024)

#if defined(__SANITIZE_ADDRESS__)
#define KEEPS false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KEEPS false
#endif
#endif
#ifndef KEEPS
#define KEEPS true
#endif

struct spare {
    struct spare *next;
};

struct spares {
    struct spare *first[SIZES];
    size_t bytes[SIZES], total_bytes;
};

static _Thread_local struct spares spares;

/* Where packets of `bytes` stand (header included), and how large they really are. */
static size_t place_of(size_t bytes, size_t *real)
{
    if (bytes <= 64) {
        *real = 64;
        return 0;
    }
    size_t log = 63 - (size_t)__builtin_clzll(bytes - 1), base = (size_t)1 << log, step = base / 4;
    size_t quarter = (bytes - 1 - base) / step;
    *real = base + (quarter + 1) * step;
    return (log - 6) * 4 + quarter + 1;
}

static void *take(size_t bytes)
{
    size_t real, place = place_of(bytes, &real);
    if (!KEEPS || bytes > LARGEST_BYTES)
        return malloc(bytes);
    struct spare *s = spares.first[place];
    if (!s)
        return malloc(real);
    spares.first[place] = s->next;
    spares.bytes[place] -= real;
    spares.total_bytes -= real;
    return s;
}

static void give_back(void *memory, size_t bytes)
{
    size_t real, place = place_of(bytes, &real);
    struct spare *s = memory;
    if (!KEEPS || bytes > LARGEST_BYTES || spares.total_bytes + real > KEPT_BYTES ||
        (spares.bytes[place] + real > SIZE_KEPT_BYTES && spares.bytes[place] >= 4 * real)) {
        free(memory);
        return;
    }
    s->next = spares.first[place];
    spares.first[place] = s;
    spares.bytes[place] += real;
    spares.total_bytes += real;
}

void pkt_trim(void)
{
    for (size_t i = 0; i < SIZES; i++)
        while (spares.first[i]) {
            struct spare *next = spares.first[i]->next;
            free(spares.first[i]);
            spares.first[i] = next;
        }
    spares = (struct spares){0};
}

/* ---- packets ---- */

struct pkt *pkt_new(size_t cap)
{
    struct pkt *p = cap <= UINT32_MAX ? take(sizeof *p + cap) : NULL;
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
        give_back(p, sizeof *p + p->cap);
}
