/* SPDX-License-Identifier: MIT */
/* Whole calls of 60 s: two people, the real relay between them, and a bad network. `ann` has the bad network, `bob` a good one. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "sim.h"

#define CALL (60 * SEC)

static struct path good_path(void) { return (struct path){.delay = 10 * MS, .jitter = 2 * MS}; }

static struct person_config somebody(struct path up, struct path down)
{
    return (struct person_config){.camera = true, .mic = true, .up = up, .down = down};
}

/* SIM_TRACE=1 prints a line per person and second. */
static void run(struct sim *s, usec_t until)
{
    while (getenv("SIM_TRACE") && s->now < until) {
        sim_run(s, s->now + SEC);
        for (size_t i = 0; i < s->people; i++) {
            struct client_stats st;
            const struct person *p = s->person[i], *o = s->person[1 - i];
            client_stats(p->client, &st, person_clock(p, s->now));
            print_message(
                "%2lld s  %zu: target %5u sent %5u, encoder %5u; sees %5u kbit/s, frozen %5lld ms, heard %3u ms; cwnd %5.0f rtt %3lld\n",
                (long long)(s->now / SEC), i, st.send_target_bps / 1000, st.send_bps / 1000,
                (p->camera[0].target_bps + p->camera[1].target_bps) / 1000,
                o->index < 8 ? p->eye[o->index].bytes[s->now / SEC - 1] / 125 : 0, (long long)(person_frozen(p, o, 0, s->now) / MS),
                p->ear[o->index].delay_us / 1000, s->conns->next ? s->conns->up.cwnd : 0, (long long)(st.rtt_us / 1000));
        }
    }
    sim_run(s, until);
}

struct call {
    struct sim *sim;
    struct person *ann, *bob;
};

static struct call begin_both(struct person_config ann, struct person_config bob, uint64_t seed)
{
    struct call c = {.sim = sim_new(seed)};
    bob.clock_offset = 5000 * SEC;
    c.ann = sim_add(c.sim, &ann);
    c.bob = sim_add(c.sim, &bob);
    return c;
}

static struct call begin(struct person_config ann, uint64_t seed)
{
    return begin_both(ann, somebody(good_path(), good_path()), seed);
}

/* What holds for every call: nothing undecodable was shown, nothing was in the clear. */
static void end(struct call *c)
{
    CHECK_EQ(0, c->ann->eye[c->bob->index].undecodable);
    CHECK_EQ(0, c->bob->eye[c->ann->index].undecodable);
    CHECK_EQ(0, c->sim->leaks);
    sim_del(c->sim);
}

/* Bounds on what one sees and hears of the other; milliseconds but for the rate. */
struct bounds {
    uint32_t first, frozen, concealed, least_kbps, delay_p95;
};

static void add_view(struct bounds *sum, const struct person *p, const struct person *of)
{
    sum->first += (uint32_t)(p->eye[of->index].first / MS);
    sum->frozen += (uint32_t)(person_frozen(p, of, 0, CALL) / MS);
    sum->concealed += person_concealed_ms(p, of, 0, CALL);
    sum->least_kbps += person_bps(p, of, 40 * SEC, CALL) / 1000;
    sum->delay_p95 += person_delay_ms(p, of, 950);
}

static void check_view(const char *who, const struct bounds *sum, uint32_t calls, const struct bounds *b)
{
    print_message("  %s: first picture %u ms, frozen %u ms, concealed %u ms, %u kbit/s, delay p95 %u ms\n", who, sum->first / calls,
                  sum->frozen / calls, sum->concealed / calls, sum->least_kbps / calls, sum->delay_p95 / calls);
    CHECK_BETWEEN(1, b->first, sum->first / calls);
    CHECK_BETWEEN(0, b->frozen, sum->frozen / calls);
    CHECK_BETWEEN(0, b->concealed, sum->concealed / calls);
    CHECK_BETWEEN(b->least_kbps, 8000, sum->least_kbps / calls);
    CHECK_BETWEEN(1, b->delay_p95, sum->delay_p95 / calls);
}

