/* SPDX-License-Identifier: MIT */
#include "net/h3.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "net/h3_fields.h"

#define DATAGRAMS_EARLY_MAX 8 /* held until the session is open */
#define REQUESTS_MAX 16       /* of one connection: one is of use, each costs memory and an answer */

enum kind {
    UNI_UNKNOWN, /* its type is not read yet */
    UNI_CONTROL,
    UNI_IGNORED, /* QPACK streams, which have nothing to say without a dynamic table, and greasing */
    UNI_WT_HEADER,
    UNI_WT,
    BIDI_REQUEST,
    BIDI_WT_HEADER,
    BIDI_WT,
    BIDI_CONNECT, /* the session's */
    DEAD,         /* refused: whatever still comes is dropped */
};

struct h3_stream {
    uint64_t id;
    enum kind kind;
    struct h3_varint varint;
    struct h3_units units;
    uint64_t session; /* of WebTransport streams */
    struct h3_stream *next_early, *last_early;
    uint8_t *early; /* bytes held until the session is open */
    size_t early_len;
    bool early_fin, waits, headers_read;
};

struct h3 {
    struct h3_config config;
    const struct h3_calls *calls;
    void *ctx;
    bool settings_seen, control_seen, failed, live, closing, gone, asked, connect_opened;
    uint64_t session;
    struct h3_stream *connect;
    struct h3_units capsules;
    struct h3_stream *early; /* waiting streams */
    uint32_t early_streams, requests;
    size_t early_bytes;
    struct {
        uint8_t *data;
        size_t len;
    } early_datagram[DATAGRAMS_EARLY_MAX];
    size_t early_datagrams;
};

static bool is_uni(uint64_t id) { return id & 2; }

struct h3 *h3_new(const struct h3_config *config, const struct h3_calls *calls, void *ctx)
{
    struct h3 *h = calloc(1, sizeof *h);
    if (h) {
        h->config = *config;
        h->calls = calls;
        h->ctx = ctx;
    }
    return h;
}

static void drop_early_datagrams(struct h3 *h)
{
    for (size_t i = 0; i < h->early_datagrams; i++)
        free(h->early_datagram[i].data);
    h->early_datagrams = 0;
}

void h3_del(struct h3 *h)
{
    if (!h)
        return;
    drop_early_datagrams(h);
    h3_units_free(&h->capsules);
    free(h);
}

static void fail(struct h3 *h, uint64_t code, const char *why)
{
    if (h->failed)
        return;
    h->failed = true;
    h->calls->fail(h->ctx, code, why);
}

bool h3_live(const struct h3 *h) { return h->live && !h->closing && !h->gone; }
uint64_t h3_session(const struct h3 *h) { return h->session; }

static size_t prefix(uint8_t *out, uint64_t type, uint64_t session)
{
    struct writer w = writer_of(out, H3_PREFIX_MAX);
    write_varint(&w, type);
    write_varint(&w, session);
    return (size_t)writer_done(&w);
}

size_t h3_uni_prefix(const struct h3 *h, uint8_t out[H3_PREFIX_MAX]) { return prefix(out, H3_WT_UNI, h->session); }
size_t h3_bidi_prefix(const struct h3 *h, uint8_t out[H3_PREFIX_MAX]) { return prefix(out, H3_WT_BIDI, h->session); }

size_t h3_datagram_prefix(const struct h3 *h, uint8_t out[H3_PREFIX_MAX])
{
    struct writer w = writer_of(out, H3_PREFIX_MAX);
    write_varint(&w, h->session / 4);
    return (size_t)writer_done(&w);
}

void h3_start(struct h3 *h)
{
    uint8_t out[128];
    uint64_t id;
    if (h->calls->open_uni(h->ctx, &id)) {
        fail(h, H3_INTERNAL_ERROR, "no stream for settings");
        return;
    }
    out[0] = H3_CONTROL;
    int len = h3_settings_write(out + 1, sizeof out - 1);
    assert(len > 0);
    h->calls->write(h->ctx, id, out, (size_t)len + 1, false);
}

/* ---- requests and answers ---- */

static void send_headers(struct h3 *h, uint64_t id, const uint8_t *frame, int len, bool fin)
{
    if (len < 0)
        fail(h, H3_INTERNAL_ERROR, "headers do not fit");
    else
        h->calls->write(h->ctx, id, frame, (size_t)len, fin);
}

static void ask_when_allowed(struct h3 *h)
{
    if (!h->connect_opened || !h->settings_seen || h->asked || h->failed)
        return;
    uint8_t out[H3_HEADERS_MAX];
    h->asked = true;
    send_headers(h, h->session, out, h3_request_write(&h->config.request, out, sizeof out), false);
}

