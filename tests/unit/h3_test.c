/* SPDX-License-Identifier: MIT */
/* HTTP/3 without a network: a server and a client h3 exchange bytes through a table of streams, whole or one byte at a time. */
#include "net/h3.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "check.h"
#include "net/qpack.h"

#define STREAMS 32
#define BUFFER 8192

/* What one side did and heard. */
struct side {
    struct h3 *h3;
    struct side *peer;
    struct h3_config config;
    uint64_t next_uni;
    struct {
        uint64_t id;
        uint8_t data[BUFFER];
        size_t len;
        bool fin;
    } out[STREAMS]; /* written, not yet carried over */
    size_t outs;
    struct {
        uint64_t id;
        struct h3_stream *s;
    } in[STREAMS];
    size_t ins;
    int requests, status, verdict, failures, closes, aborts, bidis;
    uint64_t fail_code, abort_code, aborted_id;
    uint32_t close_code;
    char close_text[64], path[64], origin[64];
    uint8_t uni[BUFFER], bidi[BUFFER], datagram[256];
    size_t uni_len, bidi_len, datagram_len;
    int datagrams, uni_ends, uni_resets;
};

static int open_uni(void *ctx, uint64_t *id)
{
    struct side *s = ctx;
    *id = (s->config.server ? 3u : 2u) + 4 * s->next_uni++;
    return 0;
}

static void write_out(void *ctx, uint64_t id, const uint8_t *data, size_t len, bool fin)
{
    struct side *s = ctx;
    CHECK(s->outs < STREAMS && len <= BUFFER);
    s->out[s->outs].id = id;
    memcpy(s->out[s->outs].data, data, len);
    s->out[s->outs].len = len;
    s->out[s->outs++].fin = fin;
}

static void abort_stream(void *ctx, uint64_t id, uint64_t code)
{
    struct side *s = ctx;
    s->aborts++;
    s->aborted_id = id;
    s->abort_code = code;
}

static void failed(void *ctx, uint64_t code, const char *why)
{
    struct side *s = ctx;
    (void)why;
    s->failures++;
    s->fail_code = code;
}

static int request(void *ctx, const struct h3_request *r)
{
    struct side *s = ctx;
    s->requests++;
    snprintf(s->path, sizeof s->path, "%.60s", r->path);
    snprintf(s->origin, sizeof s->origin, "%.60s", r->origin);
    return s->verdict;
}

static void answered(void *ctx, int status) { ((struct side *)ctx)->status = status; }

static void uni(void *ctx, uint64_t id, const uint8_t *data, size_t len, bool fin)
{
    struct side *s = ctx;
    (void)id;
    if (len)
        memcpy(s->uni + s->uni_len, data, len);
    s->uni_len += len;
    s->uni_ends += fin;
}

static void uni_reset(void *ctx, uint64_t id, uint64_t code)
{
    (void)id, (void)code;
    ((struct side *)ctx)->uni_resets++;
}

static void bidi_opened(void *ctx, uint64_t id)
{
    (void)id;
    ((struct side *)ctx)->bidis++;
}

static void bidi(void *ctx, uint64_t id, const uint8_t *data, size_t len, bool fin)
{
    struct side *s = ctx;
    (void)id, (void)fin;
    if (len)
        memcpy(s->bidi + s->bidi_len, data, len);
    s->bidi_len += len;
}

static void datagram(void *ctx, const uint8_t *data, size_t len)
{
    struct side *s = ctx;
    s->datagrams++;
    memcpy(s->datagram, data, len);
    s->datagram_len = len;
}

static void session_closed(void *ctx, uint32_t code, const char *text)
{
    struct side *s = ctx;
    s->closes++;
    s->close_code = code;
    snprintf(s->close_text, sizeof s->close_text, "%.60s", text);
}

static void drained(void *ctx) { (void)ctx; }

static const struct h3_calls calls = {open_uni,  write_out,   abort_stream, failed,   request,        answered, uni,
                                      uni_reset, bidi_opened, bidi,         datagram, session_closed, drained};

static struct side server, client;