/* SIM_CALLS=n takes the mean of that many. */
static uint32_t calls_of(uint32_t usual)
{
    const char *n = getenv("SIM_CALLS");
    return n ? (uint32_t)strtoul(n, NULL, 10) : usual;
}

/* The mean of some calls of different seeds: in a bad network one call says little. */
static void hold_calls(uint32_t calls, struct person_config ann, const struct bounds *ann_sees, const struct bounds *bob_sees)
{
    struct bounds a = {0}, b = {0};
    calls = calls_of(calls);
    for (uint32_t seed = 1; seed <= calls; seed++) {
        struct call c = begin(ann, seed);
        run(c.sim, CALL);
        add_view(&a, c.ann, c.bob);
        add_view(&b, c.bob, c.ann);
        end(&c);
    }
    check_view("ann sees bob", &a, calls, ann_sees);
    check_view("bob sees ann", &b, calls, bob_sees);
}

static void hold_call(struct person_config ann, const struct bounds *ann_sees, const struct bounds *bob_sees)
{
    hold_calls(1, ann, ann_sees, bob_sees);
}

static struct path lossy(double loss)
{
    struct path p = good_path();
    p.loss = loss;
    return p;
}

/* ---- steady networks ---- */

static void a_clean_call(void)
{
    static const struct bounds all = {.first = 250, .frozen = 0, .concealed = 0, .least_kbps = 1000, .delay_p95 = 70};
    hold_call(somebody(good_path(), good_path()), &all, &all);
}

static void loses_2_percent(void)
{
    static const struct bounds all = {.first = 300, .frozen = 0, .concealed = 300, .least_kbps = 1000, .delay_p95 = 100};
    hold_call(somebody(lossy(0.02), lossy(0.02)), &all, &all);
}

static void loses_10_percent(void)
{
    static const struct bounds all = {.first = 350, .frozen = 200, .concealed = 1300, .least_kbps = 1000, .delay_p95 = 130};
    hold_call(somebody(lossy(0.1), lossy(0.1)), &all, &all);
}

static void takes_200_ms_there_and_back(void)
{
    static const struct bounds all = {.first = 1000, .frozen = 0, .concealed = 60, .least_kbps = 1000, .delay_p95 = 190};
    struct path p = {.delay = 100 * MS, .jitter = 5 * MS};
    hold_call(somebody(p, p), &all, &all);
}

static struct path narrow(void)
{
    struct path p = good_path();
    p.rate_bps = 300000;
    p.queue = 300 * MS;
    return p;
}

static void sends_through_300_kbps(void)
{
    static const struct bounds ann_sees = {.first = 250, .frozen = 0, .concealed = 50, .least_kbps = 1000, .delay_p95 = 100};
    static const struct bounds bob_sees = {.first = 500, .frozen = 250, .concealed = 500, .least_kbps = 180, .delay_p95 = 400};
    hold_calls(4, somebody(narrow(), good_path()), &ann_sees, &bob_sees);
}

static void receives_through_300_kbps(void)
{
    static const struct bounds ann_sees = {.first = 450, .frozen = 250, .concealed = 700, .least_kbps = 145, .delay_p95 = 450};
    static const struct bounds bob_sees = {.first = 300, .frozen = 0, .concealed = 100, .least_kbps = 1000, .delay_p95 = 150};
    hold_calls(4, somebody(good_path(), narrow()), &ann_sees, &bob_sees);
}

static void has_300_kbps_both_ways(void)
{
    static const struct bounds ann_sees = {.first = 500, .frozen = 900, .concealed = 1000, .least_kbps = 130, .delay_p95 = 500};
    static const struct bounds bob_sees = {.first = 500, .frozen = 250, .concealed = 500, .least_kbps = 170, .delay_p95 = 400};
    hold_calls(4, somebody(narrow(), narrow()), &ann_sees, &bob_sees);
}

