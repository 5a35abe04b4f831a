/* SPDX-License-Identifier: MIT */
/* A parleyd of two threads with whole client engines on both: one meeting, one set of numbers, one end. Runs under ThreadSanitizer in
 * `make check`. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "daemon_kit.h"

#define WT NET_WEBTRANSPORT
#define WS NET_WEBSOCKET

static struct host h;

static void start(const char *option)
{
    const char *arguments[] = {"--threads=2", option, NULL};
    host_start(&h, arguments);
}

/* ---- what each thread does for itself ---- */

static void http(const char *path, char *out, size_t cap)
{
    char request[256];
    snprintf(request, sizeof(request), "GET %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", path);
    host_http(&h, request, out, cap);
}

/* The value of a line of /metrics, -1 when there is none. */
static double metric(const char *name)
{
    static char text[1 << 16];
    http("/metrics", text, sizeof(text));
    char line[128];
    snprintf(line, sizeof(line), "\n%s ", name);
    const char *at = strstr(text, line);
    return at ? strtod(at + strlen(line), NULL) : -1;
}

static void metric_becomes(const char *name, double value)
{
    for (usec_t end = loop_now() + HOST_PATIENCE; metric(name) != value && loop_now() < end;)
        host_run_for(&h, 20 * MS);
    CHECK_EQ(value, metric(name));
}

static void numbers_are_those_of_all_threads(void)
{
    start(NULL);
    guest_join_on(&h, 0, WS, "a");
    guest_join_on(&h, 1, WS, "b");
    guest_join_on(&h, 1, WT, "c");
    for (int i = 0; i < 6; i++) { /* asked of either thread */
        metric_becomes("parley_sessions", 3);
        metric_becomes("parley_net_websocket", 2);
        metric_becomes("parley_thread_sessions{thread=\"0\"}", 1);
        metric_becomes("parley_thread_sessions{thread=\"1\"}", 2);
    }
    CHECK(metric("parley_thread_cpu_seconds_total{thread=\"1\"}") > 0);
    char text[1024];
    for (int i = 0; i < 10; i++) {
        http("/healthz", text, sizeof(text));
        CHECK(strstr(text, "200 OK"));
        http("/", text, sizeof(text));
        CHECK(strstr(text, "<p>home"));
    }
    host_stop(&h);
}

static void the_session_limit_holds_for_all_threads_together(void)
{
    start("--max-sessions=3");
    guest_join_on(&h, 0, WS, "a");
    guest_join_on(&h, 1, WS, "b");
    guest_join_on(&h, 1, WS, "c");
    for (int i = 0; i < 6; i++) {
        struct stranger s;
        stranger_dial(&h, &s, WS, "127.0.0.1", NULL);
        host_until(&h, &s.opened, 1);
        stranger_hello(&s, WIRE_MAJOR);
        host_until(&h, &s.closed, 1);
        CHECK_STR("This relay has as much to do as it can.", s.text);
    }
    host_stop(&h);
}

/* As /config.json gives them, by whatever thread. */
static void hashes(char *out, size_t cap)
{
    http("/config.json", out, cap);
    char *at = strstr(out, "\"certificate_hashes\""), *end = at ? strchr(at, ']') : NULL;
    CHECK(end);
    *end = 0;
    memmove(out, at, (size_t)(end + 1 - at));
}

static void another_certificate_reaches_all_threads(void)
{
    start(NULL);
    uint8_t first[CERT_HASH_BYTES];
    char before[2048], after[2048];
    hashes(before, sizeof(before));
    memcpy(first, h.daemon.certs.now.hash, sizeof(first));
    h.daemon.certs.now.made -= CERT_TURN_S;
    h.daemon.certs.next.made -= CERT_TURN_S;
    h.daemon.turn.fire(&h.daemon, loop_now());
    CHECK(memcmp(first, h.daemon.certs.now.hash, sizeof(first)) != 0);
    host_run_for(&h, 50 * MS);
    for (uint32_t i = 0; i < 4; i++) /* whoever meets the old one is not let in by the hash it knows */
        guest_join_on(&h, i / 2, i % 2 ? WS : WT, "m");
    hashes(after, sizeof(after));
    CHECK(strcmp(before, after) != 0);
    for (int i = 0; i < 6; i++) {
        hashes(before, sizeof(before));
        CHECK_STR(after, before);
    }
    host_stop(&h);
}

