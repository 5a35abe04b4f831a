/* SPDX-License-Identifier: MIT */
#include "session/link.h"

#include <string.h>

#include "check.h"

static const uint8_t token[WIRE_RESUME_BYTES] = {7};

/* The effects as text: "dial 1", "up 3" (upgrade), "hello 1", "hangup 2", "bye 1", "ping 1", "carry 1", a state's name, "end". */
static const char *effects(struct link *l)
{
    static const char *const states[] = {"idle", "dialing", "joining", "live", "retrying", "refused", "leaving", "left"};
    static const char *const names[] = {"", "dial", "hangup", "hello", "bye", "ping", "", "carry", "end"};
    static char text[512];
    struct link_effect e;
    size_t at = 0;
    text[0] = 0;
    while (link_next(l, &e)) {
        const char *space = at ? ", " : "";
        if (e.type == LINK_DO_SHOW)
            at += (size_t)sprintf(text + at, "%s%s", space, states[e.state]);
        else if (e.type == LINK_DO_LEFT)
            at += (size_t)sprintf(text + at, "%send", space);
        else
            at += (size_t)sprintf(text + at, "%s%s %u", space, e.upgrade ? "up" : names[e.type], e.link);
    }
    return text;
}

enum input {
    OPEN_WT,
    OPEN_WS,
    CLOSED,
    WELCOME,
    WELCOME_NO_TOKEN,
    REFUSE,
    REFUSE_RETRY,
    DRAIN,
    BROKEN,
    REPLACED,
    HEARD,
    PONG,
    TICK,
    RECONNECT,
    LEAVE
};
struct step {
    usec_t now;
    enum input input;
    uint32_t link;
    const char *effects;
};

static void feed(struct link *l, const struct step *s)
{
    switch (s->input) {
    case OPEN_WT: link_on_open(l, s->link, TRANSPORT_WEBTRANSPORT, 1200, s->now); break;
    case OPEN_WS: link_on_open(l, s->link, TRANSPORT_WEBSOCKET, 0, s->now); break;
    case CLOSED: link_on_closed(l, s->link, s->now); break;
    case WELCOME: link_on_welcome(l, s->link, token, s->now); break;
    case WELCOME_NO_TOKEN: link_on_welcome(l, s->link, NULL, s->now); break;
    case REFUSE: link_on_refused(l, s->link, "banned", "You were removed.", 0, "", s->now); break;
    case REFUSE_RETRY: link_on_refused(l, s->link, "busy", "Come back later.", 2000, "", s->now); break;
    case DRAIN: link_on_drain(l, s->link, 1000, "", s->now); break;
    case REPLACED: link_on_refused(l, s->link, "replaced", "Taken up again.", 0, "", s->now); break;
    case BROKEN: link_on_broken(l, s->link, "nonsense", s->now); break;
    case PONG: link_on_pong(l, s->link, l->ping_token, s->now); break;
    case HEARD: link_on_heard(l, s->link, s->now); break;
    case TICK: link_tick(l, s->now); break;
    case RECONNECT: link_reconnect(l, s->now); break;
    case LEAVE: link_leave(l, s->now); break;
    }
}

static void play(struct link *l, const struct step *step, size_t count)
{
    link_init(l, 1, 0);
    CHECK_STR("dialing, dial 1", effects(l));
    for (size_t i = 0; i < count; i++) {
        feed(l, &step[i]);
        const char *got = effects(l);
        if (strcmp(got, step[i].effects) != 0)
            print_error("step %zu: ", i);
        CHECK_STR(step[i].effects, got);
    }
}
#define PLAY(l, ...)                                                                                                               \
    do {                                                                                                                           \
        static const struct step steps[] = {__VA_ARGS__};                                                                          \
        play(l, steps, COUNT_OF(steps));                                                                                           \
    } while (0)

static void the_first_welcomed_carries_and_the_other_is_hung_up(void)
{
    struct link l;
    PLAY(&l, {10 * MS, OPEN_WT, 1, "hello 1, joining"}, {20 * MS, OPEN_WS, 2, ""},
         {30 * MS, WELCOME, 1, "hangup 2, carry 1, live"});
    CHECK_EQ(TRANSPORT_WEBTRANSPORT, link_live(&l)->transport);
    CHECK_EQ(0, l.reconnects);
}

