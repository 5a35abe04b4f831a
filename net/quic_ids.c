/* SPDX-License-Identifier: MIT */
/* Where a connection id is found in an endpoint's table. */
#include "net/quic_state.h"

#include <string.h>

static uint64_t rotl(uint64_t v, int bits) { return v << bits | v >> (64 - bits); }

struct sip {
    uint64_t v0, v1, v2, v3;
};

static void sip_round(struct sip *s)
{
    s->v0 += s->v1, s->v1 = rotl(s->v1, 13) ^ s->v0, s->v0 = rotl(s->v0, 32);
    s->v2 += s->v3, s->v3 = rotl(s->v3, 16) ^ s->v2;
    s->v0 += s->v3, s->v3 = rotl(s->v3, 21) ^ s->v0;
    s->v2 += s->v1, s->v1 = rotl(s->v1, 17) ^ s->v2, s->v2 = rotl(s->v2, 32);
}

/* SipHash-1-3 of an id of at most 20 bytes: strangers choose ids, so the key must be secret. */
uint64_t cid_hash(const struct quic_endpoint *e, const uint8_t *data, size_t len)
{
    uint64_t key[2], word[3] = {0};
    memcpy(key, e->secret, sizeof key);
    memcpy(word, data, len < 20 ? len : 20);
    struct sip s = {key[0] ^ 0x736f6d6570736575, key[1] ^ 0x646f72616e646f6d, key[0] ^ 0x6c7967656e657261,
                    key[1] ^ 0x7465646279746573};
    word[2] |= (uint64_t)len << 56;
    for (int i = 0; i < 3; i++) {
        s.v3 ^= word[i];
        sip_round(&s);
        s.v0 ^= word[i];
    }
    s.v2 ^= 0xff;
    for (int i = 0; i < 3; i++)
        sip_round(&s);
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
