/* SPDX-License-Identifier: MIT */
#include "conn.h"

#include <stdlib.h>
#include <string.h>

#include "sim.h"

#define CONTROL_STREAM 0
#define LINGER_MAX (500 * MS)
#define IDLE_MAX (10 * SEC)

/* ---- messages inside a WebSocket's stream ---- */

static void write_message(struct flow *f, const uint8_t *data, size_t len, usec_t now)
{
    uint32_t n = (uint32_t)len;
    flow_write(f, CONTROL_STREAM, (const uint8_t *)&n, sizeof n, 0, now);
    flow_write(f, CONTROL_STREAM, data, len, 0, now);
}

static void buffer(struct message_buffer *b, const uint8_t *data, size_t len)
{
    if (b->len + len > b->cap) {
        b->cap = (b->len + len) * 2;
        b->data = realloc(b->data, b->cap);
    }
    if (len)
        memcpy(b->data + b->len, data, len);
    b->len += len;
}

/* The length of the first whole message, or 0. */
static size_t first_message(const struct message_buffer *b)
{
    uint32_t n;
    if (b->len < sizeof n)
        return 0;
    memcpy(&n, b->data, sizeof n);
    return b->len >= sizeof n + n ? n : 0;
}

static void drop_message(struct message_buffer *b, size_t len)
{
    b->len -= len + 4;
    memmove(b->data, b->data + len + 4, b->len);
}

/* ---- arriving at the relay ---- */

static bool relay_hears(struct conn *c, usec_t now)
{
    c->heard = now;
    return c->sim->relay && c->open_at_relay;
}

static void messages_to_relay(struct conn *c, const uint8_t *data, size_t len, usec_t now)
{
    buffer(&c->at_relay, data, len);
    for (size_t n; c->open_at_relay && (n = first_message(&c->at_relay)); drop_message(&c->at_relay, n))
        relay_on_message(c->sim->relay, c->sid, c->at_relay.data + 4, n, now);
}

static void up_stream(void *ctx, uint64_t id, const uint8_t *data, size_t len, bool end, bool reset, usec_t now)
{
    struct conn *c = ctx;
    if (!relay_hears(c, now))
        return;
    if (c->transport == TRANSPORT_WEBSOCKET)
        messages_to_relay(c, data, len, now);
    else if (id == CONTROL_STREAM)
        relay_on_control(c->sim->relay, c->sid, data, len, now);
    else
        relay_on_run(c->sim->relay, c->sid, id, data, len, reset ? RELAY_RUN_RESET : end ? RELAY_RUN_END : RELAY_RUN_MORE, now);
    sim_drain_relay(c->sim, now);
}

static void up_datagram(void *ctx, const uint8_t *data, size_t len, usec_t now)
{
    struct conn *c = ctx;
    if (!relay_hears(c, now))
        return;
    relay_on_datagram(c->sim->relay, c->sid, data, len, now);
    sim_drain_relay(c->sim, now);
}

static void up_room(void *ctx, usec_t now)
{
    (void)ctx;
    (void)now;
}

/* ---- arriving at the client ---- */

static void messages_to_client(struct conn *c, const uint8_t *data, size_t len, usec_t now)
{
    buffer(&c->at_client, data, len);
    for (size_t n; c->open_at_client && (n = first_message(&c->at_client)); drop_message(&c->at_client, n)) {
        client_on_message(c->person->client, c->link, c->at_client.data + 4, n, person_clock(c->person, now));
        person_drain(c->person, now);
    }
}

static void down_stream(void *ctx, uint64_t id, const uint8_t *data, size_t len, bool end, bool reset, usec_t now)
{
    struct conn *c = ctx;
    usec_t clock = person_clock(c->person, now);
    c->heard = now;
    if (!c->open_at_client)
        return;
    if (c->transport == TRANSPORT_WEBSOCKET)
        messages_to_client(c, data, len, now);
    else if (id == CONTROL_STREAM)
        client_on_control(c->person->client, c->link, data, len, clock);
    else
        client_on_run(c->person->client, c->link, id, data, len, reset ? RUN_RESET : end ? RUN_END : RUN_MORE, clock);
    person_drain(c->person, now);
}

static void down_datagram(void *ctx, const uint8_t *data, size_t len, usec_t now)
{
    struct conn *c = ctx;
    c->heard = now;
    if (!c->open_at_client)
        return;
    client_on_datagram(c->person->client, c->link, data, len, person_clock(c->person, now));
    person_drain(c->person, now);
}

