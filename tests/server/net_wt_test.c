/* SPDX-License-Identifier: MIT */
/* WebTransport over real UDP sockets on the loopback interface, our client against our server. */
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "check.h"
#include "net_kit.h"

static struct kit k;
static const struct net_listen anywhere = {.plain = false};

static void start(void)
{
    memset(&k, 0, sizeof k);
    kit_start(&k, &anywhere);
}

static void start_with(const struct net_limits *limits)
{
    memset(&k, 0, sizeof k);
    kit_start(&k, &(struct net_listen){.limits = limits});
}

static struct kit_peer *connected(void)
{
    struct kit_peer *c = kit_dial(&k, NET_WEBTRANSPORT);
    kit_until_int(&k, &c->opened, 1);
    kit_until_size(&k, &k.peers, k.clients);
    return c;
}

static int send_run(struct net_conn *conn, uint64_t run, const char *text, bool begin, enum net_end end)
{
    return net_send(conn, &(struct net_send){.channel = NET_RUN,
                                             .pkt = text ? pkt_copy(text, strlen(text)) : NULL,
                                             .len = text ? strlen(text) : 0,
                                             .run = run,
                                             .run_begin = begin,
                                             .run_end = end,
                                             .priority = 3});
}

static void opens_a_session(void)
{
    start();
    struct kit_peer *c = connected();
    CHECK_EQ(NET_WEBTRANSPORT, net_transport_of(c->conn));
    CHECK(net_datagram_max(c->conn) >= 1100);
    CHECK(net_room(c->conn) > 4096);
    CHECK(strstr(net_peer(k.peer[0].conn), "127.0.0.1:") == net_peer(k.peer[0].conn));
    struct net_server_stats s;
    net_server_stats(k.server, &s);
    CHECK_EQ(1, s.webtransport);
    CHECK_EQ(0, s.handshakes);
    kit_stop(&k);
}

static void carries_control_both_ways(void)
{
    start();
    k.echo = true;
    struct kit_peer *c = connected();
    kit_send(c->conn, NET_CONTROL, "hello", 5);
    kit_send(c->conn, NET_CONTROL, " world", 6);
    kit_until_size(&k, &c->control_len, 11);
    CHECK_MEM("hello world", c->control, 11);
    kit_stop(&k);
}

static void counts_how_long_it_took_to_open(void)
{
    start();
    usec_t before = loop_now();
    connected();
    struct net_server_stats stats;
    net_server_stats(k.server, &stats);
    uint64_t all = 0;
    for (size_t i = 0; i <= NET_OPENINGS; i++)
        all += stats.opening[i];
    CHECK_EQ(1, all);
    CHECK_BETWEEN(1, loop_now() - before, stats.opening_us);
    kit_stop(&k);
}

static void a_server_may_speak_first(void)
{
    start();
    struct kit_peer *c = kit_dial(&k, NET_WEBTRANSPORT);
    kit_until_size(&k, &k.peers, 1);
    kit_send(k.peer[0].conn, NET_CONTROL, "welcome", 7);
    kit_until_size(&k, &c->control_len, 7);
    CHECK_MEM("welcome", c->control, 7);
    kit_stop(&k);
}

static void carries_datagrams_both_ways(void)
{
    start();
    k.echo = true;
    struct kit_peer *c = connected();
    static uint8_t big[1100];
    memset(big, 7, sizeof big);
    CHECK_EQ(0, kit_send(c->conn, NET_DATAGRAM, "\2voice", 6));
    kit_until_size(&k, &c->datagrams, 1);
    CHECK_MEM("\2voice", c->datagram, 6);
    CHECK_EQ(0, kit_send(c->conn, NET_DATAGRAM, big, sizeof big));
    kit_until_size(&k, &c->datagrams, 2);
    CHECK_EQ(sizeof big, c->datagram_len);
    kit_stop(&k);
}

static void refuses_datagrams_that_do_not_fit(void)
{
    static uint8_t huge[2000];
    start();
    struct kit_peer *c = connected();
    CHECK_EQ(ERR_FULL, kit_send(c->conn, NET_DATAGRAM, huge, sizeof huge));
    kit_stop(&k);
}

