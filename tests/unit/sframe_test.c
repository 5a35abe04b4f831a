/* SPDX-License-Identifier: MIT */
/* The published vectors are checked by vectors/sframe. */
#include "crypto/sframe.h"

#include <string.h>

#include "base/err.h"
#include "base/rand.h"
#include "base/units.h"
#include "check.h"

static const enum sframe_suite suites[] = {
    SFRAME_AES_128_CTR_HMAC_SHA256_80, SFRAME_AES_128_CTR_HMAC_SHA256_64, SFRAME_AES_128_CTR_HMAC_SHA256_32,
    SFRAME_AES_128_GCM_SHA256_128,     SFRAME_AES_256_GCM_SHA512_128,     SFRAME_CHACHA20_POLY1305_SHA256,
};

static const struct sframe_text metadata = {(const uint8_t *)"meta", 4};

static struct sframe_key key_of(enum sframe_suite suite, uint64_t kid)
{
    struct sframe_key k;
    CHECK_EQ(0, sframe_key_init(&k, suite, kid, (const uint8_t *)"base key", 8));
    return k;
}

static struct sframe_text text_of(const void *data, size_t len) { return (struct sframe_text){data, len}; }

static void what_is_sealed_opens_in_every_suite(void)
{
    static uint8_t plain[1500], sealed[1600], opened[1500];
    static const size_t lengths[] = {0, 1, 15, 16, 17, 63, 64, 65, 1200, 1500};
    for (size_t i = 0; i < sizeof plain; i++)
        plain[i] = (uint8_t)(i * 7);
    for (size_t s = 0; s < COUNT_OF(suites); s++)
        for (size_t i = 0; i < COUNT_OF(lengths); i++) {
            struct sframe_key k = key_of(suites[s], 300);
            size_t len = lengths[i];
            int n = sframe_seal(&k, 70000, metadata, sealed, sizeof sealed, text_of(plain, len));
            CHECK_EQ(1 + 2 + 3 + len + sframe_tag_len(suites[s]), n);
            CHECK(len < 15 || memcmp(sealed + 6, plain, len));
            CHECK_EQ(len, sframe_open(&k, metadata, opened, len, text_of(sealed, (size_t)n)));
            CHECK_MEM(plain, opened, len);
        }
}

/* The text may lie where it will be sealed, or anywhere in the buffer. */
static void sealing_and_opening_work_in_place(void)
{
    for (size_t s = 0; s < COUNT_OF(suites); s++) {
        struct sframe_key k = key_of(suites[s], 0);
        for (size_t at = 0; at < 4; at++) {
            uint8_t buffer[64];
            memcpy(buffer + at, "the quick brown fox", 19);
            int n = sframe_seal(&k, 1, metadata, buffer, sizeof buffer, text_of(buffer + at, 19));
            CHECK(n > 0);
            CHECK_EQ(19, sframe_open(&k, metadata, buffer + 1, sizeof buffer - 1, text_of(buffer, (size_t)n)));
            CHECK_MEM("the quick brown fox", buffer + 1, 19);
        }
    }
}

static void any_altered_bit_is_noticed(void)
{
    for (size_t s = 0; s < COUNT_OF(suites); s++) {
        struct sframe_key k = key_of(suites[s], 0);
        uint8_t sealed[64], opened[64];
        int n = sframe_seal(&k, 9000, metadata, sealed, sizeof sealed, text_of("attack at dawn", 14));
        for (int bit = 0; bit < 8 * n; bit++) {
            sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
            CHECK(sframe_open(&k, metadata, opened, sizeof opened, text_of(sealed, (size_t)n)) < 0);
            sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        CHECK_EQ(ERR_AUTH, sframe_open(&k, text_of("mete", 4), opened, sizeof opened, text_of(sealed, (size_t)n)));
        for (int len = 0; len < n; len++)
            CHECK(sframe_open(&k, metadata, opened, sizeof opened, text_of(sealed, (size_t)len)) < 0);
        CHECK_EQ(14, sframe_open(&k, metadata, opened, sizeof opened, text_of(sealed, (size_t)n)));
    }
}

static void errors_say_what_is_wrong(void)
{
    struct sframe_key k = key_of(SFRAME_CHACHA20_POLY1305_SHA256, 5), other = key_of(SFRAME_CHACHA20_POLY1305_SHA256, 6);
    uint8_t sealed[64], opened[64];
    int n = sframe_seal(&k, 1, metadata, sealed, sizeof sealed, text_of("hello", 5));
    CHECK_EQ(22, n);
    CHECK_EQ(ERR_NO_KEY, sframe_open(&other, metadata, opened, sizeof opened, text_of(sealed, (size_t)n)));
    CHECK_EQ(ERR_SPACE, sframe_open(&k, metadata, opened, 4, text_of(sealed, (size_t)n)));
    CHECK_EQ(ERR_PARSE, sframe_open(&k, metadata, opened, sizeof opened, text_of(sealed, 16)));
    CHECK_EQ(ERR_PARSE, sframe_open(&k, metadata, opened, sizeof opened, text_of(sealed, 0)));
    CHECK_EQ(ERR_SPACE, sframe_seal(&k, 1, metadata, sealed, 21, text_of("hello", 5)));
    CHECK_EQ(ERR_LIMIT, sframe_seal(&k, 1, text_of(NULL, SFRAME_METADATA_MAX + 1), sealed, 64, text_of("hello", 5)));
    CHECK_EQ(ERR_UNSUPPORTED, sframe_key_init(&k, (enum sframe_suite)6, 0, sealed, 16));
    CHECK_EQ(0, sframe_tag_len((enum sframe_suite)6));
}

/* Not the shortest form, but RFC 9605 does not forbid a reader to take it; it is authenticated as it stands. */
static void longer_headers_are_read(void)
{
    struct sframe_header h;
    CHECK_EQ(3, sframe_header_read(&h, (const uint8_t[]){0x88, 3, 4}, 3));
    CHECK_EQ(3, h.kid);
    CHECK_EQ(4, h.counter);
    CHECK_EQ(ERR_PARSE, sframe_header_read(&h, (const uint8_t[]){0x88, 3}, 2));
    CHECK_EQ(ERR_PARSE, sframe_header_read(&h, NULL, 0));
}

static void any_header_survives(void)
{
    struct rng r = {1};
    for (int i = 0; i < 2000; i++) {
        struct sframe_header h = {rng_next(&r) >> rng_below(&r, 64), rng_next(&r) >> rng_below(&r, 64)}, back;
        uint8_t out[SFRAME_HEADER_MAX];
        size_t len = sframe_header_write(out, &h);
        CHECK_EQ(sframe_header_len(&h), len);
        CHECK_EQ(len, sframe_header_read(&back, out, len));
        CHECK(h.kid == back.kid && h.counter == back.counter);
    }
}

int main(void)
{
    static const struct check_test tests[] = {
        T(what_is_sealed_opens_in_every_suite),
        T(sealing_and_opening_work_in_place),
        T(any_altered_bit_is_noticed),
        T(errors_say_what_is_wrong),
        T(longer_headers_are_read),
        T(any_header_survives),
    };
    return CHECK_RUN(tests);
}
