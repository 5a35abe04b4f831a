/* SPDX-License-Identifier: MIT */
#include "crypto/aes.h"

#include <stdbool.h>
#include <string.h>

#include "base/err.h"
#include "base/rand.h"
#include "base/units.h"
#include "check.h"

/* Reads hexadecimal digits; returns the number of bytes. */
static size_t unhex(uint8_t *out, const char *text)
{
    size_t n = 0;
    for (unsigned v; sscanf(text + 2 * n, "%2x", &v) == 1; n++)
        out[n] = (uint8_t)v;
    return n;
}

static void check_hex(const char *expected, const uint8_t *actual)
{
    uint8_t bytes[128];
    size_t len = unhex(bytes, expected);
    CHECK_MEM(bytes, actual, len);
}

static void blocks_are_those_of_fips_197(void)
{
    static const struct {
        const char *key, *out;
    } row[] = {
        {"000102030405060708090a0b0c0d0e0f", "69c4e0d86a7b0430d8cdb78070b4c55a"},
        {"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "8ea2b7ca516745bfeafc49904b496089"},
    };
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        uint8_t key[32], block[AES_BLOCK];
        struct aes a;
        aes_init(&a, key, unhex(key, row[i].key));
        unhex(block, "00112233445566778899aabbccddeeff");
        aes_encrypt_block(&a, block, block);
        check_hex(row[i].out, block);
    }
}

static const char text_38a[] = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
                               "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";

static void counter_mode_is_that_of_sp_800_38a(void)
{
    static const struct {
        const char *key, *out;
    } row[] = {
        {"2b7e151628aed2a6abf7158809cf4f3c", "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"
                                             "5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee"},
        {"603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4",
         "601ec313775789a5b7a7f504bbf3d228f443e3ca4d62b59aca84e990cacaf5c5"
         "2b0930daa23de94ce87017ba2d84988ddfc9c58db67aada613c2dd08457941a6"},
    };
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        uint8_t key[32], start[AES_BLOCK], text[64];
        struct aes a;
        aes_init(&a, key, unhex(key, row[i].key));
        unhex(start, "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
        unhex(text, text_38a);
        aes_ctr(&a, start, text, text, sizeof text);
        check_hex(row[i].out, text);
    }
}

/* Every length gives the beginning of the longest one. */
static void counter_mode_takes_any_length(void)
{
    uint8_t start[AES_BLOCK] = {1}, in[200] = {0}, whole[200], part[200];
    memset(start + 12, 0xff, 4); /* the count wraps after the first block */
    struct aes a;
    aes_init(&a, start, 16);
    aes_ctr(&a, start, whole, in, sizeof whole);
    for (size_t len = 0; len < sizeof part; len++) {
        memset(part, 0x5a, sizeof part);
        aes_ctr(&a, start, part, in, len);
        CHECK_MEM(whole, part, len);
        CHECK_EQ(0x5a, part[len]);
    }
    uint8_t wrapped[AES_BLOCK] = {1};
    aes_encrypt_block(&a, wrapped, wrapped);
    CHECK_MEM(wrapped, whole + AES_BLOCK, AES_BLOCK);
}

struct gcm_row {
    const char *key, *nonce, *aad, *text, *sealed, *tag;
};

/* Test cases 1, 2, 4, 13 and 16 of the submission to NIST (McGrew and Viega). */
static const struct gcm_row gcm[] = {
    {"00000000000000000000000000000000", "000000000000000000000000", "", "", "", "58e2fccefa7e3061367f1d57a4e7455a"},
    {"00000000000000000000000000000000", "000000000000000000000000", "", "00000000000000000000000000000000",
     "0388dace60b6a392f328c2b971b2fe78", "ab6e47d42cec13bdf53a67b21257bddf"},
    {"feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888", "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091",
     "5bc94fbc3221a5db94fae95ae7121a47"},
    {"0000000000000000000000000000000000000000000000000000000000000000", "000000000000000000000000", "", "", "",
     "530f8afbc74536b9a963b4f1c4cb738b"},
    {"feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
     "feedfacedeadbeeffeedfacedeadbeefabaddad2",
     "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
     "76fc6ece0f4e1768cddf8853bb2d551b"},
};

