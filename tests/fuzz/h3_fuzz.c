/* SPDX-License-Identifier: MIT */
/* HTTP/3, WebTransport streams and capsules before a peer that sends anything. Byte 0: we are the server (0) or the client. Then steps: what
 * (one byte), which stream (one byte), a length (one byte) and bytes. Honest SETTINGS and CONNECT are among the steps. */
#include <stdbool.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "fuzz/fuzz.h"
#include "net/h3.h"
#include "net/qpack.h"

#define STREAMS 24
#define STEPS_MAX 300
#define CONNECT_ID 0

struct stream {
    struct h3_stream *h3; /* NULL: free */
    uint64_t id;
    bool ended; /* no more is read: end, reset or aborted */
};

struct world {
    struct h3 *h3;
    bool server, failed, told_closed;
    struct stream stream[STREAMS];
    uint64_t next_uni, next_bidi, next_own;
    size_t sessions;
};

/* ---- what h3 calls ---- */

static int open_uni(void *ctx, uint64_t *id)
{
    struct world *w = ctx;
    *id = (w->server ? 3 : 2) + 4 * w->next_own++;
    return 0;
}

static void touch(const uint8_t *data, size_t len)
{
    volatile uint8_t sum = 0;
    for (size_t i = 0; i < len; i++)
        sum ^= data[i];
}

static void written(void *ctx, uint64_t id, const uint8_t *data, size_t len, bool fin)
{
    (void)ctx;
    (void)id;
    (void)fin;
    touch(data, len);
}

static struct stream *stream_of(struct world *w, uint64_t id)
{
    for (size_t i = 0; i < STREAMS; i++)
        if (w->stream[i].h3 && w->stream[i].id == id)
            return &w->stream[i];
    return NULL;
}

static void abort_stream(void *ctx, uint64_t id, uint64_t code)
{
    struct stream *s = stream_of(ctx, id);
    (void)code;
    MUST(s);
    s->ended = true;
}

static void fail(void *ctx, uint64_t code, const char *why)
{
    struct world *w = ctx;
    MUST(!w->failed && why);
    (void)code;
    w->failed = true;
}

static int request(void *ctx, const struct h3_request *r)
{
    struct world *w = ctx;
    MUST(w->server && strlen(r->path) < sizeof r->path);
    return strcmp(r->path, "/wt") == 0 ? 200 : 404;
}

static void answered(void *ctx, int status)
{
    struct world *w = ctx;
    w->sessions += status >= 200 && status < 300;
    MUST(w->sessions <= 1);
}

static void uni(void *ctx, uint64_t id, const uint8_t *data, size_t len, bool fin)
{
    struct world *w = ctx;
    MUST(w->sessions && (id & 2) && !w->failed);
    (void)fin;
    touch(data, len);
}

static void uni_reset(void *ctx, uint64_t id, uint64_t code)
{
    (void)code;
    uni(ctx, id, NULL, 0, true);
}

static void bidi_opened(void *ctx, uint64_t id)
{
    struct world *w = ctx;
    MUST(w->sessions && !(id & 2));
}

static void bidi(void *ctx, uint64_t id, const uint8_t *data, size_t len, bool fin)
{
    (void)fin;
    bidi_opened(ctx, id);
    touch(data, len);
}

static void datagram(void *ctx, const uint8_t *data, size_t len)
{
    MUST(((struct world *)ctx)->sessions);
    touch(data, len);
}

static void session_closed(void *ctx, uint32_t code, const char *text)
{
    struct world *w = ctx;
    (void)code;
    MUST(!w->told_closed && strlen(text) <= H3_CLOSE_TEXT_MAX);
    w->told_closed = true;
}

static void drained(void *ctx) { MUST(((struct world *)ctx)->sessions); }

static const struct h3_calls calls = {
    .open_uni = open_uni,
    .write = written,
    .abort_stream = abort_stream,
    .fail = fail,
    .request = request,
    .answered = answered,
    .uni = uni,
    .uni_reset = uni_reset,
    .bidi_opened = bidi_opened,
    .bidi = bidi,
    .datagram = datagram,
    .session_closed = session_closed,
    .drained = drained,
};

/* ---- what the peer does ---- */

static void close_stream(struct world *w, struct stream *s)
{
    h3_stream_closed(w->h3, s->h3);
    *s = (struct stream){.h3 = NULL};
}