static void comes_out_of_order(void)
{
    static const struct bounds all = {.first = 300, .frozen = 0, .concealed = 40, .least_kbps = 1000, .delay_p95 = 80};
    struct path p = good_path();
    p.reorder = 0.05;
    p.reorder_delay = 20 * MS;
    hold_call(somebody(p, p), &all, &all);
}

static void goes_by_websocket(void)
{
    static const struct bounds all = {.first = 600, .frozen = 0, .concealed = 0, .least_kbps = 1000, .delay_p95 = 70};
    struct person_config ann = somebody(good_path(), good_path());
    ann.udp_blocked = true;
    hold_call(ann, &all, &all);
}

static void receives_through_300_kbps_by_websocket(void)
{
    static const struct bounds ann_sees = {.first = 750, .frozen = 1700, .concealed = 1800, .least_kbps = 110, .delay_p95 = 850};
    static const struct bounds bob_sees = {.first = 900, .frozen = 0, .concealed = 100, .least_kbps = 1000, .delay_p95 = 150};
    struct person_config ann = somebody(good_path(), narrow());
    ann.udp_blocked = true;
    hold_calls(4, ann, &ann_sees, &bob_sees);
}

static void goes_by_websocket_with_2_percent_loss(void)
{
    static const struct bounds all = {.first = 600, .frozen = 0, .concealed = 400, .least_kbps = 1000, .delay_p95 = 130};
    struct person_config ann = somebody(lossy(0.02), lossy(0.02));
    ann.udp_blocked = true;
    hold_call(ann, &all, &all);
}

/* ---- layers ---- */

static void check_layers(const char *who, const struct person *p, const struct person *of, uint32_t layer, usec_t until)
{
    const struct eye *eye = &p->eye[of->index];
    print_message("  %s: layer %u since %lld ms, %u switches, %u key frames, first picture %lld ms\n", who, eye->spatial,
                  (long long)(eye->switched / MS), eye->switches, eye->keys, (long long)(eye->first / MS));
    CHECK_EQ(layer, eye->spatial);
    CHECK_BETWEEN(0, until, eye->switched);
    CHECK_BETWEEN(0, 1, eye->switches);
}

/* The size of the tile is there within two seconds, with one step at most on the way. */
static void the_start_is_calm(void)
{
    struct person_config ann = somebody(good_path(), good_path());
    ann.simulcast = true;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct call c = begin_both(ann, ann, seed);
        run(c.sim, 10 * SEC);
        check_layers("ann sees bob", c.ann, c.bob, 1, 2 * SEC);
        check_layers("bob sees ann", c.bob, c.ann, 1, 2 * SEC);
        CHECK_BETWEEN(600, 800, person_bps(c.ann, c.bob, 3 * SEC, 10 * SEC) / 1000);
        end(&c);
    }
}

static void a_narrow_path_is_not_tried_with_the_larger_layer(void)
{
    static const struct bounds ann_sees = {.first = 600, .frozen = 750, .concealed = 900, .least_kbps = 150, .delay_p95 = 450};
    struct bounds sum = {0};
    uint32_t calls = calls_of(4);
    for (uint64_t seed = 1; seed <= calls; seed++) {
        struct person_config ann = somebody(good_path(), narrow()), bob = somebody(good_path(), good_path());
        bob.simulcast = true;
        struct call c = begin_both(ann, bob, seed);
        run(c.sim, CALL);
        print_message("  layer %u, %u switches\n", c.ann->eye[c.bob->index].spatial, c.ann->eye[c.bob->index].switches);
        CHECK_BETWEEN(0, 1, c.ann->eye[c.bob->index].switches);
        CHECK_EQ(0, person_frozen(c.ann, c.bob, 3 * SEC, CALL)); /* what was tried after the start was tried with padding */
        add_view(&sum, c.ann, c.bob);
        end(&c);
    }
    check_view("ann sees bob", &sum, calls, &ann_sees);
}