static void carries_runs_from_client_to_server(void)
{
    start();
    struct kit_peer *c = connected();
    CHECK_EQ(0, send_run(c->conn, 17, "abc", true, NET_MORE));
    CHECK_EQ(0, send_run(c->conn, 17, "def", false, NET_END));
    CHECK_EQ(ERR_UNKNOWN, send_run(c->conn, 17, "ghi", false, NET_MORE));
    kit_until_int(&k, &k.peer[0].run_ends, 1);
    CHECK_EQ(6, k.peer[0].run_len);
    CHECK_MEM("abcdef", k.peer[0].run_data, 6);
    kit_stop(&k);
}

static void carries_runs_from_server_to_client(void)
{
    start();
    struct kit_peer *c = connected();
    CHECK_EQ(0, send_run(k.peer[0].conn, 1, "frame", true, NET_END));
    kit_until_int(&k, &c->run_ends, 1);
    CHECK_MEM("frame", c->run_data, 5);
    kit_stop(&k);
}

static void a_reset_run_is_seen(void)
{
    start();
    struct kit_peer *c = connected();
    send_run(k.peer[0].conn, 1, "begun", true, NET_MORE);
    kit_until_size(&k, &c->run_len, 5);
    CHECK_EQ(0, send_run(k.peer[0].conn, 1, NULL, false, NET_RESET));
    kit_until_int(&k, &c->run_resets, 1);
    kit_stop(&k);
}

static void a_run_reset_before_it_left_harms_nobody(void)
{
    start();
    struct kit_peer *c = connected();
    send_run(k.peer[0].conn, 1, "never sent", true, NET_MORE);
    send_run(k.peer[0].conn, 1, NULL, false, NET_RESET);
    send_run(k.peer[0].conn, 2, "sent", true, NET_END);
    kit_until_int(&k, &c->run_ends, 1);
    CHECK_EQ(4, c->run_len);
    kit_stop(&k);
}

static void many_runs_one_after_the_other(void)
{
    start();
    struct kit_peer *c = connected();
    for (int round = 0; round < 10; round++) {
        for (uint64_t i = 0; i < 50; i++)
            CHECK_EQ(0, send_run(k.peer[0].conn, (uint64_t)round * 50 + i, "x", true, NET_END));
        kit_until_int(&k, &c->run_ends, (round + 1) * 50); /* more than the initial credit in all */
        kit_run_for(&k, 30 * MS);                           /* for the credit to come back */
    }
    kit_stop(&k);
}

static void says_when_no_stream_is_granted(void)
{
    start();
    struct kit_peer *c = connected();
    int err = 0;
    uint64_t run = 0;
    for (; run < 1000 && !err; run++)
        err = send_run(c->conn, run, "x", true, NET_MORE);
    CHECK_EQ(ERR_FULL, err);
    CHECK_BETWEEN(100, 130, run);
    kit_run_for(&k, 50 * MS);
    for (uint64_t i = 0; i < 20; i++)
        send_run(c->conn, i, NULL, false, NET_RESET);
    kit_until_int(&k, &c->writable, 1); /* credit came back */
    CHECK_EQ(0, send_run(c->conn, 5000, "y", true, NET_MORE));
    kit_stop(&k);
}

static void runs_that_never_left_cost_no_credit(void)
{
    start();
    struct kit_peer *c = connected();
    for (uint64_t run = 0; run < 1000; run++) {
        CHECK_EQ(0, send_run(c->conn, run, "never sent", true, NET_MORE));
        CHECK_EQ(0, send_run(c->conn, run, NULL, false, NET_RESET));
    }
    CHECK_EQ(0, send_run(c->conn, 5000, "sent", true, NET_END));
    kit_until_int(&k, &k.peer[0].run_ends, 1);
    CHECK_EQ(4, k.peer[0].run_len);
    kit_stop(&k);
}

static void carries_a_megabyte_intact(void)
{
    start();
    struct kit_peer *c = connected();
    size_t len = 1024 * 1024;
    struct pkt *p = pkt_new(len);
    for (size_t i = 0; i < len; i++)
        p->data[i] = (uint8_t)(i * 7);
    p->len = (uint32_t)len;
    CHECK_EQ(
        0, net_send(k.peer[0].conn,
                    &(struct net_send){.channel = NET_RUN, .pkt = p, .len = len, .run = 1, .run_begin = true, .run_end = NET_END}));
    kit_until_int(&k, &c->run_ends, 1);
    CHECK_EQ(len, c->run_len);
    for (size_t i = 0; i < sizeof c->run_data; i++)
        CHECK_EQ((uint8_t)(i * 7), c->run_data[i]);
    kit_stop(&k);
}

