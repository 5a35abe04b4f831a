/* SPDX-License-Identifier: MIT */
#include "send/rate.h"

#include <stdlib.h>
#include <string.h>

#include "base/rand.h"
#include "check.h"
#include "send/pacer.h"

/* A sender that uses its target (30 frames and 50 sound packets a second, paced) and a path with one bottleneck, in steps of 1 ms. */
#define FLIGHT 2048
#define TRACKS 2
#define AUDIO 0
#define VIDEO 1

struct object {
    uint32_t track, seq, bytes;
    usec_t arrives;
};

struct inbox {
    uint32_t newest, objects;
    uint64_t bytes;
    usec_t newest_at;
    bool here[65536];
};

struct feedback {
    struct history_report report[TRACKS];
    usec_t clock, arrives;
};

struct model {
    struct rate rate;
    struct pacer pacer;
    struct history history[TRACKS];
    struct inbox inbox[TRACKS];
    struct object flight[FLIGHT];
    uint32_t flying;
    struct feedback feedback[64];
    uint32_t written, read;
    struct rng rng;
    uint32_t seq[TRACKS];
    usec_t now, bottleneck_free, stream_at;
    /* the path */
    double capacity_bps;
    usec_t one_way, queue_max, jitter;
    double loss;
    uint32_t app_max_bps;
    /* what happened */
    usec_t worst_queue;
    uint64_t sent_bytes;
};

static struct model model;

static struct model *begin(double capacity_bps)
{
    struct model *m = &model;
    memset(m, 0, sizeof *m);
    struct rate_config config = {.start_bps = 300000, .min_bps = 30000, .max_bps = 5000000};
    rate_init(&m->rate, &config, 0);
    pacer_init(&m->pacer, 300000, 0);
    m->capacity_bps = capacity_bps;
    m->one_way = 25 * MS;
    m->queue_max = 2 * SEC;
    m->app_max_bps = UINT32_MAX;
    m->rng.state = 42;
    return m;
}

/* Sound that is lost is lost; video on a stream comes a round trip later and holds up what is behind it. */
static void send(struct model *m, uint32_t track, uint32_t seq, uint32_t bytes)
{
    history_sent(&m->history[track], seq, bytes, m->now);
    rate_on_sent(&m->rate, bytes, m->now);
    m->sent_bytes += bytes;
    usec_t start = usec_max(m->now, m->bottleneck_free);
    if (start - m->now > m->queue_max)
        return;
    m->worst_queue = usec_max(m->worst_queue, start - m->now);
    m->bottleneck_free = start + (usec_t)(bytes * 8.0 / m->capacity_bps * (double)SEC);
    bool lost = rng_unit(&m->rng) < m->loss;
    if (lost && track == AUDIO)
        return;
    usec_t arrives =
        m->bottleneck_free + m->one_way + (usec_t)rng_below(&m->rng, (uint64_t)m->jitter + 1) + (lost ? 3 * m->one_way : 0);
    if (track == VIDEO)
        arrives = m->stream_at = usec_max(arrives, m->stream_at);
    if (m->flying < FLIGHT)
        m->flight[m->flying++] = (struct object){track, seq, bytes, arrives};
}

static void produce(struct model *m)
{
    if (m->now % (20 * MS) == 0)
        send(m, AUDIO, ++m->seq[AUDIO], 110);
    if (m->now % (33 * MS) == 0) {
        double bps = rate_target_bps(&m->rate) < m->app_max_bps ? rate_target_bps(&m->rate) : m->app_max_bps;
        double bytes = (bps - 44000 > 10000 ? bps - 44000 : 10000) / 8 * 0.033 * (0.8 + 0.4 * rng_unit(&m->rng));
        struct pacer_object o = {.pkt = pkt_new(0), .track = 2, .seq = ++m->seq[VIDEO], .paced = true, .priority = (uint32_t)bytes};
        o.depends = o.seq == 1 ? 0 : 1;
        o.key = o.seq == 1 || pacer_wants_key(&m->pacer, 2, 0);
        pacer_push(&m->pacer, &o, m->now);
    }
    struct pacer_object o;
    pacer_set_rate(&m->pacer, rate_target_bps(&m->rate) * 5 / 4, m->now);
    while (pacer_pop(&m->pacer, &o, m->now)) {
        uint32_t bytes = o.priority * (o.key ? 4 : 1);
        pacer_sent(&m->pacer, bytes, m->now);
        send(m, VIDEO, o.seq, bytes);
        pkt_unref(o.pkt);
    }
}

