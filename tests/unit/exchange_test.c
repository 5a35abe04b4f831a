/* SPDX-License-Identifier: MIT */
/* Frames between the threads of one process and between nodes, without loops: ports are turned by hand. Runs under ThreadSanitizer in
 * `make check`. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/rand.h"
#include "base/units.h"
#include "check.h"
#include "parleyd/exchange.h"

/* What one port was handed. */
struct seen {
    size_t frames, gaps;
    uint32_t from;
    uint8_t last[64];
    size_t len;
};

static void note(void *ctx, uint32_t from, const uint8_t *data, size_t len)
{
    struct seen *s = ctx;
    s->from = from;
    s->frames += data != NULL;
    s->gaps += data == NULL;
    s->len = len;
    if (data)
        memcpy(s->last, data, len < sizeof(s->last) ? len : sizeof(s->last));
}

static struct seen receive(struct exchange *x, uint32_t thread)
{
    struct seen s = {0};
    port_receive(exchange_port(x, thread), note, &s);
    return s;
}

/* ---- threads of one process ---- */

static void a_frame_reaches_the_thread_it_names(void)
{
    struct exchange *x = exchange_new(3);
    CHECK_EQ(0, port_send(exchange_port(x, 0), 2, "to two", 6, false));
    port_flush(exchange_port(x, 0));
    CHECK_EQ(0, receive(x, 1).frames);
    struct seen s = receive(x, 2);
    CHECK_EQ(1, s.frames);
    CHECK_EQ(0, s.from);
    CHECK_MEM("to two", s.last, 6);
    CHECK_EQ(0, receive(x, 2).frames);
    exchange_del(x);
}

static void a_frame_reaches_several_but_not_its_sender(void)
{
    static const uint32_t everybody[] = {0, 1, 2, 3, 15};
    struct exchange *x = exchange_new(3);
    CHECK_EQ(0, port_spread(exchange_port(x, 1), everybody, COUNT_OF(everybody), "all", 3, true));
    CHECK_EQ(1, receive(x, 0).frames);
    CHECK_EQ(0, receive(x, 1).frames);
    CHECK_EQ(1, receive(x, 2).frames);
    struct port_stats s;
    port_stats(exchange_port(x, 1), &s);
    CHECK_EQ(2, s.frames_out);
    CHECK_EQ(6, s.bytes_out);
    exchange_del(x);
}

static void a_thread_that_does_not_read_misses_media_and_learns_of_lost_control(void)
{
    static uint8_t picture[300000];
    struct exchange *x = exchange_new(2);
    struct port *p = exchange_port(x, 0);
    struct port_stats stats;
    int sent = 0;
    while (port_send(p, 1, picture, sizeof(picture), true) == 0)
        sent++;
    CHECK_EQ(6, sent);
    CHECK_EQ(0, port_send(p, 1, "small", 5, true));
    struct seen s = receive(x, 1);
    CHECK_EQ(7, s.frames);
    CHECK_EQ(0, s.gaps); /* a lost picture is no gap */
    while (port_send(p, 1, picture, sizeof(picture), false) == 0)
        ;
    s = receive(x, 1);
    CHECK_EQ(1, s.gaps);
    CHECK_EQ(0, s.from);
    CHECK_EQ(0, receive(x, 1).gaps);
    port_stats(p, &stats);
    CHECK_EQ(1, stats.media_dropped);
    CHECK_EQ(1, stats.control_lost);
    exchange_del(x);
}

static void the_largest_object_passes(void)
{
    struct exchange *x = exchange_new(2);
    uint8_t *object = calloc(1, EXCHANGE_FRAME_MAX);
    for (int i = 0; i < 10; i++) {
        CHECK_EQ(0, port_send(exchange_port(x, 0), 1, object, EXCHANGE_FRAME_MAX, true));
        CHECK_EQ(EXCHANGE_FRAME_MAX, receive(x, 1).len);
    }
    free(object);
    exchange_del(x);
}

/* ---- nodes ---- */

/* Two nodes of two threads each, and the batches between them. */
struct pair {
    struct exchange *node[2];
    int batches, drop;
    bool down;
    uint8_t last[1 << 17];
    size_t last_len;
};

static int carry(void *ctx, uint32_t node, const void *data, size_t len)
{
    struct pair *pair = ctx;
    if (pair->down)
        return ERR_STATE;
    pair->batches++;
    if (len <= sizeof(pair->last)) {
        memcpy(pair->last, data, len);
        pair->last_len = len;
    }
    if (pair->drop && pair->drop--)
        return 0;
    return exchange_on_batch(pair->node[node - 1], data, len);
}

