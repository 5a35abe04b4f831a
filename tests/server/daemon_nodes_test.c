/* SPDX-License-Identifier: MIT */
/* Two relays and a real nats-server: people on both are in one meeting, whatever happens to NATS. */
#include "check.h"

#include <signal.h>
#include <string.h>

#include "bus_kit.h"
#include "daemon_kit.h"
#include "parleyd/contact.h"
#include "session/relays.h"

static struct nats nats;
static struct host left, right;

static void step(usec_t us)
{
    for (usec_t end = loop_now() + us; loop_now() < end;) {
        loop_step(left.loop, MS);
        loop_step(right.loop, MS);
    }
}

static void until(const int *what, int least)
{
    for (usec_t end = loop_now() + HOST_PATIENCE; *what < least && loop_now() < end;)
        step(2 * MS);
    if (*what < least) {
        fflush(left.log);
        fflush(right.log);
        print_error("left:\n%s\nright:\n%s\n", left.log_text, right.log_text);
    }
    CHECK_BETWEEN(least, INT32_MAX, *what);
}

static int nodes_up(struct host *h)
{
    struct bus_stats s;
    nodes_stats(h->daemon.nodes, &s);
    return (int)s.nodes_up;
}

static void until_together(bool together)
{
    for (usec_t end = loop_now() + BUS_PATIENCE; loop_now() < end; step(5 * MS))
        if (nodes_up(&left) == together && nodes_up(&right) == together)
            return;
    fail_msg("the relays are not %s", together ? "together" : "apart");
}

static void start_two(const char *threads)
{
    char option[300];
    nats_init(&nats, 1);
    nats_start(&nats, NULL, true);
    snprintf(option, sizeof(option), "--nats=%s", nats.urls);
    host_start(&left, (const char *[]){option, threads, "--public-address=left.example:1", NULL});
    host_start(&right, (const char *[]){option, threads, "--public-address=right.example:2", NULL});
    until_together(true);
}

static void stop_two(void)
{
    host_stop(&left);
    host_stop(&right);
    nats_end(&nats);
}

static struct guest *join(struct host *h, enum net_transport t, const char *meeting)
{
    struct guest *g = guest_add(h, t, meeting);
    until(&g->joined, 1);
    return g;
}

/* A page that was served there has to find its way here, and one from here to there. */
static void relays_of_one_system_vouch_for_each_other(void)
{
    struct bus_node other = {0};
    start_two("--threads=1");
    for (usec_t end = loop_now() + HOST_PATIENCE; loop_now() < end && !strchr(other.address, '/'); step(5 * MS))
        nodes_others(left.daemon.nodes, &other, 1);
    char expected[BUS_ADDRESS_MAX];
    contact_write(expected, "right.example:2", &right.daemon.certs);
    CHECK_STR(expected, other.address);
    CHECK(relays_is_address(other.address));
    static const struct {
        const char *origin;
        bool served;
    } row[] = {{"https://right.example:2", true},
               {"https://RIGHT.example:8443", true},
               {"https://left.example:1", false},
               {"https://right.example.org", false},
               {"null", false},
               {"https://", false}};
    for (size_t i = 0; i < COUNT_OF(row); i++)
        CHECK_EQ(row[i].served, nodes_serve(left.daemon.nodes, row[i].origin));
    char hash[] = "/certhash/";
    CHECK_EQ(2 * (strlen(hash) + 43) + strlen("right.example:2"), strlen(expected));
    stop_two();
}

static void people_of_two_relays_see_and_hear_each_other(void)
{
    start_two("--threads=1");
    struct guest *a = join(&left, NET_WEBTRANSPORT, "m"), *b = join(&right, NET_WEBSOCKET, "m");
    until(&a->members, 1);
    until(&b->members, 1);
    CHECK(a->id != b->id);
    guest_speak(a);
    guest_film(a);
    guest_speak(b);
    until((const int *)&b->seen_member, 1);
    guest_watch(b, a);
    until(&b->audio, 50);
    until(&a->audio, 50);
    until(&b->video, 30);
    client_chat(a->client, "hello", 5, loop_now());
    client_chat(b->client, "hello", 5, loop_now());
    until(&a->chats, 1);
    until(&b->chats, 1);
    CHECK_EQ(0, a->gone + b->gone + a->away + b->away);
    char text[65536];
    host_http(&left, "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", text, sizeof(text));
    CHECK(strstr(text, "parley_bus_connected 1\n"));
    CHECK(strstr(text, "parley_bus_nodes 1\n"));
    CHECK(strstr(text, "parley_bus_gaps_total 0\n"));
    CHECK(strstr(text, "parley_bus_lag_seconds "));
    stop_two();
}

