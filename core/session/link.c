/* SPDX-License-Identifier: MIT */
#include "link.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

static const usec_t dial_patience = 5 * SEC;
static const usec_t lone_patience = 1500 * MS; /* for the other one, when one of two could not be opened */
static const usec_t hello_patience = 5 * SEC;
static const usec_t second_hello = 700 * MS; /* the other carrier of a race asks when the first stays unanswered */
static const usec_t silence_max = 5 * SEC;
static const usec_t ping_every = 2 * SEC;
static const usec_t busy_gap = 300 * MS;      /* media flows: something comes at least so often ... */
static const usec_t ping_after_gap = 300 * MS; /* ... and when it stops, the relay is asked whether it is there */
static const usec_t answer_patience = 1 * SEC;  /* beside two round trips; then another connection is tried beside this one */
static const usec_t doubt_every = 2 * SEC;
static const usec_t upgrade_every = 30 * SEC;
static const usec_t leave_patience = 500 * MS;
static const usec_t retry_first = 400 * MS;
static const usec_t retry_max = 10 * SEC;
static const usec_t steady_after = 5 * SEC; /* a session that lived as long starts again without back-off */

/* ---- effects ---- */

static void push(struct link *l, struct link_effect e)
{
    assert(l->effect_count < LINK_EFFECTS_MAX);
    l->effect[(l->effect_first + l->effect_count++) % LINK_EFFECTS_MAX] = e;
}

static void act(struct link *l, enum link_effect_type type, uint32_t link)
{
    push(l, (struct link_effect){.type = type, .link = link});
}

int link_next(struct link *l, struct link_effect *effect)
{
    if (!l->effect_count)
        return 0;
    *effect = l->effect[l->effect_first];
    l->effect_first = (l->effect_first + 1) % LINK_EFFECTS_MAX;
    l->effect_count--;
    return 1;
}

/* ---- state and carriers ---- */

static void explain(struct link *l, const char *code, const char *text)
{
    snprintf(l->code, sizeof l->code, "%s", code);
    snprintf(l->text, sizeof l->text, "%s", text);
}

/* The only place that writes the state. */
static void enter(struct link *l, enum link_state next, usec_t deadline)
{
    bool same = l->state == next && next != LINK_RETRYING;
    l->state = next;
    l->deadline = deadline;
    if (!same)
        push(l, (struct link_effect){.type = LINK_DO_SHOW, .state = next});
}

static struct carrier *carrier_named(struct link *l, uint32_t link)
{
    for (size_t i = 0; i < LINK_CARRIERS_MAX; i++)
        if (l->carrier[i].state != CARRIER_NONE && l->carrier[i].link == link)
            return &l->carrier[i];
    return NULL;
}

static struct carrier *carrier_in(struct link *l, enum carrier_state state)
{
    for (size_t i = 0; i < LINK_CARRIERS_MAX; i++)
        if (l->carrier[i].state == state)
            return &l->carrier[i];
    return NULL;
}

static void carrier_add(struct link *l, uint32_t link, const char *relay, enum transport t, usec_t now)
{
    struct carrier *c = carrier_in(l, CARRIER_NONE);
    if (!c)
        return;
    *c = (struct carrier){.state = CARRIER_DIALING, .link = link, .transport = t, .deadline = now + dial_patience};
    snprintf(c->relay, sizeof c->relay, "%s", relay);
}

static void hang_up(struct link *l, struct carrier *c)
{
    if (c->fresh_seat)
        act(l, LINK_DO_GOODBYE, c->link);
    act(l, LINK_DO_HANGUP, c->link);
    c->state = CARRIER_NONE;
}

static void hang_up_all_but(struct link *l, const struct carrier *keep)
{
    for (size_t i = 0; i < LINK_CARRIERS_MAX; i++)
        if (l->carrier[i].state != CARRIER_NONE && &l->carrier[i] != keep)
            hang_up(l, &l->carrier[i]);
}

const struct carrier *link_open(const struct link *l, uint32_t link)
{
    for (size_t i = 0; i < LINK_CARRIERS_MAX; i++)
        if (l->carrier[i].state >= CARRIER_OPEN && l->carrier[i].link == link)
            return &l->carrier[i];
    return NULL;
}

