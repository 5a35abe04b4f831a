/* SPDX-License-Identifier: MIT */
#include "crypto/hkdf.h"

#include <assert.h>
#include <string.h>

#include <sodium/crypto_auth_hmacsha256.h>
#include <sodium/crypto_auth_hmacsha512.h>
#include <sodium/utils.h>

struct hmac {
    enum hkdf_hash hash;
    union {
        crypto_auth_hmacsha256_state sha256;
        crypto_auth_hmacsha512_state sha512;
    };
};

static void hmac_start(struct hmac *m, enum hkdf_hash h, const uint8_t *key, size_t len)
{
    static const uint8_t nothing[1]; /* libsodium wants an address even for an empty key */
    key = len ? key : nothing;
    m->hash = h;
    if (h == HKDF_SHA256)
        crypto_auth_hmacsha256_init(&m->sha256, key, len);
    else
        crypto_auth_hmacsha512_init(&m->sha512, key, len);
}

static void hmac_add(struct hmac *m, const uint8_t *data, size_t len)
{
    if (m->hash == HKDF_SHA256)
        crypto_auth_hmacsha256_update(&m->sha256, data, len);
    else
        crypto_auth_hmacsha512_update(&m->sha512, data, len);
}

static void hmac_finish(struct hmac *m, uint8_t *out)
{
    if (m->hash == HKDF_SHA256)
        crypto_auth_hmacsha256_final(&m->sha256, out);
    else
        crypto_auth_hmacsha512_final(&m->sha512, out);
    sodium_memzero(m, sizeof *m);
}

void hkdf_extract(enum hkdf_hash h, uint8_t *prk, const uint8_t *salt, size_t salt_len, const uint8_t *ikm, size_t ikm_len)
{
    struct hmac m;
    hmac_start(&m, h, salt, salt_len); /* HMAC fills a short key with zeros, so no salt is the zero key */
    hmac_add(&m, ikm, ikm_len);
    hmac_finish(&m, prk);
}

void hkdf_expand(enum hkdf_hash h, uint8_t *out, size_t len, const uint8_t *prk, const uint8_t *info, size_t info_len)
{
    uint8_t block[HKDF_PRK_MAX], number = 0;
    assert(len <= 255 * (size_t)h);
    while (len) {
        struct hmac m;
        hmac_start(&m, h, prk, h);
        hmac_add(&m, block, number ? h : 0);
        hmac_add(&m, info, info_len);
        hmac_add(&m, &(uint8_t){++number}, 1);
        hmac_finish(&m, block);
        size_t n = len < (size_t)h ? len : (size_t)h;
        memcpy(out, block, n);
        out += n;
        len -= n;
    }
    sodium_memzero(block, sizeof block);
}