static void arrive(struct model *m)
{
    for (uint32_t i = 0; i < m->flying;) {
        struct object *o = &m->flight[i];
        if (o->arrives > m->now) {
            i++;
            continue;
        }
        struct inbox *in = &m->inbox[o->track];
        in->objects++;
        in->bytes += o->bytes;
        in->here[o->seq % 65536] = true;
        if (o->seq > in->newest) {
            in->newest = o->seq;
            in->newest_at = m->now + 777 * SEC; /* their clock */
        }
        *o = m->flight[--m->flying];
    }
}

static void report(struct model *m)
{
    if (m->now % (100 * MS))
        return;
    struct feedback *f = &m->feedback[m->written++ % 64];
    f->clock = m->now + 777 * SEC;
    f->arrives = m->now + m->one_way;
    for (int t = 0; t < TRACKS; t++) {
        struct inbox *in = &m->inbox[t];
        uint32_t missing = 0;
        for (uint32_t i = 0; i < 32 && in->newest > i + 1; i++)
            missing |= in->here[(in->newest - 1 - i) % 65536] ? 0 : 1u << i;
        f->report[t] = (struct history_report){in->newest, missing, in->newest_at, in->bytes, in->objects, 0};
    }
}

static void listen(struct model *m)
{
    while (m->read < m->written && m->feedback[m->read % 64].arrives <= m->now) {
        struct feedback *f = &m->feedback[m->read++ % 64];
        for (uint32_t t = 0; t < TRACKS; t++) {
            struct delivery d = history_report(&m->history[t], &f->report[t]);
            rate_on_delivery(&m->rate, t, &d, m->now);
        }
        rate_on_feedback(&m->rate, f->clock, m->now);
    }
}

static void run(struct model *m, usec_t until)
{
    for (; m->now < until; m->now += MS) {
        produce(m);
        arrive(m);
        report(m);
        listen(m);
        if (getenv("RATE_TRACE") && m->now % (200 * MS) == 0)
            print_message("%5.1f s %d target %7u delivered %7u sent %7.0f queue %4lld ms loss %u ceiling %.0f\n",
                          (double)m->now / 1e6, m->rate.state, rate_target_bps(&m->rate), rate_delivered_bps(&m->rate),
                          m->rate.sent_bps, (long long)rate_queue(&m->rate) / 1000, rate_loss_permille(&m->rate),
                          m->rate.ceiling_bps);
    }
}

/* Delivered bits a second from now until `until`. */
static double delivered(struct model *m, usec_t until)
{
    uint64_t before = m->inbox[AUDIO].bytes + m->inbox[VIDEO].bytes;
    usec_t from = m->now;
    run(m, until);
    return (double)(m->inbox[AUDIO].bytes + m->inbox[VIDEO].bytes - before) * 8e6 / (double)(until - from);
}

static void finish(struct model *m) { pacer_clear(&m->pacer); }

static void a_wide_path_is_used_within_two_seconds(void)
{
    struct model *m = begin(20e6);
    run(m, 2 * SEC);
    CHECK_EQ(5000000, rate_target_bps(&m->rate));
    run(m, 20 * SEC);
    CHECK_EQ(5000000, rate_target_bps(&m->rate));
    finish(m);
}

/* One run says little: the mean of some. */
#define SEEDS 8

