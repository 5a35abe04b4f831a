/* SPDX-License-Identifier: MIT */
#include "skim.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"

static void advance(const uint8_t **data, size_t *len, size_t by)
{
    *data += by;
    *len -= by;
}

/* The length that begins an object, byte by byte: it may lie across two pieces. */
static int take_length(struct skim *s, const uint8_t **data, size_t *len)
{
    while (*len && (!s->length_have || s->length_have < 1u << (s->length[0] >> 6))) {
        s->length[s->length_have++] = **data;
        advance(data, len, 1);
    }
    if (!s->length_have || s->length_have < 1u << (s->length[0] >> 6))
        return 0;
    struct reader r = reader_of(s->length, s->length_have);
    s->size = read_varint(&r);
    s->have = s->head_have = s->length_have = 0;
    return s->size && s->size <= WIRE_OBJECT_MAX ? 0 : ERR_PARSE;
}

static void take_body(struct skim *s, const uint8_t **data, size_t *len)
{
    size_t take = s->size - s->have < *len ? (size_t)(s->size - s->have) : *len;
    size_t keep = SKIM_HEAD_BYTES - (size_t)s->head_have < take ? SKIM_HEAD_BYTES - (size_t)s->head_have : take;
    if (keep)
        memcpy(s->head + s->head_have, *data, keep);
    s->head_have = (uint8_t)(s->head_have + keep);
    s->have += take;
    advance(data, len, take);
}

int skim_next(struct skim *s, const uint8_t **data, size_t *len)
{
    if (!s->kind_seen && *len) {
        s->kind_seen = true;
        advance(data, len, 1);
    }
    if (s->size && s->have == s->size)
        s->size = 0;
    if (!s->size && take_length(s, data, len))
        return ERR_PARSE;
    if (!s->size)
        return 0;
    take_body(s, data, len);
    return s->have == s->size;
}
