/* SPDX-License-Identifier: MIT */
#include "base/bytes.h"

#include <assert.h>
#include <string.h>

#include "base/err.h"

struct reader reader_of(const uint8_t *data, size_t len) { return (struct reader){.at = data, .end = len ? data + len : data}; }

size_t reader_left(const struct reader *r) { return (size_t)(r->end - r->at); }

int reader_ok(const struct reader *r) { return r->failed ? ERR_PARSE : 0; }

int reader_done(const struct reader *r) { return r->failed || r->at != r->end ? ERR_PARSE : 0; }

const uint8_t *read_bytes(struct reader *r, size_t len)
{
    if (r->failed || len > reader_left(r)) {
        r->failed = true;
        return NULL;
    }
    const uint8_t *p = r->at;
    if (len)
        r->at += len;
    return p;
}

static uint64_t read_be(struct reader *r, size_t len)
{
    const uint8_t *p = read_bytes(r, len);
    uint64_t v = 0;
    for (size_t i = 0; p && i < len; i++)
        v = v << 8 | p[i];
    return v;
}

uint8_t read_u8(struct reader *r) { return (uint8_t)read_be(r, 1); }
uint16_t read_u16(struct reader *r) { return (uint16_t)read_be(r, 2); }
uint32_t read_u32(struct reader *r) { return (uint32_t)read_be(r, 4); }
uint64_t read_u64(struct reader *r) { return read_be(r, 8); }

uint64_t read_varint(struct reader *r)
{
    if (r->failed || r->at == r->end) {
        r->failed = true;
        return 0;
    }
    size_t len = (size_t)1 << (*r->at >> 6);
    assert(len); /* for the analyser */
    uint64_t v = read_be(r, len);
    return v & (UINT64_MAX >> (66 - 8 * len));
}

struct writer writer_of(uint8_t *data, size_t cap)
{
    return (struct writer){.start = data, .at = data, .end = cap ? data + cap : data};
}

int writer_done(const struct writer *w) { return w->failed ? ERR_SPACE : (int)(w->at - w->start); }

void write_bytes(struct writer *w, const void *data, size_t len)
{
    if (w->failed || len > (size_t)(w->end - w->at)) {
        w->failed = true;
        return;
    }
    if (len) {
        memcpy(w->at, data, len);
        w->at += len;
    }
}

static void write_be(struct writer *w, uint64_t v, size_t len)
{
    uint8_t b[8];
    for (size_t i = 0; i < len; i++)
        b[i] = (uint8_t)(v >> (8 * (len - 1 - i)));
    write_bytes(w, b, len);
}

void write_u8(struct writer *w, uint8_t v) { write_be(w, v, 1); }
void write_u16(struct writer *w, uint16_t v) { write_be(w, v, 2); }
void write_u32(struct writer *w, uint32_t v) { write_be(w, v, 4); }
void write_u64(struct writer *w, uint64_t v) { write_be(w, v, 8); }

size_t varint_len(uint64_t v)
{
    if (v < 0x40)
        return 1;
    if (v < 0x4000)
        return 2;
    return v < 0x40000000 ? 4 : 8;
}

void write_varint(struct writer *w, uint64_t v)
{
    size_t len = varint_len(v);
    uint64_t mark = len == 1 ? 0 : len == 2 ? 1 : len == 4 ? 2 : 3;
    if (v > VARINT_MAX)
        w->failed = true;
    else
        write_be(w, v | mark << (8 * len - 2), len);
}
