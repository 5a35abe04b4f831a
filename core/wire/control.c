/* SPDX-License-Identifier: MIT */
#include "wire/control.h"

#include <assert.h>

#include "base/bytes.h"
#include "base/err.h"
#include "wire/scan.h"

/* Parses a message that passes the scan; else NULL and *err. */
static void *parse(struct arena *a, const ProtobufCMessageDescriptor *d, const uint8_t *data, size_t len, int *err)
{
    size_t bytes;
    *err = wire_scan(d, data, len, &bytes);
    if (!*err)
        *err = arena_reserve(a, bytes);
    if (*err)
        return NULL;
    void *m = protobuf_c_message_unpack(d, arena_allocator(a), len, data);
    *err = m ? 0 : ERR_PARSE;
    return m;
}

const Parley__V1__Control *control_parse(struct arena *a, const uint8_t *data, size_t len, size_t max, int *err)
{
    if (len > max) {
        *err = ERR_LIMIT;
        return NULL;
    }
    return parse(a, &parley__v1__control__descriptor, data, len, err);
}

/* A field number below 16 and the wire type of messages make one byte. */
Parley__V1__Control__BodyCase control_body(const uint8_t *data, size_t len)
{
    bool plain = len && data[0] < 0x80 && (data[0] & 7) == 2;
    return plain ? (Parley__V1__Control__BodyCase)(data[0] >> 3) : PARLEY__V1__CONTROL__BODY__NOT_SET;
}

static size_t prefix_len(size_t len, enum control_framing framing) { return framing == CONTROL_STREAM ? varint_len(len) : 1; }

size_t control_size(const Parley__V1__Control *m, enum control_framing framing)
{
    size_t len = parley__v1__control__get_packed_size(m);
    return prefix_len(len, framing) + len;
}

int control_write(uint8_t *out, size_t cap, const Parley__V1__Control *m, enum control_framing framing)
{
    size_t len = parley__v1__control__get_packed_size(m);
    struct writer w = writer_of(out, cap);
    if (framing == CONTROL_STREAM)
        write_varint(&w, len);
    else
        write_u8(&w, WIRE_CONTROL);
    if (w.failed || len > (size_t)(w.end - w.at))
        return ERR_SPACE;
    w.at += parley__v1__control__pack(m, w.at);
    return writer_done(&w);
}

struct pkt *control_pack(const Parley__V1__Control *m, enum control_framing framing)
{
    size_t len = control_size(m, framing);
    struct pkt *p = pkt_new(len);
    if (!p)
        return NULL;
    int written = control_write(p->data, len, m, framing);
    assert(written == (int)len);
    p->len = (uint32_t)written;
    return p;
}

const Parley__V1__ChatText *chat_text_parse(struct arena *a, const uint8_t *data, size_t len, int *err)
{
    return parse(a, &parley__v1__chat_text__descriptor, data, len, err);
}

int chat_text_write(uint8_t *out, size_t cap, const Parley__V1__ChatText *m)
{
    if (parley__v1__chat_text__get_packed_size(m) > cap)
        return ERR_SPACE;
    return (int)parley__v1__chat_text__pack(m, out);
}

/* Core prints nothing, so the sentence is put together here. */
static void write_number(struct writer *w, uint32_t n)
{
    if (n >= 10)
        write_number(w, n / 10);
    write_u8(w, (uint8_t)('0' + n % 10));
}

static void write_text(struct writer *w, const char *text)
{
    for (; *text; text++)
        write_u8(w, (uint8_t)*text);
}

int control_check_version(const Parley__V1__Hello *hello, char *text, size_t cap)
{
    if (hello->major == WIRE_MAJOR)
        return 0;
    assert(cap > 0);
    struct writer w = writer_of((uint8_t *)text, cap - 1);
    write_text(&w, "This relay speaks version ");
    write_number(&w, WIRE_MAJOR);
    write_text(&w, " of the protocol and your program version ");
    write_number(&w, hello->major);
    write_text(&w, hello->major < WIRE_MAJOR ? ": please update the program, or reload the page."
                                             : ": please ask for an update of the relay.");
    *w.at = 0;
    return ERR_VERSION;
}
