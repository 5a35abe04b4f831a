/* SPDX-License-Identifier: MIT */
/* sframe_vectors FILE.json - checks our SFrame against test vectors in the JSON form of RFC 9605 (sections "header",
 * "aes_ctr_hmac" and "sframe"; a row with group_secret and member_salt also has our step to base_key), and prints how many agree. Exit 0 only when at least one was checked and none differed. */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "crypto/hkdf.h"
#include "crypto/keys.h"
#include "crypto/sframe.h"

struct bytes {
    uint8_t *data;
    size_t len;
};

struct vector {
    const char *section;
    size_t index;
    json_t *row;
    bool good;
};

static void fault(struct vector *v, const char *what)
{
    v->good = false;
    printf("%s[%zu]: %s\n", v->section, v->index, what);
}

/* ---- reading values ---- */

/* A whole number, which quote_numbers() has made a string; decimal, or hexadecimal with 0x. */
static uint64_t number(struct vector *v, const char *key)
{
    const char *text = json_string_value(json_object_get(v->row, key));
    char *end = NULL;
    errno = 0;
    uint64_t n = text ? strtoull(text, &end, 0) : 0;
    if (!text || end == text || *end || errno)
        fault(v, key);
    return n;
}

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c | 0x20) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* Gives the bytes that a hexadecimal string stands for; none, and a fault, when it is missing or malformed. */
static struct bytes hex(struct vector *v, const char *key)
{
    const char *text = json_string_value(json_object_get(v->row, key));
    struct bytes b = {NULL, text ? strlen(text) / 2 : 0};
    b.data = malloc(b.len + 1);
    bool good = b.data && text && strlen(text) % 2 == 0;
    for (size_t i = 0; good && i < b.len; i++) {
        int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
        good = high >= 0 && low >= 0;
        b.data[i] = (uint8_t)(high << 4 | low);
    }
    if (!good) {
        fault(v, key);
        b.len = 0;
    }
    return b;
}

/* Compares what we have made with what the vector says, where it says anything. */
static void expect(struct vector *v, const char *key, const void *data, size_t len)
{
    if (!json_object_get(v->row, key))
        return;
    struct bytes b = hex(v, key);
    if (b.len != len || memcmp(b.data, data, len))
        fault(v, key);
    free(b.data);
}

/* ---- sections ---- */

static void check_header(struct vector *v)
{
    struct sframe_header h = {number(v, "kid"), number(v, "ctr")}, back;
    uint8_t out[SFRAME_HEADER_MAX];
    size_t len = sframe_header_write(out, &h);
    expect(v, "encoded", out, len);
    struct bytes b = hex(v, "encoded");
    if (sframe_header_read(&back, b.data, b.len) != (int)b.len || back.kid != h.kid || back.counter != h.counter)
        fault(v, "does not decode to kid and ctr");
    free(b.data);
}

/* The published sections give the additional data as a whole. So that it is exactly that, header and metadata are cut from it: the
 * header is as long as the one that we write for key id and counter. */
static void seal_and_open(struct vector *v, const struct sframe_key *k, uint64_t counter, struct bytes metadata)
{
    struct bytes pt = hex(v, "pt"), ct = hex(v, "ct");
    size_t cap = pt.len + SFRAME_OVERHEAD_MAX;
    uint8_t *out = malloc(cap + ct.len);
    struct sframe_text meta = {metadata.data, metadata.len};
    int len = sframe_seal(k, counter, meta, out, cap, (struct sframe_text){pt.data, pt.len});
    if (len < 0)
        fault(v, "cannot be sealed");
    else
        expect(v, "ct", out, (size_t)len);
    len = sframe_open(k, meta, out, cap + ct.len, (struct sframe_text){ct.data, ct.len});
    if (len != (int)pt.len || memcmp(out, pt.data, pt.len))
        fault(v, "ct does not open to pt");
    if (ct.len) {
        ct.data[ct.len - 1] ^= 1;
        if (sframe_open(k, meta, out, cap + ct.len, (struct sframe_text){ct.data, ct.len}) >= 0)
            fault(v, "opens although its tag was altered");
    }
    free(out);
    free(pt.data);
    free(ct.data);
}

