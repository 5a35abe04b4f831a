/* SPDX-License-Identifier: MIT */
#include "net/h3_wire.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/units.h"

/* ---- codes ---- */

#define APP_CODE_FIRST 0x52e4a40fa8dbULL
#define APP_CODE_LAST 0x52e5ac983162ULL

/* Every 31st code is reserved for greasing and so jumped over. */
uint64_t h3_code_of_app(uint32_t app) { return APP_CODE_FIRST + app + app / 0x1e; }

uint32_t h3_app_of_code(uint64_t code)
{
    if (code < APP_CODE_FIRST || code > APP_CODE_LAST)
        return 0;
    uint64_t shifted = code - APP_CODE_FIRST;
    return (uint32_t)(shifted - shifted / 0x1f);
}

/* ---- settings ---- */

enum {
    SETTING_CONNECT_PROTOCOL = 0x08,
    SETTING_DATAGRAM = 0x33,
    SETTING_WEBTRANSPORT = 0x2b603742, /* draft 02: Firefox and Chromium want it */
    SETTING_WEBTRANSPORT_SESSIONS = 0xc671706a,
};

/* Each of the first three is required by at least one browser. Newer ids (0x2c7cf000, 0x14e9cd29) bring duties that are not met here. */
static const struct {
    uint64_t id, value;
} our_settings[] = {
    {SETTING_CONNECT_PROTOCOL, 1},
    {SETTING_DATAGRAM, 1},
    {SETTING_WEBTRANSPORT, 1},
    {SETTING_WEBTRANSPORT_SESSIONS, 16},
};

int h3_settings_write(uint8_t *out, size_t cap)
{
    uint8_t payload[64];
    struct writer p = writer_of(payload, sizeof payload), w = writer_of(out, cap);
    for (size_t i = 0; i < COUNT_OF(our_settings); i++) {
        write_varint(&p, our_settings[i].id);
        write_varint(&p, our_settings[i].value);
    }
    write_varint(&w, H3_SETTINGS);
    write_varint(&w, (uint64_t)writer_done(&p));
    write_bytes(&w, payload, (size_t)writer_done(&p));
    return writer_done(&w);
}

static int note_setting(struct h3_settings *s, uint64_t id, uint64_t value)
{
    switch (id) {
    case 0x02:
    case 0x03:
    case 0x04:
    case 0x05: return ERR_PROTOCOL; /* meant something in HTTP/2 */
    case SETTING_CONNECT_PROTOCOL: s->connect = value == 1; return value > 1 ? ERR_PROTOCOL : 0;
    case SETTING_DATAGRAM: s->datagram = value == 1; return value > 1 ? ERR_PROTOCOL : 0;
    case SETTING_WEBTRANSPORT:
    case SETTING_WEBTRANSPORT_SESSIONS: s->webtransport |= value > 0; return 0;
    default: return 0;
    }
}

int h3_settings_parse(struct h3_settings *s, const uint8_t *data, size_t len)
{
    struct reader r = reader_of(data, len);
    *s = (struct h3_settings){0};
    while (reader_left(&r)) {
        uint64_t id = read_varint(&r), value = read_varint(&r);
        if (reader_ok(&r) || note_setting(s, id, value))
            return ERR_PROTOCOL;
    }
    return 0;
}

/* ---- readers ---- */

bool h3_varint_feed(struct h3_varint *v, const uint8_t **data, size_t *len, uint64_t *value)
{
    while (*len) {
        v->byte[v->have++] = *(*data)++;
        --*len;
        size_t need = (size_t)1 << (v->byte[0] >> 6);
        if (v->have < need)
            continue;
        struct reader r = reader_of(v->byte, need);
        *value = read_varint(&r);
        v->have = 0;
        return true;
    }
    return false;
}

void h3_units_free(struct h3_units *u)
{
    free(u->kept);
    u->kept = NULL;
}

bool h3_units_idle(const struct h3_units *u) { return u->at == H3_AT_TYPE && u->varint.have == 0; }

static void next_unit(struct h3_units *u)
{
    u->at = H3_AT_TYPE;
    u->started = u->keep = false;
}

static enum h3_piece keep_some(struct h3_units *u, const uint8_t **data, size_t *len, size_t most, const uint8_t **out,
                               size_t *out_len)
{
    if (u->length > most)
        return H3_TOO_LARGE;
    if (!u->started) {
        h3_units_free(u);
        u->kept = malloc(u->length ? u->length : 1);
        u->kept_len = 0;
        u->started = true;
        if (!u->kept)
            return H3_TOO_LARGE;
    }
    size_t take = u->left < *len ? (size_t)u->left : *len;
    if (take)
        memcpy(u->kept + u->kept_len, *data, take);
    u->kept_len += take;
    u->left -= take;
    *data += take;
    *len -= take;
    if (u->left)
        return H3_NEED_MORE;
    *out = u->kept;
    *out_len = u->kept_len;
    next_unit(u);
    return H3_WHOLE;
}

static enum h3_piece pass_some(struct h3_units *u, const uint8_t **data, size_t *len, const uint8_t **out, size_t *out_len)
{
    size_t take = u->left < *len ? (size_t)u->left : *len;
    if (u->left && !take)
        return H3_NEED_MORE;
    *out = *data;
    *out_len = take;
    u->left -= take;
    *data += take;
    *len -= take;
    if (!u->left)
        next_unit(u);
    return H3_SOME;
}

enum h3_piece h3_units_read(struct h3_units *u, const uint8_t **data, size_t *len, bool signals, size_t most, const uint8_t **out,
                            size_t *out_len)
{
    if (u->at == H3_AT_TYPE) {
        if (!h3_varint_feed(&u->varint, data, len, &u->type))
            return H3_NEED_MORE;
        if (signals && u->type == H3_WT_BIDI)
            return H3_SIGNAL;
        u->at = H3_AT_LENGTH;
    }
    if (u->at == H3_AT_LENGTH) {
        if (!h3_varint_feed(&u->varint, data, len, &u->length))
            return H3_NEED_MORE;
        u->left = u->length;
        u->at = H3_AT_VALUE;
        return H3_HEADER;
    }
    return u->keep ? keep_some(u, data, len, most, out, out_len) : pass_some(u, data, len, out, out_len);
}