static void make(struct side *s, bool is_server)
{
    for (size_t i = 0; i < s->ins; i++)
        h3_stream_closed(s->h3, s->in[i].s);
    h3_del(s->h3);
    memset(s, 0, sizeof *s);
    s->config =
        (struct h3_config){.server = is_server, .header_bytes = 1000, .frame_bytes = 500, .early_bytes = 64, .early_streams = 2};
    snprintf(s->config.request.authority, sizeof s->config.request.authority, "relay.example:4433");
    snprintf(s->config.request.path, sizeof s->config.request.path, "/wt");
    snprintf(s->config.request.origin, sizeof s->config.request.origin, "https://page.example");
    s->verdict = 200;
    s->h3 = h3_new(&s->config, &calls, s);
}

static void begin(void)
{
    make(&server, true);
    make(&client, false);
}

static struct h3_stream *reader(struct side *s, uint64_t id)
{
    for (size_t i = 0; i < s->ins; i++)
        if (s->in[i].id == id)
            return s->in[i].s;
    s->in[s->ins].id = id;
    s->in[s->ins].s = h3_stream_opened(s->h3, id);
    return s->in[s->ins++].s;
}

static void feed(struct side *to, uint64_t id, const void *data, size_t len, bool fin)
{
    h3_stream_data(to->h3, reader(to, id), data, len, fin);
}

/* Carries over what `from` wrote, `step` bytes at a time. */
static void carry(struct side *from, struct side *to, size_t step)
{
    for (size_t i = 0; i < from->outs; i++)
        for (size_t at = 0, n; at < from->out[i].len; at += n) {
            n = from->out[i].len - at < step ? from->out[i].len - at : step;
            feed(to, from->out[i].id, from->out[i].data + at, n, from->out[i].fin && at + n == from->out[i].len);
        }
    from->outs = 0;
}

static void connect_in_steps(size_t step)
{
    begin();
    h3_start(server.h3);
    h3_start(client.h3);
    h3_connect(client.h3, 0);
    client.in[client.ins].id = 0;
    client.in[client.ins++].s = h3_connect_stream(client.h3);
    CHECK_EQ(1, client.outs); /* no request before the server's settings */
    for (int i = 0; i < 3; i++) {
        carry(&server, &client, step);
        carry(&client, &server, step);
    }
}

static void opens_a_session_whatever_the_pieces(void)
{
    static const size_t steps[] = {1, 2, 3, 7, BUFFER};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        connect_in_steps(steps[i]);
        CHECK_EQ(200, client.status);
        CHECK(h3_live(server.h3) && h3_live(client.h3));
        CHECK_EQ(1, server.requests);
        CHECK_STR("/wt", server.path);
        CHECK_STR("https://page.example", server.origin);
    }
}

static void a_refusal_reaches_the_client(void)
{
    begin();
    server.verdict = 403;
    h3_start(server.h3);
    h3_start(client.h3);
    h3_connect(client.h3, 0);
    client.in[client.ins].id = 0;
    client.in[client.ins++].s = h3_connect_stream(client.h3);
    carry(&server, &client, BUFFER);
    carry(&client, &server, BUFFER);
    carry(&server, &client, BUFFER);
    CHECK_EQ(403, client.status);
    CHECK(!h3_live(server.h3) && !h3_live(client.h3));
}

static void streams_and_datagrams_of_the_session_pass(void)
{
    uint8_t head[H3_PREFIX_MAX];
    connect_in_steps(BUFFER);
    size_t n = h3_uni_prefix(client.h3, head);
    CHECK_EQ(3, n); /* 40 54 00, as browsers send it */
    CHECK_MEM("\x40\x54\x00", head, 3);
    feed(&server, 10, "\x40\x54", 2, false);
    feed(&server, 10, "\x00pic", 4, false);
    feed(&server, 10, "ture", 4, true);
    CHECK_MEM("picture", server.uni, 7);
    CHECK_EQ(1, server.uni_ends);
    feed(&server, 4, "\x40\x41\x00", 3, false); /* Chromium sends this in a frame of its own */
    CHECK_EQ(1, server.bidis);
    feed(&server, 4, "hello", 5, false);
    CHECK_MEM("hello", server.bidi, 5);
    h3_datagram_in(server.h3, (const uint8_t *)"\x00voice", 6);
    CHECK_MEM("voice", server.datagram, 5);
    feed(&server, 14, "\x40\x54\x00x", 4, false);
    h3_stream_reset(server.h3, reader(&server, 14), 1);
    CHECK_EQ(1, server.uni_resets);
}

