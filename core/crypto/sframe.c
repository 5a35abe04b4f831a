/* SPDX-License-Identifier: MIT */
#include "crypto/sframe.h"

#include <assert.h>
#include <string.h>

#include <sodium/crypto_aead_chacha20poly1305.h>
#include <sodium/crypto_auth_hmacsha256.h>
#include <sodium/utils.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/units.h"
#include "crypto/aes.h"
#include "crypto/hkdf.h"

/* ---- suites ---- */

enum cipher { CTR_HMAC, GCM, CHACHA };

#define CTR_KEY 16  /* of a CTR suite's 48 bytes; the rest authenticates */
#define HMAC_KEY 32

struct suite {
    enum sframe_suite suite;
    enum cipher cipher;
    enum hkdf_hash hash;
    size_t key_len, tag_len;
};

static const struct suite suites[] = {
    {SFRAME_CHACHA20_POLY1305_SHA256, CHACHA, HKDF_SHA256, 32, 16},
    {SFRAME_AES_128_CTR_HMAC_SHA256_80, CTR_HMAC, HKDF_SHA256, CTR_KEY + HMAC_KEY, 10},
    {SFRAME_AES_128_CTR_HMAC_SHA256_64, CTR_HMAC, HKDF_SHA256, CTR_KEY + HMAC_KEY, 8},
    {SFRAME_AES_128_CTR_HMAC_SHA256_32, CTR_HMAC, HKDF_SHA256, CTR_KEY + HMAC_KEY, 4},
    {SFRAME_AES_128_GCM_SHA256_128, GCM, HKDF_SHA256, 16, 16},
    {SFRAME_AES_256_GCM_SHA512_128, GCM, HKDF_SHA512, 32, 16},
};

static const struct suite *suite_of(enum sframe_suite suite)
{
    for (size_t i = 0; i < COUNT_OF(suites); i++)
        if (suites[i].suite == suite)
            return &suites[i];
    return NULL;
}

size_t sframe_tag_len(enum sframe_suite suite)
{
    const struct suite *s = suite_of(suite);
    return s ? s->tag_len : 0;
}

/* ---- header: X KKK Y CCC, then key id and counter; X and Y: the three bits are a length - 1 and not the value ---- */

static size_t number_len(uint64_t v)
{
    size_t len = 1;
    while (v >>= 8)
        len++;
    return len;
}

static size_t extra_len(uint64_t v) { return v < 8 ? 0 : number_len(v); }

static uint8_t nibble(uint64_t v) { return v < 8 ? (uint8_t)v : (uint8_t)(8 | (number_len(v) - 1)); }

static void write_number(struct writer *w, uint64_t v)
{
    for (size_t left = extra_len(v); left > 0; left--)
        write_u8(w, (uint8_t)(v >> 8 * (left - 1)));
}

static uint64_t read_number(struct reader *r, unsigned bits)
{
    uint64_t v = 0;
    if (!(bits & 8))
        return bits;
    for (unsigned left = (bits & 7) + 1; left > 0; left--)
        v = v << 8 | read_u8(r);
    return v;
}

size_t sframe_header_len(const struct sframe_header *h) { return 1 + extra_len(h->kid) + extra_len(h->counter); }

size_t sframe_header_write(uint8_t *out, const struct sframe_header *h)
{
    struct writer w = writer_of(out, sframe_header_len(h));
    write_u8(&w, (uint8_t)(nibble(h->kid) << 4 | nibble(h->counter)));
    write_number(&w, h->kid);
    write_number(&w, h->counter);
    return sframe_header_len(h);
}

int sframe_header_read(struct sframe_header *h, const uint8_t *data, size_t len)
{
    struct reader r = reader_of(data, len);
    uint8_t config = read_u8(&r);
    h->kid = read_number(&r, config >> 4);
    h->counter = read_number(&r, config & 15);
    return reader_ok(&r) ? ERR_PARSE : (int)(len - reader_left(&r));
}

/* ---- key schedule ---- */

/* HKDF-Expand with "SFrame 1.0 Secret " + what + key id (8 bytes) + suite (2 bytes). */
static void expand(const struct suite *s, uint8_t *out, size_t len, const uint8_t *secret, const char *what, uint64_t kid)
{
    uint8_t label[64];
    struct writer w = writer_of(label, sizeof label);
    write_bytes(&w, "SFrame 1.0 Secret ", 18);
    write_bytes(&w, what, strlen(what));
    write_u64(&w, kid);
    write_u16(&w, (uint16_t)s->suite);
    hkdf_expand(s->hash, out, len, secret, label, (size_t)writer_done(&w));
}

