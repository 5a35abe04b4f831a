/* SPDX-License-Identifier: MIT */
/* ring.h - frames from one thread to one other: bytes copied in by the first, read in place by the second. No lock, no allocation,
 * no waiting: a ring without room refuses, and its writer decides what that means.
 *
 * Exactly one thread puts and exactly one takes; both may do so at the same moment. */
#ifndef PARLEY_SERVER_RING_H
#define PARLEY_SERVER_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ring;

/* Gives a ring of `bytes` (a power of two, 64 at least), or NULL. Memory is touched as it is used. */
struct ring *ring_new(size_t bytes);
void ring_del(struct ring *r);
/* The largest frame that such a ring can carry, when it is empty. */
size_t ring_frame_max(size_t bytes);

/* ---- the writer ---- */

/* Copies a frame, and `tag` beside it. ERR_FULL: no room now; ERR_LIMIT: there will never be. */
int ring_put(struct ring *r, uint32_t tag, const void *data, size_t len);
/* Leaves a note for the reader that something did not get in. */
void ring_set_lost(struct ring *r);

/* ---- the reader ---- */

/* Frames that were put until now are those before this mark. */
uint64_t ring_mark(const struct ring *r);

struct ring_frame {
    const uint8_t *data; /* in the ring or in `scratch`; valid until ring_drop() */
    size_t len;
    uint32_t tag;
};
/* The oldest frame before `mark`: false when there is none. `scratch`: ring_frame_max() bytes, for a frame that goes over the end. */
bool ring_peek(struct ring *r, uint64_t mark, uint8_t *scratch, struct ring_frame *f);
/* Done with the frame of ring_peek(). */
void ring_drop(struct ring *r);
/* Takes the note of ring_set_lost(). */
bool ring_take_lost(struct ring *r);

#endif
