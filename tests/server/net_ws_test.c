/* SPDX-License-Identifier: MIT */
/* WebSocket and HTTP over real sockets on the loopback interface. */
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "check.h"
#include "net_kit.h"

static struct kit k;
static const struct net_listen tcp_only = {.plain = true, .no_udp = true};

static void start(void)
{
    memset(&k, 0, sizeof k);
    kit_start(&k, &tcp_only);
}

static struct kit_peer *connected(void)
{
    struct kit_peer *c = kit_dial(&k, NET_WEBSOCKET);
    kit_until_int(&k, &c->opened, 1);
    kit_until_size(&k, &k.peers, k.clients);
    return c;
}

static void carries_messages_both_ways(void)
{
    start();
    k.echo = true;
    struct kit_peer *c = connected();
    CHECK_EQ(NET_WEBSOCKET, net_transport_of(c->conn));
    CHECK_EQ(0, net_datagram_max(c->conn));
    CHECK(net_room(c->conn) > 0);
    CHECK_EQ(0, kit_send(c->conn, NET_CONTROL, "\1hello", 6));
    kit_until_size(&k, &c->messages, 1);
    CHECK_EQ(6, c->message_len);
    CHECK_MEM("\1hello", c->message, 6);
    kit_stop(&k);
}

static void sends_the_part_of_a_packet_that_was_named(void)
{
    start();
    struct kit_peer *c = connected();
    struct pkt *p = pkt_copy("0123456789", 10);
    CHECK_EQ(0, net_send(c->conn, &(struct net_send){.channel = NET_RUN, .pkt = p, .offset = 3, .len = 4}));
    kit_until_size(&k, &k.peer[0].messages, 1);
    CHECK_EQ(4, k.peer[0].message_len);
    CHECK_MEM("3456", k.peer[0].message, 4);
    kit_stop(&k);
}

static void reassembles_a_message_of_a_mebibyte(void)
{
    start();
    k.echo = true;
    struct kit_peer *c = connected();
    size_t len = 1024 * 1024 + 7;
    uint8_t *big = malloc(len);
    for (size_t i = 0; i < len; i++)
        big[i] = (uint8_t)(i * 31 + i / 977);
    CHECK_EQ(0, kit_send(c->conn, NET_RUN, big, len));
    kit_until_size(&k, &c->messages, 1);
    CHECK_EQ(len, c->message_len);
    CHECK_MEM(big, c->message, len);
    CHECK_EQ(1, c->messages);
    free(big);
    kit_stop(&k);
}

static void closes_who_sends_a_larger_message(void)
{
    start();
    struct kit_peer *c = connected();
    size_t len = 1024 * 1024 + 65;
    struct pkt *p = pkt_new(len);
    memset(p->data, 7, len);
    p->len = (uint32_t)len;
    CHECK_EQ(0, net_send(c->conn, &(struct net_send){.channel = NET_RUN, .pkt = p, .len = len}));
    kit_until_int(&k, &c->closed, 1);
    CHECK_EQ(0, k.peer[0].messages);
    kit_stop(&k);
}

static void closes_in_order_with_code_and_text(void)
{
    start();
    struct kit_peer *c = connected();
    kit_send(c->conn, NET_CONTROL, "last words", 10);
    net_close(c->conn, 42, "enough");
    CHECK_EQ(ERR_STATE, kit_send(c->conn, NET_CONTROL, "too late", 8));
    kit_until_int(&k, &c->closed, 1);
    kit_until_int(&k, &k.peer[0].closed, 1);
    CHECK_EQ(1, k.peer[0].messages);
    CHECK_EQ(42, k.peer[0].code);
    CHECK_STR("enough", k.peer[0].text);
    kit_stop(&k);
}