void h3_connect(struct h3 *h, uint64_t id)
{
    h->session = id;
    h->connect_opened = true;
    h->connect = h3_stream_opened(h, id);
    if (h->connect)
        h->connect->kind = BIDI_CONNECT;
    ask_when_allowed(h);
}

struct h3_stream *h3_connect_stream(struct h3 *h) { return h->connect; }

static void release_early(struct h3 *h);

static void answer(struct h3 *h, struct h3_stream *s, int status)
{
    uint8_t out[H3_HEADERS_MAX];
    send_headers(h, s->id, out, h3_answer_write(status, out, sizeof out), status != 200);
}

static int judge(struct h3 *h, const struct h3_section *s)
{
    const struct h3_request *r = &s->request;
    if (s->bad)
        return 400;
    if (strcmp(r->method, "CONNECT") != 0)
        return strcmp(r->method, "GET") == 0 || strcmp(r->method, "HEAD") == 0 ? 404 : 405; /* pages come over TCP */
    if (strcmp(r->protocol, "webtransport") != 0)
        return 501;
    if (h->connect || h->live || h->gone)
        return 429; /* one session per connection */
    return h->calls->request(h->ctx, r);
}

static void on_request(struct h3 *h, struct h3_stream *s, const struct h3_section *section)
{
    int status = judge(h, section);
    if (h->failed)
        return;
    answer(h, s, status);
    if (status != 200) {
        s->kind = DEAD;
        return;
    }
    s->kind = BIDI_CONNECT;
    h->connect = s;
    h->session = s->id;
    h->live = true;
    h->calls->answered(h->ctx, status);
    release_early(h);
}

static void on_answer(struct h3 *h, const struct h3_section *section)
{
    if (section->status >= 100 && section->status < 200)
        return; /* an interim answer */
    h->connect->headers_read = true;
    if (section->status == 200)
        h->live = true;
    else
        h->gone = true;
    h->calls->answered(h->ctx, section->status); /* before anything that came early */
    if (h->live)
        release_early(h);
}

static void on_headers(struct h3 *h, struct h3_stream *s, const uint8_t *data, size_t len)
{
    struct h3_section section;
    if (h3_section_read(&section, data, len, h->config.header_bytes)) {
        fail(h, H3_QPACK_DECOMPRESSION_FAILED, "malformed header section");
        return;
    }
    if (h->config.server && s->kind == BIDI_REQUEST)
        on_request(h, s, &section);
    else if (!h->config.server && s == h->connect && !s->headers_read)
        on_answer(h, &section);
    /* else: trailers, which mean nothing here */
}

/* ---- the end of a session ---- */

static void session_ended(struct h3 *h, uint32_t code, const char *text)
{
    if (h->gone)
        return;
    bool was_live = h->live;
    h->gone = true;
    if (was_live)
        h->calls->session_closed(h->ctx, code, text);
    else if (!h->config.server)
        h->calls->answered(h->ctx, 0);
}

static void on_close_capsule(struct h3 *h, const uint8_t *data, size_t len)
{
    char text[H3_CLOSE_TEXT_MAX + 1];
    struct reader r = reader_of(data, len);
    uint32_t code = read_u32(&r);
    if (reader_ok(&r) || reader_left(&r) > H3_CLOSE_TEXT_MAX) {
        fail(h, H3_MESSAGE_ERROR, "malformed close");
        return;
    }
    snprintf(text, sizeof text, "%.*s", (int)reader_left(&r), (const char *)r.at);
    session_ended(h, code, text);
}

static void read_capsules(struct h3 *h, const uint8_t *data, size_t len)
{
    const uint8_t *out;
    size_t out_len;
    while (!h->failed && !h->gone) {
        enum h3_piece piece = h3_units_read(&h->capsules, &data, &len, false, h->config.frame_bytes, &out, &out_len);
        if (piece == H3_NEED_MORE)
            return;
        if (piece == H3_HEADER)
            h->capsules.keep = h->capsules.type == H3_CAPSULE_CLOSE;
        else if (piece == H3_TOO_LARGE)
            fail(h, H3_EXCESSIVE_LOAD, "capsule too large");
        else if (piece == H3_WHOLE)
            on_close_capsule(h, out, out_len);
        else if (piece == H3_SOME && h->capsules.at == H3_AT_TYPE && h->capsules.type == H3_CAPSULE_DRAIN)
            h->calls->drained(h->ctx);
    }
}