static void room_ends_and_comes_back(void)
{
    start();
    struct kit_peer *c = connected();
    struct net_conn *conn = k.peer[0].conn;
    static uint8_t filler[8 * 1024];
    size_t sent = 0;
    CHECK_EQ(0, send_run(conn, 1, "x", true, NET_MORE));
    while (net_room(conn) > 0 && sent < 10000) {
        CHECK_EQ(0,
                 net_send(conn, &(struct net_send){
                                    .channel = NET_RUN, .pkt = pkt_copy(filler, sizeof filler), .len = sizeof filler, .run = 1}));
        sent++;
    }
    CHECK(sent < 10000);
    kit_until_int(&k, &k.peer[0].writable, 1);
    CHECK(net_room(conn) > 0);
    kit_until_size(&k, &c->run_len, sent * sizeof filler + 1);
    kit_stop(&k);
}

/* The congestion window of a short path outgrows the queue: room must end first, or a run would be broken for going fast. */
static void what_fits_into_room_is_never_refused(void)
{
    static uint8_t filler[16 * 1024];
    struct net_limits limits = net_limits_default();
    limits.queue_bytes = 128 * 1024;
    start_with(&limits);
    struct kit_peer *c = connected();
    struct net_conn *conn = k.peer[0].conn;
    size_t sent = 1;
    CHECK_EQ(0, send_run(conn, 1, "x", true, NET_MORE));
    for (usec_t end = loop_now() + KIT_PATIENCE; c->run_len < 8000000 && loop_now() < end; loop_step(k.loop, 10 * MS))
        for (; sent < 8000000 && net_room(conn) > 0; sent += sizeof filler)
            CHECK_EQ(
                0, net_send(conn, &(struct net_send){
                                      .channel = NET_RUN, .pkt = pkt_copy(filler, sizeof filler), .len = sizeof filler, .run = 1}));
    CHECK_EQ(0, c->run_resets);
    CHECK(c->run_len >= 8000000);
    kit_stop(&k);
}

static void the_queue_is_bounded(void)
{
    start();
    struct kit_peer *c = connected();
    static uint8_t filler[512 * 1024];
    int err = send_run(c->conn, 1, "x", true, NET_MORE);
    for (int i = 0; i < 20 && !err; i++)
        err = net_send(c->conn, &(struct net_send){
                                    .channel = NET_RUN, .pkt = pkt_copy(filler, sizeof filler), .len = sizeof filler, .run = 1});
    CHECK_EQ(ERR_FULL, err);
    kit_stop(&k);
}