static void what_comes_before_connect_is_held_and_bounded(void)
{
    begin();
    h3_start(client.h3);
    feed(&server, 10, "\x40\x54\x00", 3, false);
    feed(&server, 10, "early", 5, true);
    feed(&server, 14, "\x40\x54\x00two", 6, false);
    CHECK_EQ(0, server.aborts);
    feed(&server, 18, "\x40\x54\x00three", 8, false); /* only two are held */
    CHECK_EQ(1, server.aborts);
    CHECK_EQ(18, server.aborted_id);
    CHECK_EQ(H3_WT_UNKNOWN_SESSION, server.abort_code);
    static const uint8_t much[100];
    feed(&server, 14, much, sizeof much, false); /* and only 64 bytes */
    CHECK_EQ(2, server.aborts);
    for (int i = 0; i < 100; i++)
        h3_datagram_in(server.h3, (const uint8_t *)"\x00voice", 6);
    CHECK_EQ(0, server.datagrams);
    h3_connect(client.h3, 0);
    h3_start(server.h3);
    carry(&server, &client, BUFFER);
    carry(&client, &server, BUFFER);
    CHECK(h3_live(server.h3));
    CHECK_MEM("early", server.uni, 5);
    CHECK_EQ(1, server.uni_ends);
    CHECK_BETWEEN(1, 16, server.datagrams);
    client.in[client.ins].id = 0;
    client.in[client.ins++].s = h3_connect_stream(client.h3);
}

static void streams_of_another_session_are_refused(void)
{
    connect_in_steps(BUFFER);
    feed(&server, 10, "\x40\x54\x04who", 6, false);
    CHECK_EQ(1, server.aborts);
    CHECK_EQ(0, server.uni_len);
    h3_datagram_in(server.h3, (const uint8_t *)"\x01what", 5);
    CHECK_EQ(0, server.datagrams);
    CHECK_EQ(0, server.failures);
}

static void one_session_per_connection(void)
{
    uint8_t section[256], frame[300];
    static const struct qpack_field fields[] = {
        {":method", "CONNECT"}, {":protocol", "webtransport"}, {":scheme", "https"}, {":authority", "a"}, {":path", "/wt"}};
    connect_in_steps(BUFFER);
    int len = qpack_encode(fields, 5, section, sizeof section);
    struct writer w = writer_of(frame, sizeof frame);
    write_varint(&w, H3_HEADERS);
    write_varint(&w, (uint64_t)len);
    write_bytes(&w, section, (size_t)len);
    feed(&server, 8, frame, (size_t)writer_done(&w), false);
    CHECK_EQ(1, server.requests);
    CHECK_EQ(1, server.outs); /* the refusal */
    CHECK(server.out[0].fin);
    CHECK(h3_live(server.h3));
    server.outs = 0;
}

static void closing_carries_code_and_text(void)
{
    static const size_t steps[] = {1, BUFFER};
    for (size_t i = 0; i < 2; i++) {
        connect_in_steps(BUFFER);
        h3_close(client.h3, 4242, "goodbye");
        carry(&client, &server, steps[i]);
        CHECK_EQ(1, server.closes);
        CHECK_EQ(4242, server.close_code);
        CHECK_STR("goodbye", server.close_text);
        CHECK_EQ(0, server.failures);
    }
}

static void the_end_of_the_connect_stream_is_a_close(void)
{
    connect_in_steps(BUFFER);
    feed(&server, 0, NULL, 0, true);
    CHECK_EQ(1, server.closes);
    connect_in_steps(BUFFER);
    h3_stream_reset(server.h3, reader(&server, 0), H3_REQUEST_CANCELLED);
    CHECK_EQ(1, server.closes);
}

static void greasing_is_ignored(void)
{
    begin();
    /* control stream: SETTINGS with an unknown id, then an unknown frame */
    feed(&server, 2, "\x00\x04\x03\x40\x40\x07\x21\x02zz", 10, false);
    feed(&server, 6, "\x02", 1, false);          /* QPACK encoder */
    feed(&server, 10, "\x40\x60junk", 6, false); /* unknown stream type: stopped */
    CHECK_EQ(0, server.failures);
    CHECK_EQ(1, server.aborts);
}

