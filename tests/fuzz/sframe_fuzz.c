/* SPDX-License-Identifier: MIT */
/* Sealed bytes from the network, in every suite (byte 0): never opened unless we sealed them. */
#include <string.h>

#include "crypto/sframe.h"
#include "fuzz/fuzz.h"

#define PLAIN_MAX 300

static enum sframe_suite suite_of(uint8_t choice)
{
    uint8_t n = choice % 6;
    return n ? (enum sframe_suite)n : SFRAME_CHACHA20_POLY1305_SHA256;
}

static const struct sframe_text metadata = {(const uint8_t *)"meta", 4};

/* Whatever the header says, so that the cipher behind it is reached. A forged tag of 4 bytes fits once in 2^32 inputs: ours do not. */
static void open_foreign(enum sframe_suite suite, const uint8_t *data, size_t len)
{
    uint8_t *out = malloc(len + 1);
    struct sframe_header h = {0, 0};
    struct sframe_key k;
    sframe_header_read(&h, data, len);
    MUST(sframe_key_init(&k, suite, h.kid, (const uint8_t *)"key", 3) == 0);
    int n = sframe_open(&k, metadata, out, len, (struct sframe_text){data, len});
    MUST(n < 0 || suite == SFRAME_AES_128_CTR_HMAC_SHA256_32);
    free(out);
}

/* Seals the input and opens it, whole, altered, and in too little space. */
static void seal_and_open(enum sframe_suite suite, const uint8_t *data, size_t len)
{
    uint8_t sealed[PLAIN_MAX + SFRAME_OVERHEAD_MAX], out[PLAIN_MAX];
    struct sframe_key k;
    len = len < PLAIN_MAX ? len : PLAIN_MAX;
    MUST(sframe_key_init(&k, suite, len, (const uint8_t *)"key", 3) == 0);
    int n = sframe_seal(&k, len * 77, metadata, sealed, sizeof sealed, (struct sframe_text){data, len});
    MUST(n > 0);
    MUST(sframe_open(&k, metadata, out, len, (struct sframe_text){sealed, (size_t)n}) == (int)len);
    MUST(len == 0 || !memcmp(out, data, len));
    if (len)
        MUST(sframe_open(&k, metadata, out, len - 1, (struct sframe_text){sealed, (size_t)n}) < 0);
    sealed[len ? data[0] % n : 0] ^= 1;
    MUST(sframe_open(&k, metadata, out, len, (struct sframe_text){sealed, (size_t)n}) < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    enum sframe_suite suite = suite_of(take_u8(&data, &len));
    open_foreign(suite, data, len);
    seal_and_open(suite, data, len);
    return 0;
}
