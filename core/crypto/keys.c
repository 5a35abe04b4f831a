/* SPDX-License-Identifier: MIT */
#include "crypto/keys.h"

#include <assert.h>
#include <string.h>

#include <sodium/utils.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/units.h"
#include "crypto/hkdf.h"

#define COUNTER_LIMIT ((uint64_t)1 << 62)

void keys_base(uint8_t base[KEYS_BASE_BYTES], struct group_secret secret, const uint8_t salt[KEYS_SALT_BYTES])
{
    static const char info[] = "parley/1 sframe base";
    uint8_t prk[HKDF_SHA256];
    hkdf_extract(HKDF_SHA256, prk, salt, KEYS_SALT_BYTES, secret.data, secret.len);
    hkdf_expand(HKDF_SHA256, base, KEYS_BASE_BYTES, prk, (const uint8_t *)info, sizeof info - 1);
    sodium_memzero(prk, sizeof prk);
}

static void derive(struct sframe_key *key, struct group_secret secret, const uint8_t salt[KEYS_SALT_BYTES], uint64_t generation)
{
    uint8_t base[KEYS_BASE_BYTES];
    keys_base(base, secret, salt);
    int err = sframe_key_init(key, KEYS_SUITE, generation, base, sizeof base);
    assert(!err);
    (void)err;
    sodium_memzero(base, sizeof base);
}

/* ---- mine ---- */

void sealer_init(struct sealer *s, struct group_secret secret, const uint8_t salt[KEYS_SALT_BYTES], uint64_t generation)
{
    s->counter = 0;
    derive(&s->key, secret, salt, generation);
}

void sealer_wipe(struct sealer *s) { sodium_memzero(s, sizeof *s); }

size_t sealer_overhead(const struct sealer *s)
{
    return sframe_header_len(&(struct sframe_header){s->key.kid, s->counter}) + sframe_tag_len(s->key.suite);
}

int sealer_seal(struct sealer *s, struct sframe_text metadata, uint8_t *out, size_t cap, struct sframe_text plain)
{
    if (s->counter >= COUNTER_LIMIT)
        return ERR_LIMIT;
    return sframe_seal(&s->key, s->counter++, metadata, out, cap, plain);
}

/* ---- another member's ---- */

void keyring_init(struct keyring *k) { *k = (struct keyring){.opened = 0}; }

void keyring_wipe(struct keyring *k) { sodium_memzero(k, sizeof *k); }

static struct keyring_slot *find(struct keyring *k, uint64_t generation)
{
    for (size_t i = 0; i < COUNT_OF(k->slot); i++)
        if (k->slot[i].used && k->slot[i].key.kid == generation)
            return &k->slot[i];
    return NULL;
}

/* A free slot, or the one of the oldest generation. */
static struct keyring_slot *room(struct keyring *k)
{
    struct keyring_slot *oldest = &k->slot[0];
    for (size_t i = 0; i < COUNT_OF(k->slot); i++) {
        if (!k->slot[i].used)
            return &k->slot[i];
        if (k->slot[i].key.kid < oldest->key.kid)
            oldest = &k->slot[i];
    }
    return oldest;
}

void keyring_add(struct keyring *k, struct group_secret secret, const uint8_t salt[KEYS_SALT_BYTES], uint64_t generation)
{
    struct keyring_slot *slot = find(k, generation);
    if (slot && !memcmp(slot->salt, salt, KEYS_SALT_BYTES))
        return;
    if (!slot)
        slot = room(k);
    sodium_memzero(slot, sizeof *slot);
    slot->used = true;
    memcpy(slot->salt, salt, KEYS_SALT_BYTES);
    derive(&slot->key, secret, salt, generation);
    replay_init(&slot->replay);
}

/* ---- those who left ---- */

static struct keys_note *noted(struct keys_memory *m, const uint8_t salt[KEYS_SALT_BYTES], uint64_t generation)
{
    size_t count = m->next < KEYS_MEMORY ? m->next : KEYS_MEMORY;
    for (size_t i = 0; i < count; i++)
        if (m->note[i].generation == generation && !memcmp(m->note[i].salt, salt, KEYS_SALT_BYTES))
            return &m->note[i];
    return NULL;
}

static void remember(struct keys_memory *m, const struct keyring_slot *s)
{
    struct keys_note *n = noted(m, s->salt, s->key.kid);
    if (!n)
        n = &m->note[m->next++ % KEYS_MEMORY];
    memcpy(n->salt, s->salt, KEYS_SALT_BYTES);
    n->generation = s->key.kid;
    n->newest = s->replay.newest;
}

void keyring_retire(struct keyring *k, struct keys_memory *memory)
{
    for (size_t i = 0; i < COUNT_OF(k->slot); i++)
        if (k->slot[i].used && k->slot[i].replay.any)
            remember(memory, &k->slot[i]);
    keyring_wipe(k);
}

void keyring_add_again(struct keyring *k, struct group_secret secret, const uint8_t salt[KEYS_SALT_BYTES], uint64_t generation,
                       struct keys_memory *memory)
{
    const struct keys_note *n = noted(memory, salt, generation);
    keyring_add(k, secret, salt, generation);
    struct keyring_slot *slot = find(k, generation);
    if (n && slot && !slot->replay.any)
        replay_resume(&slot->replay, n->newest);
}

/* ---- opening ---- */

static int open_once(struct keyring *k, struct sframe_text metadata, uint8_t *out, size_t cap, struct sframe_text sealed)
{
    struct sframe_header h;
    int err = sframe_header_read(&h, sealed.data, sealed.len);
    if (err < 0)
        return err;
    struct keyring_slot *slot = find(k, h.kid);
    if (!slot)
        return ERR_NO_KEY;
    err = replay_check(&slot->replay, h.counter);
    if (err)
        return err;
    int len = sframe_open(&slot->key, metadata, out, cap, sealed);
    if (len >= 0)
        replay_mark(&slot->replay, h.counter);
    return len;
}

static void count(struct keyring *k, int result)
{
    if (result >= 0) {
        k->opened++;
        k->failed_in_a_row = 0;
        return;
    }
    switch (result) {
    case ERR_AUTH:
        k->auth_failed++;
        k->failed_in_a_row++;
        break;
    case ERR_REPLAY: k->replayed++; break;
    case ERR_NO_KEY: k->no_key++; break;
    default: k->malformed++;
    }
}

int keyring_open(struct keyring *k, struct sframe_text metadata, uint8_t *out, size_t cap, struct sframe_text sealed)
{
    int result = open_once(k, metadata, out, cap, sealed);
    count(k, result);
    return result;
}

void keys_chat_metadata(uint8_t out[KEYS_CHAT_METADATA_BYTES], uint32_t member)
{
    struct writer w = writer_of(out, KEYS_CHAT_METADATA_BYTES);
    write_bytes(&w, "parley/1 chat", 13);
    write_u32(&w, member);
}