const char *link_relay(const struct link *l, uint32_t link)
{
    for (size_t i = 0; i < LINK_CARRIERS_MAX; i++)
        if (l->carrier[i].state != CARRIER_NONE && l->carrier[i].link == link)
            return l->carrier[i].relay;
    return "";
}

const struct carrier *link_live(const struct link *l)
{
    for (size_t i = 0; i < LINK_CARRIERS_MAX; i++)
        if (l->carrier[i].state == CARRIER_LIVE)
            return &l->carrier[i];
    return NULL;
}

/* ---- dialing ---- */

static void ask_for_dial(struct link *l, const char *relay, bool upgrade, usec_t now)
{
    carrier_add(l, l->next_link, relay, TRANSPORT_WEBTRANSPORT, now);
    if (!upgrade)
        carrier_add(l, l->next_link + 1, relay, TRANSPORT_WEBSOCKET, now);
    push(l, (struct link_effect){.type = LINK_DO_DIAL, .link = l->next_link, .upgrade = upgrade});
    l->next_link += 2;
}

static void dial(struct link *l, usec_t now)
{
    hang_up_all_but(l, NULL);
    l->redial_at = NEVER;
    enter(l, LINK_DIALING, NEVER);
    ask_for_dial(l, relays_next(&l->relays), false, now);
}

/* Half of the wait is fixed, half is drawn, so that clients of a restarted relay do not come back in step. */
static usec_t jittered(struct link *l, usec_t wait) { return wait / 2 + (usec_t)rng_below(&l->rng, (uint64_t)wait); }

static usec_t back_off(struct link *l)
{
    if (l->failures == 0)
        return (usec_t)rng_below(&l->rng, (uint64_t)(100 * MS));
    uint32_t doublings = l->failures - 1 < 8 ? l->failures - 1 : 8;
    return jittered(l, usec_min(retry_first << doublings, retry_max));
}

static void retry_at(struct link *l, usec_t at)
{
    hang_up_all_but(l, NULL);
    l->failures++;
    if (l->redial_at != NEVER)
        at = usec_max(at, l->redial_at);
    enter(l, LINK_RETRYING, at);
}

static void retry(struct link *l, const char *code, const char *text, usec_t now)
{
    explain(l, code, text);
    retry_at(l, now + back_off(l));
}

void link_init(struct link *l, uint64_t seed, usec_t now)
{
    *l = (struct link){.state = LINK_IDLE, .next_link = 1, .rng = {seed}, .deadline = NEVER};
    l->upgrade_at = l->redial_at = l->ping_at = l->ping_sent_at = NEVER;
    dial(l, now);
}

/* ---- joining ---- */

static void say_hello(struct link *l, struct carrier *c, usec_t now)
{
    c->state = CARRIER_ASKED;
    c->deadline = now + hello_patience;
    c->fresh_seat = !l->has_resume;
    act(l, LINK_DO_HELLO, c->link);
    if (l->state == LINK_DIALING)
        enter(l, LINK_JOINING, NEVER);
}

/* Whether the session would move to `c` if it were welcomed. */
static bool is_wanted(const struct link *l, const struct carrier *c)
{
    const struct carrier *live = link_live(l);
    return !live || l->moving || (live->transport == TRANSPORT_WEBSOCKET && c->transport == TRANSPORT_WEBTRANSPORT);
}

static bool takes_calls(const struct link *l) { return l->state >= LINK_DIALING && l->state <= LINK_LIVE; }

void link_on_open(struct link *l, uint32_t link, enum transport t, size_t datagram_bytes, usec_t now)
{
    if (!takes_calls(l) || link_open(l, link))
        return;
    struct carrier *c = carrier_named(l, link);
    if (!c) { /* the shell's own number */
        carrier_add(l, link, l->relays.current, t, now);
        c = carrier_named(l, link);
    }
    if (!c || !is_wanted(l, c)) {
        if (c)
            hang_up(l, c);
        return;
    }
    c->transport = t;
    c->datagram_bytes = datagram_bytes;
    c->state = CARRIER_OPEN;
    c->deadline = l->has_resume ? NEVER : now + second_hello; /* two Hellos for one seat would push each other out */
    if (!carrier_in(l, CARRIER_ASKED))
        say_hello(l, c, now);
}

