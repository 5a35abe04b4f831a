/* SPDX-License-Identifier: MIT */
/* A relay that dies without a word and comes back on the same port: its people hear each other again by themselves, and have their seats
 * again, because the relay kept its seal. */
#include "check.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "crowd.h"

#define JOIN_PATIENCE PATIENT(10 * SEC)
#define PEOPLE 24
#define SPEAKERS 4
#define DOWN_FOR (300 * MS)
#define HEARD_WITHIN PATIENT(2500 * MS) /* of the kill, p99: the time the relay was down, back-off and dial */

static struct process relay;
static struct crowd c;

static void gather(enum net_transport t)
{
    for (int i = 0; i < PEOPLE; i++)
        crowd_join(&c,
                   &(struct person_spec){
                       .meeting = "m", .transport = t, .speaks = i < SPEAKERS, .frame_bytes = i < 1 ? 3000 : 0, .watches = true});
    crowd_until_joined(&c, JOIN_PATIENCE);
    crowd_run_for(&c, 700 * MS);
}

static bool all_live_again(struct crowd *crowd)
{
    for (const struct person *p = crowd->people; p; p = p->next)
        if (p->joins < 2 || p->state != LINK_LIVE)
            return false;
    return true;
}

static void killed_and_back(enum net_transport t, const char *name)
{
    char seal[64], option[96];
    snprintf(seal, sizeof(seal), "/tmp/parley-seal-%d", (int)getpid());
    snprintf(option, sizeof(option), "--seal-file=%s", seal);
    const char *const keeps[] = {option, NULL};
    process_start(&relay, 0, 0, keeps, NULL);
    uint16_t port = relay.port, plain_port = relay.plain_port;
    crowd_start(&c, &relay);
    gather(t);
    crowd_measure(&c);
    process_kill(&relay);
    crowd_run_for(&c, DOWN_FOR);
    usec_t begin = loop_now();
    process_start(&relay, port, plain_port, keeps, NULL);
    usec_t start_took = loop_now() - begin;
    bool back = crowd_until(&c, all_live_again, PATIENT(10 * SEC));
    crowd_run_for(&c, 500 * MS);
    struct noticed n = crowd_noticed(&c);
    print_message("%s: down for %.0f ms and %.0f ms to start\n", name, (double)DOWN_FOR / 1e3, (double)start_took / 1e3);
    crowd_tell("  killed and back", &n);
    CHECK(back);
    CHECK_BETWEEN(DOWN_FOR, HEARD_WITHIN, n.silence_p99);
    CHECK_EQ(PEOPLE, crowd_joined(&c));
    CHECK_EQ(PEOPLE, crowd_resumed(&c));
    CHECK_EQ(PEOPLE, process_metric(&relay, "parley_restores_total"));
    CHECK_EQ(0, crowd_gone(&c));
    crowd_stop(&c);
    CHECK_EQ(0, process_stop(&relay));
    CHECK_EQ(0, unlink(seal));
}

static void people_over_webtransport_come_back(void)
{
    HEAVY();
    killed_and_back(NET_WEBTRANSPORT, "WebTransport");
}

static void people_over_websocket_come_back(void)
{
    HEAVY();
    killed_and_back(NET_WEBSOCKET, "WebSocket");
}

static void people_as_the_page_come_back(void) { killed_and_back(0, "both"); }

int main(void)
{
    static const struct check_test tests[] = {T(people_over_webtransport_come_back), T(people_over_websocket_come_back),
                                              T(people_as_the_page_come_back)};
    return CHECK_RUN(tests);
}
