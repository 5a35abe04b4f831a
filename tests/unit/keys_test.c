/* SPDX-License-Identifier: MIT */
/* The derivation itself is checked against another implementation by vectors/keys. */
#include "crypto/keys.h"

#include <string.h>

#include "base/err.h"
#include "base/units.h"
#include "check.h"

static const struct group_secret tea = {(const uint8_t *)"tea at four", 11}, coffee = {(const uint8_t *)"coffee at four", 14};
static const uint8_t ann[KEYS_SALT_BYTES] = "salt of ann....", bob[KEYS_SALT_BYTES] = "salt of bob....";
static const struct sframe_text meta = {(const uint8_t *)"m", 1};

struct sealed {
    uint8_t data[64];
    size_t len;
};

static struct sealed seal(struct sealer *s)
{
    struct sealed out;
    int n = sealer_seal(s, meta, out.data, sizeof out.data, (struct sframe_text){(const uint8_t *)"hello", 5});
    CHECK(n > 0);
    out.len = (size_t)n;
    return out;
}

static int open(struct keyring *k, const struct sealed *s)
{
    uint8_t out[64];
    return keyring_open(k, meta, out, sizeof out, (struct sframe_text){s->data, s->len});
}

static void a_member_is_heard_by_those_who_know_the_secret(void)
{
    struct sealer s;
    struct keyring right, wrong, other;
    sealer_init(&s, tea, ann, 0);
    keyring_init(&right);
    keyring_init(&wrong);
    keyring_init(&other);
    keyring_add(&right, tea, ann, 0);
    keyring_add(&wrong, coffee, ann, 0);
    keyring_add(&other, tea, bob, 0);
    for (int i = 0; i < 4; i++) {
        struct sealed o = seal(&s);
        CHECK_EQ(5, open(&right, &o));
        CHECK_EQ(ERR_AUTH, open(&wrong, &o));
        CHECK_EQ(ERR_AUTH, open(&other, &o)); /* as if bob had sent it */
    }
    CHECK_EQ(4, right.opened);
    CHECK_EQ(0, right.failed_in_a_row);
    CHECK_EQ(4, wrong.auth_failed);
    CHECK_EQ(4, wrong.failed_in_a_row);
    CHECK_EQ(0, wrong.opened);
}

static void no_counter_is_used_twice(void)
{
    struct sealer s;
    sealer_init(&s, tea, ann, 0);
    for (uint64_t i = 0; i < 1000; i++) {
        struct sframe_header h;
        size_t overhead = sealer_overhead(&s);
        struct sealed o = seal(&s);
        CHECK_EQ(5 + overhead, o.len);
        CHECK(sframe_header_read(&h, o.data, o.len) > 0);
        CHECK_EQ(i, h.counter);
    }
    uint8_t tiny[4];
    CHECK_EQ(ERR_SPACE, sealer_seal(&s, meta, tiny, sizeof tiny, (struct sframe_text){tiny, 4}));
    CHECK_EQ(1001, s.counter);
    s.counter = (uint64_t)1 << 62;
    CHECK_EQ(ERR_LIMIT, sealer_seal(&s, meta, tiny, sizeof tiny, (struct sframe_text){tiny, 0}));
}

static void an_object_opens_once(void)
{
    struct sealer s;
    struct keyring k;
    sealer_init(&s, tea, ann, 0);
    keyring_init(&k);
    keyring_add(&k, tea, ann, 0);
    struct sealed first = seal(&s), second = seal(&s), forged = second;
    forged.data[forged.len - 1] ^= 1;
    CHECK_EQ(5, open(&k, &first));
    CHECK_EQ(ERR_REPLAY, open(&k, &first));
    CHECK_EQ(ERR_AUTH, open(&k, &forged)); /* must not use up the counter */
    CHECK_EQ(5, open(&k, &second));
    keyring_add(&k, tea, ann, 0); /* said again: what was seen stays seen */
    CHECK_EQ(ERR_REPLAY, open(&k, &second));
    CHECK_EQ(2, k.replayed);
    struct sealed nothing = {.len = 0};
    CHECK_EQ(ERR_PARSE, open(&k, &nothing));
    CHECK_EQ(1, k.malformed);
}