/* What to do now that a carrier was lost: go on with the others, or wait and dial. */
static void carry_on(struct link *l, const char *text, usec_t now)
{
    if (l->state == LINK_LEAVING) {
        hang_up_all_but(l, NULL);
        enter(l, LINK_LEFT, NEVER);
        act(l, LINK_DO_LEFT, 0);
        return;
    }
    if (!takes_calls(l))
        return;
    struct carrier *open = carrier_in(l, CARRIER_OPEN);
    bool asked = carrier_in(l, CARRIER_ASKED) != NULL;
    if (open && !asked)
        say_hello(l, open, now);
    if (link_live(l))
        l->moving = l->moving && (asked || open || carrier_in(l, CARRIER_DIALING));
    else if (asked || open)
        enter(l, LINK_JOINING, NEVER);
    else if (carrier_in(l, CARRIER_DIALING))
        enter(l, LINK_DIALING, NEVER);
    else
        retry(l, "unreachable", text, now);
}

/* One of the transports failed quickly: the relay is not there, or the other one would have opened by now. */
static void hurry(struct link *l, usec_t now)
{
    for (size_t i = 0; i < LINK_CARRIERS_MAX; i++)
        if (l->carrier[i].state == CARRIER_DIALING)
            l->carrier[i].deadline = usec_min(l->carrier[i].deadline, now + lone_patience);
}

static void lose(struct link *l, struct carrier *c, const char *text, usec_t now)
{
    bool was_steady = c->state == CARRIER_LIVE && now - l->live_at >= steady_after;
    c->state = CARRIER_NONE;
    if (was_steady)
        l->failures = 0;
    carry_on(l, text, now);
}

void link_on_closed(struct link *l, uint32_t link, usec_t now)
{
    struct carrier *c = carrier_named(l, link);
    if (!c)
        return;
    if (c->state == CARRIER_DIALING)
        hurry(l, now);
    lose(l, c, "The connection was closed.", now);
}

void link_on_broken(struct link *l, uint32_t link, const char *text, usec_t now)
{
    struct carrier *c = carrier_named(l, link);
    if (!c)
        return;
    act(l, LINK_DO_HANGUP, c->link);
    lose(l, c, text, now);
}

/* A dial to WebTransport that still runs goes on when a WebSocket was welcomed first: it is the first try to move up. */
static bool may_go_on(const struct carrier *live, const struct carrier *c)
{
    return live->transport == TRANSPORT_WEBSOCKET && c->transport == TRANSPORT_WEBTRANSPORT && c->state == CARRIER_DIALING;
}

static void settle(struct link *l, const struct carrier *live)
{
    for (size_t i = 0; i < LINK_CARRIERS_MAX; i++) {
        struct carrier *c = &l->carrier[i];
        if (c != live && c->state != CARRIER_NONE && !may_go_on(live, c))
            hang_up(l, c);
    }
}

bool link_on_welcome(struct link *l, uint32_t link, const uint8_t *resume, usec_t now)
{
    struct carrier *c = carrier_named(l, link);
    if (!c || c->state != CARRIER_ASKED || !takes_calls(l))
        return false;
    l->reconnects += l->was_live;
    l->was_live = true;
    relays_settled(&l->relays, c->relay);
    c->state = CARRIER_LIVE;
    c->deadline = NEVER;
    c->fresh_seat = false;
    settle(l, c);
    l->has_resume = resume != NULL;
    if (resume)
        memcpy(l->resume, resume, sizeof l->resume);
    l->moving = l->doubting = false;
    l->live_at = l->heard_at = now;
    l->ping_at = now; /* the first one measures the round trip */
    l->ping_sent_at = NEVER;
    l->redial_at = NEVER;
    l->upgrade_at = c->transport == TRANSPORT_WEBSOCKET ? now + upgrade_every : NEVER;
    explain(l, "", "");
    act(l, LINK_DO_CARRY, link);
    enter(l, LINK_LIVE, NEVER);
    return true;
}

