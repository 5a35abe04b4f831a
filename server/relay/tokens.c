/* SPDX-License-Identifier: MIT */
#include "tokens.h"

#include <sodium/crypto_generichash.h>
#include <sodium/crypto_shorthash.h>
#include <sodium/utils.h>
#include <string.h>

#include "base/bytes.h"

#define ROOM_BYTES 16
#define MAC_BYTES 16
#define CLOCKS_DIFFER 600 /* seconds, of two relays */
#define SAID_BYTES (WIRE_RESUME_BYTES - MAC_BYTES)

static void keyed(uint8_t *out, size_t len, const struct tokens *t, uint64_t count)
{
    uint8_t bytes[8];
    struct writer w = writer_of(bytes, sizeof(bytes));
    write_u64(&w, count);
    crypto_generichash(out, len, bytes, sizeof(bytes), t->key, sizeof(t->key));
}

void tokens_init(struct tokens *t, const uint8_t seed[32])
{
    *t = (struct tokens){.given = 0};
    memcpy(t->key, seed, sizeof(t->key));
    keyed(t->seal, sizeof(t->seal), t, 0);
    memcpy(t->old_seal, t->seal, sizeof(t->seal));
}

void tokens_set_seal(struct tokens *t, const uint8_t seal[TOKENS_SEAL_BYTES], uint32_t second)
{
    t->second = second;
    if (sodium_memcmp(t->seal, seal, TOKENS_SEAL_BYTES) == 0)
        return;
    memcpy(t->old_seal, t->seal, sizeof(t->seal));
    memcpy(t->seal, seal, sizeof(t->seal));
}

uint64_t tokens_number(struct tokens *t)
{
    uint8_t number[16];
    keyed(number, sizeof(number), t, ++t->given);
    return tokens_key(number);
}

static void mac(uint8_t out[MAC_BYTES], const uint8_t *seal, const uint8_t *room, const uint8_t *said)
{
    uint8_t bytes[ROOM_BYTES + SAID_BYTES];
    memcpy(bytes, room, ROOM_BYTES);
    memcpy(bytes + ROOM_BYTES, said, SAID_BYTES);
    crypto_generichash(out, MAC_BYTES, bytes, sizeof(bytes), seal, TOKENS_SEAL_BYTES);
}

void tokens_next(struct tokens *t, const uint8_t room[16], const struct token_seat *seat, uint8_t out[WIRE_RESUME_BYTES])
{
    struct writer w = writer_of(out, SAID_BYTES);
    write_u64(&w, tokens_number(t));
    write_u32(&w, seat->id);
    write_u32(&w, seat->moves);
    write_u64(&w, seat->order);
    write_u32(&w, t->second);
    mac(out + SAID_BYTES, t->seal, room, out);
}

static bool is_sealed(const uint8_t *seal, const uint8_t *room, const uint8_t *token)
{
    uint8_t expected[MAC_BYTES];
    mac(expected, seal, room, token);
    return sodium_memcmp(expected, token + SAID_BYTES, MAC_BYTES) == 0;
}

bool tokens_open(const struct tokens *t, const uint8_t room[16], const uint8_t token[WIRE_RESUME_BYTES], struct token_seat *seat)
{
    if (!is_sealed(t->seal, room, token) && !is_sealed(t->old_seal, room, token))
        return false;
    struct reader r = reader_of(token, SAID_BYTES);
    read_u64(&r);
    seat->id = read_u32(&r);
    seat->moves = read_u32(&r);
    seat->order = read_u64(&r);
    uint32_t age = t->second + CLOCKS_DIFFER - read_u32(&r); /* one from the future is very old */
    return age <= TOKENS_SECONDS + CLOCKS_DIFFER;
}

uint64_t tokens_key(const uint8_t *token)
{
    struct reader r = reader_of(token, 8);
    return read_u64(&r);
}

bool tokens_same(const uint8_t a[WIRE_RESUME_BYTES], const uint8_t b[WIRE_RESUME_BYTES])
{
    return sodium_memcmp(a, b, WIRE_RESUME_BYTES) == 0;
}

bool tokens_same_hash(const uint8_t a[TOKEN_HASH_BYTES], const uint8_t b[TOKEN_HASH_BYTES])
{
    return sodium_memcmp(a, b, TOKEN_HASH_BYTES) == 0;
}

uint64_t tokens_hash(const struct tokens *t, const void *data, size_t len)
{
    uint8_t hash[crypto_shorthash_BYTES];
    crypto_shorthash(hash, data, len, t->key);
    struct reader r = reader_of(hash, sizeof(hash));
    return read_u64(&r);
}

void tokens_public(const uint8_t token[WIRE_RESUME_BYTES], uint8_t out[TOKEN_HASH_BYTES])
{
    crypto_generichash(out, TOKEN_HASH_BYTES, token, WIRE_RESUME_BYTES, NULL, 0);
}

void tokens_room_id(const char *name, uint8_t out[16])
{
    crypto_generichash(out, 16, (const uint8_t *)name, strlen(name), NULL, 0);
}