static void pair_init(struct pair *pair)
{
    *pair = (struct pair){0};
    for (uint32_t i = 0; i < 2; i++) {
        pair->node[i] = exchange_new(2);
        exchange_set_node(pair->node[i], i + 1);
        exchange_set_bus(pair->node[i], &(struct exchange_bus){carry, pair});
    }
}

static void pair_end(struct pair *pair)
{
    exchange_del(pair->node[0]);
    exchange_del(pair->node[1]);
}

static void an_object_for_two_threads_of_a_node_travels_once(void)
{
    static uint8_t picture[5000];
    struct pair pair;
    pair_init(&pair);
    uint32_t to[] = {shard_of(2, 0), shard_of(1, 1), shard_of(2, 1)};
    struct port *p = exchange_port(pair.node[0], 0);
    CHECK_EQ(0, port_spread(p, to, 3, picture, sizeof(picture), true));
    CHECK_EQ(0, port_spread(p, to, 1, "to one", 6, false));
    CHECK_EQ(0, pair.batches);
    port_flush(p);
    CHECK_EQ(1, pair.batches);
    CHECK_BETWEEN(5000, 5060, pair.last_len);
    CHECK_EQ(1, receive(pair.node[0], 1).frames);
    CHECK_EQ(2, receive(pair.node[1], 0).frames);
    struct seen s = receive(pair.node[1], 1);
    CHECK_EQ(1, s.frames);
    CHECK_EQ(shard_of(1, 0), s.from);
    CHECK_EQ(5000, s.len);
    pair_end(&pair);
}

static void a_long_batch_leaves_before_the_turn_ends(void)
{
    static uint8_t picture[40000];
    struct pair pair;
    pair_init(&pair);
    for (int i = 0; i < 4; i++)
        port_send(exchange_port(pair.node[0], 1), shard_of(2, 0), picture, sizeof(picture), true);
    CHECK_EQ(3, pair.batches);
    port_flush(exchange_port(pair.node[0], 1));
    CHECK_EQ(4, pair.batches);
    CHECK_EQ(4, receive(pair.node[1], 0).frames);
    pair_end(&pair);
}

static void send_one(struct pair *pair, uint32_t thread)
{
    port_send(exchange_port(pair->node[0], thread), shard_of(2, 0), "x", 1, false);
    port_flush(exchange_port(pair->node[0], thread));
}

static void a_missing_batch_is_a_gap_for_all_threads(void)
{
    struct pair pair;
    pair_init(&pair);
    send_one(&pair, 0);
    send_one(&pair, 1);
    CHECK_EQ(2, receive(pair.node[1], 0).frames);
    pair.drop = 1;
    send_one(&pair, 0);
    send_one(&pair, 1); /* numbers are per sender */
    CHECK_EQ(0, receive(pair.node[1], 0).gaps);
    send_one(&pair, 0);
    struct seen s = receive(pair.node[1], 1);
    CHECK_EQ(1, s.gaps);
    CHECK_EQ(shard_of(1, 0), s.from);
    s = receive(pair.node[1], 0);
    CHECK_EQ(1, s.gaps);
    CHECK_EQ(1, s.frames);
    pair_end(&pair);
}

static void a_batch_that_comes_late_is_dropped(void)
{
    struct pair pair;
    static uint8_t late[sizeof(pair.last)];
    struct exchange_bus_stats stats;
    pair_init(&pair);
    send_one(&pair, 0);
    CHECK_EQ(1, receive(pair.node[1], 0).frames);
    pair.drop = 1;
    send_one(&pair, 0);
    size_t len = pair.last_len;
    memcpy(late, pair.last, len);
    send_one(&pair, 0);
    struct seen s = receive(pair.node[1], 0);
    CHECK_EQ(1, s.gaps);
    CHECK_EQ(1, s.frames);
    CHECK_EQ(0, exchange_on_batch(pair.node[1], late, len));
    CHECK_EQ(0, receive(pair.node[1], 0).frames);
    send_one(&pair, 0); /* and is no gap */
    s = receive(pair.node[1], 0);
    CHECK_EQ(0, s.gaps);
    CHECK_EQ(1, s.frames);
    exchange_bus_stats(pair.node[1], &stats);
    CHECK_EQ(1, stats.late);
    /* one that began anew counts from 1 */
    exchange_tell(pair.node[1], 1, 2, true);
    receive(pair.node[1], 0);
    CHECK_EQ(0, exchange_on_batch(pair.node[1], late, len));
    CHECK_EQ(1, receive(pair.node[1], 0).frames);
    pair_end(&pair);
}

