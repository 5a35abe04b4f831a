/* SPDX-License-Identifier: MIT */
/* Four blocks are 64 bytes; bit b of byte i of them is bit i of plane b. A byte's place in its block is 4 * column + row, so a
 * block is a lane of 16 bits in every plane, and a column is a nibble. */
#include "crypto/aes.h"

#include <assert.h>
#include <string.h>

#include <sodium/utils.h>

#include "base/err.h"

#define LANES 4
#define BATCH (LANES * AES_BLOCK)

typedef uint64_t planes[8];

/* ---- bytes to planes and back ---- */

/* Exchanges the bits of `a` under mask << shift with those of `b` under mask. */
static void swap_bits(uint64_t *a, uint64_t *b, uint64_t mask, unsigned shift)
{
    uint64_t t = (*a >> shift ^ *b) & mask;
    *b ^= t;
    *a ^= t << shift;
}

/* Transposes the 8 x 8 bits that the same byte of eight words form; its own inverse. */
static void transpose(planes q)
{
    for (int i = 0; i < 8; i += 2)
        swap_bits(&q[i], &q[i + 1], 0x5555555555555555, 1);
    for (int i = 0; i < 8; i += i % 4 ? 3 : 1)
        swap_bits(&q[i], &q[i + 2], 0x3333333333333333, 2);
    for (int i = 0; i < 4; i++)
        swap_bits(&q[i], &q[i + 4], 0x0f0f0f0f0f0f0f0f, 4);
}

/* Word i takes bytes i, 8 + i, 16 + i ...: after transposing, bit 8j + i of a plane belongs to byte 8j + i. */
static void load(planes q, const uint8_t bytes[BATCH])
{
    memset(q, 0, sizeof(planes));
    for (unsigned i = 0; i < BATCH; i++)
        q[i % 8] |= (uint64_t)bytes[i] << (i / 8 * 8);
    transpose(q);
}

static void store(uint8_t bytes[BATCH], const planes in)
{
    planes q;
    memcpy(q, in, sizeof q);
    transpose(q);
    for (unsigned i = 0; i < BATCH; i++)
        bytes[i] = (uint8_t)(q[i % 8] >> (i / 8 * 8));
}

/* ---- the S-box: inversion in GF(2^8) as a circuit (Boyar and Peralta), then the affine map ---- */

