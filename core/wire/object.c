/* SPDX-License-Identifier: MIT */
#include "wire/object.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "parley.pb-c.h"
#include "wire/arena.h"
#include "wire/wire.h"

#define CAPTURED_MAX_US ((uint64_t)1 << 62)
#define LEVEL_MAX 127
/* protobuf-c needs most for a header full of two-byte unknown fields: 32 of them, each 40 + 32 + 16 bytes, and the message. */
#define HEADER_ARENA_BYTES 4096

static bool in_bounds(const struct object_header *h)
{
    return h->track >= 1 && h->track <= WIRE_TRACKS_MAX && h->spatial < WIRE_LAYERS_MAX && h->temporal < WIRE_LAYERS_MAX &&
           h->seq >= 1 && h->depends < h->seq && !(h->key && h->depends) && h->level <= LEVEL_MAX && h->captured_us >= 0 &&
           (uint64_t)h->captured_us <= CAPTURED_MAX_US;
}

static struct object_header header_of(const Parley__V1__ObjectHeader *m)
{
    return (struct object_header){
        .sender = m->sender,
        .track = m->track,
        .spatial = m->spatial,
        .temporal = m->temporal,
        .seq = m->seq,
        .captured_us = (usec_t)m->captured_us,
        .key = m->key,
        .depends = m->depends,
        .level = m->level,
    };
}

static int header_parse(struct object_header *h, const uint8_t *data, size_t len)
{
    _Alignas(ARENA_ALIGN) uint8_t memory[HEADER_ARENA_BYTES];
    struct arena arena;
    arena_init(&arena, memory, sizeof memory);
    const Parley__V1__ObjectHeader *m = parley__v1__object_header__unpack(arena_allocator(&arena), len, data);
    if (!m)
        return ERR_PARSE;
    *h = header_of(m);
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
