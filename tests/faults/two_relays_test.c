/* SPDX-License-Identifier: MIT */
/* Two relays joined by NATS, one meeting: a relay is killed or frozen, a NATS server of three is killed, then all of them. */
#include "check.h"

#include <signal.h>
#include <string.h>

#include "crowd.h"
#include "server/bus_kit.h"

#define JOIN_PATIENCE PATIENT(15 * SEC)
#define PEOPLE 24 /* the half on each relay */
#define SPEAKERS 4
#define HEARD_WITHIN PATIENT(1500 * MS)  /* of a kill, p99, by those who were on that relay; aim: 1 s */
#define MOVED_WITHIN PATIENT(3 * SEC)    /* of a freeze: it does not refuse, so it takes a second to be sure */
#define UNDISTURBED PATIENT(400 * MS)    /* longest silence between people of one healthy relay */
#define PARTED_BY_ONE PATIENT(4 * SEC)   /* between relays while the NATS server of one is gone, and it finds another */
#define TOGETHER_WITHIN PATIENT(15 * SEC) /* of NATS being back */

static struct nats nats;
static struct process a, b;
static struct crowd c;

/* ---- the system ---- */

static void start_relay(struct process *p)
{
    char urls[320], address[64];
    uint16_t port = process_free_port();
    snprintf(urls, sizeof(urls), "--nats=%s", nats.urls);
    snprintf(address, sizeof(address), "--public-address=127.0.0.1:%u", port);
    process_start(p, port, process_free_port(), (const char *[]){urls, address, NULL}, NULL);
}

static void until_joined(const struct process *p)
{
    for (usec_t end = loop_now() + JOIN_PATIENCE; process_metric(p, "parley_bus_nodes") < 1 && loop_now() < end;)
        kit_sleep(20 * MS);
    CHECK_EQ(1, process_metric(p, "parley_bus_nodes"));
}

static void start_system(size_t servers)
{
    nats_init(&nats, servers);
    nats_start(&nats, NULL, true);
    start_relay(&a);
    start_relay(&b);
    until_joined(&a);
    until_joined(&b);
    kit_sleep(SEC); /* for each to tell its threads of the other */
}

static bool all_hear_all(struct crowd *crowd)
{
    for (const struct person *p = crowd->people; p; p = p->next)
        for (int i = 0; i < crowd->speakers; i++)
            if (crowd->speaker[i] != p && crowd->speaker[i]->spec.speaks && !p->heard_at[i])
                return false;
    return crowd_joined(crowd) == crowd->count;
}

static void gather_at(const struct process *second)
{
    crowd_start(&c, &a);
    for (int i = 0; i < PEOPLE; i++)
        crowd_join(&c, &(struct person_spec){.meeting = "m",
                                             .transport = i % 4 < 2 ? NET_WEBTRANSPORT : 0,
                                             .relay = i % 2 ? second : &a,
                                             .speaks = i < SPEAKERS,
                                             .watches = true});
    crowd_until_joined(&c, JOIN_PATIENCE);
    CHECK(crowd_until(&c, all_hear_all, JOIN_PATIENCE));
    crowd_run_for(&c, SEC);
    crowd_measure(&c);
}

static void gather(void) { gather_at(&b); }

static void end_system(void)
{
    crowd_stop(&c);
    if (a.pid)
        CHECK_EQ(0, process_stop(&a));
    CHECK_EQ(0, process_stop(&b));
    nats_end(&nats);
}

static double ms(usec_t us) { return (double)us / 1000; }

static void tell(const char *what)
{
    print_message("%s: silence p50/p99 on a of a %.0f/%.0f, of b %.0f/%.0f; on b of b %.0f/%.0f, of a %.0f/%.0f ms\n", what,
                  ms(crowd_silence(&c, &a, &a, 0.5)), ms(crowd_silence(&c, &a, &a, 0.99)), ms(crowd_silence(&c, &a, &b, 0.5)),
                  ms(crowd_silence(&c, &a, &b, 0.99)), ms(crowd_silence(&c, &b, &b, 0.5)), ms(crowd_silence(&c, &b, &b, 0.99)),
                  ms(crowd_silence(&c, &b, &a, 0.5)), ms(crowd_silence(&c, &b, &a, 0.99)));
}