static void broken_rules_end_the_connection(void)
{
    static const struct {
        const char *name;
        uint64_t id;
        const char *data;
        size_t len;
        bool fin;
        uint64_t code;
    } step[] = {
        {"a frame before settings", 2, "\x00\x07\x01\x00", 4, false, H3_MISSING_SETTINGS},
        {"settings twice", 2, "\x00\x04\x00\x04\x00", 5, false, H3_FRAME_UNEXPECTED},
        {"a setting of HTTP/2", 2, "\x00\x04\x02\x02\x01", 5, false, H3_SETTINGS_ERROR},
        {"settings that end early", 2, "\x00\x04\x01\x33", 4, false, H3_SETTINGS_ERROR},
        {"huge settings", 2, "\x00\x04\x7f\xff", 4, false, H3_EXCESSIVE_LOAD},
        {"data on control", 2, "\x00\x04\x00\x00\x00", 5, false, H3_FRAME_UNEXPECTED},
        {"the end of control", 2, "\x00\x04\x00", 3, true, H3_CLOSED_CRITICAL_STREAM},
        {"a push from a client", 2, "\x01", 1, false, H3_STREAM_CREATION_ERROR},
        {"data before headers", 0, "\x00\x01x", 3, false, H3_FRAME_UNEXPECTED},
        {"settings on a request", 0, "\x04\x00", 2, false, H3_FRAME_UNEXPECTED},
        {"nonsense for headers", 0, "\x01\x03\xff\xff\xff", 5, false, H3_QPACK_DECOMPRESSION_FAILED},
        {"not a session's id", 10, "\x40\x54\x03", 3, false, H3_ID_ERROR},
    };
    for (size_t i = 0; i < sizeof step / sizeof step[0]; i++) {
        begin();
        feed(&server, step[i].id, step[i].data, step[i].len, step[i].fin);
        if (server.fail_code != step[i].code)
            print_error("%s\n", step[i].name);
        CHECK_EQ(step[i].code, server.fail_code);
        CHECK_EQ(1, server.failures);
        feed(&server, 30, "\x00\x04\x00", 3, false); /* nothing more is read */
        CHECK_EQ(1, server.failures);
    }
}

static void a_large_header_section_is_refused_alone(void)
{
    begin();
    feed(&server, 0, "\x01\x7f\xff", 3, false);
    CHECK_EQ(0, server.failures);
    CHECK_EQ(1, server.aborts);
    CHECK_EQ(H3_EXCESSIVE_LOAD, server.abort_code);
}

static void a_server_without_webtransport_is_refused(void)
{
    begin();
    h3_connect(client.h3, 0);
    feed(&client, 3, "\x00\x04\x00", 3, false);
    CHECK_EQ(1, client.failures);
    client.in[client.ins].id = 0;
    client.in[client.ins++].s = h3_connect_stream(client.h3);
}

static void codes_go_there_and_back(void)
{
    CHECK_EQ(0x52e4a40fa8dbLL, h3_code_of_app(0));
    for (uint32_t i = 0; i < 1000; i++)
        CHECK_EQ(i, h3_app_of_code(h3_code_of_app(i)));
    CHECK_EQ(0xffffffff, h3_app_of_code(h3_code_of_app(0xffffffff)));
    CHECK_EQ(0, h3_app_of_code(H3_NO_ERROR));
}

static void clean_up(void)
{
    begin();
    make(&server, true);
    h3_del(server.h3);
    h3_del(client.h3);
}

int main(void)
{
    static const struct check_test tests[] = {
        T(opens_a_session_whatever_the_pieces),
        T(a_refusal_reaches_the_client),
        T(streams_and_datagrams_of_the_session_pass),
        T(what_comes_before_connect_is_held_and_bounded),
        T(streams_of_another_session_are_refused),
        T(one_session_per_connection),
        T(closing_carries_code_and_text),
        T(the_end_of_the_connect_stream_is_a_close),
        T(greasing_is_ignored),
        T(broken_rules_end_the_connection),
        T(a_large_header_section_is_refused_alone),
        T(a_server_without_webtransport_is_refused),
        T(codes_go_there_and_back),
        T(clean_up),
    };
    return CHECK_RUN(tests);
}
