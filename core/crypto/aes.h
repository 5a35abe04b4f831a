/* SPDX-License-Identifier: MIT */
/* aes.h - AES-128 and AES-256 encryption of blocks, CTR and GCM, in constant time and without tables.
 *
 * For SFrame's published suites (other clients, vectors). Four blocks at a time, one bit of all 64 bytes per word, so no address and
 * no branch depends on a key or text. The default suite is ChaCha20-Poly1305, which is faster where there is no AES instruction. */
#ifndef PARLEY_CRYPTO_AES_H
#define PARLEY_CRYPTO_AES_H

#include <stddef.h>
#include <stdint.h>

#define AES_BLOCK 16
#define AES_ROUNDS_MAX 14

struct aes {
    unsigned rounds;
    uint64_t key[AES_ROUNDS_MAX + 1][8]; /* [round][bit]: the round key in each of four lanes */
};

/* `key_len` is 16 or 32 (assert). To be wiped by its owner. */
void aes_init(struct aes *a, const uint8_t *key, size_t key_len);
void aes_encrypt_block(const struct aes *a, uint8_t out[AES_BLOCK], const uint8_t in[AES_BLOCK]);

/* XORs the key stream that starts with counter block `start` (its last 32 bits count, big-endian, wrapping) over `len` bytes.
 * `out` may be `in`. */
void aes_ctr(const struct aes *a, const uint8_t start[AES_BLOCK], uint8_t *out, const uint8_t *in, size_t len);

#define AES_GCM_NONCE 12
#define AES_GCM_TAG 16
/* NIST SP 800-38D. `out` may be `in`. */
void aes_gcm_seal(const struct aes *a, const uint8_t nonce[AES_GCM_NONCE], const uint8_t *aad, size_t aad_len, uint8_t *out,
                  const uint8_t *in, size_t len, uint8_t tag[AES_GCM_TAG]);
/* 0, or ERR_AUTH, and then `out` is not written. `out` may be `in`. */
int aes_gcm_open(const struct aes *a, const uint8_t nonce[AES_GCM_NONCE], const uint8_t *aad, size_t aad_len, uint8_t *out,
                 const uint8_t *in, size_t len, const uint8_t tag[AES_GCM_TAG]);

#endif
