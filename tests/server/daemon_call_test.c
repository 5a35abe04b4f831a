/* SPDX-License-Identifier: MIT */
/* A real parleyd and real client engines on the loopback interface, over both transports. */
#include "check.h"

#include <string.h>
#include <unistd.h>

#include "daemon_kit.h"
#include "wire/wire.h"

static struct host h;
static const enum net_transport transports[] = {NET_WEBTRANSPORT, NET_WEBSOCKET};

static void two_hear_and_see_each_other_over(enum net_transport a, enum net_transport b)
{
    struct guest *ann = guest_join(&h, a, "m"), *bob = guest_join(&h, b, "m");
    guest_speak(ann);
    guest_film(ann);
    guest_speak(bob);
    guest_watch(bob, ann);
    host_until(&h, &bob->audio, 20);
    host_until(&h, &bob->video, 20);
    host_until(&h, &ann->audio, 20);
    CHECK_EQ(0, ann->video);
    client_leave(bob->client, loop_now());
    host_until(&h, &ann->gone, 1);
    host_until(&h, &bob->left, 1);
    CHECK_EQ(1, ann->gone);
}

static void two_hear_and_see_each_other(void)
{
    for (size_t i = 0; i < 4; i++) {
        host_start(&h, NULL);
        if (host_can(&h, transports[i / 2]) && host_can(&h, transports[i % 2]))
            two_hear_and_see_each_other_over(transports[i / 2], transports[i % 2]);
        host_stop(&h);
    }
}

static void a_dropped_connection_is_away_then_gone(void)
{
    host_start(&h, (const char *[]){"--hold-ms=300", NULL});
    struct guest *ann = guest_join(&h, NET_WEBSOCKET, "m");
    struct guest *bob = guest_join(&h, NET_WEBSOCKET, "m");
    client_del(bob->client);
    bob->client = NULL;
    loop_timer_stop(h.loop, &bob->tick);
    net_close(bob->conn, 0, "");
    host_until(&h, &ann->away, 1);
    host_until(&h, &ann->gone, 1);
    host_stop(&h);
}

static void draining_tells_clients_and_leaves(void)
{
    host_start(&h, (const char *[]){"--drain-ms=300", NULL});
    struct guest *ann = guest_join(&h, NET_WEBSOCKET, "m");
    usec_t started = loop_now();
    daemon_stop(&h.daemon);
    char answer[2000];
    host_http(&h, "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", answer, sizeof(answer));
    CHECK(strstr(answer, "503"));
    host_until(&h, &h.done, 1);
    CHECK_BETWEEN(0, 2 * SEC, loop_now() - started);
    host_until(&h, &ann->closed, 1);
    host_stop(&h);
}

static void limits_hold(void)
{
    host_start(&h, (const char *[]){"--max-sessions=1", NULL});
    guest_join(&h, NET_WEBSOCKET, "m");
    struct stranger s;
    stranger_dial(&h, &s, NET_WEBSOCKET, "127.0.0.1", NULL);
    host_until(&h, &s.closed, 1);
    host_stop(&h);

    host_start(&h, (const char *[]){"--max-connections-per-address=2", NULL});
    struct stranger three[3];
    for (size_t i = 0; i < 3; i++) {
        stranger_dial(&h, &three[i], NET_WEBSOCKET, "127.0.0.1", NULL);
        host_until(&h, i < 2 ? &three[i].opened : &three[i].closed, 1);
    }
    CHECK_EQ(0, three[2].opened);
    host_stop(&h);
}

static void origins_are_checked(void)
{
    static const struct {
        const char *origin;
        bool allowed;
    } row[] = {
        {NULL, true},
        {"http://localhost:9999", true},
        {"https://meet.example", true},
        {"https://evil.example", false},
        {"https://meet.example.evil.example", false},
        {"null", false},
    };
    host_start(&h, (const char *[]){"--origin=https://a.example, https://meet.example", NULL});
    for (size_t t = 0; t < 2; t++)
        for (size_t i = 0; i < COUNT_OF(row) && host_can(&h, transports[t]); i++) {
            struct stranger s;
            stranger_dial(&h, &s, transports[t], "127.0.0.1", row[i].origin);
            host_until(&h, row[i].allowed ? &s.opened : &s.closed, 1);
            CHECK_EQ(row[i].allowed, s.opened);
            if (s.conn)
                net_close(s.conn, 0, "");
            host_until(&h, &s.closed, 1);
        }
    host_stop(&h);
}

