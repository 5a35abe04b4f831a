/* SPDX-License-Identifier: MIT */
/* WebTransport over bad networks and before strangers: loss, a changed address, silence, nonsense, peers that take and do not give. */
#include "net_path.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "base/rand.h"
#include "check.h"
#include "net/addr.h"
#include "net_kit.h"

static struct kit k;
static struct net_path path;

static void start_with(const struct net_limits *limits)
{
    memset(&k, 0, sizeof k);
    kit_start(&k, &(struct net_listen){.limits = limits});
    net_path_start(&path, k.loop, net_server_port(k.server));
}

static void start(void) { start_with(NULL); }

static void stop(void)
{
    path.lose_percent = 0;
    path.dead = false;
    kit_stop_connections(&k);
    net_path_stop(&path);
    kit_stop(&k);
}

static struct kit_peer *connected(void)
{
    char url[64];
    snprintf(url, sizeof url, "https://127.0.0.1:%u/wt", path.port);
    struct kit_peer *c = kit_dial_to(&k, &(struct net_dial){.url = url, .transport = NET_WEBTRANSPORT, .verify = NET_VERIFY_NONE});
    kit_until_int(&k, &c->opened, 1);
    kit_until_size(&k, &k.peers, k.clients);
    return c;
}

static int send_filler(struct net_conn *conn, uint64_t run, size_t len, bool begin, enum net_end end)
{
    struct pkt *p = pkt_new(len);
    memset(p->data, 5, len);
    p->len = (uint32_t)len;
    return net_send(conn,
                    &(struct net_send){
                        .channel = NET_RUN, .pkt = p, .len = len, .run = run, .run_begin = begin, .run_end = end, .priority = 3});
}

static void loss_is_repaired(void)
{
    start();
    path.lose_percent = 10;
    struct kit_peer *c = connected();
    CHECK_EQ(0, send_filler(k.peer[0].conn, 1, 300000, true, NET_END));
    CHECK_EQ(0, send_filler(c->conn, 1, 100000, true, NET_END));
    kit_until_int(&k, &c->run_ends, 1);
    kit_until_int(&k, &k.peer[0].run_ends, 1);
    CHECK_EQ(300000, c->run_len);
    CHECK_EQ(100000, k.peer[0].run_len);
    struct net_stats s;
    net_stats(k.peer[0].conn, &s);
    CHECK(s.packets_lost > 0 && path.lost > 0);
    stop();
}

static void a_nat_that_forgets_does_not_end_a_call(void)
{
    char before[64];
    start();
    struct kit_peer *c = connected();
    k.peer[0].echo = true;
    kit_send(c->conn, NET_CONTROL, "one", 3);
    kit_until_size(&k, &c->control_len, 3);
    kit_run_for(&k, 50 * MS);
    snprintf(before, sizeof before, "%s", net_peer(k.peer[0].conn));
    net_path_rebind(&path);
    kit_send(c->conn, NET_CONTROL, "two", 3);
    kit_until_size(&k, &c->control_len, 6);
    kit_run_for(&k, 100 * MS);
    CHECK(strcmp(before, net_peer(k.peer[0].conn)) != 0);
    CHECK_EQ(1, k.peers);
    stop();
}

static void a_path_that_goes_dead_is_noticed(void)
{
    struct net_limits limits = net_limits_default();
    limits.idle_ms = 600;
    limits.keep_alive_ms = 200;
    start_with(&limits);
    struct kit_peer *c = connected();
    kit_run_for(&k, 1000 * MS);
    CHECK_EQ(0, k.peer[0].closed);
    path.dead = true;
    kit_until_int(&k, &k.peer[0].closed, 1);
    kit_until_int(&k, &c->closed, 1);
    CHECK(k.peer[0].text[0] != 0);
    stop();
}

