/* SPDX-License-Identifier: MIT */
/* chat.h - what people write: ids that make a text come once, however often it is sent again.
 *
 * A text waits until the relay sends it back, so one that was on its way when the connection broke is sent again after the next
 * Welcome, sealed anew. Whoever reads drops a text whose sender and id were seen. */
#ifndef PARLEY_SESSION_CHAT_H
#define PARLEY_SESSION_CHAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rand.h"
#include "base/units.h"
#include "crypto/keys.h"
#include "wire/wire.h"

#define CHAT_WAITING 8            /* texts that were not confirmed yet */
#define CHAT_SEEN 128             /* latest texts remembered */
#define CHAT_PATIENCE (10 * SEC)  /* a text that is not confirmed by then is given up */
#define CHAT_SEALED_MAX (WIRE_CHAT_MAX + 32 + SFRAME_OVERHEAD_MAX)

struct chat_waiting {
    char *text; /* NULL: free */
    size_t len;
    uint64_t id, counter; /* counter: of the last sealing */
    usec_t written;
};
struct chat {
    struct chat_waiting waiting[CHAT_WAITING];
    uint64_t seen[CHAT_SEEN];
    size_t next_seen;
    struct rng rng;
};

void chat_init(struct chat *c, uint64_t seed);
void chat_reset(struct chat *c);
/* Copies a text of mine: its place, or ERR_LIMIT (empty, too long or no plain UTF-8), ERR_FULL, ERR_NOMEM. */
int chat_write(struct chat *c, const char *text, size_t len, usec_t now);
/* Seals the text at `place` into `out` (CHAT_SEALED_MAX): its length, 0 when nothing waits there, or a negative ERR_*. */
int chat_seal(struct chat *c, int place, struct sealer *sealer, uint32_t member, uint8_t *out, size_t cap, usec_t now);
/* The relay sent a text of mine back. */
void chat_confirmed(struct chat *c, const uint8_t *sealed, size_t len);
/* True the first time this id comes from the sender with this salt. */
bool chat_is_new(struct chat *c, const uint8_t salt[WIRE_SALT_BYTES], uint64_t id);

#endif
