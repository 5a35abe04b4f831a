/* SPDX-License-Identifier: MIT */
#include "net/h3_fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "net/h3_wire.h"
#include "net/qpack.h"

#define SECTION_MAX (H3_HEADERS_MAX - 16)

/* ---- written ---- */

static int write_frame(const struct qpack_field *fields, size_t count, uint8_t *out, size_t cap)
{
    uint8_t section[SECTION_MAX];
    int len = qpack_encode(fields, count, section, sizeof section);
    if (len < 0)
        return len;
    struct writer w = writer_of(out, cap);
    write_varint(&w, H3_HEADERS);
    write_varint(&w, (uint64_t)len);
    write_bytes(&w, section, (size_t)len);
    return (int)writer_done(&w);
}

int h3_request_write(const struct h3_request *r, uint8_t *out, size_t cap)
{
    const struct qpack_field fields[] = {
        {":method", "CONNECT"}, {":protocol", "webtransport"},           {":scheme", "https"},  {":authority", r->authority},
        {":path", r->path},     {"sec-webtransport-http3-draft02", "1"}, {"origin", r->origin},
    };
    return write_frame(fields, r->origin[0] ? 7 : 6, out, cap);
}

int h3_answer_write(int status, uint8_t *out, size_t cap)
{
    char text[8];
    snprintf(text, sizeof text, "%d", status);
    const struct qpack_field fields[] = {{":status", text}, {"sec-webtransport-http3-draft", "draft02"}};
    return write_frame(fields, status == 200 ? 2 : 1, out, cap);
}

/* ---- read ---- */

static void keep(char *out, size_t cap, const char *value, size_t len, bool *bad)
{
    *bad |= len >= cap || memchr(value, 0, len) != NULL;
    snprintf(out, cap, "%s", value);
}

static void note_field(void *ctx, const char *name, const char *value, size_t len)
{
    struct h3_section *s = ctx;
    struct h3_request *r = &s->request;
    const struct {
        const char *name;
        char *out;
        size_t cap;
    } known[] = {
        {":method", r->method, sizeof r->method}, {":protocol", r->protocol, sizeof r->protocol},
        {":scheme", r->scheme, sizeof r->scheme}, {":authority", r->authority, sizeof r->authority},
        {":path", r->path, sizeof r->path},       {"origin", r->origin, sizeof r->origin},
    };
    if (strcmp(name, ":status") == 0)
        s->status = (int)strtol(value, NULL, 10);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(name, known[i].name) == 0)
            keep(known[i].out, known[i].cap, value, len, &s->bad);
}

int h3_section_read(struct h3_section *s, const uint8_t *data, size_t len, size_t header_bytes)
{
    *s = (struct h3_section){0};
    int err = qpack_decode(data, len, header_bytes, note_field, s);
    s->bad |= err == ERR_LIMIT;
    return err == ERR_LIMIT ? 0 : err;
}
