/* SPDX-License-Identifier: MIT */
/* The small parts of the transports that need no socket: tables, queues, addresses, URLs, the WebSocket's queue. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/rand.h"
#include "check.h"
#include "net/addr.h"
#include "net/chunks.h"
#include "net/strangers.h"
#include "net/u64map.h"
#include "net/url.h"
#include "net/ws.h"

static int marks[4096];

static void a_map_keeps_what_is_put(void)
{
    struct u64map m = {.seed = 7};
    struct rng r = {1};
    static bool there[1024];
    memset(there, 0, sizeof there);
    for (int step = 0; step < 20000; step++) {
        uint64_t key = rng_below(&r, 1024);
        if (rng_below(&r, 2)) {
            CHECK_EQ(0, u64map_put(&m, key * 8, &marks[key]));
            there[key] = true;
        } else {
            CHECK(u64map_remove(&m, key * 8) == (there[key] ? &marks[key] : NULL));
            there[key] = false;
        }
    }
    size_t count = 0;
    for (uint64_t key = 0; key < 1024; key++) {
        CHECK(u64map_get(&m, key * 8) == (there[key] ? &marks[key] : NULL));
        count += there[key];
    }
    CHECK_EQ(count, m.used);
    u64map_free(&m);
}

static void strangers_are_counted_up_to_their_limit(void)
{
    struct strangers s;
    strangers_init(&s, 3);
    CHECK_EQ(0, strangers_add(&s, 1, 2));
    CHECK_EQ(0, strangers_add(&s, 1, 2));
    CHECK_EQ(ERR_LIMIT, strangers_add(&s, 1, 2));
    CHECK_EQ(0, strangers_add(&s, 2, 2));
    strangers_remove(&s, 1);
    CHECK_EQ(0, strangers_add(&s, 1, 2));
    CHECK_EQ(ERR_LIMIT, strangers_add(&s, 9, 0));
    strangers_free(&s);
}

static void chunks_hold_their_packets(void)
{
    struct chunk_pool pool = {0};
    struct chunks list = {0};
    struct pkt *p = pkt_copy("0123456789", 10);
    for (size_t i = 0; i < 200; i++)
        chunks_push(&list, &pool, pkt_ref(p), i % 10, 1);
    CHECK_EQ(201, p->refs);
    CHECK_EQ(200, list.bytes);
    chunks_pop(&list, &pool);
    CHECK_EQ(1, list.head->offset);
    CHECK_EQ(200, p->refs);
    chunks_clear(&list, &pool);
    CHECK_EQ(1, p->refs);
    CHECK_EQ(0, list.bytes);
    pkt_unref(p);
    chunk_pool_free(&pool);
}

static void urls_are_taken_apart(void)
{
    static const struct {
        const char *text, *host, *authority, *path;
        int port;
        bool secure;
    } good[] = {
        {"https://relay.example/wt", "relay.example", "relay.example", "/wt", 443, true},
        {"wss://relay.example:4433/ws?x=1#secret", "relay.example", "relay.example:4433", "/ws?x=1", 4433, true},
        {"ws://[::1]:8080", "::1", "[::1]:8080", "/", 8080, false},
        {"http://[2001:db8::1]/a", "2001:db8::1", "[2001:db8::1]", "/a", 80, false},
        {"https://h?q", "h", "h", "/?q", 443, true},
    };
    static const char *const bad[] = {"",
                                      "relay.example",
                                      "ftp://h/",
                                      "https://",
                                      "https:///x",
                                      "https://h:0/",
                                      "https://h:",
                                      "https://h:99999/",
                                      "https://h:1x/",
                                      "https://[::1/",
                                      "https://[]/",
                                      "https://u@h/",
                                      "https://[::1]x/",
                                      NULL};
    struct url u;
    for (size_t i = 0; i < COUNT_OF(good); i++) {
        CHECK_EQ(0, url_parse(&u, good[i].text));
        CHECK_STR(good[i].host, u.host);
        CHECK_STR(good[i].authority, u.authority);
        CHECK_STR(good[i].path, u.path);
        CHECK_EQ(good[i].port, u.port);
        CHECK_EQ(good[i].secure, u.secure);
    }
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        CHECK_EQ(ERR_PARSE, url_parse(&u, bad[i]));
}

static void addresses_are_read_and_written(void)
{
    static const struct {
        const char *in, *out;
    } step[] = {{"192.0.2.1", "192.0.2.1:80"},
                {"::1", "[::1]:80"},
                {"[2001:db8::1]", "[2001:db8::1]:80"},
                {"::ffff:192.0.2.1", "192.0.2.1:80"}};
    union addr a, b;
    char text[ADDR_TEXT_MAX];
    for (size_t i = 0; i < COUNT_OF(step); i++) {
        CHECK_EQ(0, addr_parse(&a, step[i].in, 80));
        addr_format(&a, text);
        CHECK_STR(step[i].out, text);
    }
    CHECK_EQ(ERR_PARSE, addr_parse(&a, "relay.example", 80));
    CHECK_EQ(ERR_PARSE, addr_parse(&a, "1.2.3.4.5", 80));
    addr_parse(&a, "2001:db8:0:1::1", 1);
    addr_parse(&b, "2001:db8:0:1:ffff::2", 2);
    CHECK(addr_stranger(&a) == addr_stranger(&b)); /* one household */
    addr_parse(&a, "192.0.2.1", 1);
    addr_parse(&b, "::ffff:192.0.2.1", 2);
    CHECK(addr_stranger(&a) == addr_stranger(&b));
    addr_parse(&b, "192.0.2.2", 1);
    CHECK(addr_stranger(&a) != addr_stranger(&b));
}