static void expect_label(struct vector *v, const char *key, const char *what, uint64_t kid, unsigned suite)
{
    uint8_t label[64];
    int len = snprintf((char *)label, sizeof label, "SFrame 1.0 Secret %s ", what);
    for (int i = 0; i < 8; i++)
        label[len++] = (uint8_t)(kid >> (56 - 8 * i));
    label[len++] = (uint8_t)(suite >> 8);
    label[len++] = (uint8_t)suite;
    expect(v, key, label, (size_t)len);
}

static void expect_schedule(struct vector *v, const struct sframe_key *k, struct bytes base_key)
{
    enum hkdf_hash h = k->suite == SFRAME_AES_256_GCM_SHA512_128 ? HKDF_SHA512 : HKDF_SHA256;
    uint8_t secret[HKDF_PRK_MAX];
    hkdf_extract(h, secret, NULL, 0, base_key.data, base_key.len);
    expect(v, "sframe_secret", secret, h);
    expect_label(v, "sframe_key_label", "key", k->kid, k->suite);
    expect_label(v, "sframe_salt_label", "salt", k->kid, k->suite);
    expect(v, "sframe_key", k->key,
           k->suite <= SFRAME_AES_128_CTR_HMAC_SHA256_32 ? 48
           : k->suite == SFRAME_AES_128_GCM_SHA256_128   ? 16
                                                         : 32);
    expect(v, "sframe_salt", k->salt, sizeof k->salt);
}

/* Our own step before RFC 9605's: from the group secret and the member's salt to the base key. */
static void expect_base_key(struct vector *v)
{
    struct bytes secret = hex(v, "group_secret"), salt = hex(v, "member_salt");
    uint8_t base[KEYS_BASE_BYTES];
    if (salt.len == KEYS_SALT_BYTES)
        keys_base(base, (struct group_secret){secret.data, secret.len}, salt.data);
    else
        fault(v, "member_salt");
    expect(v, "base_key", base, sizeof base);
    free(secret.data);
    free(salt.data);
}

static void expect_nonce_and_aad(struct vector *v, const struct sframe_key *k, uint64_t counter, struct bytes metadata)
{
    uint8_t nonce[SFRAME_NONCE], *aad = malloc(SFRAME_HEADER_MAX + metadata.len);
    memcpy(nonce, k->salt, sizeof nonce);
    for (int i = 0; i < 8; i++)
        nonce[SFRAME_NONCE - 1 - i] ^= (uint8_t)(counter >> 8 * i);
    expect(v, "nonce", nonce, sizeof nonce);
    size_t len = sframe_header_write(aad, &(struct sframe_header){k->kid, counter});
    memcpy(aad + len, metadata.data, metadata.len);
    expect(v, "aad", aad, len + metadata.len);
    free(aad);
}

static void check_sframe(struct vector *v)
{
    uint64_t kid = number(v, "kid"), counter = number(v, "ctr");
    struct bytes base_key = hex(v, "base_key"), metadata = hex(v, "metadata");
    struct sframe_key k;
    if (sframe_key_init(&k, (enum sframe_suite)number(v, "cipher_suite"), kid, base_key.data, base_key.len)) {
        fault(v, "cipher_suite is not one of ours");
    } else {
        if (json_object_get(v->row, "group_secret"))
            expect_base_key(v);
        expect_schedule(v, &k, base_key);
        expect_nonce_and_aad(v, &k, counter, metadata);
        seal_and_open(v, &k, counter, metadata);
    }
    free(base_key.data);
    free(metadata.data);
}