static int aways(void)
{
    int count = 0;
    for (const struct person *p = c.people; p; p = p->next)
        count += p->away;
    return count;
}

/* ---- faults ---- */

static void who_was_on_a_killed_relay_goes_on_at_the_other(void)
{
    start_system(1);
    gather();
    process_kill(&a);
    crowd_run_for(&c, 3 * SEC);
    tell("relay a killed");
    CHECK_EQ(PEOPLE, crowd_joined(&c));
    CHECK_EQ(PEOPLE, process_metric(&b, "parley_sessions"));
    CHECK_EQ(PEOPLE / 2, crowd_resumed(&c));
    CHECK_EQ(0, crowd_gone(&c));
    CHECK_EQ(PEOPLE, process_metric(&b, "parley_members"));
    CHECK_BETWEEN(0, HEARD_WITHIN, crowd_silence(&c, &a, &a, 0.99));
    CHECK_BETWEEN(0, HEARD_WITHIN, crowd_silence(&c, &a, &b, 0.99));
    CHECK_BETWEEN(0, HEARD_WITHIN, crowd_silence(&c, &b, &a, 0.99));
    CHECK_BETWEEN(0, UNDISTURBED, crowd_silence(&c, &b, &b, 1));
    end_system();
}

/* Nobody of it is left who could tell of the seats. */
static void a_meeting_whose_relay_is_killed_goes_on_at_the_other(void)
{
    start_system(1);
    gather_at(&a);
    process_kill(&a);
    crowd_run_for(&c, 4 * SEC);
    tell("the relay of all killed");
    CHECK_EQ(PEOPLE, crowd_joined(&c));
    CHECK_EQ(PEOPLE, crowd_resumed(&c));
    CHECK_EQ(0, crowd_gone(&c));
    CHECK_EQ(PEOPLE, process_metric(&b, "parley_members"));
    CHECK_EQ(PEOPLE, process_metric(&b, "parley_restores_total"));
    CHECK_BETWEEN(0, HEARD_WITHIN, crowd_silence(&c, &a, &a, 0.99));
    end_system();
}

static void who_was_on_a_frozen_relay_moves_too(void)
{
    HEAVY();
    start_system(1);
    gather();
    process_signal(&a, SIGSTOP);
    crowd_run_for(&c, 5 * SEC);
    tell("relay a frozen for 5 s");
    CHECK_BETWEEN(0, MOVED_WITHIN, crowd_silence(&c, &a, &a, 0.99));
    CHECK_EQ(PEOPLE / 2, crowd_resumed(&c));
    CHECK_BETWEEN(0, UNDISTURBED, crowd_silence(&c, &b, &b, 1));
    process_signal(&a, SIGCONT);
    crowd_run_for(&c, 2 * SEC);
    crowd_measure(&c);
    crowd_run_for(&c, SEC);
    tell("  and thawed");
    CHECK_EQ(PEOPLE, crowd_joined(&c));
    CHECK_BETWEEN(0, UNDISTURBED, crowd_silence(&c, &a, &a, 1));
    CHECK_EQ(PEOPLE, process_metric(&b, "parley_sessions") + process_metric(&a, "parley_sessions"));
    end_system();
}

