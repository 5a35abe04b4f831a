/* SPDX-License-Identifier: MIT */
/* hkdf.h - HKDF (RFC 5869) with SHA-256 or SHA-512. */
#ifndef PARLEY_CRYPTO_HKDF_H
#define PARLEY_CRYPTO_HKDF_H

#include <stddef.h>
#include <stdint.h>

enum hkdf_hash { HKDF_SHA256 = 32, HKDF_SHA512 = 64 }; /* the value is the hash's length in bytes */
#define HKDF_PRK_MAX 64

/* Writes hash-length bytes. An empty salt is the hash's zero key. */
void hkdf_extract(enum hkdf_hash h, uint8_t *prk, const uint8_t *salt, size_t salt_len, const uint8_t *ikm, size_t ikm_len);
/* `prk` is hash-length bytes; `len` at most 255 times that (assert). */
void hkdf_expand(enum hkdf_hash h, uint8_t *out, size_t len, const uint8_t *prk, const uint8_t *info, size_t info_len);

#endif