static void sub_bytes(planes q)
{
    const uint64_t u0 = q[7], u1 = q[6], u2 = q[5], u3 = q[4], u4 = q[3], u5 = q[2], u6 = q[1], u7 = q[0];

    /* linear layer in */
    const uint64_t y14 = u3 ^ u5, y13 = u0 ^ u6, y9 = u0 ^ u3, y8 = u0 ^ u5, t0 = u1 ^ u2, y1 = t0 ^ u7, y4 = y1 ^ u3,
                   y12 = y13 ^ y14, y2 = y1 ^ u0, y5 = y1 ^ u6, y3 = y5 ^ y8, t1 = u4 ^ y12, y15 = t1 ^ u5, y20 = t1 ^ u1,
                   y6 = y15 ^ u7, y10 = y15 ^ t0, y11 = y20 ^ y9, y7 = u7 ^ y11, y17 = y10 ^ y11, y19 = y10 ^ y8, y16 = t0 ^ y11,
                   y21 = y13 ^ y16, y18 = u0 ^ y16;

    /* inversion */
    const uint64_t t2 = y12 & y15, t3 = y3 & y6, t4 = t3 ^ t2, t5 = y4 & u7, t6 = t5 ^ t2, t7 = y13 & y16, t8 = y5 & y1,
                   t9 = t8 ^ t7, t10 = y2 & y7, t11 = t10 ^ t7, t12 = y9 & y11, t13 = y14 & y17, t14 = t13 ^ t12, t15 = y8 & y10,
                   t16 = t15 ^ t12, t17 = t4 ^ t14, t18 = t6 ^ t16, t19 = t9 ^ t14, t20 = t11 ^ t16, t21 = t17 ^ y20,
                   t22 = t18 ^ y19, t23 = t19 ^ y21, t24 = t20 ^ y18;
    const uint64_t t25 = t21 ^ t22, t26 = t21 & t23, t27 = t24 ^ t26, t28 = t25 & t27, t29 = t28 ^ t22, t30 = t23 ^ t24,
                   t31 = t22 ^ t26, t32 = t31 & t30, t33 = t32 ^ t24, t34 = t23 ^ t33, t35 = t27 ^ t33, t36 = t24 & t35,
                   t37 = t36 ^ t34, t38 = t27 ^ t36, t39 = t29 & t38, t40 = t25 ^ t39, t41 = t40 ^ t37, t42 = t29 ^ t33,
                   t43 = t29 ^ t40, t44 = t33 ^ t37, t45 = t42 ^ t41;
    const uint64_t z0 = t44 & y15, z1 = t37 & y6, z2 = t33 & u7, z3 = t43 & y16, z4 = t40 & y1, z5 = t29 & y7, z6 = t42 & y11,
                   z7 = t45 & y17, z8 = t41 & y10, z9 = t44 & y12, z10 = t37 & y3, z11 = t33 & y4, z12 = t43 & y13, z13 = t40 & y5,
                   z14 = t29 & y2, z15 = t42 & y9, z16 = t45 & y14, z17 = t41 & y8;

    /* linear layer out */
    const uint64_t t46 = z15 ^ z16, t47 = z10 ^ z11, t48 = z5 ^ z13, t49 = z9 ^ z10, t50 = z2 ^ z12, t51 = z2 ^ z5, t52 = z7 ^ z8,
                   t53 = z0 ^ z3, t54 = z6 ^ z7, t55 = z16 ^ z17, t56 = z12 ^ t48, t57 = t50 ^ t53, t58 = z4 ^ t46, t59 = z3 ^ t54,
                   t60 = t46 ^ t57, t61 = z14 ^ t57, t62 = t52 ^ t58, t63 = t49 ^ t58, t64 = z4 ^ t59, t65 = t61 ^ t62,
                   t66 = z1 ^ t63;
    const uint64_t s0 = t59 ^ t63, s3 = t53 ^ t66, t67 = t64 ^ t65;
    q[7] = s0;
    q[6] = t64 ^ ~s3;
    q[5] = t55 ^ ~t67;
    q[4] = s3;
    q[3] = t51 ^ t66;
    q[2] = t47 ^ t65;
    q[1] = t56 ^ ~t62;
    q[0] = t48 ^ ~t60;
}

/* ---- the other steps ---- */

/* Every lane of 16 bits turned right by `n`, where `n` is below 16. */
static uint64_t turn_lanes(uint64_t x, unsigned n)
{
    uint64_t low = 0x0001000100010001ULL * (0xffffu >> n);
    return n ? (x >> n & low) | (x << (16 - n) & ~low) : x;
}

/* Row r of every block moves r columns to the left. */
static void shift_rows(planes q)
{
    for (int b = 0; b < 8; b++) {
        uint64_t x = 0;
        for (unsigned row = 0; row < 4; row++)
            x |= turn_lanes(q[b], 4 * row) & 0x1111111111111111ULL << row;
        q[b] = x;
    }
}

/* The row below, within every column. */
static uint64_t next_row(uint64_t x) { return (x >> 1 & 0x7777777777777777) | (x << 3 & 0x8888888888888888); }

static uint64_t row_after_next(uint64_t x) { return (x >> 2 & 0x3333333333333333) | (x << 2 & 0xcccccccccccccccc); }

/* Each byte becomes 2 a0 + 3 a1 + a2 + a3 = 2 (a0 + a1) + a1 + (a2 + a3), where a1 is the row below. */
static void mix_columns(planes q)
{
    planes pair, out;
    for (int b = 0; b < 8; b++)
        pair[b] = q[b] ^ next_row(q[b]);
    for (int b = 0; b < 8; b++) {
        uint64_t reduction = b == 1 || b == 3 || b == 4 ? pair[7] : 0; /* x^8 = x^4 + x^3 + x + 1 */
        uint64_t doubled = (b ? pair[b - 1] : pair[7]) ^ reduction;
        out[b] = doubled ^ next_row(q[b]) ^ row_after_next(pair[b]);
    }
    memcpy(q, out, sizeof out);
}