/* ---- the relay's word ---- */

/* Spread, so that those who are sent to another relay do not arrive there all at once. */
static usec_t soon(struct link *l, uint32_t retry_ms)
{
    return (usec_t)rng_below(&l->rng, (uint64_t)usec_min(retry_ms * MS / 2, SEC) + 1);
}

static usec_t later(struct link *l, uint32_t retry_ms)
{
    return retry_ms * MS + (usec_t)rng_below(&l->rng, retry_ms * (uint64_t)MS / 4 + 1);
}

void link_on_refused(struct link *l, uint32_t link, const char *code, const char *text, uint32_t retry_ms, const char *relay,
                     usec_t now)
{
    struct carrier *c = carrier_named(l, link);
    if (!c || !takes_calls(l))
        return;
    if (c->state == CARRIER_LIVE && carrier_in(l, CARRIER_ASKED) && strcmp(code, "replaced") == 0)
        return; /* by ourselves: the Welcome is on its way */
    if (link_live(l) && c->state != CARRIER_LIVE) { /* only the move was refused */
        act(l, LINK_DO_HANGUP, c->link);
        c->state = CARRIER_NONE;
        return;
    }
    act(l, LINK_DO_HANGUP, c->link); /* refused: no seat to say Goodbye to */
    c->state = CARRIER_NONE;
    explain(l, code, text);
    if (retry_ms) {
        /* sent on more than once, it waits: two relays may each think that the other has less to do */
        bool elsewhere = relays_name(&l->relays, relay) && l->failures < 2;
        retry_at(l, now + (elsewhere ? soon(l, retry_ms) : later(l, retry_ms)));
    } else {
        hang_up_all_but(l, NULL);
        enter(l, LINK_REFUSED, NEVER);
    }
}

void link_on_drain(struct link *l, uint32_t link, uint32_t retry_ms, const char *relay, usec_t now)
{
    const struct carrier *live = link_live(l);
    if (live && live->link == link)
        l->redial_at = now + (relays_name(&l->relays, relay) ? soon(l, retry_ms) : later(l, retry_ms));
}

/* The doubt was wrong: dials that have not come as far as to ask for the seat are given up. */
static void trust(struct link *l, const struct carrier *live)
{
    l->doubting = false;
    if (carrier_in(l, CARRIER_ASKED))
        return;
    l->moving = false;
    hang_up_all_but(l, live);
}

void link_on_heard(struct link *l, uint32_t link, usec_t now)
{
    const struct carrier *live = link_live(l);
    if (!live || live->link != link)
        return;
    bool busy = now - l->heard_at < busy_gap;
    if (l->doubting)
        trust(l, live);
    l->heard_at = now;
    if (l->ping_sent_at == NEVER && l->rtt_us)
        l->ping_at = now + (busy ? ping_after_gap : ping_every);
}

void link_on_rtt(struct link *l, usec_t rtt)
{
    uint32_t sample = (uint32_t)usec_max(1, usec_min(rtt, 60 * SEC));
    l->rtt_us = l->rtt_us ? l->rtt_us - l->rtt_us / 8 + sample / 8 : sample;
}

void link_on_pong(struct link *l, uint32_t link, uint64_t token, usec_t now)
{
    const struct carrier *live = link_live(l);
    if (!live || live->link != link || l->ping_sent_at == NEVER || token != l->ping_token)
        return;
    link_on_rtt(l, now - l->ping_sent_at);
    l->ping_sent_at = NEVER;
    l->ping_at = now + ping_every;
}

/* ---- the user's word ---- */

void link_reconnect(struct link *l, usec_t now)
{
    if (l->state == LINK_LEAVING || l->state == LINK_LEFT)
        return;
    l->failures = 0;
    if (l->state != LINK_LIVE) {
        dial(l, now);
        return;
    }
    hang_up_all_but(l, link_live(l));
    l->moving = true;
    ask_for_dial(l, l->relays.current, false, now);
}

