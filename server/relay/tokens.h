/* SPDX-License-Identifier: MIT */
/* tokens.h - numbers that nobody outside can guess, from a secret seed: resume tokens and hashes of strangers' names.
 *
 * A resume token says which seat it stands for, and bears the seal of the system: any relay that has the seal can give that seat to
 * whoever shows it, even when nobody is left who remembers it. To the client it is 44 bytes without meaning:
 *
 *   nonce 8, member id 4, moves 4, order 8, second 4, then BLAKE2b-128 of the room's id and all that, keyed with the seal */
#ifndef PARLEY_RELAY_TOKENS_H
#define PARLEY_RELAY_TOKENS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/wire.h"

#define TOKEN_HASH_BYTES 16
#define TOKENS_SEAL_BYTES 32
#define TOKENS_SECONDS (24 * 3600) /* so long a token is known by its seal alone */

struct tokens {
    uint8_t key[32];
    uint8_t seal[TOKENS_SEAL_BYTES], old_seal[TOKENS_SEAL_BYTES];
    uint32_t second; /* of the wall clock, now; 0: the seal is nobody else's */
    uint64_t given;
};

/* What a token says of its seat, as it was when the token was given. */
struct token_seat {
    uint32_t id, moves;
    uint64_t order;
};

/* The seal is one of its own until tokens_set_seal(). */
void tokens_init(struct tokens *t, const uint8_t seed[32]);
/* Tokens under the seal before this one are still known. `second`: since 1970, now. */
void tokens_set_seal(struct tokens *t, const uint8_t seal[TOKENS_SEAL_BYTES], uint32_t second);
/* A new one each time. */
void tokens_next(struct tokens *t, const uint8_t room[16], const struct token_seat *seat, uint8_t out[WIRE_RESUME_BYTES]);
/* Whether it was given for that room by somebody who has the seal, not longer ago than TOKENS_SECONDS. */
bool tokens_open(const struct tokens *t, const uint8_t room[16], const uint8_t token[WIRE_RESUME_BYTES], struct token_seat *seat);
/* Any number, another each time. */
uint64_t tokens_number(struct tokens *t);
/* Where to look a token up, or the hash of one; then compare all of it. */
uint64_t tokens_key(const uint8_t *token);
/* In a time that tells nothing. */
bool tokens_same(const uint8_t a[WIRE_RESUME_BYTES], const uint8_t b[WIRE_RESUME_BYTES]);
bool tokens_same_hash(const uint8_t a[TOKEN_HASH_BYTES], const uint8_t b[TOKEN_HASH_BYTES]);
/* Of anything that strangers choose, for a map. */
uint64_t tokens_hash(const struct tokens *t, const void *data, size_t len);
/* What other relays may know of a resume token, to see that somebody has it. */
void tokens_public(const uint8_t token[WIRE_RESUME_BYTES], uint8_t out[TOKEN_HASH_BYTES]);
/* The same on all relays: BLAKE2b, without a key. */
void tokens_room_id(const char *name, uint8_t out[16]);

#endif