static void add_key(planes q, const planes key)
{
    for (int b = 0; b < 8; b++)
        q[b] ^= key[b];
}

static void encrypt_batch(const struct aes *a, uint8_t bytes[BATCH])
{
    planes q;
    load(q, bytes);
    add_key(q, a->key[0]);
    for (unsigned round = 1; round <= a->rounds; round++) {
        sub_bytes(q);
        shift_rows(q);
        if (round < a->rounds)
            mix_columns(q);
        add_key(q, a->key[round]);
    }
    store(bytes, q);
    sodium_memzero(q, sizeof q);
}

/* ---- keys (FIPS 197 section 5.2) ---- */

static void sub_word(uint8_t w[4])
{
    uint8_t bytes[BATCH] = {w[0], w[1], w[2], w[3]};
    planes q;
    load(q, bytes);
    sub_bytes(q);
    store(bytes, q);
    memcpy(w, bytes, 4);
    sodium_memzero(bytes, sizeof bytes);
    sodium_memzero(q, sizeof q);
}

static void turn_word(uint8_t w[4])
{
    uint8_t first = w[0];
    memmove(w, w + 1, 3);
    w[3] = first;
}

static void expand(uint8_t *words, size_t key_words, size_t count)
{
    uint8_t rcon = 1;
    for (size_t i = key_words; i < count; i++) {
        uint8_t t[4];
        memcpy(t, words + 4 * (i - 1), 4);
        if (i % key_words == 0) {
            turn_word(t);
            sub_word(t);
            t[0] ^= rcon;
            rcon = (uint8_t)(rcon << 1 ^ (rcon >> 7) * 0x1b);
        } else if (key_words == 8 && i % 8 == 4) {
            sub_word(t);
        }
        for (int b = 0; b < 4; b++)
            words[4 * i + (size_t)b] = words[4 * (i - key_words) + (size_t)b] ^ t[b];
    }
}

void aes_init(struct aes *a, const uint8_t *key, size_t key_len)
{
    uint8_t words[AES_BLOCK * (AES_ROUNDS_MAX + 1)], batch[BATCH];
    assert(key_len == 16 || key_len == 32);
    a->rounds = key_len == 16 ? 10 : 14;
    memcpy(words, key, key_len);
    expand(words, key_len / 4, 4 * (a->rounds + 1));
    for (unsigned round = 0; round <= a->rounds; round++) {
        for (int lane = 0; lane < LANES; lane++)
            memcpy(batch + lane * AES_BLOCK, words + round * AES_BLOCK, AES_BLOCK);
        load(a->key[round], batch);
    }
    sodium_memzero(words, sizeof words);
    sodium_memzero(batch, sizeof batch);
}

void aes_encrypt_block(const struct aes *a, uint8_t out[AES_BLOCK], const uint8_t in[AES_BLOCK])
{
    uint8_t batch[BATCH] = {0};
    memcpy(batch, in, AES_BLOCK);
    encrypt_batch(a, batch);
    memcpy(out, batch, AES_BLOCK);
}

/* ---- CTR ---- */

static uint32_t load_u32(const uint8_t *p) { return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3]; }

static void store_u32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        p[i] = (uint8_t)(v >> (24 - 8 * i));
}

void aes_ctr(const struct aes *a, const uint8_t start[AES_BLOCK], uint8_t *out, const uint8_t *in, size_t len)
{
    uint8_t stream[BATCH];
    uint32_t count = load_u32(start + 12);
    for (size_t done = 0; done < len; done += BATCH) {
        for (unsigned lane = 0; lane < LANES; lane++) {
            memcpy(stream + lane * AES_BLOCK, start, 12);
            store_u32(stream + lane * AES_BLOCK + 12, count++);
        }
        encrypt_batch(a, stream);
        for (size_t i = 0; i < BATCH && done + i < len; i++)
            out[done + i] = in[done + i] ^ stream[i];
    }
    sodium_memzero(stream, sizeof stream);
}