void link_leave(struct link *l, usec_t now)
{
    if (l->state == LINK_LEAVING || l->state == LINK_LEFT)
        return;
    struct carrier *live = carrier_in(l, CARRIER_LIVE);
    struct carrier *said = live ? live : carrier_in(l, CARRIER_ASKED);
    explain(l, "", "");
    enter(l, LINK_LEAVING, now + leave_patience);
    hang_up_all_but(l, said);
    if (!said) {
        carry_on(l, "", now);
        return;
    }
    act(l, LINK_DO_GOODBYE, said->link);
    said->fresh_seat = false;
}

/* ---- time ---- */

static void ping(struct link *l, const struct carrier *live, usec_t now)
{
    l->ping_at = now + ping_every;
    if (l->ping_sent_at == NEVER)
        l->ping_sent_at = now;
    else if (now - l->ping_sent_at < silence_max)
        return; /* one is under way */
    l->ping_sent_at = now;
    push(l, (struct link_effect){.type = LINK_DO_PING, .link = live->link, .token = ++l->ping_token});
}

/* When a ping has gone unanswered, and nothing else been heard, for so long that the relay or the path may be gone. */
static usec_t doubt_at(const struct link *l)
{
    if (l->ping_sent_at == NEVER || l->heard_at > l->ping_sent_at || l->moving)
        return NEVER;
    return usec_max(l->ping_sent_at + answer_patience + 2 * (usec_t)l->rtt_us, l->next_doubt_at);
}

/* The session goes on where it is until another connection is welcomed. */
static void doubt(struct link *l, usec_t now)
{
    l->next_doubt_at = now + doubt_every;
    l->moving = l->doubting = true;
    ask_for_dial(l, relays_next(&l->relays), false, now);
}

static void tick_live(struct link *l, usec_t now)
{
    struct carrier *live = carrier_in(l, CARRIER_LIVE);
    if (now >= l->heard_at + silence_max) {
        act(l, LINK_DO_HANGUP, live->link);
        lose(l, live, "The relay was not heard for 5 seconds.", now);
        return;
    }
    if (now >= l->redial_at) {
        l->redial_at = NEVER;
        hang_up_all_but(l, live);
        l->moving = true;
        ask_for_dial(l, *l->relays.named ? relays_next(&l->relays) : l->relays.current, false, now);
    }
    if (now >= doubt_at(l))
        doubt(l, now);
    if (now >= l->upgrade_at) {
        l->upgrade_at = now + upgrade_every;
        if (!carrier_in(l, CARRIER_DIALING) && !carrier_in(l, CARRIER_ASKED))
            ask_for_dial(l, l->relays.current, true, now);
    }
    if (now >= l->ping_at)
        ping(l, live, now);
}

static void tick_carrier(struct link *l, struct carrier *c, usec_t now)
{
    if (c->state == CARRIER_NONE || c->state == CARRIER_LIVE || now < c->deadline)
        return;
    if (c->state == CARRIER_OPEN) {
        say_hello(l, c, now);
        return;
    }
    hang_up(l, c);
    carry_on(l, "The relay did not answer.", now);
}

void link_tick(struct link *l, usec_t now)
{
    if (l->state == LINK_RETRYING && now >= l->deadline)
        dial(l, now);
    else if (l->state == LINK_LEAVING && now >= l->deadline)
        carry_on(l, "", now);
    else if (l->state == LINK_LIVE)
        tick_live(l, now);
    for (size_t i = 0; takes_calls(l) && i < LINK_CARRIERS_MAX; i++)
        tick_carrier(l, &l->carrier[i], now);
}

usec_t link_deadline(const struct link *l)
{
    usec_t at = l->deadline;
    for (size_t i = 0; takes_calls(l) && i < LINK_CARRIERS_MAX; i++)
        if (l->carrier[i].state != CARRIER_NONE && l->carrier[i].state != CARRIER_LIVE)
            at = usec_min(at, l->carrier[i].deadline);
    if (l->state != LINK_LIVE)
        return at;
    at = usec_min(at, usec_min(l->upgrade_at, usec_min(l->redial_at, doubt_at(l))));
    return usec_min(at, usec_min(l->ping_at, l->heard_at + silence_max));
}