/* The bare AEAD of the CTR suites. */
static void check_aead(struct vector *v)
{
    enum sframe_suite suite = (enum sframe_suite)number(v, "cipher_suite");
    struct bytes key = hex(v, "key"), nonce = hex(v, "nonce"), aad = hex(v, "aad"), pt = hex(v, "pt"), ct = hex(v, "ct");
    size_t tag_len = sframe_tag_len(suite);
    uint8_t *out = malloc(pt.len + SFRAME_TAG_MAX);
    if (suite < SFRAME_AES_128_CTR_HMAC_SHA256_80 || suite > SFRAME_AES_128_CTR_HMAC_SHA256_32 || key.len != 48 ||
        nonce.len != SFRAME_NONCE) {
        fault(v, "cipher_suite, key or nonce is not one of ours");
    } else {
        sframe_aead_seal(suite, key.data, nonce.data, (struct sframe_text){aad.data, aad.len}, out,
                         (struct sframe_text){pt.data, pt.len});
        expect(v, "ct", out, pt.len + tag_len);
        expect(v, "enc_key", key.data, 16);
        expect(v, "auth_key", key.data + 16, 32);
        int len = sframe_aead_open(suite, key.data, nonce.data, (struct sframe_text){aad.data, aad.len}, ct.data,
                                   (struct sframe_text){ct.data, ct.len});
        if (len != (int)pt.len || memcmp(ct.data, pt.data, pt.len))
            fault(v, "ct does not open to pt");
    }
    free(out);
    free(key.data);
    free(nonce.data);
    free(aad.data);
    free(pt.data);
    free(ct.data);
}

/* ---- the file ---- */

/* Prints the section's count; adds to `checked`. Returns the number of vectors that differ. */
static size_t check_section(json_t *file, const char *name, void (*check)(struct vector *), size_t *checked)
{
    json_t *rows = json_object_get(file, name), *row;
    size_t index, bad = 0;
    json_array_foreach(rows, index, row)
    {
        struct vector v = {name, index, row, true};
        check(&v);
        bad += !v.good;
    }
    if (rows)
        printf("%-13s %zu of %zu agree\n", name, json_array_size(rows) - bad, json_array_size(rows));
    *checked += json_array_size(rows);
    return bad;
}

static void name_other_sections(json_t *file)
{
    const char *name;
    json_t *rows;
    json_object_foreach(file, name, rows) if (strcmp(name, "header") && strcmp(name, "aes_ctr_hmac") && strcmp(name, "sframe"))
        printf("%-13s not checked: no section of RFC 9605\n", name);
}

static char *read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    fseek(f, 0, SEEK_END);
    long len = ftell(f);
    rewind(f);
    char *text = len >= 0 ? malloc((size_t)len + 1) : NULL;
    if (text)
        text[fread(text, 1, (size_t)len, f)] = 0;
    fclose(f);
    return text;
}

/* Gives the text with every bare number in quotes: key ids and counters have 64 bits, more than the JSON library's integers. */
static char *quote_numbers(const char *text)
{
    char *out = malloc(3 * strlen(text) + 1), *to = out;
    bool in_string = false, in_number = false;
    for (; out && *text; text++) {
        if (*text == '"' && !(in_string && text[-1] == '\\'))
            in_string = !in_string;
        bool digit = !in_string && *text >= '0' && *text <= '9';
        if (digit != in_number)
            *to++ = '"';
        in_number = digit;
        *to++ = *text;
    }
    if (out)
        *to = 0;
    return out;
}

static json_t *load(const char *path)
{
    json_error_t error = {.text = "cannot be read"};
    char *text = read_file(path), *quoted = text ? quote_numbers(text) : NULL;
    json_t *file = quoted ? json_loads(quoted, 0, &error) : NULL;
    if (!file)
        fprintf(stderr, "%s: %s\n", path, error.text);
    free(text);
    free(quoted);
    return file;
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : PARLEY_SOURCE_DIR "/tests/vectors/sframe.json";
    json_t *file = load(path);
    if (!file)
        return 2;
    size_t checked = 0, bad = 0;
    bad += check_section(file, "header", check_header, &checked);
    bad += check_section(file, "aes_ctr_hmac", check_aead, &checked);
    bad += check_section(file, "sframe", check_sframe, &checked);
    name_other_sections(file);
    json_decref(file);
    printf("%zu vectors checked, %zu differ\n", checked, bad);
    return bad || !checked;
}