static void relays_of_several_threads_are_one_system(void)
{
    start_two("--threads=2");
    struct guest *a = join(&left, NET_WEBTRANSPORT, "m"), *b = join(&right, NET_WEBTRANSPORT, "m"),
                 *c = join(&left, NET_WEBSOCKET, "m"), *d = join(&right, NET_WEBSOCKET, "m");
    struct guest *const all[] = {a, b, c, d};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        guest_speak(all[i]);
    for (size_t i = 0; i < COUNT_OF(all); i++) {
        until(&all[i]->members, 3);
        until(&all[i]->audio, 100);
    }
    stop_two();
}

static void nats_away_for_three_seconds_parts_and_heals(void)
{
    start_two("--threads=1");
    struct guest *a = join(&left, NET_WEBTRANSPORT, "m"), *b = join(&right, NET_WEBTRANSPORT, "m"),
                 *c = join(&left, NET_WEBSOCKET, "m");
    guest_speak(a);
    guest_speak(b);
    until(&c->audio, 60);
    until(&a->audio, 30);
    until(&b->members, 2);
    nats_kill(&nats, 0, SIGKILL);
    usec_t gone_at = loop_now();
    until(&a->away, 1); /* b */
    CHECK_BETWEEN(0.5 * SEC, 2.5 * SEC, loop_now() - gone_at);
    int heard = c->audio;
    usec_t from = loop_now();
    step(SEC);
    CHECK_BETWEEN(0.8, 1.2,
                  (double)(c->audio - heard) / ((double)(loop_now() - from) / (20.0 * MS))); /* those of one relay, undisturbed */
    while (loop_now() < gone_at + 3 * SEC)
        step(20 * MS);
    nats_again(&nats, 0);
    until_together(true);
    int a_heard = a->audio, b_heard = b->audio;
    until(&a->audio, a_heard + 50);
    until(&b->audio, b_heard + 50);
    CHECK_EQ(0, a->closed + b->closed + c->closed);
    stop_two();
}

static void a_relay_that_drains_hands_its_people_over(void)
{
    start_two("--threads=1");
    left.other = &right;
    step(SEC); /* each tells twice a second where to go */
    struct guest *a = join(&left, NET_WEBTRANSPORT, "m"), *b = join(&right, NET_WEBTRANSPORT, "m"),
                 *c = join(&left, NET_WEBSOCKET, "m");
    struct guest *const all[] = {a, b, c};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        guest_speak(all[i]);
    until(&b->audio, 100);
    until(&b->members, 2);
    uint32_t a_id = a->id, c_id = c->id;
    daemon_stop(&left.daemon);
    until(&a->joined, 2);
    until(&c->joined, 2);
    CHECK_EQ(a_id, a->id);
    CHECK_EQ(c_id, c->id);
    until(&left.done, 1);
    int heard[] = {a->audio, b->audio, c->audio};
    for (size_t i = 0; i < COUNT_OF(all); i++)
        until(&all[i]->audio, heard[i] + 100); /* of two others: within about a second */
    CHECK_EQ(0, b->gone);
    CHECK_EQ(3, host_stats(&right).members);
    for (size_t i = 0; i < COUNT_OF(all); i++) { /* their connections end at the other relay: while both still run */
        client_leave(all[i]->client, loop_now());
        until(&all[i]->left, 1);
    }
    step(SEC);
    stop_two();
}

int main(void)
{
    static const struct check_test tests[] = {
        T(relays_of_one_system_vouch_for_each_other), T(people_of_two_relays_see_and_hear_each_other),
        T(relays_of_several_threads_are_one_system),  T(nats_away_for_three_seconds_parts_and_heals),
        T(a_relay_that_drains_hands_its_people_over),
    };
    return CHECK_RUN(tests);
}
