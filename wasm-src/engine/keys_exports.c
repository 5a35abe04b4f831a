/* SPDX-License-Identifier: MIT */
/* keys_exports.c - core/crypto/keys.h for JS: sealing and opening outside of a client, for tests against another implementation. */
#include <stdlib.h>

#include "crypto/keys.h"
#include "module/export.h"

EXPORT(struct sealer *, sealer_new, const uint8_t *secret, size_t secret_len, const uint8_t *salt, double generation)
{
    struct sealer *s = calloc(1, sizeof *s);
    if (s)
        sealer_init(s, (struct group_secret){secret, secret_len}, salt, (uint64_t)generation);
    return s;
}
EXPORT(void, sealer_del, struct sealer *s)
{
    sealer_wipe(s);
    free(s);
}
EXPORT(int, sealer_seal, struct sealer *s, const uint8_t *metadata, size_t metadata_len, uint8_t *out, size_t cap,
       const uint8_t *plain, size_t len)
{
    return sealer_seal(s, (struct sframe_text){metadata, metadata_len}, out, cap, (struct sframe_text){plain, len});
}

EXPORT(struct keyring *, keyring_new, void)
{
    struct keyring *k = calloc(1, sizeof *k);
    if (k)
        keyring_init(k);
    return k;
}
EXPORT(void, keyring_del, struct keyring *k)
{
    keyring_wipe(k);
    free(k);
}
EXPORT(void, keyring_add, struct keyring *k, const uint8_t *secret, size_t secret_len, const uint8_t *salt, double generation)
{
    keyring_add(k, (struct group_secret){secret, secret_len}, salt, (uint64_t)generation);
}
EXPORT(int, keyring_open, struct keyring *k, const uint8_t *metadata, size_t metadata_len, uint8_t *out, size_t cap,
       const uint8_t *sealed, size_t len)
{
    return keyring_open(k, (struct sframe_text){metadata, metadata_len}, out, cap, (struct sframe_text){sealed, len});
}