static void an_unreachable_bus_is_a_gap_later(void)
{
    struct pair pair;
    pair_init(&pair);
    send_one(&pair, 0);
    pair.down = true;
    send_one(&pair, 0);
    pair.down = false;
    send_one(&pair, 0);
    struct seen s = receive(pair.node[1], 0);
    CHECK_EQ(2, s.frames);
    CHECK_EQ(1, s.gaps);
    exchange_forget(pair.node[1], 1); /* it went and came back: numbers begin anew */
    pair.drop = 1;
    send_one(&pair, 0);
    send_one(&pair, 0);
    CHECK_EQ(0, receive(pair.node[1], 0).gaps);
    pair_end(&pair);
}

static void lost_control_from_the_bus_concerns_all_other_nodes(void)
{
    static uint8_t picture[60000];
    struct pair pair;
    pair_init(&pair);
    struct exchange_bus_stats stats;
    for (int i = 0; i < 40; i++)
        port_send(exchange_port(pair.node[0], 0), shard_of(2, 0), picture, sizeof(picture), false);
    exchange_bus_stats(pair.node[1], &stats);
    CHECK(stats.control_lost > 0);
    struct seen s = receive(pair.node[1], 0);
    CHECK_EQ(1, s.gaps);
    CHECK_EQ(EXCHANGE_EVERYBODY, s.from);
    pair_end(&pair);
}

static void foreign_bytes_are_dropped_and_counted(void)
{
    struct pair pair;
    pair_init(&pair);
    struct exchange_bus_stats stats;
    send_one(&pair, 0);
    receive(pair.node[1], 0);
    size_t whole = pair.last_len;
    for (size_t len = 0; len < whole; len++) {
        exchange_forget(pair.node[1], 1); /* or its number comes again, and is late */
        CHECK_EQ(len == 9 ? 0 : ERR_PARSE,
                 exchange_on_batch(pair.node[1], pair.last, len)); /* 9: no entry, which is odd and harmless */
    }
    static const uint8_t bad[][13] = {
        {2, 0, 0, 0, 16, 0, 0, 0, 1, 2, 1, 'x'}, /* another version */
        {1, 0, 0, 0, 2, 0, 0, 0, 1, 2, 1, 'x'}, /* no node */
        {1, 0, 0, 0, 32, 0, 0, 0, 1, 2, 1, 'x'}, /* ourselves */
        {1, 0, 1, 0, 0, 0, 0, 0, 1, 2, 1, 'x'}, /* a node beyond all */
        {1, 0, 0, 0, 16, 0, 0, 0, 0, 2, 1, 'x'}, /* number 0 */
        {1, 0, 0, 0, 16, 0, 0, 0, 1, 2, 2, 'x'}, /* longer than there is */
        {1, 0, 0, 0, 16, 0, 0, 0, 1, 2, 0, 'x'}, /* an empty frame */
        {1, 0, 0, 0, 16, 0, 0, 0, 1, 0xbf, 0xff, 0xff, 0xff}, /* threads that cannot be */
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        exchange_forget(pair.node[1], 1);
        CHECK_EQ(ERR_PARSE, exchange_on_batch(pair.node[1], bad[i], 12));
    }
    CHECK_EQ(0, receive(pair.node[1], 0).frames);
    exchange_bus_stats(pair.node[1], &stats);
    CHECK_EQ(whole - 1 + COUNT_OF(bad), stats.malformed);
    struct rng rng = {1};
    uint8_t noise[64];
    for (int i = 0; i < 100000; i++) {
        for (size_t at = 0; at < sizeof(noise); at++)
            noise[at] = at < pair.last_len && rng_below(&rng, 4) ? pair.last[at] : (uint8_t)rng_next(&rng);
        exchange_on_batch(pair.node[1], noise, rng_below(&rng, sizeof(noise) + 1));
        if (i % 100 == 0)
            receive(pair.node[1], 0), receive(pair.node[1], 1);
    }
    pair_end(&pair);
}

/* ---- at the same time ---- */

#define THREADS 3
#define ROUNDS 60000

