/* SPDX-License-Identifier: MIT */
#include "nkey.h"

#include <sodium.h>
#include <string.h>

#include "base/err.h"

#define KIND_SEED (18 << 3)
#define SEED_BYTES (2 + 32 + 2)
#define PUBLIC_BYTES (1 + 32 + 2)

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

static uint16_t crc16(const uint8_t *data, size_t len)
{
    uint16_t crc = 0;
    for (size_t i = 0; i < len; i++) {
        crc ^= (uint16_t)(data[i] << 8);
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
    }
    return crc;
}

/* Puts the checksum into the last two of `len` bytes and writes all as text. */
static void write_text(uint8_t *data, size_t len, char *out)
{
    uint16_t crc = crc16(data, len - 2);
    data[len - 2] = (uint8_t)crc;
    data[len - 1] = (uint8_t)(crc >> 8);
    uint32_t bits = 0, count = 0;
    for (size_t i = 0; i < len; i++)
        for (bits = bits << 8 | data[i], count += 8; count >= 5; count -= 5)
            *out++ = digits[bits >> (count - 5) & 31];
    if (count)
        *out++ = digits[bits << (5 - count) & 31];
    *out = 0;
}

static int read_text(const char *text, uint8_t *out, size_t len)
{
    uint32_t bits = 0, count = 0;
    size_t at = 0;
    for (; *text && at < len; text++) {
        const char *digit = strchr(digits, *text);
        if (!digit)
            return ERR_PARSE;
        bits = bits << 5 | (uint32_t)(digit - digits);
        count += 5;
        if (count >= 8)
            out[at++] = (uint8_t)(bits >> (count -= 8));
    }
    if (at != len || *text)
        return ERR_PARSE;
    return crc16(out, len - 2) == (uint16_t)(out[len - 2] | out[len - 1] << 8) ? 0 : ERR_PARSE;
}

void nkey_public(enum nkey_kind kind, const uint8_t secret[32], char out[NKEY_PUBLIC_CHARS + 1])
{
    uint8_t data[PUBLIC_BYTES] = {(uint8_t)kind}, pair[crypto_sign_SECRETKEYBYTES];
    crypto_sign_seed_keypair(data + 1, pair, secret);
    sodium_memzero(pair, sizeof(pair));
    write_text(data, sizeof(data), out);
}

void nkey_seed(enum nkey_kind kind, const uint8_t secret[32], char out[NKEY_SEED_CHARS + 1])
{
    uint8_t data[SEED_BYTES] = {(uint8_t)(KIND_SEED | kind >> 5), (uint8_t)((kind & 31) << 3)};
    memcpy(data + 2, secret, 32);
    write_text(data, sizeof(data), out);
    sodium_memzero(data, sizeof(data));
}

int nkey_public_of(const char *seed, char out[NKEY_PUBLIC_CHARS + 1])
{
    uint8_t data[SEED_BYTES];
    int err = strlen(seed) == NKEY_SEED_CHARS ? read_text(seed, data, sizeof(data)) : ERR_PARSE;
    if (!err && (data[0] != (KIND_SEED | NKEY_USER >> 5) || data[1] != ((NKEY_USER & 31) << 3)))
        err = ERR_PARSE;
    if (!err)
        nkey_public(NKEY_USER, data + 2, out);
    sodium_memzero(data, sizeof(data));
    return err;
}