static void a_short_silence_is_survived(void)
{
    start();
    struct kit_peer *c = connected();
    path.dead = true;
    kit_send(c->conn, NET_CONTROL, "hello", 5);
    kit_run_for(&k, 700 * MS);
    CHECK_EQ(0, k.peer[0].control_len);
    path.dead = false;
    kit_until_size(&k, &k.peer[0].control_len, 5);
    stop();
}

/* While nothing is acknowledged, room ends, and what is queued stays bounded by it; voice that waited too long is dropped. */
static void a_stalled_reader_costs_its_own_queue_only(void)
{
    start();
    struct kit_peer *other = kit_dial(&k, NET_WEBTRANSPORT);
    kit_until_int(&k, &other->opened, 1);
    struct kit_peer *c = connected();
    struct net_conn *stalled = k.peer[1].conn, *fine = k.peer[0].conn;
    path.dead = true;
    CHECK_EQ(0, send_filler(stalled, 1, 1000, true, NET_MORE));
    size_t sent = 0;
    for (int i = 0; i < 300; i++) {
        if (net_room(stalled) > 0 && send_filler(stalled, 1, 1000, false, NET_MORE) == 0)
            sent += 1000;
        kit_send(stalled, NET_DATAGRAM, "stale", 5);
        kit_send(fine, NET_DATAGRAM, "voice", 5);
        kit_run_for(&k, 1 * MS);
    }
    CHECK_BETWEEN(0, 2000, net_room(stalled)); /* a datagram that grew too old may just have left some */
    CHECK(sent < 100000);
    CHECK_BETWEEN(290, 300, other->datagrams);
    path.dead = false;
    kit_until_size(&k, &c->run_len, sent + 1000);
    CHECK(c->datagrams < 150);
    CHECK(k.peer[1].writable >= 1);
    stop();
}

static void a_flood_of_streams_is_limited(void)
{
    struct net_limits limits = net_limits_default();
    limits.runs = 10;
    start_with(&limits);
    struct kit_peer *c = connected();
    int ok = 0;
    for (uint64_t i = 0; i < 1000; i++)
        ok += send_filler(c->conn, i, 10, true, NET_MORE) == 0;
    CHECK_BETWEEN(8, 10, ok);
    kit_run_for(&k, 50 * MS);
    CHECK_EQ(0, k.peer[0].closed);
    stop();
}

static int stranger_socket(union addr *to)
{
    addr_parse(to, "127.0.0.1", net_server_port(k.server));
    return socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
}

static void nonsense_packets_harm_nobody(void)
{
    static uint8_t junk[1500];
    union addr to;
    struct rng r = {42};
    start();
    struct kit_peer *c = connected();
    int fd = stranger_socket(&to);
    for (int i = 0; i < 3000; i++) {
        size_t len = rng_below(&r, sizeof junk);
        for (size_t j = 0; j < len; j++)
            junk[j] = (uint8_t)rng_next(&r);
        if (i % 3 == 0 && len > 30) { /* looks like the Initial packet of version 1 */
            memcpy(junk, "\xc3\x00\x00\x00\x01\x08", 6);
            junk[14] = 0;
            junk[15] = 0;
        }
        sendto(fd, junk, len, 0, &to.sa, addr_len(&to));
        if (i % 50 == 0)
            kit_run_for(&k, 1 * MS);
    }
    kit_run_for(&k, 20 * MS);
    k.peer[0].echo = true;
    kit_send(c->conn, NET_CONTROL, "still here", 10);
    kit_until_size(&k, &c->control_len, 10);
    struct net_server_stats s;
    net_server_stats(k.server, &s);
    CHECK(s.udp_dropped > 100);
    CHECK_EQ(1, s.webtransport);
    close(fd);
    stop();
}

/* Packets of a live connection, altered on the way: authentication drops them one by one. */
static void altered_packets_are_dropped_alone(void)
{
    start();
    struct kit_peer *c = connected();
    k.peer[0].echo = true;
    path.alter_percent = 20;
    for (int i = 0; i < 50; i++) {
        kit_send(c->conn, NET_CONTROL, "0123456789", 10);
        kit_run_for(&k, 2 * MS);
    }
    kit_until_size(&k, &c->control_len, 500);
    CHECK_EQ(0, c->closed);
    path.alter_percent = 0;
    stop();
}