/* ---- the WebSocket's queue ---- */

static int wishes;
static void want_write(void *carrier)
{
    (void)carrier;
    wishes++;
}
static void no_end(void *carrier) { (void)carrier; }
static void no_stats(void *carrier, struct net_stats *s) { (void)carrier, (void)s; }
static const struct ws_carrier carrier = {want_write, no_end, no_stats, NULL};

static size_t got_len, gots;
static uint8_t got[256];
static void on_message(void *ctx, struct net_conn *conn, const uint8_t *data, size_t len)
{
    (void)ctx, (void)conn;
    gots++;
    got_len = len;
    memcpy(got, data, len);
}
static const struct net_handler handler = {.message = on_message};

static struct chunk_pool pool;
static struct ws_conn *new_ws(size_t queue, size_t message)
{
    gots = 0;
    struct ws_conn *w = ws_new(&(struct ws_setup){.handler = &handler,
                                                  .carrier = &carrier,
                                                  .carrier_ctx = &wishes,
                                                  .pool = &pool,
                                                  .queue_bytes = queue,
                                                  .message_bytes = message,
                                                  .peer = "test"});
    ws_opened(w);
    return w;
}

static void end_ws(struct ws_conn *w)
{
    ws_gone(w);
    chunk_pool_free(&pool);
}

static int queue(struct ws_conn *w, const char *text, uint32_t priority)
{
    return net_send(
        &w->base,
        &(struct net_send){.channel = NET_RUN, .pkt = pkt_copy(text, strlen(text)), .len = strlen(text), .priority = priority});
}

static void fragments_become_one_message(void)
{
    struct ws_conn *w = new_ws(1000, 100);
    CHECK_EQ(0, ws_received(w, (const uint8_t *)"abc", 3, true, false, true));
    CHECK_EQ(0, ws_received(w, (const uint8_t *)"", 0, false, false, true));
    CHECK_EQ(0, ws_received(w, (const uint8_t *)"def", 3, false, false, true));
    CHECK_EQ(0, gots);
    CHECK_EQ(0, ws_received(w, (const uint8_t *)"g", 1, false, true, true));
    CHECK_EQ(1, gots);
    CHECK_EQ(7, got_len);
    CHECK_MEM("abcdefg", got, 7);
    end_ws(w);
}