static void a_bottleneck_is_filled_without_a_standing_queue(void)
{
    static const double capacity[] = {300e3, 1e6, 2e6, 4e6};
    for (size_t i = 0; i < COUNT_OF(capacity); i++) {
        double early = 0, late = 0;
        usec_t worst = 0;
        for (uint64_t seed = 1; seed <= SEEDS; seed++) {
            struct model *m = begin(capacity[i]);
            m->rng.state = seed;
            run(m, 5 * SEC);
            early += delivered(m, 8 * SEC) / SEEDS;
            m->worst_queue = 0;
            late += delivered(m, 40 * SEC) / SEEDS;
            worst += m->worst_queue / SEEDS;
            finish(m);
        }
        CHECK_BETWEEN(0.78 * capacity[i], 1.1 * capacity[i], early);
        CHECK_BETWEEN(0.85 * capacity[i], 1.0 * capacity[i], late);
        print_message("  %.1f Mbit/s: %.2f at first, then %.2f, worst queue %lld ms\n", capacity[i] / 1e6, early / 1e6, late / 1e6,
                      (long long)(worst / MS));
        CHECK_BETWEEN(0, 190 * MS, worst);
    }
}

static void two_mbit_are_reached_within_five_seconds(void)
{
    struct model *m = begin(2e6);
    usec_t reached = NEVER;
    while (m->now < 5 * SEC && reached == NEVER) {
        run(m, m->now + 100 * MS);
        if (m->rate.state == RATE_CLIMB && rate_target_bps(&m->rate) >= 1800000)
            reached = m->now;
    }
    CHECK_BETWEEN(0, 5 * SEC, reached);
    CHECK_BETWEEN(0, 400 * MS, m->worst_queue); /* what the ramp cost */
    finish(m);
}

static void a_dip_is_followed_within_a_second_and_left_again(void)
{
    double after_1_s = 0, in_dip = 0, later = 0;
    usec_t worst = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct model *m = begin(2e6);
        m->rng.state = seed;
        run(m, 20 * SEC);
        m->capacity_bps = 300e3;
        run(m, 21 * SEC);
        after_1_s += rate_target_bps(&m->rate) / (double)SEEDS;
        run(m, 25 * SEC);
        m->worst_queue = 0;
        in_dip += delivered(m, 30 * SEC) / SEEDS;
        worst += m->worst_queue / SEEDS;
        m->capacity_bps = 2e6;
        run(m, 38 * SEC);
        later += rate_target_bps(&m->rate) / (double)SEEDS;
        finish(m);
    }
    print_message("  after 1 s %.2f Mbit/s, in the dip %.2f, worst queue %lld ms; 8 s later %.2f\n", after_1_s / 1e6, in_dip / 1e6,
                  (long long)(worst / MS), later / 1e6);
    CHECK_BETWEEN(0, 300000, after_1_s);
    CHECK_BETWEEN(200e3, 300e3, in_dip);
    CHECK_BETWEEN(0, 270 * MS, worst);
    CHECK_BETWEEN(1500e3, 2200e3, later);
}

static void random_loss_does_not_take_the_picture(void)
{
    static const double loss[] = {0.02, 0.1};
    for (size_t i = 0; i < COUNT_OF(loss); i++) {
        struct model *m = begin(5e6);
        m->loss = loss[i];
        run(m, 10 * SEC);
        uint32_t low = UINT32_MAX;
        while (m->now < 60 * SEC) {
            run(m, m->now + 100 * MS);
            low = rate_target_bps(&m->rate) < low ? rate_target_bps(&m->rate) : low;
        }
        CHECK_BETWEEN(600e3, 5e6, low);
        finish(m);
    }
}

static void jitter_is_no_queue(void)
{
    struct model *m = begin(5e6);
    m->jitter = 40 * MS;
    run(m, 10 * SEC);
    CHECK_BETWEEN(2.5e6, 5e6, delivered(m, 40 * SEC));
    finish(m);
}