/* Padding finds it out. */
static void a_path_that_widens_gets_the_larger_layer(void)
{
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct person_config ann = somebody(good_path(), narrow()), bob = somebody(good_path(), good_path());
        bob.simulcast = true;
        struct call c = begin_both(ann, bob, seed);
        run(c.sim, 30 * SEC);
        CHECK_EQ(0, c.ann->eye[c.bob->index].spatial);
        c.ann->down.rate_bps = 2000000;
        run(c.sim, CALL);
        const struct eye *eye = &c.ann->eye[c.bob->index];
        print_message("  layer %u since %lld ms\n", eye->spatial, (long long)(eye->switched / MS));
        CHECK_EQ(1, eye->spatial);
        CHECK_BETWEEN(30 * SEC, 50 * SEC, eye->switched);
        CHECK_BETWEEN(0, 500 * MS, person_frozen(c.ann, c.bob, 3 * SEC, CALL)); /* a lost piece of the key frame, in one of them */
        end(&c);
    }
}

/* ---- lips ---- */

/* Bob's encoder takes its time; ann hears him and sees him together all the same. */
static void sound_waits_for_a_slow_encoder(void)
{
    static const struct {
        usec_t encoding;
        int64_t least_ms, most_ms, held_least_ms, held_most_ms;
    } row[] = {
        {0, -45, 60, 0, 0},
        {150 * MS, -45, 60, 60, 160},
        {600 * MS, 250, 450, 200, 200}, /* no longer than this: people talk over each other */
    };
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        struct person_config bob = somebody(good_path(), good_path());
        bob.encoding = row[i].encoding;
        struct call c = begin_both(somebody(good_path(), good_path()), bob, 21);
        run(c.sim, 10 * SEC);
        int64_t lips = person_lips(c.ann, c.bob) / MS, held = c.ann->ear[c.bob->index].held_us / MS;
        print_message(
            "  %lld ms to encode: the picture is %lld ms later than the sound, which is held for %lld ms; concealed %u ms\n",
            (long long)(row[i].encoding / MS), (long long)lips, (long long)held, person_concealed_ms(c.ann, c.bob, 0, 10 * SEC));
        CHECK_BETWEEN(row[i].least_ms, row[i].most_ms, lips);
        CHECK_BETWEEN(row[i].held_least_ms, row[i].held_most_ms, held);
        CHECK_BETWEEN(0, 20, person_concealed_ms(c.ann, c.bob, 0, 10 * SEC));
        end(&c);
    }
}

/* The tile is scrolled out of sight: the last byte was on its way already. */
static void what_is_off_screen_costs_nothing(void)
{
    for (int ws = 0; ws < 2; ws++) {
        struct person_config ann = somebody(good_path(), good_path());
        ann.udp_blocked = ws;
        struct call c = begin(ann, 15);
        run(c.sim, 5 * SEC);
        CHECK_EQ(0, client_subscribe(c.ann->client, NULL, 0, person_clock(c.ann, c.sim->now)));
        person_drain(c.ann, c.sim->now);
        run(c.sim, 5 * SEC + 100 * MS);
        uint32_t frames = c.ann->eye[1].frames, encoded = c.bob->camera[0].frames;
        uint64_t kbit = c.ann->eye[1].bytes[5];
        run(c.sim, 8 * SEC);
        CHECK_EQ(frames, c.ann->eye[1].frames);
        CHECK_EQ(kbit, c.ann->eye[1].bytes[5]);
        CHECK_BETWEEN(encoded, encoded + 4, c.bob->camera[0].frames); /* told within 100 ms that nobody wants it */
        client_subscribe(c.ann->client, c.ann->want, c.ann->wants, person_clock(c.ann, c.sim->now));
        person_drain(c.ann, c.sim->now);
        run(c.sim, 8 * SEC + 300 * MS);
        CHECK(c.ann->eye[1].frames > frames);
        end(&c);
    }
}

/* ---- things that happen ---- */

struct dip {
    uint32_t frozen, later, kbps;
};

static void add_dip(struct dip *d, const struct person *p, const struct person *of)
{
    d->frozen += (uint32_t)(person_frozen(p, of, 20 * SEC, 32 * SEC) / MS);
    d->later += (uint32_t)(person_frozen(p, of, 32 * SEC, CALL) / MS);
    d->kbps += person_bps(p, of, 35 * SEC, 40 * SEC) / 1000;
}

