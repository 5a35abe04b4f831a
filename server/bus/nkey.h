/* SPDX-License-Identifier: MIT */
/* nkey.h - the public half of a NATS user's key, which nats.c wants beside the file of the secret half.
 *
 * An nkey is base32 without padding of: a kind byte, 32 bytes, CRC-16/XMODEM of both, little-endian. A seed has two kind bytes. */
#ifndef PARLEY_BUS_NKEY_H
#define PARLEY_BUS_NKEY_H

#include <stddef.h>
#include <stdint.h>

#define NKEY_SEED_CHARS 58
#define NKEY_PUBLIC_CHARS 56

enum nkey_kind { NKEY_ACCOUNT = 0 << 3, NKEY_OPERATOR = 14 << 3, NKEY_USER = 20 << 3 };

/* The public key ("U...") of a user's seed ("SU..."), as text. ERR_PARSE: no seed of a user. */
int nkey_public_of(const char *seed, char out[NKEY_PUBLIC_CHARS + 1]);
/* Texts of a key pair whose 32 secret bytes are given. */
void nkey_public(enum nkey_kind kind, const uint8_t secret[32], char out[NKEY_PUBLIC_CHARS + 1]);
void nkey_seed(enum nkey_kind kind, const uint8_t secret[32], char out[NKEY_SEED_CHARS + 1]);

#endif
