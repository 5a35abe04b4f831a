/* SPDX-License-Identifier: MIT */
/* keys.h - from the group secret to each sender's keys: one sealer for what I send, one keyring for each other member.
 *
 *   base key = HKDF-SHA256(salt = the sender's 16 bytes, ikm = group secret, info = "parley/1 sframe base")
 *   key      = RFC 9605 key schedule for the suite, with KID = the sender's key generation, from 0
 *
 * One counter per sender key, for all tracks and chat, never reset within a key: a key and counter pair is used once. */
#ifndef PARLEY_CRYPTO_KEYS_H
#define PARLEY_CRYPTO_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/replay.h"
#include "crypto/sframe.h"

#define KEYS_SALT_BYTES 16
#define KEYS_SUITE SFRAME_CHACHA20_POLY1305_SHA256
/* Metadata of a sealed ChatText: "parley/1 chat" and the author's member id, so that nobody can send on another's words as its own. */
#define KEYS_CHAT_METADATA_BYTES 17
void keys_chat_metadata(uint8_t out[KEYS_CHAT_METADATA_BYTES], uint32_t member);

struct group_secret {
    const uint8_t *data; /* borrowed for the call */
    size_t len;
};

/* The first step alone, for tests. To be wiped. */
#define KEYS_BASE_BYTES 32
void keys_base(uint8_t base[KEYS_BASE_BYTES], struct group_secret secret, const uint8_t salt[KEYS_SALT_BYTES]);

/* ---- mine ---- */
struct sealer {
    struct sframe_key key;
    uint64_t counter; /* of the next object */
};
/* Derives my key. To be wiped. A salt is random and new for every sealer with generation 0. */
void sealer_init(struct sealer *s, struct group_secret secret, const uint8_t salt[KEYS_SALT_BYTES], uint64_t generation);
void sealer_wipe(struct sealer *s);
/* Bytes that sealing adds to the next text: header and tag. */
size_t sealer_overhead(const struct sealer *s);
/* As sframe_seal() with the next counter, which is used up also on error. ERR_LIMIT after 2^62 objects. */
int sealer_seal(struct sealer *s, struct sframe_text metadata, uint8_t *out, size_t cap, struct sframe_text plain);

/* ---- another member's ---- */
#define KEYRING_GENERATIONS 3 /* the newest generation and those that may still be on their way */

struct keyring_slot {
    bool used;
    uint8_t salt[KEYS_SALT_BYTES];
    struct sframe_key key;
    struct replay replay;
};
struct keyring {
    struct keyring_slot slot[KEYRING_GENERATIONS];
    uint32_t opened, auth_failed, replayed, no_key, malformed; /* since keyring_init() */
    uint32_t failed_in_a_row; /* tags that did not match since the last that did: 3 or more and none opened is another secret */
};
void keyring_init(struct keyring *k);
void keyring_wipe(struct keyring *k);
/* Adds a generation; the oldest goes when there is no room. The same generation with the same salt stays as it is, with its
 * replay window; with another salt it is replaced. */
void keyring_add(struct keyring *k, struct group_secret secret, const uint8_t salt[KEYS_SALT_BYTES], uint64_t generation);

/* What was opened of members who left, so that a relay cannot play it back as theirs, or as somebody new's, later. Only keys that opened
 * something are noted: a relay cannot push them out without members who help it. The oldest goes when there is no room. */
#define KEYS_MEMORY 256
struct keys_memory {
    size_t next; /* notes written so far */
    struct keys_note {
        uint8_t salt[KEYS_SALT_BYTES];
        uint64_t generation, newest;
    } note[KEYS_MEMORY];
};
/* Notes what `k` opened, then wipes it. */
void keyring_retire(struct keyring *k, struct keys_memory *memory);
/* As keyring_add(), but what `memory` knows of stays opened. */
void keyring_add_again(struct keyring *k, struct group_secret secret, const uint8_t salt[KEYS_SALT_BYTES], uint64_t generation,
                       struct keys_memory *memory);

/* As sframe_open() with the key that the header names, once per counter: ERR_NO_KEY, ERR_REPLAY beside its errors. Counts. */
int keyring_open(struct keyring *k, struct sframe_text metadata, uint8_t *out, size_t cap, struct sframe_text sealed);

#endif
