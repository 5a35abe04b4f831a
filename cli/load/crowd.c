/* SPDX-License-Identifier: MIT */
#include "crowd.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "attend.h"
#include "base/err.h"
#include "speak.h"
#include "wire/control.h"

#define TICK (10 * MS)
#define SLICES 10 /* each participant's turn comes every tenth tick */
#define NEWS_EVERY (200 * MS)
#define STRAGGLERS (10 * SEC) /* how long the last ones may take to join */
#define CHURN_TRIES 16
#define LEAVE_MAX (3 * SEC)

/* ---- meters ---- */

static void add_connection(struct crowd_meter *m, const struct person *p)
{
    struct net_stats s;
    if (!p->conn || p->state != PERSON_LIVE || p->leaving)
        return;
    net_stats(p->conn, &s);
    m->packets += s.packets_in;
    m->wire_bytes += s.bytes_in;
}

static struct crowd_meter read_meter(const struct crowd *c, usec_t now)
{
    struct crowd_meter m = {.at = now, .packets = c->world.ended_packets, .wire_bytes = c->world.ended_bytes};
    for (uint32_t i = 0; i < c->options->relay_pids; i++)
        proc_add(&m.relay, c->options->relay_pid[i]);
    proc_add(&m.self, getpid());
    for (uint32_t i = 0; i < c->count; i++)
        add_connection(&m, &c->people[i]);
    return m;
}

/* ---- phases ---- */

static void enter(struct crowd *c, enum crowd_phase next, double seconds, usec_t now)
{
    c->phase = next;
    c->phase_until = now + (usec_t)(seconds * 1e6);
}

static void begin_measuring(struct crowd *c, usec_t now)
{
    c->world.measuring = true;
    c->live_at_begin = c->world.live;
    c->begin = read_meter(c, now);
    enter(c, CROWD_MEASURING, c->options->duration_s, now);
}

static void settle(struct crowd *c, const struct person *p, usec_t now)
{
    attend_settle(p, &c->world.ear, now);
    c->silent += p->state == PERSON_LIVE && p->watches && !p->got_first;
}

static void end_measuring(struct crowd *c, usec_t now)
{
    if (c->world.measuring) {
        c->end = read_meter(c, now);
        for (uint32_t i = 0; i < c->count; i++)
            settle(c, &c->people[i], now);
    }
    c->world.measuring = false;
    for (uint32_t i = 0; i < c->count; i++)
        attend_leave(&c->people[i]);
    enter(c, CROWD_LEAVING, (double)LEAVE_MAX / 1e6, now);
}

uint32_t crowd_connected(const struct crowd *c)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->count; i++)
        n += c->people[i].conn != NULL;
    return n;
}

static void step(struct crowd *c, usec_t now)
{
    switch (c->phase) {
    case CROWD_JOINING:
        if (c->dialled < c->count)
            c->phase_until = now + STRAGGLERS;
        else if (c->world.live == c->count || now >= c->phase_until)
            enter(c, CROWD_SETTLING, c->options->settle_s, now);
        break;
    case CROWD_SETTLING:
        if (now >= c->phase_until)
            begin_measuring(c, now);
        break;
    case CROWD_MEASURING:
        if (now >= c->phase_until)
            end_measuring(c, now);
        break;
    case CROWD_LEAVING:
        if (now >= c->phase_until || !crowd_connected(c))
            loop_stop(c->world.loop);
        break;
    }
}

void crowd_interrupt(struct crowd *c)
{
    usec_t now = loop_now();
    if (c->phase == CROWD_LEAVING)
        loop_stop(c->world.loop);
    c->interrupted = true;
    end_measuring(c, now);
}

/* ---- coming and going ---- */

static void join_some(struct crowd *c, usec_t since, usec_t now)
{
    if (c->phase != CROWD_JOINING)
        return;
    for (c->join_credit += (double)since * c->world.shape->ramp / 1e6; c->join_credit >= 1 && c->dialled < c->count;
         c->join_credit--)
        attend_join(&c->people[c->dialled++], now);
}

/* Somebody who may go; NULL when chance finds nobody. */
static struct person *anybody(struct crowd *c)
{
    for (int tries = 0; tries < CHURN_TRIES; tries++) {
        struct person *p = &c->people[rng_below(&c->world.rng, c->count)];
        if (p->place && p->state == PERSON_LIVE && p->pace == PACE_NORMAL)
            return p;
    }
    return NULL;
}

static void churn_some(struct crowd *c, usec_t since)
{
    if (c->phase != CROWD_MEASURING)
        return;
    for (c->churn_credit += (double)since * c->options->churn / 1e6; c->churn_credit >= 1; c->churn_credit--) {
        struct person *p = anybody(c);
        if (!p)
            continue;
        attend_leave(p);
        p->stays = true; /* and comes back */
    }
}