void h3_close(struct h3 *h, uint32_t code, const char *text)
{
    uint8_t capsule[H3_CLOSE_TEXT_MAX + 16], out[H3_CLOSE_TEXT_MAX + 32];
    size_t text_len = strnlen(text, H3_CLOSE_TEXT_MAX);
    if (!h3_live(h))
        return;
    h->closing = true;
    struct writer c = writer_of(capsule, sizeof capsule), w = writer_of(out, sizeof out);
    write_varint(&c, H3_CAPSULE_CLOSE);
    write_varint(&c, 4 + text_len);
    write_u32(&c, code);
    write_bytes(&c, text, text_len);
    write_varint(&w, H3_DATA);
    write_varint(&w, (uint64_t)writer_done(&c));
    write_bytes(&w, capsule, (size_t)writer_done(&c));
    h->calls->write(h->ctx, h->session, out, (size_t)writer_done(&w), true);
}

/* ---- frames ---- */

static bool is_http2_frame(uint64_t type) { return type == 0x02 || type == 0x06 || type == 0x08 || type == 0x09; }

/* What a frame may be on a request stream: 1 keep it whole, 0 pass it, ERR_PROTOCOL. */
static int request_frame(const struct h3_stream *s, uint64_t type)
{
    if (type == H3_HEADERS)
        return 1;
    if (type == H3_DATA)
        return s->kind == BIDI_CONNECT || s->kind == DEAD ? 0 : ERR_PROTOCOL;
    if (type == H3_CANCEL_PUSH || type == H3_SETTINGS || type == H3_PUSH_PROMISE || type == H3_GOAWAY || type == H3_MAX_PUSH_ID)
        return ERR_PROTOCOL;
    return is_http2_frame(type) ? ERR_PROTOCOL : 0;
}

static void on_request_piece(struct h3 *h, struct h3_stream *s, enum h3_piece piece, const uint8_t *data, size_t len)
{
    if (piece == H3_HEADER) {
        int what = request_frame(s, s->units.type);
        s->units.keep = what == 1;
        if (what < 0)
            fail(h, H3_FRAME_UNEXPECTED, "frame on a request stream");
        else if (what == 1 && ++h->requests > REQUESTS_MAX)
            fail(h, H3_EXCESSIVE_LOAD, "too many requests");
    } else if (piece == H3_WHOLE)
        on_headers(h, s, data, len);
    else if (piece == H3_SOME && s->units.type == H3_DATA && s == h->connect)
        read_capsules(h, data, len);
    else if (piece == H3_TOO_LARGE && s == h->connect)
        fail(h, H3_EXCESSIVE_LOAD, "header section too large");
    else if (piece == H3_TOO_LARGE) {
        s->kind = DEAD;
        h->calls->abort_stream(h->ctx, s->id, H3_EXCESSIVE_LOAD);
    }
}

static void become_wt_bidi(struct h3 *h, struct h3_stream *s, const uint8_t *data, size_t len, bool fin);

static void read_request(struct h3 *h, struct h3_stream *s, const uint8_t *data, size_t len, bool fin)
{
    const uint8_t *out = NULL;
    size_t out_len = 0;
    while (!h->failed) {
        bool first = s->kind == BIDI_REQUEST && !s->headers_read;
        enum h3_piece piece = h3_units_read(&s->units, &data, &len, first, h->config.header_bytes, &out, &out_len);
        if (piece == H3_NEED_MORE)
            break;
        if (piece == H3_SIGNAL) {
            become_wt_bidi(h, s, data, len, fin);
            return;
        }
        s->headers_read |= piece == H3_WHOLE && h->config.server;
        on_request_piece(h, s, piece, out, out_len);
        if (s->kind == DEAD)
            return;
    }
    if (fin && s == h->connect && !h->failed)
        session_ended(h, 0, "");
}

static void on_settings(struct h3 *h, const uint8_t *data, size_t len)
{
    struct h3_settings s;
    if (h3_settings_parse(&s, data, len)) {
        fail(h, H3_SETTINGS_ERROR, "malformed settings");
        return;
    }
    if (!h->config.server && (!s.connect || !s.datagram || !s.webtransport)) {
        fail(h, H3_SETTINGS_ERROR, "no WebTransport here");
        return;
    }
    h->settings_seen = true;
    ask_when_allowed(h);
}

static void on_control_header(struct h3 *h, struct h3_stream *s)
{
    uint64_t type = s->units.type;
    if (!h->settings_seen && type != H3_SETTINGS)
        fail(h, H3_MISSING_SETTINGS, "settings must come first");
    else if ((h->settings_seen && type == H3_SETTINGS) || type == H3_DATA || type == H3_HEADERS || type == H3_PUSH_PROMISE ||
             is_http2_frame(type))
        fail(h, H3_FRAME_UNEXPECTED, "frame on the control stream");
    s->units.keep = type == H3_SETTINGS;
}

