/* SPDX-License-Identifier: MIT */
/* Relays on one NATS server: numbers, beats, batches, strangers. */
#include "check.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/err.h"
#include "bus/beat.h"
#include "bus_kit.h"

static struct nats nats;
static struct ear a, b, c;

static void start_pair(void)
{
    ear_start(&a, &nats, &(struct bus_config){.address = "a.example:4443"});
    ear_start(&b, &nats, &(struct bus_config){.address = "[::1]:4443"});
    ear_until_ready(&a);
    ear_until_ready(&b);
    ear_until_sees(&a, b.own, true);
    ear_until_sees(&b, a.own, true);
}

static void stop_pair(void)
{
    CHECK_EQ(0, a.disorder);
    CHECK_EQ(0, b.disorder);
    ear_stop(&a);
    ear_stop(&b);
}

static void two_relays_find_each_other(void)
{
    start_pair();
    CHECK(a.own != b.own);
    CHECK_EQ(a.own, bus_own(a.bus));
    CHECK_STR("a.example:4443", b.info[a.own].address);
    CHECK_STR("[::1]:4443", a.info[b.own].address);
    struct bus_stats s;
    kit_sleep(400 * MS);
    bus_stats(a.bus, &s);
    CHECK(s.connected && s.ready);
    CHECK_EQ(1, s.nodes_up);
    CHECK_BETWEEN(1, 100000, s.lag_us);
    stop_pair();
}

/* It follows the beat. */
static void until_seal(const struct ear *e, uint64_t born)
{
    for (usec_t end = kit_now() + BUS_PATIENCE; e->seal_born != born && kit_now() < end;)
        kit_sleep(5 * MS);
    CHECK_EQ(born, e->seal_born);
}

static void all_come_to_have_the_eldest_seal(void)
{
    static struct ear late;
    const struct bus_seal mine = {.born_us = 200, .key = {1}}, elder = {.born_us = 100, .key = {2}},
                          young = {.born_us = 300, .key = {3}};
    ear_start(&a, &nats, &(struct bus_config){.seal = &mine});
    ear_start(&b, &nats, &(struct bus_config){.seal = &elder});
    ear_until_ready(&a);
    ear_until_ready(&b);
    ear_until_sees(&a, b.own, true);
    ear_until_sees(&b, a.own, true);
    until_seal(&a, 100);
    CHECK_EQ(0, b.seal_born);
    ear_stop(&b);
    ear_start(&late, &nats, &(struct bus_config){.seal = &young}); /* from one who took it from another */
    ear_until_ready(&late);
    ear_until_sees(&late, a.own, true);
    until_seal(&late, 100);
    ear_stop(&late);
    ear_stop(&a);
}

static void batches_arrive_in_order(void)
{
    start_pair();
    int taken = 0;
    for (uint32_t i = 0; i < 100; i++) { /* as fast as they leave: nothing may be dropped then */
        taken += ear_send(&a, b.own, i * 100 + 1, 100, 1000);
        ear_until_batches(&b, (int)i * 100);
    }
    CHECK_EQ(10000, taken);
    ear_until_batches(&b, 10000);
    CHECK_EQ(0, b.disorder);
    CHECK_EQ(0, a.batches);
    struct bus_stats s;
    bus_stats(a.bus, &s);
    CHECK_EQ(10000, s.batches_out);
    CHECK_EQ(0, s.dropped_out);
    stop_pair();
}

static void what_has_no_way_is_dropped_and_counted(void)
{
    start_pair();
    static uint8_t huge[2 << 20];
    CHECK_EQ(ERR_STATE, bus_publish(a.bus, (b.own + 1) % BUS_NODES, huge, 10));
    CHECK_EQ(ERR_STATE, bus_publish(a.bus, 0, huge, 10));
    CHECK_EQ(ERR_STATE, bus_publish(a.bus, BUS_NODES, huge, 10));
    CHECK_EQ(ERR_LIMIT, bus_publish(a.bus, b.own, huge, sizeof(huge)));
    struct bus_stats s;
    bus_stats(a.bus, &s);
    CHECK_EQ(4, s.dropped_out);
    stop_pair();
}

static void a_relay_that_leaves_is_down_at_once_and_its_number_free(void)
{
    start_pair();
    uint32_t number = b.own;
    usec_t left = kit_now();
    ear_stop(&b);
    ear_until_sees(&a, number, false);
    CHECK_BETWEEN(0, 0.3 * SEC, a.changed[number] - left);
    ear_start(&b, &nats, &(struct bus_config){.node = number});
    ear_until_ready(&b);
    CHECK_EQ(number, b.own);
    stop_pair();
}