static ssize_t ask(int fd, const union addr *to, const uint8_t *packet, size_t len, uint8_t *answer, size_t cap)
{
    ssize_t n = -1;
    sendto(fd, packet, len, 0, &to->sa, addr_len(to));
    for (int i = 0; i < 100 && n < 0; i++) {
        kit_run_for(&k, 2 * MS);
        n = recv(fd, answer, cap, MSG_DONTWAIT);
    }
    return n;
}

static void another_version_is_told_ours(void)
{
    uint8_t packet[1200] = {0xc0, 0x1a, 0x2a, 0x3a, 0x4a, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0}, answer[1500];
    union addr to;
    start();
    int fd = stranger_socket(&to);
    ssize_t n = ask(fd, &to, packet, sizeof packet, answer, sizeof answer);
    CHECK(n > 7);
    CHECK(answer[0] & 0x80);
    CHECK_MEM("\0\0\0\0", answer + 1, 4); /* version negotiation */
    CHECK_MEM("\0\0\0\1", answer + n - 4, 4);
    CHECK_EQ(-1, ask(fd, &to, packet, 600, answer, sizeof answer)); /* too small to be answered */
    close(fd);
    stop();
}

static void a_forgotten_connection_is_reset(void)
{
    uint8_t packet[200] = {0x40, 9, 9, 9, 9, 9, 9, 9, 9}, answer[1500];
    union addr to;
    start();
    int fd = stranger_socket(&to);
    ssize_t n = ask(fd, &to, packet, sizeof packet, answer, sizeof answer);
    CHECK_BETWEEN(21, 199, n); /* shorter than what it answers, so it cannot go on for ever */
    CHECK_EQ(-1, ask(fd, &to, packet, 30, answer, sizeof answer));
    struct net_server_stats s;
    net_server_stats(k.server, &s);
    CHECK_EQ(1, s.stateless_resets);
    close(fd);
    stop();
}

static void handshakes_in_progress_are_limited(void)
{
    struct net_limits limits = net_limits_default();
    limits.handshakes = 3;
    limits.retry_above = 100;
    limits.handshake_ms = 500;
    start_with(&limits);
    char url[64];
    snprintf(url, sizeof url, "https://127.0.0.1:%u/wt", path.port);
    struct net_dial d = {.url = url, .transport = NET_WEBTRANSPORT, .verify = NET_VERIFY_NONE, .timeout_us = 400 * MS};
    for (int i = 0; i < 6; i++) {
        kit_dial_to(&k, &d);
        kit_run_for(&k, 3 * MS);
        path.dead = true; /* hellos leave the first time only */
        kit_run_for(&k, 3 * MS);
        path.dead = false;
    }
    struct net_server_stats s;
    net_server_stats(k.server, &s);
    CHECK(s.handshakes <= 3);
    kit_run_for(&k, 1000 * MS); /* all have succeeded or given up, on both sides */
    for (size_t i = 0; i < k.clients; i++)
        CHECK(k.client[i].opened || k.client[i].closed);
    net_server_stats(k.server, &s);
    CHECK_EQ(0, s.handshakes);
    stop();
}

int main(void)
{
    static const struct check_test tests[] = {
        T(loss_is_repaired),
        T(a_nat_that_forgets_does_not_end_a_call),
        T(a_path_that_goes_dead_is_noticed),
        T(a_short_silence_is_survived),
        T(a_stalled_reader_costs_its_own_queue_only),
        T(a_flood_of_streams_is_limited),
        T(nonsense_packets_harm_nobody),
        T(altered_packets_are_dropped_alone),
        T(another_version_is_told_ours),
        T(a_forgotten_connection_is_reset),
        T(handshakes_in_progress_are_limited),
    };
    return CHECK_RUN(tests);
}
