/* SPDX-License-Identifier: MIT */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

#define CLOSE_AFTER (50 * MS)

static void relay_up(struct sim *s)
{
    uint8_t seed[32];
    for (size_t i = 0; i < sizeof seed; i++)
        seed[i] = (uint8_t)rng_next(&s->rng);
    s->relay = relay_new(&s->limits, seed, s->now);
}

struct sim *sim_new(uint64_t seed)
{
    struct relay_limits limits = relay_limits_default();
    return sim_new_limited(seed, &limits);
}

struct sim *sim_new_limited(uint64_t seed, const struct relay_limits *limits)
{
    struct sim *s = calloc(1, sizeof *s);
    s->rng.state = seed;
    s->limits = *limits;
    s->digest = 0xcbf29ce484222325ULL;
    relay_up(s);
    return s;
}

void sim_del(struct sim *s)
{
    s->over = true;
    for (struct conn *c = s->conns; c; c = c->next)
        conn_abandon(c);
    while (s->queue.count) /* what is under way is freed as it lands */
        sim_queue_run_one(&s->queue);
    for (struct conn *c = s->conns, *next; c; c = next) {
        next = c->next;
        conn_free(c);
    }
    for (size_t i = 0; i < s->people; i++)
        person_del(s->person[i]);
    if (s->relay)
        relay_del(s->relay);
    sim_queue_free(&s->queue);
    free(s);
}

struct person *sim_add(struct sim *s, const struct person_config *config)
{
    struct person *p = person_new(s, s->people, config, s->now);
    s->person[s->people++] = p;
    person_drain(p, s->now);
    return p;
}

struct conn *sim_conn(struct sim *s, uint64_t sid)
{
    for (struct conn *c = s->conns; c; c = c->next)
        if (c->sid == sid)
            return c;
    return NULL;
}

void sim_inspect(struct sim *s, const uint8_t *data, size_t len)
{
    if (len && memmem(data, len, PERSON_MARK, strlen(PERSON_MARK)))
        s->leaks++;
    sim_digest(s, data, len);
}

void sim_digest(struct sim *s, const void *data, size_t len)
{
    const uint8_t *at = data;
    for (; len >= 8; len -= 8, at += 8) {
        uint64_t word;
        memcpy(&word, at, 8);
        s->digest = (s->digest ^ word) * 0x100000001b3ULL;
    }
    for (; len; len--, at++)
        s->digest = (s->digest ^ *at) * 0x100000001b3ULL;
}

/* ---- the relay's shell ---- */

void sim_drain_relay(struct sim *s, usec_t now)
{
    struct relay_event e;
    while (s->relay && relay_poll(s->relay, &e, now)) {
        struct conn *c = sim_conn(s, e.sid);
        if (!c || !c->open_at_relay || e.type == RELAY_LOG)
            continue;
        if (e.type == RELAY_CLOSE) {
            conn_take(c, now);
            conn_kick(c, now);
        } else {
            c->ready = true;
            conn_take(c, now);
        }
    }
}

static void back_up(void *ctx, usec_t now)
{
    (void)now;
    relay_up(ctx);
}

static void go_down(struct sim *s, usec_t now, bool in_order)
{
    for (struct conn *c = s->conns; c; c = c->next)
        if (in_order)
            conn_kick(c, now);
        else if (c->open_at_relay)
            c->open_at_relay = c->ready = false;
    if (s->relay)
        relay_del(s->relay);
    s->relay = NULL;
}

static void close_all(void *ctx, usec_t now) { go_down(ctx, now, true); }

void sim_restart_relay(struct sim *s, usec_t down)
{
    relay_drain(s->relay, (uint32_t)(down / MS), NULL, s->now);
    sim_drain_relay(s, s->now);
    sim_at(&s->queue, s->now + CLOSE_AFTER, close_all, s);
    sim_at(&s->queue, s->now + CLOSE_AFTER + down, back_up, s);
}

void sim_crash_relay(struct sim *s, usec_t down)
{
    go_down(s, s->now, false);
    sim_at(&s->queue, s->now + down, back_up, s);
}

void sim_break(struct person *p)
{
    for (struct conn *c = p->sim->conns; c; c = c->next)
        if (c->person == p && c->open_at_client)
            conn_break(c, p->sim->now);
}

/* ---- time ---- */

static usec_t clients_due(const struct sim *s)
{
    usec_t at = NEVER;
    for (size_t i = 0; i < s->people; i++) {
        usec_t due = client_deadline(s->person[i]->client);
        if (due != NEVER)
            at = usec_min(at, due - s->person[i]->config.clock_offset);
    }
    return at;
}

static void tick_clients(struct sim *s, usec_t now)
{
    for (size_t i = 0; i < s->people; i++) {
        struct person *p = s->person[i];
        if (client_deadline(p->client) > person_clock(p, now))
            continue;
        client_tick(p->client, person_clock(p, now));
        person_drain(p, now);
    }
}

void sim_run(struct sim *s, usec_t until)
{
    while (s->now < until) {
        usec_t planned = sim_queue_next(&s->queue), clients = clients_due(s);
        usec_t relay = s->relay ? relay_deadline(s->relay) : NEVER;
        usec_t next = usec_max(s->now, usec_min(planned, usec_min(clients, relay)));
        if (next >= until)
            break;
        s->now = next;
        if (planned <= s->now) {
            sim_queue_run_one(&s->queue);
        } else if (relay <= s->now) {
            relay_tick(s->relay, s->now);
            sim_drain_relay(s, s->now);
        } else {
            tick_clients(s, s->now);
        }
    }
    s->now = until;
}