static void names_the_relay_with_most_to_spare(void)
{
    struct bus_node lightest, busy = {.sessions = 500, .rooms = 3, .cpu_percent = 80};
    start_pair();
    ear_start(&c, &nats, &(struct bus_config){.address = "c.example:4443"});
    ear_until_ready(&c);
    bus_load(b.bus, &busy);
    ear_until_sees(&a, c.own, true);
    kit_sleep(700 * MS);
    CHECK(bus_lightest(a.bus, &lightest));
    CHECK_EQ(c.own, lightest.node);
    bus_load(c.bus, &(struct bus_node){.draining = true});
    kit_sleep(300 * MS); /* told at once, not with the next beat */
    CHECK(bus_lightest(a.bus, &lightest));
    CHECK_EQ(b.own, lightest.node);
    CHECK_EQ(500, lightest.sessions);
    CHECK_EQ(80, lightest.cpu_percent);
    ear_stop(&c);
    stop_pair();
}

/* ---- strangers ---- */

static void foreign_messages_are_dropped_and_counted(void)
{
    start_pair();
    char inbox[64], lease[64];
    uint8_t batch[BATCH_HEADER_BYTES + 4] = {0}, beat[BEAT_MAX];
    snprintf(inbox, sizeof(inbox), "parley.node.%u", b.own);
    snprintf(lease, sizeof(lease), "parley.node.%u.x", b.own);
    nats_say(&nats, 0, inbox, "garbage", 7);
    nats_say(&nats, 0, inbox, "", 0);
    batch_header_write(
        batch, &(struct batch_header){.from = a.own, .to = b.own, .threads = 1, .instance = 1}); /* not the instance that beats */
    nats_say(&nats, 0, inbox, batch, sizeof(batch));
    batch_header_write(batch, &(struct batch_header){.from = 9, .to = b.own + 1, .threads = 1, .instance = 1}); /* to another */
    nats_say(&nats, 0, inbox, batch, sizeof(batch));
    batch_header_write(batch, &(struct batch_header){.from = b.own, .to = b.own, .threads = 1, .instance = 1}); /* from ourselves */
    nats_say(&nats, 0, inbox, batch, sizeof(batch));
    struct beat wrong = {.instance = 5, .node = {.threads = 1, .node = 77, .address = "<script>"}};
    nats_say(&nats, 0, "parley.beat", beat, beat_write(beat, &wrong));
    nats_say(&nats, 0, "parley.beat", "PBT1", 4);
    CHECK_EQ(1, ear_send(&a, b.own, 1, 1, 100));
    ear_until_batches(&b, 1);
    struct bus_stats s;
    bus_stats(b.bus, &s);
    CHECK_EQ(7, s.foreign_in);
    CHECK_EQ(1, b.batches);
    CHECK_EQ(1, s.nodes_up);
    stop_pair();
}

static void a_silent_relay_is_down_after_a_second_and_a_half(void)
{
    uint8_t beat[BEAT_MAX];
    start_pair();
    uint32_t number = a.own % 1000 + 1 == b.own ? a.own % 1000 + 2 : a.own % 1000 + 1;
    struct beat once = {.instance = 5, .node = {.threads = 1, .node = number, .address = "x:1"}};
    nats_say(&nats, 0, "parley.beat", beat, beat_write(beat, &once));
    ear_until_sees(&a, number, true);
    usec_t up = a.changed[number];
    ear_until_sees(&a, number, false);
    CHECK_BETWEEN(1.4 * SEC, 2 * SEC, a.changed[number] - up);
    CHECK(a.up[b.own]);
    stop_pair();
}

static void a_new_instance_under_a_number_is_down_and_up(void)
{
    uint8_t beat[BEAT_MAX];
    start_pair();
    uint32_t number = a.own % 1000 + 1 == b.own ? a.own % 1000 + 2 : a.own % 1000 + 1;
    struct beat one = {.instance = 5, .node = {.threads = 1, .node = number}};
    nats_say(&nats, 0, "parley.beat", beat, beat_write(beat, &one));
    ear_until_sees(&a, number, true);
    int downs = a.downs, ups = a.ups;
    one.instance = 6;
    nats_say(&nats, 0, "parley.beat", beat, beat_write(beat, &one));
    kit_sleep(200 * MS);
    CHECK_EQ(downs + 1, a.downs);
    CHECK_EQ(ups + 1, a.ups);
    stop_pair();
}

/* ---- numbers ---- */

