/* SPDX-License-Identifier: MIT */
/* Relays on a cluster of three NATS servers that die and come back. */
#include "check.h"

#include <signal.h>

#include "bus_kit.h"

#define LEFT_WITHIN (6 * SEC)

static struct nats nats;
static struct ear a, b;

static void start_pair(void)
{
    nats_init(&nats, 3);
    nats_start(&nats, NULL, true);
    ear_start(&a, &nats, NULL);
    ear_start(&b, &nats, NULL);
    ear_until_ready(&a);
    ear_until_ready(&b);
    ear_until_sees(&a, b.own, true);
    ear_until_sees(&b, a.own, true);
}

static void stop(void)
{
    ear_stop(&a);
    ear_stop(&b);
    nats_end(&nats);
}

static void stop_pair(void)
{
    CHECK_EQ(0, a.disorder);
    CHECK_EQ(0, b.disorder);
    stop();
}

/* What is published while a connection is moved is lost, and nothing afterwards. */
static void passes_on(uint32_t first)
{
    int before = b.batches;
    for (usec_t end = kit_now() + BUS_PATIENCE; b.batches == before && kit_now() < end;) {
        ear_send(&a, b.own, first++, 1, 100);
        kit_sleep(20 * MS);
    }
    before = b.batches;
    CHECK_EQ(10, ear_send(&a, b.own, first, 10, 100));
    ear_until_batches(&b, before + 10);
}

/* The same where the other may be taken for dead meanwhile: until ten in a row pass. */
static void passes_on_in_the_end(uint32_t first)
{
    int before = b.batches;
    for (usec_t end = kit_now() + BUS_PATIENCE; b.batches < before + 10 && kit_now() < end; first += 10) {
        before = b.batches;
        ear_send(&a, b.own, first, 10, 100);
        for (usec_t soon = kit_now() + 50 * MS; b.batches < before + 10 && kit_now() < soon;)
            kit_sleep(5 * MS);
    }
    CHECK(b.batches >= before + 10);
}

static void one_of_three_dies_and_nobody_goes_down(void)
{
    start_pair();
    uint32_t first = 1;
    for (size_t i = 0; i < 3; i++, first += 10000) {
        nats_kill(&nats, i, SIGKILL);
        passes_on(first);
        nats_again(&nats, i);
        kit_sleep(4 * SEC); /* the copies are complete again */
    }
    CHECK_EQ(0, a.losses + b.losses);
    CHECK_EQ(0, a.downs + b.downs);
    CHECK_EQ(1, a.readies);
    stop_pair();
}

static void all_die_and_everything_heals_with_the_same_numbers(void)
{
    start_pair();
    uint32_t a_own = a.own, b_own = b.own;
    for (size_t i = 0; i < 3; i++)
        nats_kill(&nats, i, SIGKILL);
    usec_t died = kit_now();
    ear_until_sees(&a, b_own, false);
    ear_until_sees(&b, a_own, false);
    CHECK_BETWEEN(1 * SEC, 2 * SEC, a.changed[b_own] - died);
    CHECK_EQ(0, ear_send(&a, b_own, 1, 5, 100)); /* dropped, not kept */
    for (size_t i = 0; i < 3; i++)
        nats_again(&nats, i);
    ear_until_sees(&a, b_own, true);
    ear_until_sees(&b, a_own, true);
    passes_on(100);
    CHECK_EQ(0, a.losses + b.losses);
    stop_pair();
}

/* Without two of three there is no JetStream, but messages still pass: relays stay together. */
static void two_of_three_die_and_relays_stay_together(void)
{
    start_pair();
    nats_kill(&nats, 0, SIGKILL);
    nats_kill(&nats, 1, SIGKILL);
    passes_on(1);
    kit_sleep(5 * SEC); /* longer than a number lasts */
    passes_on(10000);
    CHECK_EQ(0, a.losses + b.losses);
    nats_again(&nats, 0);
    nats_again(&nats, 1);
    kit_sleep(5 * SEC);
    passes_on(20000);
    CHECK_EQ(0, a.losses + b.losses);
    stop_pair();
}

/* One that takes bytes and answers nothing: whichever of the three the relays are on, they are on another soon. */
static void a_frozen_server_of_three_is_left(void)
{
    start_pair();
    usec_t longest = 0;
    for (uint32_t i = 0; i < 3; i++) {
        nats_kill(&nats, i, SIGSTOP);
        usec_t froze = kit_now();
        kit_sleep(100 * MS); /* what is on its way arrives */
        passes_on_in_the_end(1 + i * 10000);
        longest = usec_max(longest, kit_now() - froze);
        nats_kill(&nats, i, SIGCONT);
        kit_sleep(4 * SEC); /* the copies are complete again */
    }
    print_message("batches passed again after %lld ms\n", (long long)(longest / 1000));
    CHECK_BETWEEN(500 * MS, LEFT_WITHIN, longest);
    CHECK_EQ(0, a.losses + b.losses);
    ear_until_sees(&a, b.own, true);
    ear_until_sees(&b, a.own, true);
    stop(); /* what a thawed server still held may have come late */
}

static void frozen_servers_block_nobody(void)
{
    start_pair();
    for (size_t i = 0; i < 3; i++)
        nats_kill(&nats, i, SIGSTOP);
    usec_t longest = 0;
    for (uint32_t i = 0; i < 200; i++) { /* 4 s of 10 MB/s: more than sockets hold */
        usec_t before = kit_now();
        ear_send(&a, b.own, i * 4 + 1, 4, 50000);
        longest = usec_max(longest, kit_now() - before);
        kit_sleep(20 * MS);
    }
    print_message("longest of four bus_publish(): %lld us\n", (long long)longest);
    CHECK_BETWEEN(0, 100 * MS, longest);
    for (size_t i = 0; i < 3; i++)
        nats_kill(&nats, i, SIGCONT);
    ear_until_sees(&a, b.own, true);
    ear_until_sees(&b, a.own, true);
    passes_on(10000);
    stop_pair();
}

int main(void)
{
    static const struct check_test tests[] = {
        T(one_of_three_dies_and_nobody_goes_down),
        T(all_die_and_everything_heals_with_the_same_numbers),
        T(two_of_three_die_and_relays_stay_together),
        T(a_frozen_server_of_three_is_left),
        T(frozen_servers_block_nobody),
    };
    return CHECK_RUN(tests);
}
