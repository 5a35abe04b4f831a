/* SPDX-License-Identifier: MIT */
#include "wire/media_info.h"

#include "base/bytes.h"
#include "base/err.h"
#include "parley.pb-c.h"
#include "wire/arena.h"

#define DIMENSION_MAX_PX 16384
#define DURATION_MAX_US 120000 /* the longest Opus packet */
#define MEDIA_INFO_ARENA_BYTES 2048

static bool in_bounds(const struct media_info *m)
{
    return m->width_px <= DIMENSION_MAX_PX && m->height_px <= DIMENSION_MAX_PX && m->rotation < 360 && m->rotation % 90 == 0 &&
           m->duration_us <= DURATION_MAX_US;
}

static int body_parse(struct media_info *m, const uint8_t *data, size_t len)
{
    _Alignas(ARENA_ALIGN) uint8_t memory[MEDIA_INFO_ARENA_BYTES];
    struct arena arena;
    arena_init(&arena, memory, sizeof memory);
    const Parley__V1__MediaInfo *p = parley__v1__media_info__unpack(arena_allocator(&arena), len, data);
    if (!p)
        return ERR_PARSE;
    *m = (struct media_info){(uint32_t)p->codec, p->width_px, p->height_px, p->rotation, p->duration_us};
    return in_bounds(m) ? 0 : ERR_LIMIT;
}

int media_info_parse(struct media_info *m, const uint8_t *data, size_t len)
{
    struct reader r = reader_of(data, len);
    uint64_t body_len = read_varint(&r);
    if (body_len >= MEDIA_INFO_MAX)
        return ERR_LIMIT;
    const uint8_t *body = read_bytes(&r, (size_t)body_len);
    if (reader_ok(&r))
        return ERR_PARSE;
    int err = body_parse(m, body, (size_t)body_len);
    return err ? err : (int)(len - reader_left(&r));
}

int media_info_write(uint8_t *out, size_t cap, const struct media_info *m)
{
    Parley__V1__MediaInfo p = PARLEY__V1__MEDIA_INFO__INIT;
    p.codec = (Parley__V1__Codec)m->codec;
    p.width_px = m->width_px;
    p.height_px = m->height_px;
    p.rotation = m->rotation;
    p.duration_us = m->duration_us;
    size_t body_len = parley__v1__media_info__get_packed_size(&p);
    struct writer w = writer_of(out, cap);
    write_varint(&w, body_len);
    if (w.failed || body_len > (size_t)(w.end - w.at))
        return ERR_SPACE;
    w.at += parley__v1__media_info__pack(&p, w.at);
    return writer_done(&w);
}
