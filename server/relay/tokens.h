/* SPDX-License-Identifier: MIT */
/* tokens.h - numbers that nobody outside can guess, from a secret seed: resume tokens and hashes of strangers' names. */
#ifndef PARLEY_RELAY_TOKENS_H
#define PARLEY_RELAY_TOKENS_H

#include <stddef.h>
#include <stdint.h>

#include "wire/wire.h"

struct tokens {
    uint8_t key[32];
    uint64_t given;
};

void tokens_init(struct tokens *t, const uint8_t seed[32]);
/* A new one each time. */
void tokens_next(struct tokens *t, uint8_t out[WIRE_RESUME_BYTES]);
/* Where to look a token up; then compare all of it with tokens_same(). */
uint64_t tokens_key(const uint8_t token[WIRE_RESUME_BYTES]);
/* In a time that tells nothing. */
int tokens_same(const uint8_t a[WIRE_RESUME_BYTES], const uint8_t b[WIRE_RESUME_BYTES]);
/* Of anything that strangers choose, for a map. */
uint64_t tokens_hash(const struct tokens *t, const void *data, size_t len);
/* What other relays may know of a resume token, to see that somebody has it. */
void tokens_public(const uint8_t token[WIRE_RESUME_BYTES], uint8_t out[WIRE_RESUME_BYTES]);
/* The same on all relays: BLAKE2b, without a key. */
void tokens_room_id(const char *name, uint8_t out[16]);

#endif