int sframe_key_init(struct sframe_key *k, enum sframe_suite suite, uint64_t kid, const uint8_t *base_key, size_t base_key_len)
{
    const struct suite *s = suite_of(suite);
    if (!s)
        return ERR_UNSUPPORTED;
    uint8_t secret[HKDF_PRK_MAX];
    hkdf_extract(s->hash, secret, NULL, 0, base_key, base_key_len);
    *k = (struct sframe_key){.suite = suite, .kid = kid};
    expand(s, k->key, s->key_len, secret, "key ", kid);
    expand(s, k->salt, SFRAME_NONCE, secret, "salt ", kid);
    sodium_memzero(secret, sizeof secret);
    return 0;
}

void sframe_key_wipe(struct sframe_key *k) { sodium_memzero(k, sizeof *k); }

/* ---- the ciphers, each with one way in and one out ---- */

struct aead {
    const struct suite *suite;
    const uint8_t *key, *nonce;
    struct sframe_text aad;
};

/* RFC 9605 section 4.5.1: HMAC over the three lengths, nonce, additional data and ciphertext. */
static void ctr_tag(const struct aead *a, const uint8_t *sealed, size_t len, uint8_t out[crypto_auth_hmacsha256_BYTES])
{
    uint8_t lengths[24];
    struct writer w = writer_of(lengths, sizeof lengths);
    write_u64(&w, a->aad.len);
    write_u64(&w, len);
    write_u64(&w, a->suite->tag_len);
    crypto_auth_hmacsha256_state m;
    crypto_auth_hmacsha256_init(&m, a->key + CTR_KEY, HMAC_KEY);
    crypto_auth_hmacsha256_update(&m, lengths, sizeof lengths);
    crypto_auth_hmacsha256_update(&m, a->nonce, SFRAME_NONCE);
    crypto_auth_hmacsha256_update(&m, a->aad.data, a->aad.len);
    crypto_auth_hmacsha256_update(&m, sealed, len);
    crypto_auth_hmacsha256_final(&m, out);
    sodium_memzero(&m, sizeof m);
}

static void ctr_crypt(const struct aead *a, uint8_t *out, const uint8_t *in, size_t len)
{
    uint8_t start[AES_BLOCK] = {0};
    struct aes aes;
    aes_init(&aes, a->key, CTR_KEY);
    memcpy(start, a->nonce, SFRAME_NONCE);
    aes_ctr(&aes, start, out, in, len);
    sodium_memzero(&aes, sizeof aes);
}

static void ctr_seal(const struct aead *a, uint8_t *out, const uint8_t *in, size_t len)
{
    uint8_t tag[crypto_auth_hmacsha256_BYTES];
    ctr_crypt(a, out, in, len);
    ctr_tag(a, out, len, tag);
    memcpy(out + len, tag, a->suite->tag_len);
}

static int ctr_open(const struct aead *a, uint8_t *out, const uint8_t *in, size_t len)
{
    uint8_t tag[crypto_auth_hmacsha256_BYTES];
    ctr_tag(a, in, len, tag);
    if (sodium_memcmp(tag, in + len, a->suite->tag_len))
        return ERR_AUTH;
    ctr_crypt(a, out, in, len);
    return 0;
}

static void gcm_seal(const struct aead *a, uint8_t *out, const uint8_t *in, size_t len)
{
    struct aes aes;
    aes_init(&aes, a->key, a->suite->key_len);
    aes_gcm_seal(&aes, a->nonce, a->aad.data, a->aad.len, out, in, len, out + len);
    sodium_memzero(&aes, sizeof aes);
}

static int gcm_open(const struct aead *a, uint8_t *out, const uint8_t *in, size_t len)
{
    struct aes aes;
    aes_init(&aes, a->key, a->suite->key_len);
    int err = aes_gcm_open(&aes, a->nonce, a->aad.data, a->aad.len, out, in, len, in + len);
    sodium_memzero(&aes, sizeof aes);
    return err;
}

static void chacha_seal(const struct aead *a, uint8_t *out, const uint8_t *in, size_t len)
{
    crypto_aead_chacha20poly1305_ietf_encrypt_detached(out, out + len, NULL, in, len, a->aad.data, a->aad.len, NULL, a->nonce,
                                                       a->key);
}

static int chacha_open(const struct aead *a, uint8_t *out, const uint8_t *in, size_t len)
{
    int bad =
        crypto_aead_chacha20poly1305_ietf_decrypt_detached(out, NULL, in, len, in + len, a->aad.data, a->aad.len, a->nonce, a->key);
    return bad ? ERR_AUTH : 0;
}