static void draining_reaches_all_threads(void)
{
    start("--drain-ms=300");
    struct guest *ann = guest_join_on(&h, 0, WS, "a"), *bob = guest_join_on(&h, 1, WT, "b");
    daemon_stop(&h.daemon);
    usec_t began = loop_now();
    host_until(&h, &ann->closed, 1);
    host_until(&h, &bob->closed, 1);
    host_until(&h, &h.done, 1);
    CHECK_BETWEEN(250 * MS, 3 * SEC, loop_now() - began);
    host_stop(&h);
}

static void stopping_twice_leaves_at_once(void)
{
    start("--drain-ms=60000");
    guest_join_on(&h, 0, WT, "a");
    guest_join_on(&h, 1, WS, "b");
    struct stranger deaf; /* it does not go by itself */
    stranger_dial(&h, &deaf, WT, "127.0.0.1", NULL);
    host_until(&h, &deaf.opened, 1);
    daemon_stop(&h.daemon);
    daemon_stop(&h.daemon);
    host_until(&h, &h.done, 1);
    host_stop(&h);
}

static void one_line_of_the_log_is_one_event(void)
{
    size_t lines = 0, opened = 0;
    start("--log=json");
    for (int i = 0; i < 40; i++) {
        struct stranger s[8];
        for (size_t j = 0; j < 8; j++)
            stranger_dial(&h, &s[j], WS, "127.0.0.1", NULL);
        for (size_t j = 0; j < 8; j++)
            host_until(&h, &s[j].opened, 1);
        for (size_t j = 0; j < 8; j++)
            net_close(s[j].conn, 0, "");
        for (size_t j = 0; j < 8; j++)
            host_until(&h, &s[j].closed, 1);
    }
    char *log = host_log(&h), *rest = log;
    for (char *line; (line = strsep(&rest, "\n")) && *line; lines++) {
        char *event = strstr(line, "\"event\":");
        CHECK(strncmp(line, "{\"time\":\"", 9) == 0 && line[strlen(line) - 1] == '}');
        CHECK(event && !strstr(event + 1, "\"event\":"));
        opened += strncmp(event, "\"event\":\"opened\"", 16) == 0;
    }
    CHECK_EQ(320, opened);
    CHECK_BETWEEN(640, 10000, lines);
    free(log);
    host_stop(&h);
}

static void a_guest_that_moves_stays(void)
{
    start(NULL);
    struct guest *ann = guest_join_on(&h, 1, WT, "m"), *bob = guest_join_on(&h, 1, WT, "m");
    guest_speak(ann);
    host_until(&h, &bob->audio, 10);
    for (int i = 0; i < 4; i++) {
        CHECK_EQ(0, net_migrate(ann->conn));
        CHECK_EQ(0, net_migrate(bob->conn));
        host_until(&h, &bob->audio, bob->audio + 20);
    }
    CHECK_EQ(0, ann->closed + bob->closed);
    CHECK_EQ(1, ann->joined);
    host_stop(&h);
}

/* ---- one meeting on both threads ---- */