static void closes_in_order_with_code_and_text(void)
{
    start();
    struct kit_peer *c = connected();
    kit_send(c->conn, NET_CONTROL, "last words", 10);
    send_run(c->conn, 3, "last picture", true, NET_END);
    net_close(c->conn, 42, "enough");
    CHECK_EQ(ERR_STATE, kit_send(c->conn, NET_CONTROL, "too late", 8));
    kit_until_int(&k, &c->closed, 1);
    kit_until_int(&k, &k.peer[0].closed, 1);
    CHECK_EQ(10, k.peer[0].control_len);
    CHECK_EQ(12, k.peer[0].run_len);
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

static void expect_refused(struct kit_peer *c)
{
    kit_until_int(&k, &c->closed, 1);
    CHECK_EQ(0, c->opened);
    CHECK(c->text[0] != 0);
}

static void refuses_another_certificate(void)
{
    start();
    k.hash[3] ^= 1;
    expect_refused(kit_dial(&k, NET_WEBTRANSPORT));
    kit_stop(&k);
}

static void refuses_a_certificate_of_no_authority(void)
{
    start();
    char url[64];
    snprintf(url, sizeof url, "https://127.0.0.1:%u/wt", net_server_port(k.server));
    expect_refused(kit_dial_to(&k, &(struct net_dial){.url = url, .transport = NET_WEBTRANSPORT}));
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
    kit_start(&k, &(struct net_listen){.origin_allowed = only_example});
    snprintf(url, sizeof url, "https://localhost:%u/wt", net_server_port(k.server));
    snprintf(path, sizeof path, "https://[::1]:%u/other", net_server_port(k.server));
    struct net_dial d = {.url = url, .transport = NET_WEBTRANSPORT, .verify = NET_VERIFY_NONE};
    expect_refused(kit_dial_to(&k, &d));
    d.origin = "https://evil.example";
    expect_refused(kit_dial_to(&k, &d));
    d.origin = "https://example.org";
    d.url = path;
    expect_refused(kit_dial_to(&k, &d));
    d.url = url;
    struct kit_peer *c = kit_dial_to(&k, &d);
    kit_until_int(&k, &c->opened, 1);
    struct net_server_stats s;
    net_server_stats(k.server, &s);
    CHECK_EQ(2, s.refused_origin);
    CHECK_EQ(1, s.refused_path);
    kit_stop(&k);
}

static void says_why_nobody_answers(void)
{
    start();
    usec_t began = loop_now();
    struct kit_peer *c = kit_dial_to(
        &k, &(struct net_dial){.url = "https://127.0.0.1:1/wt", .transport = NET_WEBTRANSPORT, .verify = NET_VERIFY_NONE});
    expect_refused(c);
    CHECK(loop_now() - began < 2 * SEC); /* the kernel said so: no need to wait */
    kit_stop(&k);
}

static void gives_up_after_its_timeout(void)
{
    start();
    char url[64];
    union {
        struct sockaddr sa;
        struct sockaddr_in in;
    } silent = {.in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}};
    socklen_t len = sizeof silent.in;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    CHECK_EQ(0, bind(fd, &silent.sa, len));
    CHECK_EQ(0, getsockname(fd, &silent.sa, &len));
    snprintf(url, sizeof url, "https://127.0.0.1:%u/wt", ntohs(silent.in.sin_port));
    struct net_dial d = {.url = url, .transport = NET_WEBTRANSPORT, .verify = NET_VERIFY_NONE, .timeout_us = 300 * MS};
    usec_t began = loop_now();
    expect_refused(kit_dial_to(&k, &d));
    CHECK_BETWEEN(290 * MS, 1500 * MS, loop_now() - began);
    close(fd);
    kit_stop(&k);
}

static void can_be_closed_before_it_is_open(void)
{
    start();
    struct kit_peer *c = kit_dial(&k, NET_WEBTRANSPORT);
    net_close(c->conn, 1, "changed my mind");
    expect_refused(c);
    c = kit_dial(&k, NET_WEBTRANSPORT);
    kit_run_for(&k, 1 * MS);
    if (c->conn)
        net_close(c->conn, 1, "changed my mind");
    kit_until_int(&k, &c->closed, 1);
    kit_stop(&k);
}

static void limits_connections(void)
{
    struct net_limits limits = net_limits_default();
    limits.connections = 2;
    start_with(&limits);
    connected();
    struct kit_peer *c = connected();
    expect_refused(kit_dial(&k, NET_WEBTRANSPORT));
    net_close(c->conn, 0, "");
    kit_until_int(&k, &c->closed, 1);
    kit_until_int(&k, &k.peer[1].closed, 1);
    kit_run_for(&k, 200 * MS); /* the farewell */
    struct kit_peer *again = kit_dial(&k, NET_WEBTRANSPORT);
    kit_until_int(&k, &again->opened, 1);
    kit_stop(&k);
}

static void a_draining_server_refuses_newcomers(void)
{
    start();
    struct kit_peer *c = connected();
    net_server_drain(k.server);
    expect_refused(kit_dial(&k, NET_WEBTRANSPORT));
    CHECK_EQ(0, c->closed);
    kit_stop(&k);
}

static void reloads_its_certificate(void)
{
    char why[128];
    start();
    struct kit_peer *old = connected();
    kit_certificate(&k);
    CHECK_EQ(0, net_server_certificate(k.server, k.cert, k.key, why, sizeof why));
    connected();
    k.peer[0].echo = true;
    kit_send(old->conn, NET_CONTROL, "still here", 10);
    kit_until_size(&k, &old->control_len, 10);
    kit_stop(&k);
}

static void under_load_clients_prove_their_address(void)
{
    struct net_limits limits = net_limits_default();
    limits.retry_above = 0;
    start_with(&limits);
    connected();
    connected();
    struct net_server_stats s;
    net_server_stats(k.server, &s);
    CHECK(s.retries_sent >= 2); /* one per packet of a first flight */
    kit_stop(&k);
}