static void listens_on_ipv6(void)
{
    host_start(&h, NULL);
    for (size_t t = 0; t < 2; t++)
        if (host_can(&h, transports[t])) {
            struct stranger s;
            stranger_dial(&h, &s, transports[t], "[::1]", NULL);
            host_until(&h, &s.opened, 1);
            net_close(s.conn, 0, "");
            host_until(&h, &s.closed, 1);
        }
    host_stop(&h);
}

static void garbage_ends_one_session_only(void)
{
    static const struct {
        enum net_channel channel;
        uint8_t bytes[6];
        size_t len;
    } row[] = {
        {NET_CONTROL, {WIRE_CONTROL, 0xff, 0xff, 0xff}, 4},
        {NET_CONTROL, {WIRE_CONTROL}, 1},
        {NET_RUN, {WIRE_VIDEO, 0xff, 0xff}, 3},
        {NET_DATAGRAM, {WIRE_AUDIO, 9}, 2},
        {NET_DATAGRAM, {77}, 1},
    };
    host_start(&h, (const char *[]){"--hello-ms=200", NULL});
    struct guest *ann = guest_join(&h, NET_WEBSOCKET, "m"), *bob = guest_join(&h, NET_WEBSOCKET, "m");
    guest_speak(ann);
    for (size_t t = 0; t < 2; t++)
        for (size_t i = 0; i < COUNT_OF(row) && host_can(&h, transports[t]); i++) {
            struct stranger s;
            stranger_dial(&h, &s, transports[t], "127.0.0.1", NULL);
            host_until(&h, &s.opened, 1);
            stranger_send(&s, row[i].channel, row[i].bytes, row[i].len);
            host_until(&h, &s.closed, 1);
        }
    int heard = bob->audio;
    host_until(&h, &bob->audio, heard + 10);
    CHECK_EQ(2, host_stats(&h).members);
    host_stop(&h);
}

static void a_member_that_never_reads_harms_nobody(void)
{
    host_start(&h, NULL);
    struct guest *ann = guest_join(&h, NET_WEBSOCKET, "m"), *bob = guest_join(&h, NET_WEBSOCKET, "m");
    ann->frame_bytes = 60000;
    guest_speak(ann);
    guest_film(ann);
    guest_watch(bob, ann);
    int deaf = host_deaf_member(&h, "m", ann);
    host_until(&h, &bob->video, 20);
    CHECK_EQ(3, host_stats(&h).members);
    int seen = bob->video, heard = bob->audio;
    for (int i = 0; i < 50 && !host_stats(&h).dropped_age; i++)
        host_run_for(&h, 200 * MS);
    CHECK_BETWEEN(1, INT32_MAX, host_stats(&h).dropped_age + host_stats(&h).dropped_full);
    host_until(&h, &bob->video, seen + 30);
    host_until(&h, &bob->audio, heard + 50);
    close(deaf);
    host_until(&h, &bob->gone, 1);
    host_stop(&h);
}

static void own_certificates_turn_while_running(void)
{
    host_start(&h, NULL);
    struct guest *ann = guest_join(&h, NET_WEBSOCKET, "m"), *bob = guest_join(&h, NET_WEBSOCKET, "m");
    guest_speak(ann);
    struct cert next = h.daemon.certs.next;
    char why[256];
    CHECK(!certs_turn(&h.daemon.certs, certs_turn_at(&h.daemon.certs) - 1, why, sizeof(why)));
    h.daemon.certs.now.made -= CERT_TURN_S;
    h.daemon.certs.next.made -= CERT_TURN_S;
    h.daemon.turn.fire(&h.daemon, loop_now());
    CHECK_MEM(next.hash, h.daemon.certs.now.hash, CERT_HASH_BYTES);
    CHECK(memcmp(next.hash, h.daemon.certs.next.hash, CERT_HASH_BYTES) != 0);
    CHECK(host_can(&h, NET_WEBSOCKET)); /* with the hash of the certificate now in use */
    int heard = bob->audio;
    host_until(&h, &bob->audio, heard + 5);
    host_stop(&h);
}

int main(void)
{
    static const struct check_test tests[] = {
        T(two_hear_and_see_each_other),
        T(a_dropped_connection_is_away_then_gone),
        T(draining_tells_clients_and_leaves),
        T(limits_hold),
        T(origins_are_checked),
        T(a_member_that_never_reads_harms_nobody),
        T(listens_on_ipv6),
        T(garbage_ends_one_session_only),
        T(own_certificates_turn_while_running),
    };
    return CHECK_RUN(tests);
}
