/* SPDX-License-Identifier: MIT */
#include "crypto/hkdf.h"

#include <string.h>

#include "base/units.h"
#include "check.h"

static size_t unhex(uint8_t *out, const char *text)
{
    size_t n = 0;
    for (unsigned v; sscanf(text + 2 * n, "%2x", &v) == 1; n++)
        out[n] = (uint8_t)v;
    return n;
}

/* RFC 5869 appendix A.1 and A.3; the SHA-512 row is made with another implementation (node's crypto.hkdfSync). */
static void keys_are_those_of_rfc_5869(void)
{
    static const struct {
        enum hkdf_hash hash;
        const char *ikm, *salt, *info, *okm;
    } row[] = {
        {HKDF_SHA256, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
         "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"},
        {HKDF_SHA256, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "", "",
         "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"},
        {HKDF_SHA512, "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b", "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9",
         "832390086cda71fb47625bb5ceb168e4c8e26a1a16ed34d9fc7fe92c1481579338da362cb8d9f925d7cbcce0dff7098769cf15959867d571c1715450cb530137be3fb62f3cf32b84feba8f1eb1b563e20d9749b8640b8264c4b69b14ad5199115e1d609c"},
    };
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        uint8_t ikm[64], salt[64], info[64], expected[256], prk[HKDF_PRK_MAX], okm[256];
        size_t ikm_len = unhex(ikm, row[i].ikm), salt_len = unhex(salt, row[i].salt), info_len = unhex(info, row[i].info);
        size_t len = unhex(expected, row[i].okm);
        hkdf_extract(row[i].hash, prk, salt, salt_len, ikm, ikm_len);
        hkdf_expand(row[i].hash, okm, len, prk, info, info_len);
        CHECK(len >= 42);
        CHECK_MEM(expected, okm, len);
    }
}

static void a_shorter_key_begins_a_longer_one(void)
{
    uint8_t prk[HKDF_PRK_MAX] = {9}, whole[200], part[200];
    hkdf_expand(HKDF_SHA256, whole, sizeof whole, prk, (const uint8_t *)"x", 1);
    for (size_t len = 0; len < sizeof part; len++) {
        memset(part, 0, sizeof part);
        hkdf_expand(HKDF_SHA256, part, len, prk, (const uint8_t *)"x", 1);
        CHECK_MEM(whole, part, len);
        CHECK_EQ(0, part[len]);
    }
}

int main(void)
{
    static const struct check_test tests[] = {
        T(keys_are_those_of_rfc_5869),
        T(a_shorter_key_begins_a_longer_one),
    };
    return CHECK_RUN(tests);
}
