/* SPDX-License-Identifier: MIT */
#include "pack.h"

#include <assert.h>
#include <string.h>

#include "base/err.h"

/* Size and rotation are told with key frames. */
static struct media_info info_of(const struct media *m)
{
    return (struct media_info){.codec = (uint32_t)m->codec,
                               .width_px = m->key ? m->width_px : 0,
                               .height_px = m->key ? m->height_px : 0,
                               .rotation = m->key ? m->rotation : 0,
                               .duration_us = m->duration_us};
}

/* Writes MediaInfo and the codec's bytes to where their ciphertext goes, and seals. */
static int seal_into(struct sealer *sealer, uint32_t sender, uint8_t *out, size_t cap, const struct object_header *h,
                     const struct media *m)
{
    struct media_info info = info_of(m);
    uint8_t aad[OBJECT_AAD_BYTES];
    uint8_t *plain = out + (sealer_overhead(sealer) - sframe_tag_len(KEYS_SUITE));
    int info_len = media_info_write(plain, cap - (size_t)(plain - out), &info);
    if (info_len < 0)
        return info_len;
    memcpy(plain + info_len, m->data, m->len);
    struct object_header stamped = *h; /* as the relay will send it on */
    stamped.sender = sender;
    object_aad(aad, &stamped);
    return sealer_seal(sealer, (struct sframe_text){aad, sizeof aad}, out, cap,
                       (struct sframe_text){plain, (size_t)info_len + m->len});
}

static size_t info_len_of(const struct media *m)
{
    struct media_info info = info_of(m);
    uint8_t room[MEDIA_INFO_MAX];
    int len = media_info_write(room, sizeof room, &info);
    return len < 0 ? 0 : (size_t)len;
}

struct pkt *pack_object(struct sealer *sealer, uint32_t sender, uint8_t kind, const struct object_header *h, const struct media *m,
                        int *err)
{
    size_t payload = sealer_overhead(sealer) + info_len_of(m) + m->len;
    struct pkt *pkt = pkt_new(PACK_FRAMING_MAX + payload);
    if (!pkt) {
        *err = ERR_NOMEM;
        return NULL;
    }
    int at = object_write_framed(pkt->data, pkt->cap, kind, h, payload);
    int sealed = at < 0 ? at : seal_into(sealer, sender, pkt->data + at, payload, h, m);
    if (sealed < 0) {
        *err = sealed;
        pkt_unref(pkt);
        return NULL;
    }
    assert((size_t)sealed == payload);
    pkt->len = (uint32_t)(at + sealed);
    return pkt;
}
