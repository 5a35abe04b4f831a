/* SPDX-License-Identifier: MIT */
/* framer.h - cuts a stream into messages: "varint length, bytes", again and again; a run has one kind byte before the first.
 *
 *   framer_feed(&f, data, len);
 *   while ((n = framer_next(&f, &msg)) > 0) use(msg.data, msg.len);
 *   if (n < 0) the stream is broken: end it
 *
 * A message that lies whole in one piece is handed out where it lies; only one that spans pieces is copied. Memory grows with
 * the bytes that have come, never with the length that is claimed, and is at most max + 8 bytes. */
#ifndef PARLEY_WIRE_FRAMER_H
#define PARLEY_WIRE_FRAMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct framer {
    size_t max;
    bool kind_due; /* a run whose first byte has not come */
    uint8_t kind;
    int broken;          /* the error that ended the stream, or 0 */
    uint8_t *held;       /* the start of a message that spans pieces */
    size_t len, cap;
    bool given;          /* `held` was handed out whole; it goes with the next call */
    const uint8_t *at, *end; /* what is left of the piece fed last */
};

/* `max`: bytes of the largest message. `run`: a kind byte comes first. Holds no memory until a message spans pieces. */
void framer_init(struct framer *f, size_t max, bool run);
void framer_free(struct framer *f);

struct framed {
    const uint8_t *data; /* after the length; borrowed until the next call on the framer */
    size_t len;
};
/* Borrows `data` until framer_next() has returned 0 or less. */
void framer_feed(struct framer *f, const uint8_t *data, size_t len);
/* 1 and a message, 0 when more bytes are needed, ERR_LIMIT (a message over `max`), ERR_NOMEM. An error stays. */
int framer_next(struct framer *f, struct framed *msg);

/* The kind byte of a run; 0 while it has not come. */
uint8_t framer_kind(const struct framer *f);
/* Bytes of an unfinished message; 0 between messages, where a stream may end. */
size_t framer_pending(const struct framer *f);
/* Bytes of heap held now, for whoever bounds the sum over many streams. */
size_t framer_memory(const struct framer *f);

#endif