static void a_few_generations_are_kept(void)
{
    struct sealer s[KEYRING_GENERATIONS + 1];
    struct keyring k;
    keyring_init(&k);
    for (uint64_t g = 0; g <= KEYRING_GENERATIONS; g++) {
        sealer_init(&s[g], tea, ann, g);
        struct sealed early = seal(&s[g]);
        CHECK_EQ(ERR_NO_KEY, open(&k, &early));
        keyring_add(&k, tea, ann, g);
        CHECK_EQ(5, open(&k, &early));
    }
    struct sealed oldest = seal(&s[0]), next = seal(&s[1]);
    CHECK_EQ(ERR_NO_KEY, open(&k, &oldest));
    CHECK_EQ(5, open(&k, &next));
    CHECK_EQ(KEYRING_GENERATIONS + 2, k.no_key);
}

static void the_oldest_generation_goes_whatever_the_order(void)
{
    static const uint64_t order[] = {5, 3, 4, 6};
    struct sealer s;
    struct keyring k;
    keyring_init(&k);
    for (size_t i = 0; i < COUNT_OF(order); i++)
        keyring_add(&k, tea, ann, order[i]);
    for (size_t i = 0; i < COUNT_OF(order); i++) {
        sealer_init(&s, tea, ann, order[i]);
        struct sealed o = seal(&s);
        CHECK_EQ(order[i] == 3 ? ERR_NO_KEY : 5, open(&k, &o));
    }
}

static void another_salt_replaces_the_generation(void)
{
    struct sealer s;
    struct keyring k;
    sealer_init(&s, tea, bob, 0);
    keyring_init(&k);
    keyring_add(&k, tea, ann, 0);
    struct sealed o = seal(&s);
    CHECK_EQ(ERR_AUTH, open(&k, &o));
    keyring_add(&k, tea, bob, 0);
    CHECK_EQ(5, open(&k, &o));
}

static void who_comes_back_is_not_heard_twice(void)
{
    static struct keys_memory memory;
    struct sealer s;
    struct keyring k;
    sealer_init(&s, tea, ann, 0);
    keyring_init(&k);
    keyring_add_again(&k, tea, ann, 0, &memory);
    struct sealed first = seal(&s), second = seal(&s), third = seal(&s);
    CHECK_EQ(5, open(&k, &second));
    for (int i = 0; i < 3; i++) { /* the relay says that ann went and came, as often as it likes */
        keyring_retire(&k, &memory);
        keyring_init(&k);
        keyring_add_again(&k, tea, ann, 0, &memory);
        CHECK_EQ(ERR_REPLAY, open(&k, &second));
        CHECK_EQ(ERR_REPLAY, open(&k, &first)); /* older than what was heard before: given up */
    }
    CHECK_EQ(1, memory.next);
    CHECK_EQ(5, open(&k, &third));
    keyring_add_again(&k, tea, ann, 0, &memory); /* said again while she is here */
    CHECK_EQ(ERR_REPLAY, open(&k, &third));
}

static void strangers_do_not_push_out_what_was_heard(void)
{
    static struct keys_memory memory;
    struct sealer s;
    struct keyring k;
    sealer_init(&s, tea, ann, 0);
    keyring_init(&k);
    keyring_add_again(&k, tea, ann, 0, &memory);
    struct sealed o = seal(&s);
    CHECK_EQ(5, open(&k, &o));
    keyring_retire(&k, &memory);
    for (unsigned i = 0; i < 2 * KEYS_MEMORY; i++) {
        uint8_t salt[KEYS_SALT_BYTES] = {(uint8_t)i, (uint8_t)(i >> 8)};
        keyring_add_again(&k, tea, salt, 0, &memory);
        CHECK_EQ(ERR_AUTH, open(&k, &o));
        keyring_retire(&k, &memory);
    }
    keyring_add_again(&k, tea, ann, 0, &memory);
    CHECK_EQ(ERR_REPLAY, open(&k, &o));
}

static void nothing_is_left_after_wiping(void)
{
    static const struct sealer no_sealer;
    static const struct keyring no_keyring;
    struct sealer s;
    struct keyring k;
    sealer_init(&s, tea, ann, 0);
    keyring_init(&k);
    keyring_add(&k, tea, ann, 0);
    sealer_wipe(&s);
    keyring_wipe(&k);
    CHECK_MEM(&no_sealer, &s, sizeof s);
    CHECK_MEM(&no_keyring, &k, sizeof k);
}

int main(void)
{
    static const struct check_test tests[] = {
        T(a_member_is_heard_by_those_who_know_the_secret),
        T(no_counter_is_used_twice),
        T(an_object_opens_once),
        T(a_few_generations_are_kept),
        T(the_oldest_generation_goes_whatever_the_order),
        T(another_salt_replaces_the_generation),
        T(who_comes_back_is_not_heard_twice),
        T(strangers_do_not_push_out_what_was_heard),
        T(nothing_is_left_after_wiping),
    };
    return CHECK_RUN(tests);
}