static void check_dip(const char *who, const struct dip *d, uint32_t calls, const struct dip *bounds)
{
    print_message("  %s: frozen %u ms in the dip, %u ms after it; %u kbit/s 5 to 10 s after it\n", who, d->frozen / calls,
                  d->later / calls, d->kbps / calls);
    CHECK_BETWEEN(0, bounds->frozen, d->frozen / calls);
    CHECK_BETWEEN(0, bounds->later, d->later / calls);
    CHECK_BETWEEN(bounds->kbps, 2000, d->kbps / calls);
}

/* 200 kbit/s instead of all one wants from the 20th to the 30th second, both ways. */
static void dips_for_10_s(void)
{
    static const struct dip ann_sees = {.frozen = 2200, .later = 0, .kbps = 750},
                            bob_sees = {.frozen = 3000, .later = 0, .kbps = 700};
    struct dip a = {0}, b = {0};
    uint32_t calls = calls_of(4);
    for (uint64_t seed = 1; seed <= calls; seed++) {
        struct call c = begin(somebody(good_path(), good_path()), seed);
        run(c.sim, 20 * SEC);
        c.ann->up.rate_bps = c.ann->down.rate_bps = 200000;
        c.ann->up.queue = c.ann->down.queue = 300 * MS;
        run(c.sim, 30 * SEC);
        c.ann->up.rate_bps = c.ann->down.rate_bps = 0;
        run(c.sim, CALL);
        add_dip(&a, c.ann, c.bob);
        add_dip(&b, c.bob, c.ann);
        end(&c);
    }
    check_dip("ann sees bob", &a, calls, &ann_sees);
    check_dip("bob sees ann", &b, calls, &bob_sees);
}

static void joins_in_two_round_trips(void)
{
    struct path p = {.delay = 50 * MS};
    struct call c = begin(somebody(p, p), 3);
    run(c.sim, 2 * SEC);
    CHECK_BETWEEN(200, 201, c.ann->joined_at / MS);
    CHECK_BETWEEN(40, 46, c.bob->joined_at / MS);
    sim_del(c.sim);
}

/* The network is away for a second: QUIC goes on where it was. */
static void survives_an_outage_of_1_s(void)
{
    struct call c = begin(somebody(good_path(), good_path()), 4);
    run(c.sim, 20 * SEC);
    c.ann->up.loss = c.ann->down.loss = 1;
    run(c.sim, 21 * SEC);
    c.ann->up.loss = c.ann->down.loss = 0;
    run(c.sim, CALL);
    CHECK_EQ(1, c.ann->joins);
    CHECK_EQ(0, c.bob->gone);
    CHECK_BETWEEN(700, 2000, person_frozen(c.ann, c.bob, 19 * SEC, CALL) / MS);
    CHECK_BETWEEN(700, 2000, person_frozen(c.bob, c.ann, 19 * SEC, CALL) / MS);
    end(&c);
}

/* The connection breaks but the network is there: the seat is taken up again and nobody sees ann leave. */
static void takes_its_seat_up_again(void)
{
    struct call c = begin(somebody(good_path(), good_path()), 5);
    run(c.sim, 20 * SEC);
    sim_break(c.ann);
    run(c.sim, CALL);
    CHECK_EQ(2, c.ann->joins);
    CHECK_EQ(1, c.ann->resumed);
    CHECK_EQ(0, c.bob->gone);
    CHECK_BETWEEN(0, 500, person_frozen(c.ann, c.bob, 19 * SEC, CALL) / MS);
    CHECK_BETWEEN(0, 500, person_frozen(c.bob, c.ann, 19 * SEC, CALL) / MS);
    end(&c);
}