static void two_relays_never_hold_one_number(void)
{
    ear_start(&a, &nats, &(struct bus_config){.node = 7});
    ear_until_ready(&a);
    ear_start(&b, &nats, &(struct bus_config){.node = 7});
    ear_until_ready(&b);
    CHECK_EQ(7, a.own);
    CHECK(b.own != 7);
    CHECK_EQ(0, a.losses);
    stop_pair();
}

static void a_number_taken_away_is_given_up(void)
{
    static const char other[] = "{\"instance\":\"0000000000000001\"}";
    start_pair();
    uint32_t before = a.own;
    char key[64];
    snprintf(key, sizeof(key), "$KV.parley.node.%u", before);
    nats_say(&nats, 0, key, other, strlen(other));
    ear_until_sees(&b, before, false);
    ear_until_ready(&a);
    ear_until_said(&a, "another's");
    CHECK(a.own != before);
    CHECK_EQ(1, a.losses);
    ear_until_sees(&b, a.own, true);
    CHECK_EQ(1, ear_send(&b, a.own, 1, 1, 50));
    ear_until_batches(&a, 1);
    stop_pair();
}

/* The same program again: a relay that holds a number until it is killed. */
static int be_a_relay(const char *urls, const char *node)
{
    ear_start(&a, NULL, &(struct bus_config){.urls = urls, .node = (uint32_t)atoi(node)});
    while (pause() == -1)
        continue;
    return 0;
}

static pid_t run_relay(uint32_t node)
{
    char number[16];
    snprintf(number, sizeof(number), "%u", node);
    pid_t pid = fork();
    if (pid == 0) {
        execl("/proc/self/exe", "bus", nats.urls, number, NULL);
        _exit(1);
    }
    return pid;
}

static void the_number_of_a_dead_relay_is_free_within_three_seconds(void)
{
    ear_start(&a, &nats, NULL);
    ear_until_ready(&a);
    uint32_t number = a.own == 9 ? 10 : 9;
    pid_t pid = run_relay(number);
    ear_until_sees(&a, number, true);
    kill(pid, SIGKILL);
    usec_t died = kit_now();
    waitpid(pid, NULL, 0);
    ear_until_sees(&a, number, false);
    CHECK_BETWEEN(1.0 * SEC, 1.9 * SEC, a.changed[number] - died);
    ear_start(&b, &nats, &(struct bus_config){.node = number});
    ear_until_ready(&b);
    CHECK(b.own != number); /* still kept for the dead */
    ear_stop(&b);
    while (kit_now() < died + 3500 * MS)
        kit_sleep(20 * MS);
    ear_start(&b, &nats, &(struct bus_config){.node = number});
    ear_until_ready(&b);
    CHECK_EQ(number, b.own);
    stop_pair();
}

/* What a frozen relay forgot, and was forgotten by, both know when it thaws. */
static void a_frozen_relay_is_down_and_comes_back(void)
{
    ear_start(&a, &nats, NULL);
    ear_until_ready(&a);
    uint32_t number = a.own == 9 ? 10 : 9;
    pid_t pid = run_relay(number);
    ear_until_sees(&a, number, true);
    kill(pid, SIGSTOP);
    usec_t stopped = kit_now();
    ear_until_sees(&a, number, false);
    CHECK_BETWEEN(1.0 * SEC, 1.9 * SEC, a.changed[number] - stopped);
    kit_sleep(3 * SEC); /* its number expires */
    kill(pid, SIGCONT);
    ear_until_sees(&a, number, true);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    CHECK_EQ(0, a.disorder);
    ear_stop(&a);
}

int main(int argc, char **argv)
{
    if (argc == 3)
        return be_a_relay(argv[1], argv[2]);
    static const struct check_test tests[] = {
        T(two_relays_find_each_other),
        T(all_come_to_have_the_eldest_seal),
        T(batches_arrive_in_order),
        T(what_has_no_way_is_dropped_and_counted),
        T(a_relay_that_leaves_is_down_at_once_and_its_number_free),
        T(names_the_relay_with_most_to_spare),
        T(foreign_messages_are_dropped_and_counted),
        T(a_silent_relay_is_down_after_a_second_and_a_half),
        T(a_new_instance_under_a_number_is_down_and_up),
        T(two_relays_never_hold_one_number),
        T(a_number_taken_away_is_given_up),
        T(the_number_of_a_dead_relay_is_free_within_three_seconds),
        T(a_frozen_relay_is_down_and_comes_back),
    };
    nats_init(&nats, 1);
    nats_start(&nats, NULL, true);
    int failed = CHECK_RUN(tests);
    nats_end(&nats);
    return failed;
}