static void a_silent_first_loses_to_the_second(void)
{
    struct link l;
    PLAY(&l, {10 * MS, OPEN_WT, 1, "hello 1, joining"}, {20 * MS, OPEN_WS, 2, ""}, {720 * MS, TICK, 0, "hello 2"},
         {800 * MS, WELCOME, 2, "bye 1, hangup 1, carry 2, live"}, {810 * MS, WELCOME, 1, ""});
}

static void a_websocket_moves_up_while_the_first_dial_still_runs(void)
{
    struct link l;
    PLAY(&l, {300 * MS, OPEN_WS, 2, "hello 2, joining"}, {320 * MS, WELCOME, 2, "carry 2, live"}, {900 * MS, OPEN_WT, 1, "hello 1"},
         {950 * MS, WELCOME, 1, "hangup 2, carry 1"});
    CHECK_EQ(1, l.reconnects);
}

static void replacing_oneself_is_no_refusal(void)
{
    struct link l;
    PLAY(&l, {300 * MS, OPEN_WS, 2, "hello 2, joining"}, {320 * MS, WELCOME, 2, "carry 2, live"}, {900 * MS, OPEN_WT, 1, "hello 1"},
         {940 * MS, REPLACED, 2, ""}, {945 * MS, CLOSED, 2, "joining"}, {950 * MS, WELCOME, 1, "carry 1, live"},
         {990 * MS, REPLACED, 1, "hangup 1, refused"});
}

static void a_websocket_tries_again_every_30_s(void)
{
    struct link l;
    PLAY(&l, {300 * MS, OPEN_WS, 2, "hello 2, joining"}, {320 * MS, WELCOME, 2, "carry 2, live"}, {400 * MS, CLOSED, 1, ""},
         {30300 * MS, HEARD, 2, ""}, {30320 * MS, TICK, 0, "up 3, ping 2"}, {30400 * MS, CLOSED, 3, ""}, {60300 * MS, HEARD, 2, ""},
         {60320 * MS, TICK, 0, "up 5, ping 2"}, {60400 * MS, OPEN_WT, 5, "hello 5"}, {60410 * MS, REFUSE_RETRY, 5, "hangup 5"},
         {60420 * MS, OPEN_WS, 9, "hangup 9"});
    CHECK_EQ(LINK_LIVE, l.state);
}

static void a_transport_alone_gets_less_time(void)
{
    struct link l;
    PLAY(&l, {20 * MS, CLOSED, 2, ""}, {1519 * MS, TICK, 0, ""}, {1520 * MS, TICK, 0, "hangup 1, retrying"});
}

static void silence_for_5_s_is_death(void)
{
    struct link l;
    PLAY(&l, {10 * MS, OPEN_WT, 1, "hello 1, joining"}, {30 * MS, WELCOME, 1, "hangup 2, carry 1, live"},
         {30 * MS, TICK, 0, "ping 1"}, {1 * SEC, HEARD, 1, ""}, {5999 * MS, TICK, 0, "ping 1"},
         {6 * SEC, TICK, 0, "hangup 1, retrying"}, {6101 * MS, TICK, 0, "dialing, dial 3"},
         {6200 * MS, OPEN_WT, 3, "hello 3, joining"}, {6201 * MS, OPEN_WS, 4, ""}, {7500 * MS, TICK, 0, ""},
         {7600 * MS, WELCOME, 3, "hangup 4, carry 3, live"});
    CHECK_EQ(1, l.reconnects);
}

#define SILENT                                                                                                                     \
    {10 * MS, OPEN_WT, 1, "hello 1, joining"}, {30 * MS, WELCOME, 1, "hangup 2, carry 1, live"}, {30 * MS, TICK, 0, "ping 1"},     \
        {50 * MS, PONG, 1, ""}, {3000 * MS, HEARD, 1, ""}, {3020 * MS, HEARD, 1, ""}, {3319 * MS, TICK, 0, ""},                    \
        {3320 * MS, TICK, 0, "ping 1"}, {4359 * MS, TICK, 0, ""}, {4360 * MS, TICK, 0, "dial 3"}

/* What came steadily stops: a ping, and without an answer a second connection beside the first. */
static void steady_media_that_stops_raises_doubt(void)
{
    struct link l;
    PLAY(&l, SILENT, {4400 * MS, OPEN_WT, 3, "hello 3"}, {4410 * MS, HEARD, 1, ""},
         {4450 * MS, WELCOME, 3, "hangup 1, hangup 4, carry 3"});
    CHECK_EQ(LINK_LIVE, l.state);
}