static void the_server_closes_with_a_code_too(void)
{
    start();
    struct kit_peer *c = connected();
    net_close(k.peer[0].conn, 7, "drained");
    kit_until_int(&k, &c->closed, 1);
    CHECK_EQ(7, c->code);
    CHECK_STR("drained", c->text);
    kit_stop(&k);
}

static void room_ends_and_comes_back(void)
{
    start();
    struct kit_peer *c = connected();
    static uint8_t filler[16 * 1024];
    int sent = 0;
    while (net_room(c->conn) > 0 && sent < 1000) {
        CHECK_EQ(0, kit_send(c->conn, NET_RUN, filler, sizeof filler));
        sent++;
    }
    CHECK_EQ(0, net_room(c->conn));
    kit_until_int(&k, &c->writable, 1);
    CHECK(net_room(c->conn) > 0);
    kit_until_size(&k, &k.peer[0].messages, (size_t)sent);
    kit_stop(&k);
}

static void the_queue_is_bounded(void)
{
    start();
    struct kit_peer *c = connected();
    static uint8_t filler[512 * 1024];
    int err = 0;
    for (int i = 0; i < 20 && !err; i++)
        err = kit_send(c->conn, NET_RUN, filler, sizeof filler);
    CHECK_EQ(ERR_FULL, err);
    kit_stop(&k);
}

static void urgent_messages_overtake(void)
{
    start();
    struct kit_peer *c = connected();
    for (uint32_t i = 0; i < 3; i++) {
        char text[2] = {(char)('a' + i), 0};
        net_send(c->conn, &(struct net_send){.channel = NET_RUN, .pkt = pkt_copy(text, 1), .len = 1, .priority = 2 - i});
    }
    kit_until_size(&k, &k.peer[0].messages, 3);
    CHECK_MEM("a", k.peer[0].message, 1); /* the least urgent came last */
    kit_stop(&k);
}

static void expect_refused(struct kit_peer *c)
{
    kit_until_int(&k, &c->closed, 1);
    CHECK_EQ(0, c->opened);
}

static void refuses_another_certificate(void)
{
    start();
    k.hash[3] ^= 1;
    expect_refused(kit_dial(&k, NET_WEBSOCKET));
    kit_stop(&k);
}

static void refuses_a_certificate_of_no_authority(void)
{
    start();
    char url[64];
    snprintf(url, sizeof url, "wss://127.0.0.1:%u/ws", net_server_port(k.server));
    expect_refused(kit_dial_to(&k, &(struct net_dial){.url = url, .transport = NET_WEBSOCKET}));
    kit_stop(&k);
}

static bool only_example(void *ctx, const char *origin, const char *host)
{
    (void)ctx, (void)host;
    return strcmp(origin, "https://example.org") == 0;
}

static void checks_path_and_origin(void)
{
    char url[64], path[64];
    memset(&k, 0, sizeof k);
    kit_start(&k, &(struct net_listen){.plain = true, .no_udp = true, .origin_allowed = only_example});
    snprintf(url, sizeof url, "ws://127.0.0.1:%u/ws", net_server_plain_port(k.server));
    snprintf(path, sizeof path, "ws://127.0.0.1:%u/other", net_server_plain_port(k.server));
    expect_refused(kit_dial_to(&k, &(struct net_dial){.url = url, .transport = NET_WEBSOCKET}));
    expect_refused(kit_dial_to(&k, &(struct net_dial){.url = url, .transport = NET_WEBSOCKET, .origin = "https://evil.example"}));
    expect_refused(kit_dial_to(&k, &(struct net_dial){.url = path, .transport = NET_WEBSOCKET, .origin = "https://example.org"}));
    struct kit_peer *c =
        kit_dial_to(&k, &(struct net_dial){.url = url, .transport = NET_WEBSOCKET, .origin = "https://example.org"});
    kit_until_int(&k, &c->opened, 1);
    struct net_server_stats s;
    net_server_stats(k.server, &s);
    CHECK_EQ(2, s.refused_origin);
    CHECK_EQ(1, s.refused_path);
    CHECK_EQ(1, s.websocket);
    kit_stop(&k);
}