static void two_hear_and_see_each_other_over(enum net_transport a, enum net_transport b)
{
    struct guest *ann = guest_join_on(&h, 0, a, "m"), *bob = guest_join_on(&h, 1, b, "m");
    CHECK_EQ(0, shard_thread(ann->id));
    CHECK_EQ(1, shard_thread(bob->id));
    guest_speak(ann);
    guest_film(ann);
    guest_speak(bob);
    guest_watch(bob, ann);
    host_until(&h, &bob->audio, 20);
    host_until(&h, &bob->video, 20);
    host_until(&h, &ann->audio, 20);
    CHECK_EQ(0, ann->video);
    CHECK_EQ(0, client_chat(bob->client, "hello", 5, loop_now()));
    host_until(&h, &ann->chats, 1);
    int gone = ann->gone; /* those that came to the wrong thread first */
    client_leave(bob->client, loop_now());
    host_until(&h, &ann->gone, gone + 1);
    host_until(&h, &bob->left, 1);
}

static void members_on_both_threads_hear_and_see_each_other(void)
{
    static const enum net_transport transports[] = {WT, WS};
    for (size_t i = 0; i < 4; i++) {
        start(NULL);
        two_hear_and_see_each_other_over(transports[i / 2], transports[i % 2]);
        host_stop(&h);
    }
}

static void a_picture_crosses_once_for_many(void)
{
    start(NULL);
    struct guest *ann = guest_join_on(&h, 0, WT, "m"), *bob[3];
    guest_film(ann);
    for (size_t i = 0; i < 3; i++) {
        bob[i] = guest_join_on(&h, 1, WS, "m");
        guest_watch(bob[i], ann);
    }
    for (size_t i = 0; i < 3; i++)
        host_until(&h, &bob[i]->video, 60);
    host_run_for(&h, 600 * MS); /* all have published */
    struct counters c[2];
    for (size_t i = 0; i < 2; i++)
        counters_read(&c[i], &h.daemon.worker[i].published);
    CHECK_BETWEEN(60, (double)c[0].relay.objects_in * 1.5 + 40, c[0].port.frames_out); /* and the roster's */
    CHECK_EQ(0, c[0].port.media_dropped + c[0].port.control_lost + c[1].port.media_dropped + c[1].port.control_lost);
    host_stop(&h);
}

/* Its connection breaks, and it comes back. To which thread is the kernel's choice, so one guest after the other tries until one of them
 * changes threads: a seat is kept for 1.5 s only, and the pauses between one guest's tries grow. */
static void who_comes_back_to_another_thread_is_the_same(void)
{
    start(NULL);
    struct guest *ann = guest_join_on(&h, 0, WT, "m"), *bob = NULL;
    guest_speak(ann);
    uint32_t id = 0;
    int gone = 0;
    for (int tries = 0; tries < 40 && !host_stats(&h).takeovers; tries++) {
        if (bob)
            guest_send_away(bob);
        bob = guest_join_on(&h, 1, WT, "m");
        guest_speak(bob);
        id = bob->id;
        host_until(&h, &bob->audio, 5);
        gone = ann->gone;
        net_close(bob->conn, 0, "");
        host_until(&h, &bob->joined, bob->joined + 1);
        host_run_for(&h, 600 * MS); /* counters of the other thread are up to half a second old */
    }
    CHECK(host_stats(&h).takeovers >= 1);
    CHECK_EQ(id, bob->id);
    CHECK_EQ(gone, ann->gone);
    host_until(&h, &ann->audio, ann->audio + 20);
    host_until(&h, &bob->audio, bob->audio + 20);
    host_stop(&h);
}

int main(void)
{
    static const struct check_test tests[] = {
        T(numbers_are_those_of_all_threads),
        T(the_session_limit_holds_for_all_threads_together),
        T(another_certificate_reaches_all_threads),
        T(draining_reaches_all_threads),
        T(stopping_twice_leaves_at_once),
        T(one_line_of_the_log_is_one_event),
        T(a_guest_that_moves_stays),
        T(members_on_both_threads_hear_and_see_each_other),
        T(a_picture_crosses_once_for_many),
        T(who_comes_back_to_another_thread_is_the_same),
    };
    return CHECK_RUN(tests);
}