void sframe_aead_seal(enum sframe_suite suite, const uint8_t *key, const uint8_t *nonce, struct sframe_text aad, uint8_t *out,
                      struct sframe_text plain)
{
    struct aead a = {suite_of(suite), key, nonce, aad};
    assert(a.suite);
    switch (a.suite->cipher) {
    case CTR_HMAC: ctr_seal(&a, out, plain.data, plain.len); break;
    case GCM: gcm_seal(&a, out, plain.data, plain.len); break;
    case CHACHA: chacha_seal(&a, out, plain.data, plain.len); break;
    }
}

static int open_text(const struct aead *a, uint8_t *out, const uint8_t *in, size_t len)
{
    switch (a->suite->cipher) {
    case CTR_HMAC: return ctr_open(a, out, in, len);
    case GCM: return gcm_open(a, out, in, len);
    case CHACHA: return chacha_open(a, out, in, len);
    }
    return ERR_UNSUPPORTED;
}

int sframe_aead_open(enum sframe_suite suite, const uint8_t *key, const uint8_t *nonce, struct sframe_text aad, uint8_t *out,
                     struct sframe_text sealed)
{
    struct aead a = {suite_of(suite), key, nonce, aad};
    assert(a.suite);
    if (sealed.len < a.suite->tag_len)
        return ERR_PARSE;
    size_t len = sealed.len - a.suite->tag_len;
    int err = open_text(&a, out, sealed.data, len);
    return err ? err : (int)len;
}

/* ---- objects ---- */

/* nonce = salt XOR counter */
static void make_nonce(uint8_t nonce[SFRAME_NONCE], const struct sframe_key *k, uint64_t counter)
{
    memcpy(nonce, k->salt, SFRAME_NONCE);
    for (int i = 0; i < 8; i++)
        nonce[SFRAME_NONCE - 1 - i] ^= (uint8_t)(counter >> 8 * i);
}

struct aad {
    uint8_t bytes[SFRAME_HEADER_MAX + SFRAME_METADATA_MAX];
};

/* aad = SFrame header, metadata */
static struct sframe_text join(struct aad *aad, const uint8_t *header, size_t header_len, struct sframe_text metadata)
{
    memcpy(aad->bytes, header, header_len);
    if (metadata.len)
        memcpy(aad->bytes + header_len, metadata.data, metadata.len);
    return (struct sframe_text){aad->bytes, header_len + metadata.len};
}

int sframe_seal(const struct sframe_key *k, uint64_t counter, struct sframe_text metadata, uint8_t *out, size_t cap,
                struct sframe_text plain)
{
    uint8_t header[SFRAME_HEADER_MAX], nonce[SFRAME_NONCE], *text;
    struct aad aad;
    size_t header_len = sframe_header_write(header, &(struct sframe_header){k->kid, counter});
    size_t extra = header_len + sframe_tag_len(k->suite);
    if (metadata.len > SFRAME_METADATA_MAX)
        return ERR_LIMIT;
    if (cap < extra || plain.len > cap - extra)
        return ERR_SPACE;
    text = out + header_len;
    if (plain.len && plain.data != text)
        memmove(text, plain.data, plain.len);
    memcpy(out, header, header_len);
    make_nonce(nonce, k, counter);
    sframe_aead_seal(k->suite, k->key, nonce, join(&aad, header, header_len, metadata), text,
                     (struct sframe_text){text, plain.len});
    return (int)(extra + plain.len);
}

int sframe_open(const struct sframe_key *k, struct sframe_text metadata, uint8_t *out, size_t cap, struct sframe_text sealed)
{
    uint8_t nonce[SFRAME_NONCE];
    struct sframe_header h;
    struct aad aad;
    int header_len = sframe_header_read(&h, sealed.data, sealed.len);
    if (header_len < 0)
        return header_len;
    if (h.kid != k->kid)
        return ERR_NO_KEY;
    if (metadata.len > SFRAME_METADATA_MAX)
        return ERR_LIMIT;
    struct sframe_text text = {sealed.data + header_len, sealed.len - (size_t)header_len};
    if (text.len > cap && text.len - cap > sframe_tag_len(k->suite))
        return ERR_SPACE;
    make_nonce(nonce, k, h.counter);
    return sframe_aead_open(k->suite, k->key, nonce, join(&aad, sealed.data, (size_t)header_len, metadata), out, text);
}