static void says_why_nobody_answers(void)
{
    start();
    struct kit_peer *c = kit_dial_to(&k, &(struct net_dial){.url = "ws://127.0.0.1:1/ws", .transport = NET_WEBSOCKET});
    expect_refused(c);
    CHECK(c->text[0] != 0);
    kit_stop(&k);
}

static void can_be_closed_before_it_is_open(void)
{
    start();
    struct kit_peer *c = kit_dial(&k, NET_WEBSOCKET);
    net_close(c->conn, 1, "changed my mind");
    expect_refused(c);
    kit_stop(&k);
}

static void limits_connections(void)
{
    struct net_limits limits = net_limits_default();
    limits.connections = 2;
    memset(&k, 0, sizeof k);
    kit_start(&k, &(struct net_listen){.no_udp = true, .limits = &limits});
    connected();
    struct kit_peer *c = connected();
    expect_refused(kit_dial(&k, NET_WEBSOCKET));
    net_close(c->conn, 0, "");
    kit_until_int(&k, &c->closed, 1);
    kit_until_int(&k, &k.peer[1].closed, 1);
    struct kit_peer *again = kit_dial(&k, NET_WEBSOCKET);
    kit_until_int(&k, &again->opened, 1);
    kit_stop(&k);
}

static void a_draining_server_refuses_newcomers(void)
{
    start();
    struct kit_peer *c = connected();
    net_server_drain(k.server);
    expect_refused(kit_dial(&k, NET_WEBSOCKET));
    CHECK_EQ(0, c->closed);
    kit_stop(&k);
}

static void reloads_its_certificate(void)
{
    char why[128];
    start();
    connected();
    CHECK_EQ(ERR_PARSE, net_server_certificate(k.server, "nonsense", k.key, why, sizeof why));
    connected(); /* the old one still serves */
    uint8_t old[TLS_HASH_BYTES];
    memcpy(old, k.hash, sizeof old);
    kit_certificate(&k);
    CHECK(memcmp(old, k.hash, sizeof old) != 0);
    CHECK_EQ(0, net_server_certificate(k.server, k.cert, k.key, why, sizeof why));
    connected();
    kit_stop(&k);
}

/* ---- HTTP ---- */

static void on_page(struct kit *kit, struct http_exchange *x, const struct http_request *r)
{
    (void)kit;
    struct http_response page = {.status = 200};
    http_header(&page, "content-type", "text/plain");
    http_header(&page, "x-path", r->path);
    http_header(&page, "x-query", r->query);
    http_header(&page, "x-method", r->method);
    if (strcmp(r->path, "/file") == 0)
        page.file_path = "LICENSE";
    else if (strcmp(r->path, "/gone") == 0)
        page.file_path = "no/such/file";
    else if (r->body_len)
        page.pkt = pkt_copy(r->body, r->body_len);
    else {
        page.data = "static";
        page.data_len = 6;
    }
    http_respond(x, &page);
}

static void serves_memory_packets_and_files(void)
{
    static const struct {
        const char *request, *expected[4];
    } step[] = {
        {"GET /a%20b?x=1&y=2 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
         {"200", "x-path: /a b", "x-query: x=1&y=2", "\r\n\r\nstatic"}},
        {"HEAD /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", {"200", "content-length: 6", "x-method: HEAD"}},
        {"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nConnection: close\r\n\r\n12345",
         {"200", "x-method: POST", "\r\n\r\n12345"}},
        {"GET /file HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", {"200", "MIT License"}},
        {"GET /gone HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", {"404"}},
        {"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999\r\n\r\n", {"413"}},
    };
    static char answer[16384];
    start();
    k.on_http = on_page;
    for (size_t i = 0; i < COUNT_OF(step); i++) {
        kit_tcp(&k, net_server_plain_port(k.server), step[i].request, NULL, answer, sizeof answer);
        for (size_t j = 0; j < COUNT_OF(step[i].expected) && step[i].expected[j]; j++) {
            if (!strstr(answer, step[i].expected[j]))
                print_error("step %zu lacks \"%s\" in:\n%s\n", i, step[i].expected[j], answer);
            CHECK(strstr(answer, step[i].expected[j]) != NULL);
        }
    }
    kit_stop(&k);
}