static void a_phone_that_changes_networks_keeps_its_call(void)
{
    char before[64];
    start();
    k.echo = true;
    struct kit_peer *c = connected();
    kit_send(c->conn, NET_CONTROL, "one", 3);
    kit_until_size(&k, &c->control_len, 3);
    kit_run_for(&k, 50 * MS); /* the handshake is confirmed, spare connection ids have come */
    snprintf(before, sizeof before, "%s", net_peer(k.peer[0].conn));
    CHECK_EQ(0, net_migrate(c->conn));
    kit_send(c->conn, NET_CONTROL, "two", 3);
    kit_until_size(&k, &c->control_len, 6);
    kit_run_for(&k, 100 * MS);
    CHECK(strcmp(before, net_peer(k.peer[0].conn)) != 0);
    CHECK_EQ(1, k.peers);
    struct net_server_stats s;
    net_server_stats(k.server, &s);
    CHECK(s.migrations >= 1);
    kit_stop(&k);
}

static void silence_ends_a_connection(void)
{
    struct net_limits limits = net_limits_default();
    limits.idle_ms = 400;
    limits.keep_alive_ms = 100000;
    start_with(&limits);
    struct kit_peer *c = connected();
    kit_until_int(&k, &k.peer[0].closed, 1);
    kit_until_int(&k, &c->closed, 1);
    kit_stop(&k);
}

static void keep_alive_prevents_that(void)
{
    struct net_limits limits = net_limits_default();
    limits.idle_ms = 400;
    limits.keep_alive_ms = 100;
    start_with(&limits);
    struct kit_peer *c = connected();
    kit_run_for(&k, 1500 * MS);
    CHECK_EQ(0, c->closed);
    kit_stop(&k);
}

static void works_without_gso(void)
{
    memset(&k, 0, sizeof k);
    kit_start(&k, &(struct net_listen){.no_gso = true});
    struct kit_peer *c = connected();
    static uint8_t filler[200 * 1024];
    net_send(k.peer[0].conn, &(struct net_send){.channel = NET_RUN,
                                                .pkt = pkt_copy(filler, sizeof filler),
                                                .len = sizeof filler,
                                                .run = 1,
                                                .run_begin = true,
                                                .run_end = NET_END});
    kit_until_int(&k, &c->run_ends, 1);
    CHECK_EQ(sizeof filler, c->run_len);
    kit_stop(&k);
}

static void counts_what_it_does(void)
{
    start();
    struct kit_peer *c = connected();
    kit_send(c->conn, NET_CONTROL, "x", 1);
    kit_until_size(&k, &k.peer[0].control_len, 1);
    struct net_stats s;
    net_stats(k.peer[0].conn, &s);
    CHECK(s.rtt_us > 0 && s.rtt_us < SEC);
    CHECK(s.bytes_in > 1000 && s.packets_in > 2 && s.bytes_out > 1000);
    CHECK(s.delivery_bps > 0);
    kit_stop(&k);
}

int main(void)
{
    static const struct check_test tests[] = {
        T(opens_a_session),
        T(carries_control_both_ways),
        T(counts_how_long_it_took_to_open),
        T(a_server_may_speak_first),
        T(carries_datagrams_both_ways),
        T(refuses_datagrams_that_do_not_fit),
        T(carries_runs_from_client_to_server),
        T(carries_runs_from_server_to_client),
        T(a_reset_run_is_seen),
        T(a_run_reset_before_it_left_harms_nobody),
        T(many_runs_one_after_the_other),
        T(says_when_no_stream_is_granted),
        T(runs_that_never_left_cost_no_credit),
        T(carries_a_megabyte_intact),
        T(room_ends_and_comes_back),
        T(what_fits_into_room_is_never_refused),
        T(the_queue_is_bounded),
        T(closes_in_order_with_code_and_text),
        T(the_server_closes_with_a_code_too),
        T(refuses_another_certificate),
        T(refuses_a_certificate_of_no_authority),
        T(checks_path_and_origin),
        T(says_why_nobody_answers),
        T(gives_up_after_its_timeout),
        T(can_be_closed_before_it_is_open),
        T(limits_connections),
        T(a_draining_server_refuses_newcomers),
        T(reloads_its_certificate),
        T(under_load_clients_prove_their_address),
        T(a_phone_that_changes_networks_keeps_its_call),
        T(silence_ends_a_connection),
        T(keep_alive_prevents_that),
        T(works_without_gso),
        T(counts_what_it_does),
    };
    return CHECK_RUN(tests);
}