static void read_control(struct h3 *h, struct h3_stream *s, const uint8_t *data, size_t len, bool fin)
{
    const uint8_t *out = NULL;
    size_t out_len = 0;
    while (!h->failed) {
        enum h3_piece piece = h3_units_read(&s->units, &data, &len, false, h->config.frame_bytes, &out, &out_len);
        if (piece == H3_NEED_MORE)
            break;
        if (piece == H3_HEADER)
            on_control_header(h, s);
        else if (piece == H3_WHOLE)
            on_settings(h, out, out_len);
        else if (piece == H3_TOO_LARGE)
            fail(h, H3_EXCESSIVE_LOAD, "frame too large");
    }
    if (fin)
        fail(h, H3_CLOSED_CRITICAL_STREAM, "control stream ended");
}

/* ---- streams of the session ---- */

static void drop_early(struct h3 *h, struct h3_stream *s)
{
    if (!s->waits)
        return;
    struct h3_stream **at = &h->early;
    while (*at != s)
        at = &(*at)->next_early;
    *at = s->next_early;
    h->early_streams--;
    h->early_bytes -= s->early_len;
    free(s->early);
    s->early = NULL;
    s->waits = false;
}

static void refuse(struct h3 *h, struct h3_stream *s, uint64_t code)
{
    drop_early(h, s);
    s->kind = DEAD;
    h->calls->abort_stream(h->ctx, s->id, code);
}

static int hold(struct h3 *h, struct h3_stream *s, const uint8_t *data, size_t len, bool fin)
{
    if (!s->waits) {
        if (h->early_streams >= h->config.early_streams)
            return ERR_LIMIT;
        s->waits = true;
        s->next_early = h->early;
        h->early = s;
        h->early_streams++;
    }
    s->early_fin |= fin;
    if (!len)
        return 0;
    uint8_t *grown = h->early_bytes + len > h->config.early_bytes ? NULL : realloc(s->early, s->early_len + len);
    if (!grown)
        return ERR_LIMIT;
    memcpy(grown + s->early_len, data, len);
    s->early = grown;
    s->early_len += len;
    h->early_bytes += len;
    return 0;
}

static void deliver(struct h3 *h, struct h3_stream *s, const uint8_t *data, size_t len, bool fin)
{
    if (s->kind == UNI_WT)
        h->calls->uni(h->ctx, s->id, data, len, fin);
    else
        h->calls->bidi(h->ctx, s->id, data, len, fin);
}

static void session_data(struct h3 *h, struct h3_stream *s, const uint8_t *data, size_t len, bool fin)
{
    if (h->gone || h->closing)
        return;
    if (!h->live) {
        if (hold(h, s, data, len, fin))
            refuse(h, s, H3_WT_UNKNOWN_SESSION);
    } else if (s->session != h->session)
        refuse(h, s, H3_WT_UNKNOWN_SESSION);
    else
        deliver(h, s, data, len, fin);
}

/* The stream's session id has been read. */
static void join_session(struct h3 *h, struct h3_stream *s, const uint8_t *data, size_t len, bool fin)
{
    if (s->session & 3) {
        fail(h, H3_ID_ERROR, "not a session's id");
        return;
    }
    s->kind = s->kind == UNI_WT_HEADER ? UNI_WT : BIDI_WT;
    if (s->kind == BIDI_WT && h3_live(h) && s->session == h->session)
        h->calls->bidi_opened(h->ctx, s->id);
    session_data(h, s, data, len, fin);
}

static void read_session_id(struct h3 *h, struct h3_stream *s, const uint8_t *data, size_t len, bool fin)
{
    if (h3_varint_feed(&s->varint, &data, &len, &s->session))
        join_session(h, s, data, len, fin);
    else if (fin)
        s->kind = DEAD;
}

static void become_wt_bidi(struct h3 *h, struct h3_stream *s, const uint8_t *data, size_t len, bool fin)
{
    s->kind = BIDI_WT_HEADER;
    read_session_id(h, s, data, len, fin);
}

static void release_stream(struct h3 *h, struct h3_stream *s)
{
    uint8_t *held = s->early;
    size_t len = s->early_len;
    s->early = NULL;
    s->early_len = 0;
    s->waits = false;
    if (s->session != h->session) {
        refuse(h, s, H3_WT_UNKNOWN_SESSION);
    } else {
        if (s->kind == BIDI_WT)
            h->calls->bidi_opened(h->ctx, s->id);
        deliver(h, s, held, len, s->early_fin);
    }
    free(held);
}