static struct http_exchange *held;
static void hold(struct kit *kit, struct http_exchange *x, const struct http_request *r)
{
    (void)kit, (void)r;
    held = x;
}

static void an_answer_may_come_after_the_client_left(void)
{
    static char answer[1024];
    start();
    k.on_http = hold;
    held = NULL;
    kit_tcp(&k, net_server_plain_port(k.server), "GET / HTTP/1.1\r\nHost: h\r\n\r\nX", "never", answer, 1); /* leaves at once */
    for (int i = 0; i < 100 && !held; i++)
        loop_step(k.loop, 10 * MS);
    kit_run_for(&k, 50 * MS);
    CHECK(held != NULL);
    http_respond(held, &(struct http_response){.status = 200, .pkt = pkt_copy("late", 4)});
    kit_stop(&k);
}

static void bad_http_harms_nobody(void)
{
    static const char *const nonsense[] = {
        "\r\n\r\n\r\n",
        "GET\r\n\r\n",
        "\x16\x03\x01\x02",
        "GET / HTTP/9.9\r\n\r\n",
        "GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        ("GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
         "dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
    };
    static char answer[4096];
    struct net_limits limits = net_limits_default();
    limits.handshake_ms = 1000;
    memset(&k, 0, sizeof k);
    kit_start(&k, &(struct net_listen){.plain = true, .no_udp = true, .limits = &limits});
    struct kit_peer *c = connected();
    for (size_t i = 0; i < COUNT_OF(nonsense); i++) {
        kit_tcp(&k, net_server_plain_port(k.server), nonsense[i], "\r\n\r\n", answer, sizeof answer);
        kit_tcp(&k, net_server_port(k.server), nonsense[i], "\r\n\r\n", answer, sizeof answer);
    }
    k.peer[0].echo = true;
    kit_send(c->conn, NET_CONTROL, "still here", 10);
    kit_until_size(&k, &c->messages, 1);
    kit_stop(&k);
}

static void says_when_the_port_is_taken(void)
{
    char why[128] = "";
    start();
    struct net_listen again = {.port = net_server_port(k.server), .cert_pem = k.cert, .key_pem = k.key, .no_udp = true};
    static const struct net_handler nobody = {0};
    CHECK(net_listen(k.loop, &again, &nobody, NULL, NULL, why, sizeof why) == NULL);
    CHECK(strstr(why, "in use") != NULL);
    kit_stop(&k);
}

int main(void)
{
    static const struct check_test tests[] = {
        T(carries_messages_both_ways),
        T(sends_the_part_of_a_packet_that_was_named),
        T(reassembles_a_message_of_a_mebibyte),
        T(closes_who_sends_a_larger_message),
        T(closes_in_order_with_code_and_text),
        T(the_server_closes_with_a_code_too),
        T(room_ends_and_comes_back),
        T(the_queue_is_bounded),
        T(urgent_messages_overtake),
        T(refuses_another_certificate),
        T(refuses_a_certificate_of_no_authority),
        T(checks_path_and_origin),
        T(says_why_nobody_answers),
        T(can_be_closed_before_it_is_open),
        T(limits_connections),
        T(a_draining_server_refuses_newcomers),
        T(reloads_its_certificate),
        T(serves_memory_packets_and_files),
        T(an_answer_may_come_after_the_client_left),
        T(bad_http_harms_nobody),
        T(says_when_the_port_is_taken),
    };
    return CHECK_RUN(tests);
}
