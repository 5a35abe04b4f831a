/* SPDX-License-Identifier: MIT */
#include "beat.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"

static const uint32_t beat_mark = 0x50425431, seal_mark = 0x50425331, batch_mark = 0x50425831;
enum { FLAG_DRAINING = 1, FLAG_LEAVING = 2 };

size_t beat_write(uint8_t out[BEAT_MAX], const struct beat *b)
{
    struct writer w = writer_of(out, BEAT_MAX);
    write_u32(&w, beat_mark);
    write_u64(&w, b->instance);
    write_u64(&w, b->sent_us);
    write_u16(&w, (uint16_t)b->node.node);
    write_u8(&w, (uint8_t)((b->node.draining ? FLAG_DRAINING : 0) | (b->leaving ? FLAG_LEAVING : 0)));
    write_u8(&w, (uint8_t)b->node.threads);
    write_u8(&w, (uint8_t)(b->node.cpu_percent < 255 ? b->node.cpu_percent : 255));
    write_u32(&w, b->node.sessions);
    write_u32(&w, b->node.rooms);
    write_bytes(&w, b->node.address, strnlen(b->node.address, BUS_ADDRESS_MAX - 1));
    assert(!w.failed);
    return (size_t)writer_done(&w);
}

void beat_seal_write(uint8_t out[BEAT_SEAL_BYTES], const struct bus_seal *seal)
{
    struct writer w = writer_of(out, BEAT_SEAL_BYTES);
    write_u32(&w, seal_mark);
    write_u64(&w, seal->born_us);
    write_bytes(&w, seal->key, BUS_SEAL_BYTES);
    assert(writer_done(&w) == BEAT_SEAL_BYTES);
}

int beat_seal_parse(struct bus_seal *seal, const uint8_t *data, size_t len)
{
    struct reader r = reader_of(data, len);
    if (len != BEAT_SEAL_BYTES || read_u32(&r) != seal_mark)
        return ERR_PARSE;
    seal->born_us = read_u64(&r);
    memcpy(seal->key, read_bytes(&r, BUS_SEAL_BYTES), BUS_SEAL_BYTES);
    return 0;
}

bool beat_seal_is_elder(const struct bus_seal *a, const struct bus_seal *b)
{
    if (!a->born_us || !b->born_us)
        return a->born_us > b->born_us;
    return a->born_us != b->born_us ? a->born_us < b->born_us : memcmp(a->key, b->key, BUS_SEAL_BYTES) < 0;
}

bool beat_is_address(const char *text, size_t len)
{
    static const char marks[] = {'.', '-', '_', ':', '[', ']', '/'};
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)text[i]) && !memchr(marks, text[i], sizeof(marks)))
            return false;
    return true;
}

static bool is_node(uint32_t n) { return n > 0 && n < BUS_NODES; }

static bool is_threads(uint32_t n) { return n > 0 && n <= BEAT_THREADS_MAX; }

int beat_parse(struct beat *b, const uint8_t *data, size_t len)
{
    struct reader r = reader_of(data, len);
    if (read_u32(&r) != beat_mark)
        return ERR_PARSE;
    *b = (struct beat){.instance = read_u64(&r)};
    b->sent_us = read_u64(&r);
    b->node.node = read_u16(&r);
    uint8_t flags = read_u8(&r);
    b->node.threads = read_u8(&r);
    b->node.cpu_percent = read_u8(&r);
    b->node.sessions = read_u32(&r);
    b->node.rooms = read_u32(&r);
    size_t rest = reader_left(&r);
    const char *address = (const char *)read_bytes(&r, rest);
    if (reader_done(&r) != 0 || !is_node(b->node.node) || !is_threads(b->node.threads) || rest >= BUS_ADDRESS_MAX ||
        !beat_is_address(address, rest))
        return ERR_PARSE;
    memcpy(b->node.address, address, rest);
    b->node.draining = flags & FLAG_DRAINING;
    b->leaving = flags & FLAG_LEAVING;
    return 0;
}

void batch_header_write(uint8_t out[BATCH_HEADER_BYTES], const struct batch_header *h)
{
    struct writer w = writer_of(out, BATCH_HEADER_BYTES);
    write_u32(&w, batch_mark);
    write_u16(&w, (uint16_t)h->from);
    write_u16(&w, (uint16_t)h->to);
    write_u8(&w, (uint8_t)h->threads);
    write_u64(&w, h->instance);
    write_u32(&w, h->epoch);
    assert(writer_done(&w) == BATCH_HEADER_BYTES);
}

int batch_header_parse(struct batch_header *h, const uint8_t *data, size_t len)
{
    struct reader r = reader_of(data, len);
    if (read_u32(&r) != batch_mark)
        return ERR_PARSE;
    h->from = read_u16(&r);
    h->to = read_u16(&r);
    h->threads = read_u8(&r);
    h->instance = read_u64(&r);
    h->epoch = read_u32(&r);
    return reader_ok(&r) == 0 && is_node(h->from) && is_node(h->to) && is_threads(h->threads) ? 0 : ERR_PARSE;
}