static void a_message_is_bounded_however_it_comes(void)
{
    uint8_t part[60] = {0};
    struct ws_conn *w = new_ws(1000, 100);
    CHECK_EQ(0, ws_received(w, part, sizeof part, true, false, true));
    CHECK_EQ(ERR_LIMIT, ws_received(w, part, sizeof part, false, false, true));
    CHECK_EQ(1009, w->ws_close_code);
    CHECK_EQ(0, ws_received(w, part, sizeof part, false, true, true)); /* dropped: we are closing */
    CHECK_EQ(0, gots);
    end_ws(w);
}

static void text_messages_end_the_connection(void)
{
    struct ws_conn *w = new_ws(1000, 100);
    CHECK_EQ(ERR_PROTOCOL, ws_received(w, (const uint8_t *)"hi", 2, true, true, false));
    CHECK_EQ(1003, w->ws_close_code);
    end_ws(w);
}

static void a_begun_message_is_finished_before_an_urgent_one(void)
{
    static const struct {
        const char *bytes;
        enum ws_piece piece;
    } expected[] = {{"wo", WS_FIRST}, {"rl", WS_MIDDLE}, {"d", WS_LAST}, {"hi", WS_WHOLE}, {"ok", WS_WHOLE}};
    uint8_t out[2];
    size_t len;
    struct ws_conn *w = new_ws(1000, 100);
    queue(w, "world", 3);
    CHECK_EQ(WS_FIRST, ws_next(w, out, sizeof out, &len));
    queue(w, "ok", 2);
    queue(w, "hi", 0);
    for (size_t i = 1; i < COUNT_OF(expected); i++) {
        CHECK_EQ(expected[i].piece, ws_next(w, out, sizeof out, &len));
        CHECK_MEM(expected[i].bytes, out, len);
    }
    CHECK_EQ(WS_NOTHING, ws_next(w, out, sizeof out, &len));
    net_close(&w->base, 5, "done");
    CHECK_EQ(WS_CLOSE, ws_next(w, out, sizeof out, &len));
    CHECK_EQ(4005, w->ws_close_code);
    CHECK_EQ(WS_NOTHING, ws_next(w, out, sizeof out, &len));
    end_ws(w);
}

static void the_queue_is_bounded_and_room_shrinks(void)
{
    struct ws_conn *w = new_ws(10, 100);
    CHECK_EQ(WS_ROOM_BYTES, net_room(&w->base));
    CHECK_EQ(0, queue(w, "12345678", 0));
    CHECK_EQ(WS_ROOM_BYTES - 8, net_room(&w->base));
    CHECK_EQ(ERR_FULL, queue(w, "90a", 0));
    CHECK_EQ(0, queue(w, "90", 0));
    net_close(&w->base, 0, "");
    CHECK_EQ(ERR_STATE, queue(w, "x", 0));
    CHECK_EQ(0, net_room(&w->base));
    end_ws(w);
}

static void close_codes_go_there_and_back(void)
{
    CHECK_EQ(1000, ws_code_out(0));
    CHECK_EQ(4042, ws_code_out(42));
    CHECK_EQ(4999, ws_code_out(70000));
    CHECK_EQ(42, ws_code_in(4042));
    CHECK_EQ(0, ws_code_in(1006));
}

int main(void)
{
    static const struct check_test tests[] = {
        T(a_map_keeps_what_is_put),
        T(strangers_are_counted_up_to_their_limit),
        T(chunks_hold_their_packets),
        T(urls_are_taken_apart),
        T(addresses_are_read_and_written),
        T(fragments_become_one_message),
        T(a_message_is_bounded_however_it_comes),
        T(text_messages_end_the_connection),
        T(a_begun_message_is_finished_before_an_urgent_one),
        T(the_queue_is_bounded_and_room_shrinks),
        T(close_codes_go_there_and_back),
    };
    return CHECK_RUN(tests);
}