/* Away for 10 s: bob was told that ann left; she gets the same seat by her token, everything is sent again, and the keys still open. */
static void has_its_seat_again_after_a_long_outage(void)
{
    struct call c = begin(somebody(good_path(), good_path()), 6);
    run(c.sim, 20 * SEC);
    c.ann->up.loss = c.ann->down.loss = 1;
    run(c.sim, 32 * SEC);
    c.ann->up.loss = c.ann->down.loss = 0;
    run(c.sim, CALL);
    CHECK_EQ(2, c.ann->joins);
    CHECK_EQ(1, c.ann->resumed);
    CHECK_EQ(1, c.bob->gone);
    CHECK_EQ(0, person_frozen(c.ann, c.bob, 36 * SEC, CALL));
    CHECK_EQ(0, person_frozen(c.bob, c.ann, 36 * SEC, CALL));
    CHECK_BETWEEN(1000, 2000, person_bps(c.bob, c.ann, 40 * SEC, CALL) / 1000);
    end(&c);
}

static void survives_a_restart_of_the_relay(void)
{
    struct call c = begin(somebody(good_path(), good_path()), 7);
    run(c.sim, 20 * SEC);
    sim_restart_relay(c.sim, 1 * SEC);
    run(c.sim, CALL);
    CHECK_BETWEEN(2, 3, c.ann->joins); /* perhaps by WebSocket first */
    CHECK_BETWEEN(2, 3, c.bob->joins);
    CHECK_BETWEEN(0, 3000, person_frozen(c.ann, c.bob, 19 * SEC, CALL) / MS);
    CHECK_BETWEEN(0, 3000, person_frozen(c.bob, c.ann, 19 * SEC, CALL) / MS);
    end(&c);
}

static void survives_a_crash_of_the_relay(void)
{
    struct call c = begin(somebody(good_path(), good_path()), 8);
    run(c.sim, 20 * SEC);
    sim_crash_relay(c.sim, 1 * SEC);
    run(c.sim, CALL);
    CHECK_EQ(2, c.ann->joins);
    CHECK_BETWEEN(0, 7000, person_frozen(c.ann, c.bob, 19 * SEC, CALL) / MS);
    CHECK_BETWEEN(0, 7000, person_frozen(c.bob, c.ann, 19 * SEC, CALL) / MS);
    end(&c);
}

static void moves_up_from_websocket(void)
{
    struct person_config ann = somebody(good_path(), good_path());
    ann.udp_blocked = true;
    struct call c = begin(ann, 9);
    run(c.sim, 20 * SEC);
    c.ann->config.udp_blocked = false;
    run(c.sim, CALL);
    struct client_stats s;
    client_stats(c.ann->client, &s, person_clock(c.ann, CALL));
    CHECK_EQ(TRANSPORT_WEBTRANSPORT, s.transport);
    CHECK_EQ(1, c.ann->resumed);
    CHECK_EQ(0, c.bob->gone);
    CHECK_EQ(0, person_frozen(c.ann, c.bob, 0, CALL));
    CHECK_EQ(0, person_frozen(c.bob, c.ann, 0, CALL));
    CHECK_BETWEEN(0, 60, person_concealed_ms(c.bob, c.ann, 0, CALL));
    end(&c);
}

static void another_secret_sees_and_hears_nothing_and_knows_why(void)
{
    struct person_config ann = somebody(good_path(), good_path());
    ann.secret = "another one";
    struct call c = begin(ann, 10);
    run(c.sim, 10 * SEC);
    CHECK_EQ(0, c.ann->eye[1].frames);
    CHECK_EQ(0, c.ann->ear[1].packets);
    CHECK_EQ(1, c.ann->keys_wrong);
    CHECK_EQ(1, c.bob->keys_wrong);
    CHECK_EQ(0, c.ann->keys_good);
    client_chat(c.ann->client, "hello?", 6, person_clock(c.ann, c.sim->now));
    person_drain(c.ann, c.sim->now);
    run(c.sim, 11 * SEC);
    CHECK_EQ(0, c.bob->chats);
    end(&c);
}

static void say(struct call *c, struct person *p, const char *text)
{
    CHECK_EQ(0, client_chat(p->client, text, strlen(text), person_clock(p, c->sim->now)));
    person_drain(p, c->sim->now);
}

