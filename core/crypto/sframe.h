/* SPDX-License-Identifier: MIT */
/* sframe.h - SFrame (RFC 9605): seals and opens one object with one key.
 *
 *   ciphertext = header (key id, counter), sealed text, tag;   authenticated beside the text: header, metadata
 *
 * The five published suites and one of our own, the default. No counter is kept here: keys.h does that. libsodium picks its fast
 * code in sodium_init(), which the shell calls once; without it the results are the same. */
#ifndef PARLEY_CRYPTO_SFRAME_H
#define PARLEY_CRYPTO_SFRAME_H

#include <stddef.h>
#include <stdint.h>

enum sframe_suite {
    SFRAME_AES_128_CTR_HMAC_SHA256_80 = 1,
    SFRAME_AES_128_CTR_HMAC_SHA256_64 = 2,
    SFRAME_AES_128_CTR_HMAC_SHA256_32 = 3,
    SFRAME_AES_128_GCM_SHA256_128 = 4,
    SFRAME_AES_256_GCM_SHA512_128 = 5,
    SFRAME_CHACHA20_POLY1305_SHA256 = 0xf001, /* private use; 32-byte key, 12-byte nonce, 16-byte tag */
};

#define SFRAME_HEADER_MAX 17
#define SFRAME_TAG_MAX 16
#define SFRAME_OVERHEAD_MAX (SFRAME_HEADER_MAX + SFRAME_TAG_MAX)
#define SFRAME_KEY_MAX 48
#define SFRAME_NONCE 12
#define SFRAME_METADATA_MAX 1024

struct sframe_header {
    uint64_t kid, counter;
};
/* Bytes of the shortest header. */
size_t sframe_header_len(const struct sframe_header *h);
/* Writes the shortest header; returns its length, at most SFRAME_HEADER_MAX. */
size_t sframe_header_write(uint8_t *out, const struct sframe_header *h);
/* Length of the header at the front of `data` (any form, also a longer one than needed), or ERR_PARSE. */
int sframe_header_read(struct sframe_header *h, const uint8_t *data, size_t len);

struct sframe_key {
    enum sframe_suite suite;
    uint64_t kid;
    uint8_t key[SFRAME_KEY_MAX]; /* CTR suites: encryption key, then authentication key */
    uint8_t salt[SFRAME_NONCE];
};
/* RFC 9605 section 4.4.2. ERR_UNSUPPORTED: no such suite. */
int sframe_key_init(struct sframe_key *k, enum sframe_suite suite, uint64_t kid, const uint8_t *base_key, size_t base_key_len);
void sframe_key_wipe(struct sframe_key *k);
size_t sframe_tag_len(enum sframe_suite suite); /* 0: no such suite */

struct sframe_text {
    const uint8_t *data;
    size_t len;
};
/* The bare AEAD of a suite (assert: one of ours), with a key and a nonce of its lengths. Seals into `out`, plain.len + tag bytes;
 * `plain` lies at `out` or does not overlap. */
void sframe_aead_seal(enum sframe_suite suite, const uint8_t *key, const uint8_t *nonce, struct sframe_text aad, uint8_t *out,
                      struct sframe_text plain);
/* Length of the text, ERR_PARSE (shorter than a tag) or ERR_AUTH. `out` is at sealed.data or does not overlap. */
int sframe_aead_open(enum sframe_suite suite, const uint8_t *key, const uint8_t *nonce, struct sframe_text aad, uint8_t *out,
                     struct sframe_text sealed);

/* Seals `plain` into `out`: header, sealed text, tag. Returns the length, ERR_SPACE, or ERR_LIMIT (metadata). `plain` may lie anywhere, also in `out`;
 * it is moved only when it does not yet lie where its ciphertext goes (out + header length). The caller never uses a counter twice. */
int sframe_seal(const struct sframe_key *k, uint64_t counter, struct sframe_text metadata, uint8_t *out, size_t cap,
                struct sframe_text plain);
/* Opens a ciphertext whose header names this key: writes the text to `out` and returns its length. `out` may be where the sealed
 * text lies (sealed.data + header length) or elsewhere without overlap. ERR_PARSE, ERR_NO_KEY (other key id), ERR_SPACE,
 * ERR_LIMIT (metadata), ERR_AUTH: `out` is then not to be used. */
int sframe_open(const struct sframe_key *k, struct sframe_text metadata, uint8_t *out, size_t cap, struct sframe_text sealed);

#endif