static void an_idle_sender_learns_nothing(void)
{
    struct model *m = begin(20e6);
    m->app_max_bps = 200000;
    run(m, 30 * SEC);
    CHECK_BETWEEN(250000, 700000, rate_target_bps(&m->rate));
    m->app_max_bps = UINT32_MAX; /* the camera is switched on */
    run(m, 33 * SEC);
    CHECK_BETWEEN(2e6, 5e6, rate_target_bps(&m->rate));
    finish(m);
}

static void silence_lowers_the_target(void)
{
    struct model *m = begin(20e6);
    run(m, 5 * SEC);
    rate_on_sent(&m->rate, 1000, m->now);
    usec_t now = rate_deadline(&m->rate);
    CHECK_BETWEEN(m->now + 300 * MS, m->now + 500 * MS, now);
    rate_tick(&m->rate, now - 1);
    CHECK_EQ(5000000, rate_target_bps(&m->rate));
    rate_tick(&m->rate, now);
    CHECK_EQ(2500000, rate_target_bps(&m->rate));
    for (int i = 0; i < 20; i++)
        rate_tick(&m->rate, now += SEC);
    CHECK_EQ(75000, rate_target_bps(&m->rate));
    finish(m);
}

static void old_feedback_is_ignored(void)
{
    struct model *m = begin(20e6);
    run(m, 5 * SEC);
    struct rate before = m->rate;
    rate_on_feedback(&m->rate, m->rate.mark[0].clock, m->now + 1);
    rate_on_feedback(&m->rate, m->rate.mark[0].clock - 5, m->now + 1);
    CHECK_MEM(&before, &m->rate, sizeof before);
    finish(m);
}

/* A lost packet holds up a stream for half a second: nothing arrives, then all of it. The path is what it was. */
static void a_stall_is_not_taken_for_the_rate_of_the_path(void)
{
    struct model *m = begin(1e6);
    run(m, 10 * SEC);
    uint32_t before = rate_target_bps(&m->rate);
    for (usec_t until = m->now + 500 * MS; m->now < until; m->now += MS) {
        produce(m);
        report(m);
        listen(m);
    }
    CHECK_BETWEEN(0.3 * before, 0.75 * before, rate_target_bps(&m->rate));
    run(m, m->now + 2 * SEC);
    CHECK_BETWEEN(0.85 * before, 1.15 * before, rate_target_bps(&m->rate));
    finish(m);
}

/* The first picture fills the queue, so no object ever shows a shorter delay: the round trip of the empty path does. */
static void the_round_trip_ends_the_ramp_where_the_first_picture_hid_the_queue(void)
{
    for (int known = 0; known < 2; known++) {
        struct model *m = begin(300e3);
        usec_t stopped = NEVER;
        m->bottleneck_free = 250 * MS;
        rate_on_round_trip(&m->rate, 50 * MS, 0);
        while (m->now < 2 * SEC && stopped == NEVER) {
            run(m, m->now + 50 * MS);
            usec_t queue = usec_max(0, m->bottleneck_free - m->now);
            if (known && rate_on_round_trip(&m->rate, 50 * MS + queue, m->now))
                stopped = m->now;
            else if (m->rate.state != RATE_RAMP)
                stopped = m->now;
        }
        if (known)
            CHECK_BETWEEN(0, 450 * MS, stopped);
        else
            CHECK_BETWEEN(550 * MS, 2 * SEC, stopped);
        finish(m);
    }
}

int main(void)
{
    static const struct check_test tests[] = {
        T(a_stall_is_not_taken_for_the_rate_of_the_path),
        T(the_round_trip_ends_the_ramp_where_the_first_picture_hid_the_queue),
        T(a_wide_path_is_used_within_two_seconds),
        T(a_bottleneck_is_filled_without_a_standing_queue),
        T(two_mbit_are_reached_within_five_seconds),
        T(a_dip_is_followed_within_a_second_and_left_again),
        T(random_loss_does_not_take_the_picture),
        T(jitter_is_no_queue),
        T(an_idle_sender_learns_nothing),
        T(silence_lowers_the_target),
        T(old_feedback_is_ignored),
    };
    return CHECK_RUN(tests);
}
