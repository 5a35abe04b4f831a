/* SPDX-License-Identifier: MIT */
/* outbox.h - outputs waiting for client_poll(), in order, with the bytes that they point to.
 *
 * Bytes live in one arena that is reused when the queue has been drained, so a steady call allocates nothing. Both the queue and
 * the arena are bounded: a shell that does not poll loses what does not fit, counted in `dropped`. */
#ifndef PARLEY_SESSION_OUTBOX_H
#define PARLEY_SESSION_OUTBOX_H

#include "client.h"

#define OUTBOX_EVENTS_MAX 8192
#define OUTBOX_BYTES_MAX (8 * 1024 * 1024)

struct outbox_entry {
    struct client_event event;
    size_t data_at;          /* where event.data or event.media.data begins in the arena */
    size_t code_at, text_at; /* likewise; 0: none (the arena's first byte is never used) */
};
struct outbox {
    struct outbox_entry *entry;
    size_t first, count, cap;
    uint8_t *arena;
    size_t used, size;
    uint64_t dropped;
};

void outbox_init(struct outbox *o);
/* Forgets everything and frees. */
void outbox_reset(struct outbox *o);

/* Room for `len` bytes of the next event, to be written before any other call; NULL when over the limit (counted). */
uint8_t *outbox_room(struct outbox *o, size_t len);
/* Queues `e`. `offset` and e->len (or e->media.len for media) name the part of the room that the event carries; NULL room: none.
 * e->code and e->text are copied. 0, ERR_FULL or ERR_NOMEM (counted). */
int outbox_push(struct outbox *o, const struct client_event *e, const uint8_t *room, size_t offset);
/* As room, memcpy and push. */
int outbox_push_copy(struct outbox *o, const struct client_event *e, const void *data, size_t len);
/* The oldest: 1, or 0 when empty. Its pointers are valid until the next call on `o`. */
int outbox_pop(struct outbox *o, struct client_event *e);
size_t outbox_count(const struct outbox *o);

#endif