/* ---- GCM ---- */

/* A field element; bit 63 of `high` is the coefficient of x^0, as the standard numbers them. */
struct element {
    uint64_t high, low;
};

static uint64_t load_u64(const uint8_t *p) { return (uint64_t)load_u32(p) << 32 | load_u32(p + 4); }

static void store_u64(uint8_t *p, uint64_t v)
{
    store_u32(p, (uint32_t)(v >> 32));
    store_u32(p + 4, (uint32_t)v);
}

static struct element times_x(struct element e)
{
    uint64_t over = 0 - (e.low & 1);
    return (struct element){e.high >> 1 ^ (over & 0xe100000000000000), e.low >> 1 | e.high << 63};
}

static struct element multiply(struct element a, struct element b)
{
    struct element sum = {0, 0};
    for (int i = 0; i < 128; i++) {
        uint64_t take = 0 - ((i < 64 ? a.high >> (63 - i) : a.low >> (127 - i)) & 1);
        sum.high ^= b.high & take;
        sum.low ^= b.low & take;
        b = times_x(b);
    }
    return sum;
}

struct ghash {
    struct element key, sum;
};

/* Adds `data`, filled up with zeros to whole blocks. */
static void ghash_add(struct ghash *g, const uint8_t *data, size_t len)
{
    for (size_t done = 0; done < len; done += AES_BLOCK) {
        uint8_t block[AES_BLOCK] = {0};
        memcpy(block, data + done, len - done < AES_BLOCK ? len - done : AES_BLOCK);
        g->sum.high ^= load_u64(block);
        g->sum.low ^= load_u64(block + 8);
        g->sum = multiply(g->sum, g->key);
    }
}

static void gcm_tag(const struct aes *a, const uint8_t first[AES_BLOCK], const uint8_t *aad, size_t aad_len, const uint8_t *sealed,
                    size_t len, uint8_t tag[AES_GCM_TAG])
{
    uint8_t block[AES_BLOCK] = {0};
    aes_encrypt_block(a, block, block);
    struct ghash g = {.key = {load_u64(block), load_u64(block + 8)}};
    ghash_add(&g, aad, aad_len);
    ghash_add(&g, sealed, len);
    store_u64(block, 8 * (uint64_t)aad_len);
    store_u64(block + 8, 8 * (uint64_t)len);
    ghash_add(&g, block, sizeof block);
    store_u64(block, g.sum.high);
    store_u64(block + 8, g.sum.low);
    aes_ctr(a, first, tag, block, sizeof block);
    sodium_memzero(&g, sizeof g);
    sodium_memzero(block, sizeof block);
}

/* The counter block that masks the tag; the text begins with the next. */
static void counter_block(uint8_t out[AES_BLOCK], const uint8_t nonce[AES_GCM_NONCE], uint32_t count)
{
    memcpy(out, nonce, AES_GCM_NONCE);
    store_u32(out + AES_GCM_NONCE, count);
}

void aes_gcm_seal(const struct aes *a, const uint8_t nonce[AES_GCM_NONCE], const uint8_t *aad, size_t aad_len, uint8_t *out,
                  const uint8_t *in, size_t len, uint8_t tag[AES_GCM_TAG])
{
    uint8_t block[AES_BLOCK];
    counter_block(block, nonce, 2);
    aes_ctr(a, block, out, in, len);
    counter_block(block, nonce, 1);
    gcm_tag(a, block, aad, aad_len, out, len, tag);
}

int aes_gcm_open(const struct aes *a, const uint8_t nonce[AES_GCM_NONCE], const uint8_t *aad, size_t aad_len, uint8_t *out,
                 const uint8_t *in, size_t len, const uint8_t tag[AES_GCM_TAG])
{
    uint8_t block[AES_BLOCK], expected[AES_GCM_TAG];
    counter_block(block, nonce, 1);
    gcm_tag(a, block, aad, aad_len, in, len, expected);
    if (sodium_memcmp(expected, tag, AES_GCM_TAG))
        return ERR_AUTH;
    counter_block(block, nonce, 2);
    aes_ctr(a, block, out, in, len);
    return 0;
}