static void who_is_heard_again_is_trusted(void)
{
    struct link l;
    PLAY(&l, SILENT, {4400 * MS, HEARD, 1, "hangup 3, hangup 4"}, {4450 * MS, PONG, 1, ""}, {6400 * MS, TICK, 0, ""},
         {6450 * MS, TICK, 0, "ping 1"});
    CHECK_EQ(0, l.reconnects);
}

static void a_lost_session_goes_on_at_another_relay(void)
{
    struct link l;
    PLAY(&l, {10 * MS, OPEN_WT, 1, "hello 1, joining"}, {30 * MS, WELCOME, 1, "hangup 2, carry 1, live"});
    relays_add(&l.relays, "b.example:4443");
    link_on_closed(&l, 1, 100 * MS);
    CHECK_STR("retrying", effects(&l));
    CHECK_BETWEEN(100 * MS, 200 * MS, link_deadline(&l));
    link_tick(&l, 200 * MS);
    CHECK_STR("dialing, dial 3", effects(&l));
    CHECK_STR("b.example:4443", link_relay(&l, 3));
    CHECK_STR("b.example:4443", link_relay(&l, 4));
    link_on_closed(&l, 3, 210 * MS); /* not there either */
    link_on_closed(&l, 4, 210 * MS);
    effects(&l);
    link_tick(&l, 2 * SEC);
    CHECK_STR("dialing, dial 5", effects(&l));
    CHECK_STR("", link_relay(&l, 5));
}

static void who_is_sent_to_another_relay_goes_soon(void)
{
    struct link l;
    PLAY(&l, {10 * MS, OPEN_WT, 1, "hello 1, joining"}, {30 * MS, WELCOME, 1, "hangup 2, carry 1, live"});
    link_on_drain(&l, 1, 10000, "b.example:4443", SEC);
    CHECK_BETWEEN(0, 2 * SEC, l.redial_at);
    link_tick(&l, 2 * SEC + 1);
    CHECK_STR("dial 3, ping 1", effects(&l));
    CHECK_STR("b.example:4443", link_relay(&l, 3));
    link_init(&l, 1, 0);
    link_on_open(&l, 1, TRANSPORT_WEBTRANSPORT, 1200, 10 * MS);
    for (int i = 0; i < 5; i++) { /* relays that send people to and fro: no faster than they may come back */
        uint32_t link = l.next_link - 2;
        link_on_open(&l, link, TRANSPORT_WEBTRANSPORT, 1200, i * 100 * SEC);
        link_on_refused(&l, link, "busy", "", 5000, i % 2 ? "a.example:1" : "b.example:1", i * 100 * SEC);
        CHECK_BETWEEN(i * 100 * SEC + (i < 2 ? 0 : 5 * SEC), i * 100 * SEC + (i < 2 ? SEC : 7 * SEC), l.deadline);
        link_tick(&l, i * 100 * SEC + 10 * SEC);
        CHECK_STR(i % 2 ? "a.example:1" : "b.example:1", link_relay(&l, l.next_link - 2));
        effects(&l);
    }
}

static void a_refusal_is_final_or_waits(void)
{
    struct link l;
    PLAY(&l, {10 * MS, OPEN_WT, 1, "hello 1, joining"}, {30 * MS, REFUSE, 1, "hangup 1, hangup 2, refused"},
         {9 * SEC, TICK, 0, ""});
    CHECK_STR("banned", l.code);
    CHECK_EQ(NEVER, link_deadline(&l));
    link_reconnect(&l, 10 * SEC);
    CHECK_STR("dialing, dial 3", effects(&l));

    PLAY(&l, {10 * MS, OPEN_WT, 1, "hello 1, joining"}, {30 * MS, REFUSE_RETRY, 1, "hangup 1, hangup 2, retrying"});
    CHECK_BETWEEN(2030 * MS, 2530 * MS, link_deadline(&l));
    CHECK_STR("busy", l.code);
}

static void waits_longer_each_time_up_to_a_bound(void)
{
    struct link l;
    link_init(&l, 3, 0);
    usec_t now = 0, longest = 0;
    for (int i = 0; i < 12; i++) {
        effects(&l);
        uint32_t n = l.next_link - 2;
        link_on_closed(&l, n, now);
        CHECK_STR("", effects(&l));
        link_on_closed(&l, n + 1, now);
        CHECK_STR("retrying", effects(&l));
        usec_t wait = link_deadline(&l) - now;
        usec_t base = i ? usec_min((400 * MS) << (i - 1), 10 * SEC) : 0;
        CHECK_BETWEEN(base / 2, base ? base * 3 / 2 : 100 * MS, wait);
        longest = usec_max(longest, wait);
        now = link_deadline(&l);
        link_tick(&l, now);
    }
    CHECK_BETWEEN(5 * SEC, 15 * SEC, longest);
}