static void down_room(void *ctx, usec_t now)
{
    struct conn *c = ctx;
    if (c->ready)
        conn_take(c, now);
}

/* ---- opening ---- */

static void tell_failed(void *ctx, usec_t now)
{
    struct conn *c = ctx;
    if (c->sim->over)
        return;
    client_on_closed(c->person->client, c->link, person_clock(c->person, now));
    person_drain(c->person, now);
}

static void watch_idle(void *ctx, usec_t now)
{
    struct conn *c = ctx;
    if (!c->open_at_client && !c->open_at_relay)
        return;
    if (now - c->heard >= IDLE_MAX)
        conn_break(c, now);
    else
        sim_at(&c->sim->queue, now + SEC, watch_idle, c);
}

static void tell_path(void *ctx, usec_t now)
{
    struct conn *c = ctx;
    if (!c->open_at_relay || !c->sim->relay)
        return;
    struct relay_path path = {.rtt_us = (uint32_t)c->down.srtt};
    relay_on_path(c->sim->relay, c->sid, &path, now);
    sim_drain_relay(c->sim, now);
    sim_at(&c->sim->queue, now + 100 * MS, tell_path, c);
}

static void opened(void *ctx, usec_t now)
{
    struct conn *c = ctx;
    bool stream = c->transport == TRANSPORT_WEBTRANSPORT;
    if (c->sim->over)
        return;
    if (!c->sim->relay ||
        relay_on_open(c->sim->relay, c->sid, (enum relay_transport)c->transport, stream ? FLOW_PACKET : 0, now) != 0) {
        tell_failed(c, now);
        return;
    }
    c->open_at_relay = c->open_at_client = true;
    c->heard = now;
    sim_at(&c->sim->queue, now + SEC, watch_idle, c);
    tell_path(c, now);
    client_on_open(c->person->client, c->link, c->transport, stream ? FLOW_PACKET : 0, person_clock(c->person, now));
    person_drain(c->person, now);
}

static void try_to_open(void *ctx, usec_t now)
{
    struct conn *c = ctx;
    struct person *p = c->person;
    bool websocket = c->transport == TRANSPORT_WEBSOCKET;
    usec_t rtt = path_transit(&p->up, now) + path_transit(&p->down, now);
    if (c->sim->over)
        return;
    bool lost = rng_unit(&p->up.rng) < p->up.loss || rng_unit(&p->down.rng) < p->down.loss;
    if (!websocket && (p->config.udp_blocked || !c->sim->relay))
        sim_at(&c->sim->queue, now + 4 * SEC, tell_failed, c);
    else if (!c->sim->relay)
        sim_at(&c->sim->queue, now + rtt, tell_failed, c);
    else if (lost)
        sim_at(&c->sim->queue, now + usec_max(200 * MS, 2 * rtt), try_to_open, c);
    else
        sim_at(&c->sim->queue, now + (websocket ? 3 * rtt : rtt), opened, c);
}

struct conn *conn_dial(struct sim *s, struct person *p, uint32_t link, enum transport t, usec_t now)
{
    struct conn *c = calloc(1, sizeof *c);
    *c = (struct conn){.sim = s, .person = p, .link = link, .transport = t, .sid = ++s->next_sid, .next = s->conns};
    s->conns = c;
    usec_t rtt = path_transit(&p->up, now) + path_transit(&p->down, now);
    flow_init(&c->up, &s->queue, &p->up, &p->down, &(struct flow_receiver){c, up_stream, up_datagram, up_room}, rtt);
    flow_init(&c->down, &s->queue, &p->down, &p->up, &(struct flow_receiver){c, down_stream, down_datagram, down_room}, rtt);
    sim_at(&s->queue, now + (t == TRANSPORT_WEBSOCKET ? 250 * MS : 0), try_to_open, c);
    return c;
}

/* ---- closing ---- */

static void relay_closed(struct conn *c, usec_t now)
{
    if (!c->open_at_relay)
        return;
    c->open_at_relay = c->ready = false;
    flow_close(&c->up);
    flow_close(&c->down);
    if (!c->sim->relay)
        return;
    relay_on_closed(c->sim->relay, c->sid, now);
    sim_drain_relay(c->sim, now);
}

