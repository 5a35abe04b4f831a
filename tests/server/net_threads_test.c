/* SPDX-License-Identifier: MIT */
/* Several servers on one port: the kernel gives each packet to the one that has its connection. All on one loop here, since only the
 * sockets matter. */
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "check.h"
#include "net/addr.h"
#include "net_kit.h"

#define THREADS 4

static struct kit k;

static void start(const struct net_limits *limits)
{
    k = (struct kit){.echo = true};
    kit_start_threads(&k, &(struct net_listen){.limits = limits, .plain = true, .address = "127.0.0.1"}, THREADS);
}

static struct net_server_stats stats_of(uint32_t thread)
{
    struct net_server_stats s;
    net_server_stats(thread ? k.more[thread] : k.server, &s);
    return s;
}

/* Sum over the threads of one counter; `most`: what the busiest has. */
static uint64_t sum(size_t offset, uint64_t *most)
{
    uint64_t total = 0, one;
    *most = 0;
    for (uint32_t i = 0; i < THREADS; i++) {
        struct net_server_stats s = stats_of(i);
        memcpy(&one, (char *)&s + offset, sizeof one);
        total += one;
        *most = one > *most ? one : *most;
    }
    return total;
}
#define SUM(field, most) sum(offsetof(struct net_server_stats, field), most)

static void dial_all(enum net_transport t, size_t count)
{
    for (size_t i = 0; i < count; i++)
        kit_dial(&k, t);
    for (size_t i = 0; i < count; i++)
        kit_until_int(&k, &k.client[i].opened, 1);
}

static void talk_all(size_t len)
{
    for (size_t i = 0; i < k.clients; i++)
        kit_send(k.client[i].conn, NET_CONTROL, "abc", 3);
    for (size_t i = 0; i < k.clients; i++)
        kit_until_size(&k, &k.client[i].control_len, len);
}

static void every_thread_gets_connections_and_only_their_packets(void)
{
    uint64_t most;
    start(NULL);
    dial_all(NET_WEBTRANSPORT, 40);
    talk_all(3);
    CHECK_EQ(40, SUM(webtransport, &most));
    CHECK_BETWEEN(10, 30, most); /* 4 x 10, by chance; all on one would be steering that does not steer */
    for (uint32_t i = 0; i < THREADS; i++)
        CHECK(stats_of(i).webtransport > 0);
    CHECK_EQ(0, SUM(stateless_resets, &most)); /* nobody got another's packet */
    CHECK_EQ(0, SUM(udp_dropped, &most));
    CHECK_EQ(40, k.peers); /* no client's first packets began two connections */
    kit_stop(&k);
}

static void websockets_are_spread_too(void)
{
    uint64_t most;
    start(NULL);
    dial_all(NET_WEBSOCKET, 40);
    CHECK_EQ(40, SUM(websocket, &most));
    CHECK_BETWEEN(10, 30, most);
    kit_stop(&k);
}

static void a_client_that_moves_stays_with_its_thread(void)
{
    uint64_t most;
    start(NULL);
    dial_all(NET_WEBTRANSPORT, 12);
    talk_all(3);
    kit_run_for(&k, 50 * MS); /* spare connection ids have come */
    for (size_t i = 0; i < k.clients; i++)
        CHECK_EQ(0, net_migrate(k.client[i].conn));
    talk_all(6);
    kit_run_for(&k, 100 * MS);
    CHECK_EQ(12, SUM(migrations, &most));
    CHECK_EQ(12, k.peers);
    CHECK_EQ(0, SUM(stateless_resets, &most));
    kit_stop(&k);
}

static void a_client_that_proves_its_address_stays_with_its_thread(void)
{
    uint64_t most;
    struct net_limits limits = net_limits_default();
    limits.retry_above = 0;
    start(&limits);
    dial_all(NET_WEBTRANSPORT, 12);
    CHECK_BETWEEN(12, 24, SUM(retries_sent, &most)); /* a client's first flight is up to two packets */
    CHECK_EQ(0, SUM(refused_limit, &most));
    CHECK_EQ(12, k.peers); /* the token was checked by the one that gave it */
    CHECK_EQ(12, SUM(webtransport, &most));
    kit_stop(&k);
}

static void limits_hold_for_all_threads_together(void)
{
    uint64_t most;
    int opened = 0, closed = 0;
    struct net_limits limits = net_limits_default();
    limits.connections_per_ip = 6;
    start(&limits);
    for (size_t i = 0; i < 20; i++)
        kit_dial(&k, i % 2 ? NET_WEBSOCKET : NET_WEBTRANSPORT);
    for (size_t i = 0; i < 20; i++)
        for (usec_t end = loop_now() + KIT_PATIENCE; !k.client[i].opened && !k.client[i].closed && loop_now() < end;)
            loop_step(k.loop, 10 * MS);
    for (size_t i = 0; i < 20; i++) {
        opened += k.client[i].opened;
        closed += k.client[i].closed;
    }
    CHECK_EQ(6, opened);
    CHECK_EQ(14, closed);
    CHECK_EQ(14, SUM(refused_limit, &most));
    kit_stop(&k);
}

/* Another program that asks for the same port gets none, and we take none that another has. */
static void the_port_is_nobody_elses(void)
{
    char why[256] = "";
    start(NULL);
    struct net_listen same = {.address = "127.0.0.1", .port = net_server_port(k.server), .cert_pem = k.cert, .key_pem = k.key};
    CHECK(!net_group_new(&same, 2, why, sizeof why));
    CHECK(strstr(why, "cannot listen on TCP 127.0.0.1:"));
    CHECK(!net_group_new(&same, 1, why, sizeof why));
    same.port = 0;
    union addr a;
    addr_parse(&a, "127.0.0.1", 0);
    int udp = addr_bind(&a, SOCK_DGRAM, ADDR_FIRST); /* one that shares, TCP of the number being free */
    same.port = addr_bound_port(udp);
    CHECK(!net_group_new(&same, 2, why, sizeof why));
    CHECK(strstr(why, "cannot listen on UDP 127.0.0.1:"));
    close(udp);
    kit_stop(&k);
}

/* Threads come to their end at different times; while one still has connections, their packets find it. */
static void one_server_may_close_before_the_others(void)
{
    start(NULL);
    dial_all(NET_WEBTRANSPORT, 12);
    net_server_close(k.server, 0, "", NULL, NULL);
    kit_run_for(&k, 300 * MS);
    k.server = k.more[1];
    k.more[1] = NULL;
    size_t left = 0;
    for (size_t i = 0; i < 12; i++)
        if (k.client[i].conn) {
            kit_send(k.client[i].conn, NET_CONTROL, "abc", 3);
            left++;
        }
    CHECK_BETWEEN(1, 11, left);
    for (size_t i = 0; i < 12; i++)
        if (k.client[i].conn)
            kit_until_size(&k, &k.client[i].control_len, 3);
    kit_stop(&k);
}

int main(void)
{
    static const struct check_test tests[] = {
        T(every_thread_gets_connections_and_only_their_packets),
        T(websockets_are_spread_too),
        T(a_client_that_moves_stays_with_its_thread),
        T(a_client_that_proves_its_address_stays_with_its_thread),
        T(limits_hold_for_all_threads_together),
        T(the_port_is_nobody_elses),
        T(one_server_may_close_before_the_others),
    };
    return CHECK_RUN(tests);
}