static void a_network_change_moves_without_a_gap(void)
{
    struct link l;
    PLAY(&l, {10 * MS, OPEN_WT, 1, "hello 1, joining"}, {30 * MS, WELCOME, 1, "hangup 2, carry 1, live"}, {8 * SEC, HEARD, 1, ""},
         {9 * SEC, RECONNECT, 0, "dial 3"}, {9100 * MS, OPEN_WS, 4, "hello 4"}, {9200 * MS, WELCOME, 4, "hangup 1, carry 4"},
         {9300 * MS, OPEN_WT, 3, "hello 3"}, {9400 * MS, WELCOME, 3, "hangup 4, carry 3"});
}

static void the_old_carrier_may_die_during_the_move(void)
{
    struct link l;
    PLAY(&l, {10 * MS, OPEN_WT, 1, "hello 1, joining"}, {30 * MS, WELCOME, 1, "hangup 2, carry 1, live"}, {8 * SEC, HEARD, 1, ""},
         {9 * SEC, RECONNECT, 0, "dial 3"}, {9050 * MS, CLOSED, 1, "dialing"}, {9100 * MS, OPEN_WS, 4, "hello 4, joining"},
         {9200 * MS, WELCOME, 4, "carry 4, live"});
}

static void a_drain_is_followed_when_asked_and_not_earlier(void)
{
    struct link l;
    PLAY(&l, {10 * MS, OPEN_WT, 1, "hello 1, joining"}, {30 * MS, WELCOME, 1, "hangup 2, carry 1, live"}, {6 * SEC, HEARD, 1, ""},
         {6 * SEC, DRAIN, 1, ""}, {6100 * MS, CLOSED, 1, "retrying"});
    CHECK_BETWEEN(7 * SEC, 7250 * MS, link_deadline(&l));
}

static void leaving_says_goodbye_and_ends_within_half_a_second(void)
{
    struct link l;
    PLAY(&l, {10 * MS, OPEN_WT, 1, "hello 1, joining"}, {30 * MS, WELCOME, 1, "hangup 2, carry 1, live"},
         {1 * SEC, LEAVE, 0, "leaving, bye 1"}, {1 * SEC, LEAVE, 0, ""}, {1500 * MS, TICK, 0, "hangup 1, left, end"});
    CHECK_EQ(NEVER, link_deadline(&l));
    PLAY(&l, {10 * MS, OPEN_WT, 1, "hello 1, joining"}, {30 * MS, LEAVE, 0, "leaving, hangup 2, bye 1"},
         {40 * MS, CLOSED, 1, "left, end"}, {1 * SEC, RECONNECT, 0, ""});
    PLAY(&l, {10 * MS, LEAVE, 0, "leaving, hangup 1, hangup 2, left, end"});
}

static void nonsense_ends_one_carrier(void)
{
    struct link l;
    PLAY(&l, {10 * MS, OPEN_WT, 1, "hello 1, joining"}, {20 * MS, OPEN_WS, 2, ""}, {30 * MS, BROKEN, 1, "hangup 1, hello 2"},
         {40 * MS, BROKEN, 2, "hangup 2, retrying"}, {41 * MS, BROKEN, 2, ""});
}

int main(void)
{
    static const struct check_test tests[] = {
        T(the_first_welcomed_carries_and_the_other_is_hung_up),
        T(a_silent_first_loses_to_the_second),
        T(a_websocket_moves_up_while_the_first_dial_still_runs),
        T(replacing_oneself_is_no_refusal),
        T(a_websocket_tries_again_every_30_s),
        T(a_transport_alone_gets_less_time),
        T(silence_for_5_s_is_death),
        T(steady_media_that_stops_raises_doubt),
        T(who_is_heard_again_is_trusted),
        T(a_lost_session_goes_on_at_another_relay),
        T(who_is_sent_to_another_relay_goes_soon),
        T(a_refusal_is_final_or_waits),
        T(waits_longer_each_time_up_to_a_bound),
        T(a_network_change_moves_without_a_gap),
        T(the_old_carrier_may_die_during_the_move),
        T(a_drain_is_followed_when_asked_and_not_earlier),
        T(leaving_says_goodbye_and_ends_within_half_a_second),
        T(nonsense_ends_one_carrier),
    };
    return CHECK_RUN(tests);
}
