/* SPDX-License-Identifier: MIT */
/* Peers that break the rules of the transports: each harms itself only, and what it took is given back. */
#include <linux/filter.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"
#include "check.h"
#include "net/addr.h"
#include "net/qpack.h"
#include "net/quic_state.h"
#include "net/strangers.h"
#include "net/ws.h"
#include "net/wt.h"
#include "net_kit.h"

static struct kit k;

static void start_with(const struct net_limits *limits)
{
    memset(&k, 0, sizeof k);
    kit_start(&k, &(struct net_listen){.plain = true, .limits = limits});
}

static struct kit_peer *connected(enum net_transport t)
{
    struct kit_peer *c = kit_dial(&k, t);
    kit_until_int(&k, &c->opened, 1);
    kit_until_size(&k, &k.peers, k.clients);
    return c;
}

static struct quic_conn *quic_of(const struct kit_peer *p) { return ((struct wt_conn *)p->conn)->quic; }

/* ---- WebSocket ---- */

#define UPGRADE "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
#define KEY "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"

/* Whatever becomes of a handshake, the place that it took must be given back. */
static void half_an_upgrade_keeps_no_place(void)
{
    static const char *const requests[] = {
        UPGRADE "\r\n",
        UPGRADE "Sec-WebSocket-Version: 13\r\n\r\n",
        UPGRADE "Sec-WebSocket-Version: 99\r\n" KEY "\r\n",
        UPGRADE "Sec-WebSocket-Version: 13\r\n" KEY "Sec-WebSocket-Protocol: nonsense\r\n\r\n",
        UPGRADE "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: short\r\n\r\n",
    };
    static char answer[4096];
    struct net_limits limits = net_limits_default();
    limits.connections = limits.connections_per_ip = 4;
    start_with(&limits);
    for (size_t i = 0; i < COUNT_OF(requests); i++)
        for (int n = 0; n < 5; n++)
            kit_tcp(&k, net_server_plain_port(k.server), requests[i], "\r\n\r\n", answer, sizeof answer);
    kit_run_for(&k, 50 * MS);
    struct kit_peer *c = kit_dial(&k, NET_WEBSOCKET);
    kit_until_int(&k, &c->opened, 1);
    kit_stop(&k);
}

static int connect_plain(void)
{
    union addr a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    addr_parse(&a, "127.0.0.1", net_server_plain_port(k.server));
    CHECK_EQ(0, connect(fd, &a.sa, addr_len(&a)));
    return fd;
}