struct racer {
    struct exchange *x;
    uint32_t thread;
    uint32_t next[THREADS + 1]; /* number expected of each sender; the last is the bus */
    uint64_t got, gaps;
    atomic_int *running;
};

static void in_order(void *ctx, uint32_t from, const uint8_t *data, size_t len)
{
    struct racer *r = ctx;
    uint32_t n, sender = shard_node(from) == 1 ? shard_thread(from) : THREADS;
    r->gaps += !data;
    if (!data)
        return;
    memcpy(&n, data, sizeof(n));
    CHECK(n >= r->next[sender] && len >= sizeof(n));
    r->next[sender] = n + 1;
    r->got++;
}

static void *race(void *ctx)
{
    struct racer *r = ctx;
    static const uint32_t to[] = {16, 17, 18};
    struct port *p = exchange_port(r->x, r->thread);
    uint8_t frame[512] = {0};
    for (uint32_t i = 0; i < ROUNDS; i++) {
        memcpy(frame, &i, sizeof(i));
        port_spread(p, to, THREADS, frame, 4 + i % 500, i % 10);
        if (i % 8 == 0) {
            port_flush(p);
            port_receive(p, in_order, r);
        }
        if (i % 64 == 0)
            sched_yield();
    }
    port_flush(p);
    atomic_fetch_sub(r->running, 1);
    while (atomic_load(r->running)) {
        port_receive(p, in_order, r);
        sched_yield();
    }
    port_receive(p, in_order, r);
    return NULL;
}

static void *race_bus(void *ctx)
{
    struct racer *r = ctx;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        uint8_t batch[] = {1, 0, 0, 0, 32, 0, 0, 0, 0, 14, 4, 0, 0, 0, 0};
        batch[7] = (uint8_t)((i + 1) >> 8), batch[6] = (uint8_t)((i + 1) >> 16), batch[8] = (uint8_t)(i + 1);
        memcpy(batch + 11, &i, 4);
        CHECK_EQ(0, exchange_on_batch(r->x, batch, sizeof(batch)));
        if (i % 64 == 0)
            sched_yield();
    }
    atomic_fetch_sub(r->running, 1);
    return NULL;
}

static int nowhere(void *ctx, uint32_t node, const void *data, size_t len)
{
    (void)ctx, (void)node, (void)data, (void)len;
    return 0;
}

static void three_threads_and_a_bus(void)
{
    atomic_int running = THREADS + 1;
    struct racer r[THREADS + 1];
    pthread_t thread[THREADS + 1];
    struct exchange *x = exchange_new(THREADS);
    exchange_set_node(x, 1);
    exchange_set_bus(x, &(struct exchange_bus){nowhere, NULL});
    for (uint32_t i = 0; i <= THREADS; i++) {
        r[i] = (struct racer){.x = x, .thread = i, .running = &running};
        CHECK_EQ(0, pthread_create(&thread[i], NULL, i == THREADS ? race_bus : race, &r[i]));
    }
    for (uint32_t i = 0; i <= THREADS; i++)
        pthread_join(thread[i], NULL);
    uint64_t sent = 0, got = 0;
    for (uint32_t i = 0; i < THREADS; i++) {
        struct port_stats s;
        port_stats(exchange_port(x, i), &s);
        sent += s.frames_out;
        got += s.frames_in;
        CHECK_EQ(s.frames_in, r[i].got);
        CHECK(r[i].got > ROUNDS);
    }
    struct exchange_bus_stats bus;
    exchange_bus_stats(x, &bus);
    CHECK_EQ(0, bus.gaps);
    CHECK_EQ(sent + THREADS * ROUNDS, got + bus.control_lost);
    exchange_del(x);
}

int main(void)
{
    static const struct check_test tests[] = {
        T(a_frame_reaches_the_thread_it_names),
        T(a_frame_reaches_several_but_not_its_sender),
        T(a_thread_that_does_not_read_misses_media_and_learns_of_lost_control),
        T(the_largest_object_passes),
        T(an_object_for_two_threads_of_a_node_travels_once),
        T(a_long_batch_leaves_before_the_turn_ends),
        T(a_batch_that_comes_late_is_dropped),
        T(a_missing_batch_is_a_gap_for_all_threads),
        T(an_unreachable_bus_is_a_gap_later),
        T(lost_control_from_the_bus_concerns_all_other_nodes),
        T(foreign_bytes_are_dropped_and_counted),
        T(three_threads_and_a_bus),
    };
    return CHECK_RUN(tests);
}