static void a_text_comes_once_also_when_the_connection_breaks(void)
{
    struct call c = begin(somebody(good_path(), good_path()), 11);
    run(c.sim, 2 * SEC);
    say(&c, c.ann, "one");
    run(c.sim, 3 * SEC);
    CHECK_EQ(1, c.bob->chats);
    CHECK_STR("one", c.bob->chat);
    CHECK_EQ(0, c.ann->chats);
    say(&c, c.ann, "two");
    sim_break(c.ann); /* before it was confirmed */
    run(c.sim, 5 * SEC);
    CHECK_EQ(2, c.bob->chats);
    CHECK_STR("two", c.bob->chat);
    sim_del(c.sim);
}

static void leaving_is_seen_at_once(void)
{
    struct call c = begin(somebody(good_path(), good_path()), 12);
    run(c.sim, 5 * SEC);
    client_leave(c.ann->client, person_clock(c.ann, c.sim->now));
    person_drain(c.ann, c.sim->now);
    run(c.sim, 5 * SEC + 100 * MS);
    CHECK_EQ(1, c.bob->gone);
    run(c.sim, 6 * SEC);
    CHECK_BETWEEN(5 * SEC, 6 * SEC, c.ann->left_at);
    CHECK_EQ(LINK_LEFT, c.ann->state);
    sim_del(c.sim);
}

static void the_same_seed_is_the_same_call(void)
{
    uint64_t digest[3];
    for (size_t i = 0; i < COUNT_OF(digest); i++) {
        struct call c = begin(somebody(lossy(0.05), lossy(0.05)), i < 2 ? 13 : 14);
        run(c.sim, 10 * SEC);
        digest[i] = c.sim->digest;
        sim_del(c.sim);
    }
    CHECK(digest[0] == digest[1]);
    CHECK(digest[0] != digest[2]);
}

/* end() of every call relies on it. */
static void media_in_the_clear_would_be_found(void)
{
    struct sim *s = sim_new(1);
    static const uint8_t leak[] = "\x03\x12" PERSON_MARK "...";
    sim_inspect(s, leak, 8);
    CHECK_EQ(0, s->leaks);
    sim_inspect(s, leak, sizeof leak);
    CHECK_EQ(1, s->leaks);
    sim_del(s);
}

/* SIM_ONLY=name runs one of them. */
int main(void)
{
    static const struct check_test tests[] = {
        T(a_clean_call),
        T(loses_2_percent),
        T(loses_10_percent),
        T(takes_200_ms_there_and_back),
        T(sends_through_300_kbps),
        T(receives_through_300_kbps),
        T(has_300_kbps_both_ways),
        T(the_start_is_calm),
        T(a_narrow_path_is_not_tried_with_the_larger_layer),
        T(a_path_that_widens_gets_the_larger_layer),
        T(sound_waits_for_a_slow_encoder),
        T(what_is_off_screen_costs_nothing),
        T(dips_for_10_s),
        T(comes_out_of_order),
        T(goes_by_websocket),
        T(receives_through_300_kbps_by_websocket),
        T(goes_by_websocket_with_2_percent_loss),
        T(joins_in_two_round_trips),
        T(survives_an_outage_of_1_s),
        T(takes_its_seat_up_again),
        T(has_its_seat_again_after_a_long_outage),
        T(survives_a_restart_of_the_relay),
        T(survives_a_crash_of_the_relay),
        T(moves_up_from_websocket),
        T(another_secret_sees_and_hears_nothing_and_knows_why),
        T(a_text_comes_once_also_when_the_connection_breaks),
        T(leaving_is_seen_at_once),
        T(the_same_seed_is_the_same_call),
        T(media_in_the_clear_would_be_found),
    };
    const char *only = getenv("SIM_ONLY");
    for (size_t i = 0; only && i < COUNT_OF(tests); i++)
        if (!strcmp(tests[i].name, only))
            return check_run_all(&tests[i], 1);
    return CHECK_RUN(tests);
}