static void a_killed_nats_server_of_three_is_hardly_noticed(void)
{
    HEAVY();
    start_system(3);
    gather();
    for (size_t i = 0; i < 2; i++) { /* whichever the relays talk to: two after another, each back before the next */
        nats_kill(&nats, i, SIGKILL);
        crowd_run_for(&c, 3 * SEC);
        nats_again(&nats, i);
        crowd_run_for(&c, 2 * SEC);
    }
    tell("NATS servers killed one after the other");
    CHECK_BETWEEN(0, UNDISTURBED, crowd_silence(&c, &a, &a, 1));
    CHECK_BETWEEN(0, UNDISTURBED, crowd_silence(&c, &b, &b, 1));
    CHECK_BETWEEN(0, PARTED_BY_ONE, crowd_silence(&c, &a, &b, 1));
    CHECK_BETWEEN(0, PARTED_BY_ONE, crowd_silence(&c, &b, &a, 1));
    CHECK_EQ(PEOPLE, crowd_joined(&c));
    end_system();
}

static bool all_hear_all_again(struct crowd *crowd)
{
    for (const struct person *p = crowd->people; p; p = p->next)
        for (int i = 0; i < crowd->speakers; i++)
            if (crowd->speaker[i] != p && loop_now() - p->heard_at[i] > 300 * MS)
                return false;
    return true;
}

static void without_nats_each_relay_goes_on_and_all_heals(void)
{
    start_system(1);
    gather();
    nats_kill(&nats, 0, SIGKILL);
    crowd_run_for(&c, 4 * SEC);
    tell("NATS killed");
    CHECK_BETWEEN(0, UNDISTURBED, crowd_silence(&c, &a, &a, 1));
    CHECK_BETWEEN(0, UNDISTURBED, crowd_silence(&c, &b, &b, 1));
    CHECK_EQ(PEOPLE, crowd_joined(&c));
    CHECK_BETWEEN(PEOPLE, 1e9, aways());
    nats_again(&nats, 0);
    usec_t began = loop_now();
    bool healed = crowd_until(&c, all_hear_all_again, TOGETHER_WITHIN);
    print_message("  together again %.2f s after NATS was back\n", ms(loop_now() - began) / 1000);
    CHECK(healed);
    end_system();
}

static bool has_number(const struct process *p, uint32_t number)
{
    double now = process_metric(p, "parley_bus_node");
    return now > 0 && now != number;
}

/* As after a split of NATS: the key of a's number is another's. */
static void a_relay_that_lost_its_number_starts_itself_anew(void)
{
    static const char other[] = "{\"instance\":\"0000000000000001\"}";
    char key[64];
    start_system(1);
    gather();
    uint32_t number = (uint32_t)process_metric(&a, "parley_bus_node");
    snprintf(key, sizeof(key), "$KV.parley.node.%u", number);
    nats_say(&nats, 0, key, other, strlen(other));
    usec_t end = loop_now() + PATIENT(15 * SEC);
    crowd_run_for(&c, 2 * SEC);
    while (!has_number(&a, number) && loop_now() < end)
        crowd_run_for(&c, 100 * MS);
    crowd_run_for(&c, 2 * SEC);
    tell("relay a lost its number");
    CHECK(process_alive(&a));
    CHECK(process_said(&a, "bus_alone"));
    CHECK(has_number(&a, number));
    CHECK_EQ(1, process_metric(&a, "parley_bus_nodes"));
    CHECK_EQ(PEOPLE, crowd_joined(&c));
    CHECK_EQ(PEOPLE / 2, crowd_resumed(&c));
    CHECK_EQ(0, crowd_gone(&c));
    CHECK_BETWEEN(0, MOVED_WITHIN, crowd_silence(&c, &a, &a, 0.99));
    CHECK_BETWEEN(0, UNDISTURBED, crowd_silence(&c, &b, &b, 1));
    end_system();
}

int main(void)
{
    static const struct check_test tests[] = {
        T(who_was_on_a_killed_relay_goes_on_at_the_other),
        T(a_meeting_whose_relay_is_killed_goes_on_at_the_other),
        T(who_was_on_a_frozen_relay_moves_too),
        T(a_killed_nats_server_of_three_is_hardly_noticed),
        T(a_relay_that_lost_its_number_starts_itself_anew),
        T(without_nats_each_relay_goes_on_and_all_heals),
    };
    return CHECK_RUN(tests);
}
