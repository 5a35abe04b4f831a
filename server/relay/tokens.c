/* SPDX-License-Identifier: MIT */
#include "tokens.h"

#include <sodium/crypto_generichash.h>
#include <sodium/crypto_shorthash.h>
#include <sodium/utils.h>
#include <string.h>

#include "base/bytes.h"

void tokens_init(struct tokens *t, const uint8_t seed[32])
{
    memcpy(t->key, seed, sizeof(t->key));
    t->given = 0;
}

void tokens_next(struct tokens *t, uint8_t out[WIRE_RESUME_BYTES])
{
    uint8_t count[8];
    struct writer w = writer_of(count, sizeof(count));
    write_u64(&w, ++t->given);
    crypto_generichash(out, WIRE_RESUME_BYTES, count, sizeof(count), t->key, sizeof(t->key));
}

uint64_t tokens_key(const uint8_t token[WIRE_RESUME_BYTES])
{
    struct reader r = reader_of(token, WIRE_RESUME_BYTES);
    return read_u64(&r);
}

int tokens_same(const uint8_t a[WIRE_RESUME_BYTES], const uint8_t b[WIRE_RESUME_BYTES])
{
    return sodium_memcmp(a, b, WIRE_RESUME_BYTES) == 0;
}

uint64_t tokens_hash(const struct tokens *t, const void *data, size_t len)
{
    uint8_t hash[crypto_shorthash_BYTES];
    crypto_shorthash(hash, data, len, t->key);
    struct reader r = reader_of(hash, sizeof(hash));
    return read_u64(&r);
}

void tokens_public(const uint8_t token[WIRE_RESUME_BYTES], uint8_t out[WIRE_RESUME_BYTES])
{
    crypto_generichash(out, WIRE_RESUME_BYTES, token, WIRE_RESUME_BYTES, NULL, 0);
}

void tokens_room_id(const char *name, uint8_t out[16])
{
    crypto_generichash(out, 16, (const uint8_t *)name, strlen(name), NULL, 0);
}
