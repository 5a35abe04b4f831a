/* SPDX-License-Identifier: MIT */
#include "wire/object.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "parley.pb-c.h"
#include "wire/wire.h"

#define CAPTURED_MAX_US ((uint64_t)1 << 62)
#define LEVEL_MAX 127
#define FIELD_LAST 9   /* of ObjectHeader */
#define TAG_BYTES 5    /* of protobuf's varints: tags and lengths have 32 bits, */
#define VALUE_BYTES 10 /* values 64 */

static bool in_bounds(const struct object_header *h)
{
    return h->track >= 1 && h->track <= WIRE_TRACKS_MAX && h->spatial < WIRE_LAYERS_MAX && h->temporal < WIRE_LAYERS_MAX &&
           h->seq >= 1 && h->depends < h->seq && !(h->key && h->depends) && h->level <= LEVEL_MAX && h->captured_us >= 0 &&
           (uint64_t)h->captured_us <= CAPTURED_MAX_US;
}

/* ---- reading: by hand, for protobuf-c takes four times as long, and receivers of many voices do little else ---- */

enum { PB_VARINT = 0, PB_FIXED64 = 1, PB_BYTES = 2, PB_FIXED32 = 5 }; /* wire types of protobuf */

/* Base 128, least significant first, in at most `most` bytes and 64 bits. */
static uint64_t read_pb_varint(struct reader *r, unsigned most)
{
    uint64_t v = 0;
    size_t left = reader_left(r);
    for (unsigned i = 0; i < most && i < left; i++) {
        uint8_t byte = r->at[i];
        if (i == 9 && byte > 1)
            break;
        v |= (uint64_t)(byte & 0x7f) << (7 * i);
        if (byte & 0x80)
            continue;
        r->at += i + 1;
        return v;
    }
    r->failed = true;
    return 0;
}

/* A field of a newer version. */
static void skip_field(struct reader *r, unsigned type)
{
    switch (type) {
    case PB_VARINT: read_pb_varint(r, VALUE_BYTES); break;
    case PB_FIXED64: read_bytes(r, 8); break;
    case PB_BYTES: {
        uint64_t len = read_pb_varint(r, TAG_BYTES);
        read_bytes(r, len <= WIRE_HEADER_MAX ? (size_t)len : SIZE_MAX);
        break;
    }
    case PB_FIXED32: read_bytes(r, 4); break;
    default: r->failed = true;
    }
}

/* The fields of ObjectHeader are varints, and what is wider than its field loses its upper bits, as protobuf has it. */
static void set_field(struct object_header *h, uint64_t field, uint64_t v)
{
    switch (field) {
    case 1: h->sender = (uint32_t)v; break;
    case 2: h->track = (uint32_t)v; break;
    case 3: h->spatial = (uint32_t)v; break;
    case 4: h->temporal = (uint32_t)v; break;
    case 5: h->seq = (uint32_t)v; break;
    case 6: h->captured_us = (usec_t)v; break;
    case 7: h->key = v != 0; break;
    case 8: h->depends = (uint32_t)v; break;
    case 9: h->level = (uint32_t)v; break;
    default: break;
    }
}

static int header_parse(struct object_header *h, const uint8_t *data, size_t len)
{
    struct reader r = reader_of(data, len);
    *h = (struct object_header){0};
    while (!r.failed && reader_left(&r)) {
        uint64_t tag = read_pb_varint(&r, TAG_BYTES), field = tag >> 3;
        unsigned type = (unsigned)(tag & 7);
        bool ours = field <= FIELD_LAST;
        if (!field || tag > UINT32_MAX || (ours && type != PB_VARINT))
            return ERR_PARSE;
        if (ours)
            set_field(h, field, read_pb_varint(&r, VALUE_BYTES));
        else
            skip_field(&r, type);
    }
    if (reader_ok(&r))
        return ERR_PARSE;
    return in_bounds(h) ? 0 : ERR_LIMIT;
}

int object_parse(struct object *o, const uint8_t *data, size_t len)
{
    struct reader r = reader_of(data, len);
    uint64_t header_len = read_varint(&r);
    if (len > WIRE_OBJECT_MAX || header_len > WIRE_HEADER_MAX)
        return ERR_LIMIT;
    const uint8_t *header = read_bytes(&r, (size_t)header_len);
    if (reader_ok(&r))
        return ERR_PARSE;
    o->payload = r.at;
    o->payload_len = reader_left(&r);
    return header_parse(&o->header, header, (size_t)header_len);
}

/* ---- writing ---- */

static Parley__V1__ObjectHeader message_of(const struct object_header *h)
{
    Parley__V1__ObjectHeader m = PARLEY__V1__OBJECT_HEADER__INIT;
    m.sender = h->sender;
    m.track = h->track;
    m.spatial = h->spatial;
    m.temporal = h->temporal;
    m.seq = h->seq;
    m.captured_us = (uint64_t)h->captured_us;
    m.key = h->key;
    m.depends = h->depends;
    m.level = h->level;
    return m;
}

int object_write_framed(uint8_t *out, size_t cap, uint8_t kind, const struct object_header *h, size_t payload_len)
{
    if (!in_bounds(h) || payload_len > WIRE_OBJECT_MAX)
        return ERR_LIMIT;
    Parley__V1__ObjectHeader m = message_of(h);
    uint8_t header[WIRE_HEADER_MAX];
    size_t header_len = parley__v1__object_header__pack(&m, header); /* at most 44 bytes: nine varints and their tags */
    assert(header_len <= sizeof header);
    size_t object_len = varint_len(header_len) + header_len + payload_len;
    if (object_len > WIRE_OBJECT_MAX)
        return ERR_LIMIT;
    struct writer w = writer_of(out, cap);
    write_u8(&w, kind);
    write_varint(&w, object_len);
    write_varint(&w, header_len);
    write_bytes(&w, header, header_len);
    if (!w.failed && (size_t)(w.end - w.at) < payload_len)
        return ERR_SPACE;
    return writer_done(&w);
}

/* Fixed places, so that two different headers never give the same bytes. The first eight keep objects apart from other uses. */
void object_aad(uint8_t out[OBJECT_AAD_BYTES], const struct object_header *h)
{
    struct writer w = writer_of(out, OBJECT_AAD_BYTES);
    write_bytes(&w, "parley/1", 8);
    write_u8(&w, (uint8_t)h->track);
    write_u8(&w, (uint8_t)h->spatial);
    write_u8(&w, (uint8_t)h->temporal);
    write_u8(&w, h->key);
    write_u32(&w, h->seq);
    write_u64(&w, (uint64_t)h->captured_us);
    write_u32(&w, h->depends);
    write_u32(&w, h->level);
    write_u32(&w, h->sender);
    assert(writer_done(&w) == OBJECT_AAD_BYTES);
}