static bool is_flushed(const struct flow *f) { return f->in_flight == 0 && flow_room(f) > 0; }

static void finish_hang_up(void *ctx, usec_t now)
{
    struct conn *c = ctx;
    if (!is_flushed(&c->up) && now - c->closing_since < LINGER_MAX)
        sim_at(&c->sim->queue, now + 10 * MS, finish_hang_up, c);
    else
        relay_closed(c, now);
}

void conn_hang_up(struct conn *c, usec_t now)
{
    if (!c->open_at_client)
        return;
    c->open_at_client = false;
    c->closing_since = now;
    sim_at(&c->sim->queue, now + path_transit(&c->person->up, now), finish_hang_up, c);
}

static void client_closed(struct conn *c, usec_t now)
{
    if (!c->open_at_client)
        return;
    c->open_at_client = false;
    tell_failed(c, now);
}

static void finish_kick(void *ctx, usec_t now)
{
    struct conn *c = ctx;
    if (!is_flushed(&c->down) && now - c->closing_since < LINGER_MAX) {
        sim_at(&c->sim->queue, now + 10 * MS, finish_kick, c);
        return;
    }
    flow_close(&c->up);
    flow_close(&c->down);
    client_closed(c, now);
}

void conn_kick(struct conn *c, usec_t now)
{
    if (!c->open_at_relay)
        return;
    c->open_at_relay = c->ready = false;
    c->closing_since = now;
    if (c->sim->relay)
        relay_on_closed(c->sim->relay, c->sid, now);
    sim_at(&c->sim->queue, now + path_transit(&c->person->down, now), finish_kick, c);
}

void conn_break(struct conn *c, usec_t now)
{
    relay_closed(c, now);
    flow_close(&c->up);
    flow_close(&c->down);
    client_closed(c, now);
}

void conn_abandon(struct conn *c)
{
    c->open_at_client = c->open_at_relay = c->ready = false;
    flow_close(&c->up);
    flow_close(&c->down);
}

void conn_free(struct conn *c)
{
    flow_free(&c->up);
    flow_free(&c->down);
    free(c->at_relay.data);
    free(c->at_client.data);
    free(c);
}

/* ---- sending ---- */

void conn_send_to_relay(struct conn *c, const struct client_event *e, usec_t now)
{
    sim_inspect(c->sim, e->data, e->len);
    if (c->transport == TRANSPORT_WEBSOCKET) {
        write_message(&c->up, e->data, e->len, now);
    } else if (e->type == CLIENT_SEND_CONTROL) {
        flow_write(&c->up, CONTROL_STREAM, e->data, e->len, 0, now);
    } else if (e->type == CLIENT_SEND_DATAGRAM) {
        flow_datagram(&c->up, e->data, e->len, now);
    } else {
        if (e->len)
            flow_write(&c->up, e->run, e->data, e->len, e->priority + 1, now);
        if (e->run_end != RUN_MORE)
            flow_end(&c->up, e->run, e->run_end == RUN_RESET, now);
    }
}

/* Our number of a relay's run as a stream: 0 is control. */
static uint64_t stream_of_run(uint64_t run) { return run + 1; }

static void send_to_client(struct conn *c, const struct relay_out *o, usec_t now)
{
    const uint8_t *data = o->pkt ? o->pkt->data + o->offset : NULL;
    sim_inspect(c->sim, data, o->len);
    if (c->transport == TRANSPORT_WEBSOCKET)
        write_message(&c->down, data, o->len, now);
    else if (o->channel == RELAY_CONTROL)
        flow_write(&c->down, CONTROL_STREAM, data, o->len, 0, now);
    else if (o->channel == RELAY_DATAGRAM)
        flow_datagram(&c->down, data, o->len, now);
    else if (o->run_reset)
        flow_end(&c->down, stream_of_run(o->run), true, now);
    else
        flow_write(&c->down, stream_of_run(o->run), data, o->len, o->priority + 1, now);
    pkt_unref(o->pkt);
}

void conn_take(struct conn *c, usec_t now)
{
    struct relay_out o;
    while (c->open_at_relay && c->sim->relay && flow_room(&c->down) > 0) {
        if (!relay_take(c->sim->relay, c->sid, &o, now)) {
            c->ready = false;
            return;
        }
        send_to_client(c, &o, now);
    }
}
