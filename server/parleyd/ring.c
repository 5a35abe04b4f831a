/* SPDX-License-Identifier: MIT */
#include "ring.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define LINE_BYTES 64

/* Stands before each frame, at a multiple of 8, so that it never goes over the end. */
struct head {
    uint32_t len, tag;
};

/* Positions count bytes since the beginning. Each side writes one cache line of its own and keeps there what it last saw of the
 * other's, so that the two touch each other's lines only when they must. */
struct ring {
    _Alignas(LINE_BYTES) _Atomic uint64_t written;
    uint64_t write_at, read_seen;
    _Alignas(LINE_BYTES) _Atomic uint64_t read;
    uint64_t read_at, peeked;
    _Alignas(LINE_BYTES) atomic_bool lost;
    size_t bytes;
    _Alignas(LINE_BYTES) uint8_t data[];
};

static size_t size_in_ring(size_t len) { return sizeof(struct head) + ((len + 7) & ~(size_t)7); }

size_t ring_frame_max(size_t bytes) { return bytes - sizeof(struct head); }

struct ring *ring_new(size_t bytes)
{
    assert(bytes >= LINE_BYTES && (bytes & (bytes - 1)) == 0);
    struct ring *r = aligned_alloc(LINE_BYTES, sizeof(*r) + bytes);
    if (!r)
        return NULL;
    *r = (struct ring){.bytes = bytes};
    return r;
}

void ring_del(struct ring *r) { free(r); }

/* ---- copying, in two pieces where the ring ends ---- */

static size_t until_end(const struct ring *r, uint64_t at, size_t len)
{
    size_t left = r->bytes - (at & (r->bytes - 1));
    return len < left ? len : left;
}

static void copy_in(struct ring *r, uint64_t at, const void *data, size_t len)
{
    size_t first = until_end(r, at, len);
    if (!len) /* there may be no data then */
        return;
    memcpy(r->data + (at & (r->bytes - 1)), data, first);
    memcpy(r->data, (const uint8_t *)data + first, len - first);
}

static const uint8_t *whole(const struct ring *r, uint64_t at, size_t len, uint8_t *scratch)
{
    size_t first = until_end(r, at, len);
    const uint8_t *place = r->data + (at & (r->bytes - 1));
    if (first == len)
        return place;
    memcpy(scratch, place, first);
    memcpy(scratch + first, r->data, len - first);
    return scratch;
}

/* ---- the writer ---- */

static bool has_room(struct ring *r, size_t size)
{
    if (r->bytes - (r->write_at - r->read_seen) >= size)
        return true;
    r->read_seen = atomic_load_explicit(&r->read, memory_order_acquire);
    return r->bytes - (r->write_at - r->read_seen) >= size;
}

int ring_put(struct ring *r, uint32_t tag, const void *data, size_t len)
{
    if (len > ring_frame_max(r->bytes))
        return ERR_LIMIT;
    if (!has_room(r, size_in_ring(len)))
        return ERR_FULL;
    struct head h = {.len = (uint32_t)len, .tag = tag};
    copy_in(r, r->write_at, &h, sizeof(h));
    copy_in(r, r->write_at + sizeof(h), data, len);
    r->write_at += size_in_ring(len);
    atomic_store_explicit(&r->written, r->write_at, memory_order_release);
    return 0;
}

void ring_set_lost(struct ring *r) { atomic_store_explicit(&r->lost, true, memory_order_release); }

/* ---- the reader ---- */

uint64_t ring_mark(const struct ring *r) { return atomic_load_explicit(&r->written, memory_order_acquire); }

bool ring_peek(struct ring *r, uint64_t mark, uint8_t *scratch, struct ring_frame *f)
{
    struct head h;
    if (r->read_at == mark)
        return false;
    memcpy(&h, r->data + (r->read_at & (r->bytes - 1)), sizeof(h));
    *f = (struct ring_frame){whole(r, r->read_at + sizeof(h), h.len, scratch), h.len, h.tag};
    r->peeked = size_in_ring(h.len);
    return true;
}

void ring_drop(struct ring *r)
{
    r->read_at += r->peeked;
    r->peeked = 0;
    atomic_store_explicit(&r->read, r->read_at, memory_order_release);
}

bool ring_take_lost(struct ring *r)
{
    return atomic_load_explicit(&r->lost, memory_order_relaxed) && atomic_exchange_explicit(&r->lost, false, memory_order_acquire);
}