static void tick_slice(struct crowd *c, usec_t now)
{
    if (c->phase == CROWD_LEAVING)
        return;
    for (uint32_t i = c->slice; i < c->count; i += SLICES)
        attend_tick(&c->people[i], now);
    c->slice = (c->slice + 1) % SLICES;
}

static void tell_news(struct crowd *c, usec_t now)
{
    if (now < c->news_at)
        return;
    c->news_at = now + NEWS_EVERY;
    uint32_t each = shape_room_people(c->world.shape);
    for (uint32_t r = 0; r < c->world.shape->rooms; r++) {
        if (!c->rooms[r].news)
            continue;
        c->rooms[r].news = false;
        for (uint32_t i = 0; i < each; i++)
            speak_subscribe(&c->people[r * each + i]);
    }
}

static void on_tick(void *ctx, usec_t now)
{
    struct crowd *c = ctx;
    usec_t since = now - c->ticked_at;
    c->ticked_at = now;
    loop_timer_set(c->world.loop, &c->tick, now + TICK);
    join_some(c, since, now);
    tick_slice(c, now);
    tell_news(c, now);
    churn_some(c, since);
    step(c, now);
}

/* ---- the cast ---- */

/* Spread evenly: of any hundred in a row, exactly so many. */
static enum person_pace pace_of(const struct load_options *o, uint32_t number)
{
    double place = number * 61u % 100u;
    if (place < o->stalled_percent)
        return PACE_STALLED;
    return place < o->stalled_percent + o->slow_percent ? PACE_SLOW : PACE_NORMAL;
}

static const struct net_dial *dial_of(const struct crowd *c, uint32_t number)
{
    uint32_t relay = number % c->options->relays;
    bool ws = c->options->transport == LOAD_WEBSOCKET || (c->options->transport == LOAD_MIXED && number / c->options->relays % 2);
    return &c->dials[relay * 2 + ws];
}

static void cast(struct crowd *c, uint32_t number)
{
    const struct shape *s = c->world.shape;
    uint32_t place = number % shape_room_people(s);
    bool publishes = place < s->publishers + s->both, watches = place >= s->publishers;
    c->people[number] = (struct person){.world = &c->world,
                                        .room = &c->rooms[number / shape_room_people(s)],
                                        .dial = dial_of(c, number),
                                        .number = number,
                                        .place = place,
                                        .publishes = publishes,
                                        .watches = watches,
                                        .pace = watches && place ? pace_of(c->options, number) : PACE_NORMAL};
}

static void name_rooms(struct crowd *c)
{
    char own[32];
    snprintf(own, sizeof own, "load-%06llx", (unsigned long long)(loop_now() & 0xffffff));
    const char *begin = c->options->meeting ? c->options->meeting : own;
    for (uint32_t i = 0; i < c->world.shape->rooms; i++)
        snprintf(c->rooms[i].meeting, sizeof c->rooms[i].meeting, "%.50s-%u", begin, i);
}

int crowd_start(struct crowd *c, struct net_loop *loop, const struct load_options *o, const struct net_dial *dials)
{
    const struct shape *s = &o->shape;
    *c = (struct crowd){.options = o, .dials = dials, .count = shape_people(s)};
    c->world = (struct world){.loop = loop,
                              .shape = s,
                              .rng = {o->seed},
                              .slow_bps = o->slow_bps,
                              .turns = {s->publishers + s->both, s->audio.speakers, s->audio.turn_ms * MS}};
    arena_init_growing(&c->world.parsed, CONTROL_ARENA_MAX);
    c->rooms = calloc(s->rooms, sizeof *c->rooms);
    c->people = calloc(c->count, sizeof *c->people);
    if (!c->rooms || !c->people)
        return ERR_NOMEM;
    name_rooms(c);
    for (uint32_t i = 0; i < c->count; i++)
        cast(c, i);
    c->started_at = c->ticked_at = loop_now();
    c->relay_empty_kb = read_meter(c, c->started_at).relay.resident_kb;
    c->tick = (struct loop_timer){.fire = on_tick, .ctx = c};
    loop_timer_set(loop, &c->tick, c->started_at);
    return 0;
}

void crowd_free(struct crowd *c)
{
    loop_timer_stop(c->world.loop, &c->tick);
    for (uint32_t i = 0; c->people && i < c->count; i++)
        attend_free(&c->people[i]);
    for (uint32_t i = 0; c->rooms && i < c->world.shape->rooms; i++)
        room_free(&c->rooms[i]);
    free(c->people);
    free(c->rooms);
    arena_free(&c->world.parsed);
    world_free(&c->world);
}