static struct stream *open_stream(struct world *w, bool is_uni)
{
    struct stream *s = NULL;
    for (size_t i = 0; i < STREAMS && !s; i++)
        if (!w->stream[i].h3)
            s = &w->stream[i];
    if (!s)
        return NULL;
    uint64_t kind = (is_uni ? 2 : 0) | !w->server;
    *s = (struct stream){.id = kind + 4 * (is_uni ? w->next_uni++ : w->next_bidi++)};
    s->h3 = h3_stream_opened(w->h3, s->id);
    MUST(s->h3);
    return s;
}

static void data_in(struct world *w, struct stream *s, const uint8_t *data, size_t len, bool fin)
{
    if (!s || !s->h3 || s->ended || w->failed)
        return;
    h3_stream_data(w->h3, s->h3, data, len, fin);
    s->ended |= fin;
}

static void in_pieces(struct world *w, struct stream *s, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        data_in(w, s, data + i, 1, false);
}

static void honest_settings(struct world *w)
{
    uint8_t out[128] = {H3_CONTROL};
    struct stream *s = open_stream(w, true);
    int len = h3_settings_write(out + 1, sizeof out - 1);
    MUST(len > 0);
    data_in(w, s, out, (size_t)len + 1, false);
}

static size_t headers(uint8_t *out, size_t cap, const struct qpack_field *fields, size_t count)
{
    uint8_t section[512];
    int len = qpack_encode(fields, count, section, sizeof section);
    MUST(len > 0);
    struct writer wr = writer_of(out, cap);
    write_varint(&wr, H3_HEADERS);
    write_varint(&wr, (uint64_t)len);
    write_bytes(&wr, section, (size_t)len);
    return (size_t)writer_done(&wr);
}

/* As server: a request for a session, on the client's next bidirectional stream. As client: the answer 200. */
static void honest_session(struct world *w)
{
    static const struct qpack_field ask[] = {{":method", "CONNECT"},
                                             {":protocol", "webtransport"},
                                             {":scheme", "https"},
                                             {":authority", "x"},
                                             {":path", "/wt"}},
                                    answer[] = {{":status", "200"}};
    uint8_t out[600];
    size_t len = w->server ? headers(out, sizeof out, ask, 5) : headers(out, sizeof out, answer, 1);
    data_in(w, w->server ? open_stream(w, false) : stream_of(w, CONNECT_ID), out, len, false);
}

static void take_step(struct world *w, uint8_t what, struct stream *s, const uint8_t *data, size_t len)
{
    switch (what % 12) {
    case 0: open_stream(w, true); break;
    case 1: open_stream(w, false); break;
    case 2: data_in(w, open_stream(w, true), data, len, what & 128); break;
    case 3: data_in(w, open_stream(w, false), data, len, what & 128); break;
    case 4: data_in(w, s, data, len, false); break;
    case 5: data_in(w, s, data, len, true); break;
    case 6: in_pieces(w, s, data, len); break;
    case 7:
        if (s->h3 && !s->ended) {
            s->ended = true;
            h3_stream_reset(w->h3, s->h3, len);
        }
        break;
    case 8:
        if (s->h3)
            close_stream(w, s);
        break;
    case 9: h3_datagram_in(w->h3, data, len); break;
    case 10: what & 128 ? h3_close(w->h3, 7, "bye") : honest_settings(w); break;
    case 11: honest_session(w); break;
    }
}

static void start(struct world *w)
{
    h3_start(w->h3);
    if (w->server)
        return;
    h3_connect(w->h3, CONNECT_ID);
    w->stream[0] = (struct stream){.h3 = h3_connect_stream(w->h3), .id = CONNECT_ID};
    MUST(w->stream[0].h3);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct world w = {.server = take_u8(&data, &len) % 2 == 0};
    struct h3_config config = {
        .server = w.server, .header_bytes = 4096, .frame_bytes = 2048, .early_bytes = 4096, .early_streams = 4};
    strcpy(config.request.authority, "x");
    strcpy(config.request.path, "/wt");
    w.h3 = h3_new(&config, &calls, &w);
    MUST(w.h3);
    start(&w);
    for (int i = 0; len && !w.failed && i < STEPS_MAX; i++) {
        uint8_t what = take_u8(&data, &len), which = take_u8(&data, &len);
        size_t want = take_u8(&data, &len), n = want < len ? want : len;
        take_step(&w, what, &w.stream[which % STREAMS], data, n);
        data += n;
        len -= n;
    }
    for (size_t i = 0; i < STREAMS; i++)
        if (w.stream[i].h3)
            close_stream(&w, &w.stream[i]);
    h3_del(w.h3);
    return 0;
}
