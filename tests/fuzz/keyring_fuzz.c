/* SPDX-License-Identifier: MIT */
/* A sequence of what a relay may do to one member's keyring: deliver, deliver again, alter, announce generations. Nothing opens twice
 * under one key, and nothing opens that was altered. Two bytes a step: what, and which object. */
#include <string.h>

#include "crypto/keys.h"
#include "fuzz/fuzz.h"

#define OBJECTS 64

static const struct group_secret secret = {(const uint8_t *)"secret", 6};
static const struct sframe_text meta = {(const uint8_t *)"m", 1};

struct object {
    uint8_t data[48];
    size_t len;
    bool opened;
};

static void make(struct object *list, const uint8_t *salt)
{
    struct sealer s;
    sealer_init(&s, secret, salt, 1);
    for (size_t i = 0; i < OBJECTS; i++) {
        s.counter = i * i * i; /* some fall out of the window */
        int n = sealer_seal(&s, meta, list[i].data, sizeof list[i].data, (struct sframe_text){salt, 9});
        MUST(n > 0);
        list[i].len = (size_t)n;
        list[i].opened = false;
    }
}

static void deliver(struct keyring *k, struct object *o)
{
    uint8_t out[48];
    int n = keyring_open(k, meta, out, sizeof out, (struct sframe_text){o->data, o->len});
    MUST(n < 0 || (n == 9 && !o->opened));
    o->opened |= n >= 0;
}

static void deliver_altered(struct keyring *k, const struct object *o, uint8_t how)
{
    struct object copy = *o;
    uint8_t out[48];
    copy.data[how % copy.len] ^= (uint8_t)(1 << how % 8);
    MUST(keyring_open(k, meta, out, sizeof out, (struct sframe_text){copy.data, copy.len}) < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const uint8_t salt[KEYS_SALT_BYTES] = "0123456789abcde";
    struct object list[OBJECTS];
    struct keyring k;
    uint8_t out[256];
    make(list, salt);
    keyring_init(&k);
    keyring_add(&k, secret, salt, 1);
    for (size_t steps = 0; len && steps < 500; steps++) {
        uint8_t what = take_u8(&data, &len), which = take_u8(&data, &len);
        switch (what % 4) {
        case 0: deliver(&k, &list[which % OBJECTS]); break;
        case 1: deliver_altered(&k, &list[which % OBJECTS], what); break;
        case 2: keyring_add(&k, secret, salt, 1 + which % 2); break;
        case 3: MUST(keyring_open(&k, meta, out, sizeof out, (struct sframe_text){data, len < which ? len : which}) < 0); break;
        }
    }
    keyring_wipe(&k);
    return 0;
}