/* One address that opens connections and says nothing shall not shut the door for all others. */
static void one_address_cannot_take_all_of_http(void)
{
    int fd[5];
    char byte;
    static char answer[4096];
    struct net_limits limits = net_limits_default();
    struct net_server_stats stats;
    limits.http_per_ip = 3;
    start_with(&limits);
    for (int i = 0; i < 4; i++) /* WebSockets are counted elsewhere */
        connected(NET_WEBSOCKET);
    for (size_t i = 0; i < COUNT_OF(fd); i++) {
        fd[i] = connect_plain();
        kit_run_for(&k, 20 * MS);
        CHECK_EQ(i < 3 ? -1 : 0, recv(fd[i], &byte, 1, MSG_DONTWAIT));
    }
    net_server_stats(k.server, &stats);
    CHECK_EQ(2, stats.refused_limit);
    for (size_t i = 0; i < COUNT_OF(fd); i++)
        close(fd[i]);
    kit_run_for(&k, 50 * MS);
    CHECK(
        kit_tcp(&k, net_server_plain_port(k.server), "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "hello", answer, sizeof answer));
    CHECK(strstr(answer, "200"));
    kit_stop(&k);
}

/* It may leave at once each time: seats are held, logs are written, keys are made. */
static void one_address_cannot_come_and_go_without_end(void)
{
    static struct openings o;
    openings_init(&o, 7);
    int let_in = 0;
    for (int i = 0; i < 100; i++)
        let_in += openings_note(&o, 1, 5, 1000 * SEC) == 0;
    CHECK_BETWEEN(45, 50, let_in);
    CHECK_EQ(0, openings_note(&o, 2, 5, 1000 * SEC));
    for (int i = let_in = 0; i < 100; i++)
        let_in += openings_note(&o, 1, 5, 1000 * SEC + i * 100 * MS) == 0;
    CHECK_BETWEEN(48, 51, let_in);

    struct net_limits limits = net_limits_default();
    limits.openings_per_ip = 1;
    start_with(&limits);
    for (int i = 0; i < 9; i++)
        net_close(connected(i % 2 ? NET_WEBSOCKET : NET_WEBTRANSPORT)->conn, 0, "");
    struct kit_peer *more[3];
    for (size_t i = 0; i < 3; i++)
        more[i] = kit_dial(&k, NET_WEBSOCKET);
    kit_until_int(&k, &more[2]->closed, 1);
    CHECK_EQ(0, more[2]->opened);
    kit_stop(&k);
}

static int deaf_websocket(void)
{
    static const char request[] = UPGRADE "Sec-WebSocket-Version: 13\r\n" KEY "\r\n";
    union addr a;
    int fd = socket(AF_INET, SOCK_STREAM, 0), bytes = 4096;
    addr_parse(&a, "127.0.0.1", net_server_plain_port(k.server));
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    CHECK_EQ(0, connect(fd, &a.sa, addr_len(&a)));
    CHECK_EQ(sizeof request - 1, send(fd, request, sizeof request - 1, 0));
    kit_until_size(&k, &k.peers, 1);
    return fd;
}

/* It answers no ping that it cannot have read, but it sends pongs, so libwebsockets takes it for alive. */
static void who_never_reads_cannot_stay_either(void)
{
    static const uint8_t pong[] = {0x8a, 0x80, 0, 0, 0, 0}, bytes[100000] = {1};
    start_with(NULL);
    int fd = deaf_websocket();
    for (int i = 0; i < 35; i++)
        kit_send(k.peer[0].conn, NET_CONTROL, bytes, sizeof bytes);
    kit_run_for(&k, 100 * MS);
    net_close(k.peer[0].conn, 9, "slow");
    for (usec_t end = loop_now() + 3 * SEC; !k.peer[0].closed && loop_now() < end; kit_run_for(&k, 50 * MS))
        send(fd, pong, sizeof pong, MSG_DONTWAIT | MSG_NOSIGNAL);
    CHECK_EQ(1, k.peer[0].closed);
    CHECK_EQ(9, k.peer[0].code);
    close(fd);
    kit_stop(&k);
}

static void a_large_message_leaves_no_memory_behind(void)
{
    static uint8_t bytes[900000];
    start_with(NULL);
    struct kit_peer *c = connected(NET_WEBSOCKET);
    kit_send(c->conn, NET_RUN, bytes, sizeof bytes);
    kit_until_size(&k, &k.peer[0].messages, 1);
    CHECK_EQ(sizeof bytes, k.peer[0].message_len);
    CHECK_BETWEEN(0, 64 * 1024, ((struct ws_conn *)k.peer[0].conn)->message_cap);
    kit_stop(&k);
}

/* ---- WebTransport ---- */

/* A run that was reset before a byte of it left waits for its next use; the peer, who can guess its id, may send STOP_SENDING, and
 * ngtcp2 then ends it. */
static void a_stream_that_waits_for_use_may_be_stopped(void)
{
    start_with(NULL);
    connected(NET_WEBTRANSPORT);
    struct quic_conn *c = quic_of(&k.peer[0]);
    struct quic_stream *s = quic_open(c, false);
    uint64_t id = quic_stream_id(s);
    quic_reset(c, s, 0);
    conn_callbacks(true)->stream_close(c->ng, NGTCP2_STREAM_CLOSE_FLAG_APP_ERROR_CODE_SET, (int64_t)id, 0, c, s);
    struct quic_stream *next = quic_open(c, false); /* not the one that is over, whose memory others may have by now */
    CHECK_BETWEEN(id + 1, id + 4, quic_stream_id(next));
    kit_stop(&k);
}

/* Handshakes that are begun and not finished: 2 of one address here, further ones are refused until those give up. */
static void one_address_cannot_take_all_handshakes(void)
{
    struct net_limits limits = net_limits_default();
    struct net_server_stats stats;
    limits.handshakes_per_ip = 2;
    limits.handshake_ms = 500;
    start_with(&limits);
    for (int i = 0; i < 3; i++)
        connected(NET_WEBTRANSPORT); /* one after the other: each has arrived before the next */
    struct quic_conn *stuck[2];
    for (size_t i = 0; i < 2; i++) {
        for (kit_dial(&k, NET_WEBTRANSPORT); !quic_of(&k.client[3 + i]);)
            loop_step(k.loop, 1 * MS);
        stuck[i] = quic_of(&k.client[3 + i]);
        CHECK_EQ(0, setsockopt(stuck[i]->endpoint->udp.fd, SOL_SOCKET, SO_ATTACH_FILTER,
                               &(struct sock_fprog){.len = 1, .filter = &(struct sock_filter){.code = BPF_RET | BPF_K}},
                               sizeof(struct sock_fprog)));
    }
    kit_run_for(&k, 50 * MS);
    struct kit_peer *third = kit_dial(&k, NET_WEBTRANSPORT);
    kit_until_int(&k, &third->closed, 1);
    net_server_stats(k.server, &stats);
    CHECK_BETWEEN(1, 100, stats.refused_limit);
    kit_run_for(&k, 700 * MS);
    struct kit_peer *later = kit_dial(&k, NET_WEBTRANSPORT);
    kit_until_int(&k, &later->opened, 1);
    kit_stop(&k);
}

static void ask_for_a_page(struct quic_conn *c)
{
    static const struct qpack_field fields[] = {
        {":method", "GET"}, {":scheme", "https"}, {":authority", "localhost"}, {":path", "/"}};
    uint8_t frame[256] = {H3_HEADERS};
    int len = qpack_encode(fields, COUNT_OF(fields), frame + 2, 62);
    CHECK_BETWEEN(1, 62, len);
    frame[1] = (uint8_t)len;
    struct quic_stream *s = quic_open(c, true);
    if (s)
        quic_send(c, s, pkt_copy(frame, (size_t)len + 2), 0, (size_t)len + 2, true, 0);
}

static void requests_without_end_end_the_connection(void)
{
    start_with(NULL);
    struct kit_peer *flood = connected(NET_WEBTRANSPORT), *other = connected(NET_WEBTRANSPORT);
    for (int i = 0; i < 10; i++)
        ask_for_a_page(quic_of(flood));
    kit_run_for(&k, 100 * MS);
    CHECK_EQ(0, k.peer[0].closed);
    for (int i = 0; i < 40; i++)
        ask_for_a_page(quic_of(flood));
    kit_until_int(&k, &k.peer[0].closed, 1);
    kit_send(other->conn, NET_DATAGRAM, "x", 1);
    kit_until_size(&k, &k.peer[1].datagrams, 1);
    kit_stop(&k);
}

/* What could not be queued ends its run at the peer too, or its credit would be lost. */
static void a_run_that_overflows_the_queue_is_reset(void)
{
    static const uint8_t bytes[60000] = {1};
    struct net_limits limits = net_limits_default();
    limits.queue_bytes = 100000;
    start_with(&limits);
    struct kit_peer *c = connected(NET_WEBTRANSPORT);
    struct net_send s = {.channel = NET_RUN, .pkt = pkt_copy("first", 5), .len = 5, .run = 7, .run_begin = true};
    CHECK_EQ(0, net_send(k.peer[0].conn, &s));
    kit_until_size(&k, &c->run_len, 5);
    s = (struct net_send){.channel = NET_RUN, .len = sizeof bytes, .run = 7};
    int err = 0;
    for (int i = 0; i < 3 && !err; i++) {
        s.pkt = pkt_copy(bytes, sizeof bytes);
        err = net_send(k.peer[0].conn, &s);
    }
    CHECK_EQ(ERR_FULL, err);
    kit_until_int(&k, &c->run_resets, 1);
    kit_stop(&k);
}

/* A server's TLS is freed with the end of the handshake: a client may renew the keys all the same, and what it says to TLS ends it alone. */
static void keys_are_renewed_without_tls(void)
{
    start_with(NULL);
    struct kit_peer *c = connected(NET_WEBTRANSPORT);
    for (size_t i = 1; i <= 4; i++) {
        if (i > 1) /* the next keys are made with the first packets after three times the loss timer */
            CHECK_EQ(0, ngtcp2_conn_initiate_key_update(quic_of(c)->ng, ng_now()));
        kit_send(c->conn, NET_CONTROL, "hello", 5);
        kit_until_size(&k, &k.peer[0].control_len, 10 * i - 5);
        kit_run_for(&k, 300 * MS);
        kit_send(c->conn, NET_CONTROL, "hello", 5);
        kit_send(k.peer[0].conn, NET_CONTROL, "hello", 5);
        kit_until_size(&k, &k.peer[0].control_len, 10 * i);
        kit_until_size(&k, &c->control_len, 5 * i);
    }
    kit_stop(&k);
}

static void talking_to_tls_afterwards_ends_the_connection(void)
{
    start_with(NULL);
    struct kit_peer *c = connected(NET_WEBTRANSPORT), *other = connected(NET_WEBTRANSPORT);
    kit_run_for(&k, 50 * MS);
    CHECK_EQ(0, ngtcp2_conn_submit_crypto_data(quic_of(c)->ng, NGTCP2_ENCRYPTION_LEVEL_1RTT, (const uint8_t *)"\x18\0\0\1\0", 5));
    kit_send(c->conn, NET_CONTROL, "hello", 5);
    kit_until_int(&k, &k.peer[0].closed, 1);
    CHECK_EQ(0, other->closed);
    kit_stop(&k);
}

/* ---- UDP ---- */

/* A stranger may claim to be at port 0, where nothing can be sent to: that says nothing about GSO. */
static void an_impossible_address_does_not_switch_gso_off(void)
{
    static const uint8_t bytes[2400] = {1};
    union addr here;
    struct udp u;
    uint64_t calls = 0;
    addr_parse(&here, "127.0.0.1", 0);
    udp_init(&u, addr_bind(&here, SOCK_DGRAM, ADDR_ALONE), false);
    struct udp_send s = {.to = here, .data = bytes, .len = sizeof bytes, .segment = 1200};
    CHECK_EQ(1, udp_send(&u, &s, 1, &calls));
    CHECK(u.gso);
    udp_close(&u);
}

int main(void)
{
    static const struct check_test tests[] = {
        T(half_an_upgrade_keeps_no_place),
        T(one_address_cannot_take_all_of_http),
        T(one_address_cannot_come_and_go_without_end),
        T(who_never_reads_cannot_stay_either),
        T(a_large_message_leaves_no_memory_behind),
        T(a_stream_that_waits_for_use_may_be_stopped),
        T(one_address_cannot_take_all_handshakes),
        T(requests_without_end_end_the_connection),
        T(a_run_that_overflows_the_queue_is_reset),
        T(keys_are_renewed_without_tls),
        T(talking_to_tls_afterwards_ends_the_connection),
        T(an_impossible_address_does_not_switch_gso_off),
    };
    return CHECK_RUN(tests);
}