static void release_early(struct h3 *h)
{
    struct h3_stream *oldest = NULL;
    while (h->early) { /* they stand newest first */
        struct h3_stream *s = h->early;
        h->early = s->next_early;
        s->next_early = oldest;
        oldest = s;
    }
    h->early_streams = 0;
    h->early_bytes = 0;
    for (struct h3_stream *next; oldest && !h->failed; oldest = next) {
        next = oldest->next_early;
        release_stream(h, oldest);
    }
    for (size_t i = 0; i < h->early_datagrams; i++)
        h3_datagram_in(h, h->early_datagram[i].data, h->early_datagram[i].len);
    drop_early_datagrams(h);
}

/* ---- what the transport tells ---- */

struct h3_stream *h3_stream_opened(struct h3 *h, uint64_t id)
{
    struct h3_stream *s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    s->id = id;
    /* A server opens no bidirectional stream but within a session. */
    s->kind = is_uni(id) ? UNI_UNKNOWN : BIDI_REQUEST;
    (void)h;
    return s;
}

static void become_typed(struct h3 *h, struct h3_stream *s, uint64_t type)
{
    switch (type) {
    case H3_CONTROL:
        if (h->control_seen)
            fail(h, H3_STREAM_CREATION_ERROR, "second control stream");
        h->control_seen = true;
        s->kind = UNI_CONTROL;
        break;
    case H3_PUSH: fail(h, H3_STREAM_CREATION_ERROR, "push"); break;
    case H3_WT_UNI: s->kind = UNI_WT_HEADER; break;
    case H3_QPACK_ENCODER:
    case H3_QPACK_DECODER: s->kind = UNI_IGNORED; break;
    default: refuse(h, s, H3_STREAM_CREATION_ERROR); break;
    }
}

void h3_stream_data(struct h3 *h, struct h3_stream *s, const uint8_t *data, size_t len, bool fin)
{
    uint64_t type;
    if (h->failed)
        return;
    if (s->kind == UNI_UNKNOWN) {
        if (!h3_varint_feed(&s->varint, &data, &len, &type))
            return;
        become_typed(h, s, type);
    }
    switch (s->kind) {
    case UNI_CONTROL: read_control(h, s, data, len, fin); break;
    case UNI_WT_HEADER:
    case BIDI_WT_HEADER: read_session_id(h, s, data, len, fin); break;
    case UNI_WT:
    case BIDI_WT: session_data(h, s, data, len, fin); break;
    case BIDI_REQUEST:
    case BIDI_CONNECT: read_request(h, s, data, len, fin); break;
    default: break;
    }
}

void h3_stream_reset(struct h3 *h, struct h3_stream *s, uint64_t code)
{
    if (h->failed)
        return;
    if (s->kind == UNI_CONTROL)
        fail(h, H3_CLOSED_CRITICAL_STREAM, "control stream reset");
    else if (s == h->connect)
        session_ended(h, 0, "");
    else if (s->kind == UNI_WT && h3_live(h) && s->session == h->session)
        h->calls->uni_reset(h->ctx, s->id, code);
    else if (s->kind == BIDI_WT && h3_live(h) && s->session == h->session)
        h->calls->bidi(h->ctx, s->id, NULL, 0, true);
    drop_early(h, s);
    s->kind = DEAD;
}

void h3_stream_closed(struct h3 *h, struct h3_stream *s)
{
    drop_early(h, s);
    if (s == h->connect)
        h->connect = NULL;
    h3_units_free(&s->units);
    free(s);
}

void h3_datagram_in(struct h3 *h, const uint8_t *data, size_t len)
{
    struct reader r = reader_of(data, len);
    uint64_t quarter = read_varint(&r);
    if (h->failed || h->gone || h->closing)
        return;
    if (reader_ok(&r) || quarter > VARINT_MAX / 4) {
        fail(h, 0x33, "malformed datagram");
        return;
    }
    if (h->live) {
        if (quarter == h->session / 4)
            h->calls->datagram(h->ctx, r.at, reader_left(&r));
        return;
    }
    if (h->early_datagrams == DATAGRAMS_EARLY_MAX || !(h->early_datagram[h->early_datagrams].data = malloc(len ? len : 1)))
        return;
    memcpy(h->early_datagram[h->early_datagrams].data, data, len);
    h->early_datagram[h->early_datagrams++].len = len;
}