static void gcm_is_that_of_sp_800_38d(void)
{
    for (size_t i = 0; i < COUNT_OF(gcm); i++) {
        uint8_t key[32], nonce[AES_GCM_NONCE], aad[64], text[64], plain[64], tag[AES_GCM_TAG];
        struct aes a;
        aes_init(&a, key, unhex(key, gcm[i].key));
        unhex(nonce, gcm[i].nonce);
        size_t aad_len = unhex(aad, gcm[i].aad), len = unhex(text, gcm[i].text);
        memcpy(plain, text, sizeof plain);
        aes_gcm_seal(&a, nonce, aad, aad_len, text, text, len, tag);
        check_hex(gcm[i].sealed, text);
        check_hex(gcm[i].tag, tag);
        tag[15] ^= 1;
        CHECK_EQ(ERR_AUTH, aes_gcm_open(&a, nonce, aad, aad_len, text, text, len, tag));
        tag[15] ^= 1;
        CHECK_EQ(0, aes_gcm_open(&a, nonce, aad, aad_len, text, text, len, tag));
        CHECK_MEM(plain, text, len);
    }
}

/* ---- AES as the standard writes it down, byte by byte ---- */

static uint8_t times(uint8_t a, uint8_t b)
{
    uint8_t sum = 0;
    for (; b; b >>= 1, a = (uint8_t)(a << 1 ^ (a & 0x80 ? 0x1b : 0)))
        sum ^= b & 1 ? a : 0;
    return sum;
}

static uint8_t substitute(uint8_t v)
{
    uint8_t inverse = 0, s = 0x63;
    for (int c = 1; c < 256; c++)
        if (times(v, (uint8_t)c) == 1)
            inverse = (uint8_t)c;
    for (int turn = 0; turn < 5; turn++)
        s ^= (uint8_t)(inverse << turn | inverse >> (8 - turn));
    return s;
}

static void plain_round(uint8_t s[16], const uint8_t *sbox, bool last, const uint8_t key[16])
{
    uint8_t t[16];
    for (int i = 0; i < 16; i++)
        t[i] = sbox[s[(i + 4 * (i % 4)) % 16]];
    for (int i = 0; i < 16; i++) {
        const uint8_t *c = t + i / 4 * 4;
        int r = i % 4;
        s[i] = last ? t[i] : times(c[r], 2) ^ times(c[(r + 1) % 4], 3) ^ c[(r + 2) % 4] ^ c[(r + 3) % 4];
        s[i] ^= key[i];
    }
}

static void plain_aes_128(const uint8_t key[16], uint8_t s[16], const uint8_t *sbox)
{
    uint8_t k[16], rcon = 1;
    memcpy(k, key, 16);
    for (int i = 0; i < 16; i++)
        s[i] ^= k[i];
    for (int round = 1; round <= 10; round++, rcon = times(rcon, 2)) {
        for (int i = 0; i < 16; i++)
            k[i] ^= i < 4 ? sbox[k[12 + (i + 1) % 4]] ^ (i ? 0 : rcon) : k[i - 4];
        plain_round(s, sbox, round == 10, k);
    }
}

static void agrees_with_aes_written_plainly(void)
{
    uint8_t sbox[256];
    struct rng r = {7};
    for (int v = 0; v < 256; v++)
        sbox[v] = substitute((uint8_t)v);
    for (int n = 0; n < 500; n++) {
        uint8_t key[16], block[16], expected[16];
        for (int i = 0; i < 16; i++) {
            key[i] = (uint8_t)rng_next(&r);
            expected[i] = block[i] = (uint8_t)rng_next(&r);
        }
        struct aes a;
        aes_init(&a, key, sizeof key);
        aes_encrypt_block(&a, block, block);
        plain_aes_128(key, expected, sbox);
        CHECK_MEM(expected, block, 16);
    }
}

int main(void)
{
    static const struct check_test tests[] = {
        T(blocks_are_those_of_fips_197), T(counter_mode_is_that_of_sp_800_38a), T(counter_mode_takes_any_length),
        T(gcm_is_that_of_sp_800_38d),    T(agrees_with_aes_written_plainly),
    };
    return CHECK_RUN(tests);
}
