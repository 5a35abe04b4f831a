/* SPDX-License-Identifier: MIT */
/* mailbag.h - messages of many threads on their way to one that posts them. Two buffers change places: writers fill one while the
 * poster empties the other, so a writer waits at most for another writer's copy, and steady traffic allocates nothing. */
#ifndef PARLEY_BUS_MAILBAG_H
#define PARLEY_BUS_MAILBAG_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAILBAG_BYTES (4u << 20) /* of one buffer */

struct mailbag {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    uint8_t *fill, *drain; /* [to 4, len 4, bytes] ... */
    size_t fill_len, drain_len, drain_at;
    bool closed;
};

struct mail {
    uint32_t to;
    const uint8_t *data;
    size_t len;
};

/* ERR_NOMEM */
int mailbag_init(struct mailbag *m);
/* Nobody uses it any more. */
void mailbag_free(struct mailbag *m);
/* Any thread: two pieces become one message. ERR_FULL. */
int mailbag_put(struct mailbag *m, uint32_t to, const void *head, size_t head_len, const void *data, size_t len);
/* The poster: waits for the next message, valid until the next call. False: closed, and nothing is left. */
bool mailbag_take(struct mailbag *m, struct mail *out);
/* Wakes the poster for good; it still gets what is in. */
void mailbag_close(struct mailbag *m);

#endif
