/* SPDX-License-Identifier: MIT */
#include "call.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "session/relays.h"

#define LINKS 6
#define WEBSOCKET_AFTER (250 * MS)
#define PROGRAM "parley/0.1"

struct call_link {
    struct call *call;
    uint32_t number;
    enum net_transport transport;
    char url[300]; /* of another relay than the meeting's; "": that one */
    enum net_verify verify;
    uint8_t hash[32];
    struct net_conn *conn;
    struct loop_timer later;
    bool used;
};

struct call {
    struct net_loop *loop;
    struct call_config config;
    struct client *client;
    struct call_link link[LINKS];
    struct loop_hook hook;
    struct loop_timer timer;
};

/* ---- what the transports say ---- */

static enum transport engine_transport(enum net_transport t)
{
    return t == NET_WEBTRANSPORT ? TRANSPORT_WEBTRANSPORT : TRANSPORT_WEBSOCKET;
}

static void on_opened(void *ctx, struct net_conn *conn)
{
    struct call_link *l = ctx;
    client_on_open(l->call->client, l->number, engine_transport(l->transport), net_datagram_max(conn), loop_now());
}

static void on_control(void *ctx, struct net_conn *conn, const uint8_t *data, size_t len)
{
    struct call_link *l = ctx;
    (void)conn;
    client_on_control(l->call->client, l->number, data, len, loop_now());
}

static void on_datagram(void *ctx, struct net_conn *conn, const uint8_t *data, size_t len)
{
    struct call_link *l = ctx;
    (void)conn;
    client_on_datagram(l->call->client, l->number, data, len, loop_now());
}

static void on_run(void *ctx, struct net_conn *conn, uint64_t run, const uint8_t *data, size_t len, enum net_end end)
{
    struct call_link *l = ctx;
    (void)conn;
    client_on_run(l->call->client, l->number, run, data, len, (enum run_end)end, loop_now());
}

static void on_message(void *ctx, struct net_conn *conn, const uint8_t *data, size_t len)
{
    struct call_link *l = ctx;
    (void)conn;
    client_on_message(l->call->client, l->number, data, len, loop_now());
}

static void on_closed(void *ctx, struct net_conn *conn, uint32_t code, const char *text)
{
    struct call_link *l = ctx;
    (void)conn, (void)code, (void)text;
    l->conn = NULL;
    l->used = false;
    client_on_closed(l->call->client, l->number, loop_now());
}

static const struct net_handler handler = {
    .opened = on_opened,
    .control = on_control,
    .datagram = on_datagram,
    .run = on_run,
    .message = on_message,
    .closed = on_closed,
};

/* ---- what the engine wants ---- */

static struct call_link *link_numbered(struct call *c, uint32_t number)
{
    for (size_t i = 0; i < LINKS; i++)
        if (c->link[i].used && c->link[i].number == number)
            return &c->link[i];
    return NULL;
}

static void dial_now(void *ctx, usec_t now)
{
    struct call_link *l = ctx;
    const struct meeting *m = l->call->config.meeting;
    const char *own = l->transport == NET_WEBTRANSPORT ? m->webtransport : m->websocket;
    struct net_dial dial = {.url = *l->url ? l->url : own, .transport = l->transport, .verify = l->verify};
    memcpy(dial.hash, l->hash, sizeof dial.hash);
    l->conn = *dial.url ? net_dial(l->call->loop, &dial, &handler, l) : NULL;
    if (l->conn)
        return;
    l->used = false;
    client_on_closed(l->call->client, l->number, now);
}

/* To the meeting's own relay, or to `relay`: one that made its certificate itself says which. */
static void aim(struct call_link *l, const struct meeting *m, const char *relay)
{
    struct meeting there = *m;
    size_t len = strcspn(relay, "/");
    if (len)
        snprintf(l->url, sizeof l->url, l->transport == NET_WEBTRANSPORT ? "https://%.*s/wt" : "wss://%.*s/ws", (int)len, relay);
    if (relay[len] && m->verify != NET_VERIFY_NONE)
        meeting_trust_certhash(&there, relay + len);
    l->verify = there.verify;
    memcpy(l->hash, there.hash, sizeof l->hash);
}

/* A transport that is not to be tried counts as one that could not be opened. */
static void dial(struct call *c, uint32_t number, const char *relay, enum net_transport t, usec_t at, usec_t now)
{
    enum call_transport only = c->config.transport;
    bool allowed = only == CALL_AUTO || (only == CALL_WEBTRANSPORT) == (t == NET_WEBTRANSPORT);
    struct call_link *l = NULL;
    for (size_t i = 0; i < LINKS && !l; i++)
        l = c->link[i].used ? NULL : &c->link[i];
    if (!allowed || !l) {
        client_on_closed(c->client, number, now);
        return;
    }
    *l = (struct call_link){.call = c, .number = number, .transport = t, .used = true, .later = {.fire = dial_now, .ctx = l}};
    aim(l, c->config.meeting, relay);
    loop_timer_set(c->loop, &l->later, at);
}

static void on_dial(struct call *c, const struct client_event *e, usec_t now)
{
    uint32_t number = e->link;
    usec_t wait = c->config.transport == CALL_AUTO ? WEBSOCKET_AFTER : 0;
    char relay[RELAYS_TEXT_MAX + 1];
    bool upgrade = e->upgrade;
    snprintf(relay, sizeof relay, "%s", e->text ? e->text : ""); /* the event goes with the next call on the engine */
    dial(c, number, relay, NET_WEBTRANSPORT, now, now);
    if (!upgrade)
        dial(c, number + 1, relay, NET_WEBSOCKET, now + wait, now);
}

static void on_hangup(struct call *c, uint32_t number)
{
    struct call_link *l = link_numbered(c, number);
    if (!l)
        return;
    loop_timer_stop(c->loop, &l->later);
    if (l->conn)
        net_close(l->conn, 0, "");
    else
        l->used = false;
}

static void send(struct call *c, const struct client_event *e, enum net_channel channel)
{
    struct call_link *l = link_numbered(c, e->link);
    struct pkt *p = l && l->conn && e->len ? pkt_copy(e->data, e->len) : NULL;
    if (!l || !l->conn || (e->len && !p))
        return;
    net_send(l->conn, &(struct net_send){.channel = channel,
                                         .pkt = p,
                                         .len = e->len,
                                         .run = e->run,
                                         .run_begin = e->run_begin,
                                         .run_end = (enum net_end)e->run_end,
                                         .priority = e->priority});
}

static void handle(struct call *c, const struct client_event *e, usec_t now)
{
    switch (e->type) {
    case CLIENT_DIAL: on_dial(c, e, now); break;
    case CLIENT_HANGUP: on_hangup(c, e->link); break;
    case CLIENT_SEND_CONTROL: send(c, e, NET_CONTROL); break;
    case CLIENT_SEND_DATAGRAM: send(c, e, NET_DATAGRAM); break;
    case CLIENT_SEND_RUN: send(c, e, NET_RUN); break;
    default: c->config.on_event(c->config.ctx, e, now); break;
    }
}

static void drain(void *ctx)
{
    struct call *c = ctx;
    struct client_event e;
    usec_t now = loop_now();
    while (client_poll(c->client, &e, now))
        handle(c, &e, now);
    loop_timer_set(c->loop, &c->timer, client_deadline(c->client));
}

static void on_timer(void *ctx, usec_t now)
{
    struct call *c = ctx;
    client_tick(c->client, now);
}

/* ---- life ---- */

static struct client *new_client(const struct call_config *config)
{
    const struct meeting *m = config->meeting;
    struct client_config cc = {.meeting = m->id, .name = config->name, .token = config->token, .program = PROGRAM};
    cc.secret_len = m->secret_len;
    memcpy(cc.secret, m->secret, m->secret_len);
    randombytes_buf(cc.salt, sizeof cc.salt);
    randombytes_buf(&cc.seed, sizeof cc.seed);
    cc.decodes = 1u << CODEC_OPUS | 1u << CODEC_VP8 | 1u << CODEC_VP9;
    struct client *client = client_new(&cc, loop_now());
    sodium_memzero(&cc, sizeof cc);
    return client;
}

struct call *call_new(struct net_loop *loop, const struct call_config *config)
{
    struct call *c = sodium_init() < 0 ? NULL : calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->loop = loop;
    c->config = *config;
    c->client = new_client(config);
    if (!c->client) {
        free(c);
        return NULL;
    }
    c->hook = (struct loop_hook){.run = drain, .ctx = c};
    c->timer = (struct loop_timer){.fire = on_timer, .ctx = c};
    loop_hook_add(loop, LOOP_WORK, &c->hook);
    return c;
}

struct client *call_client(struct call *c) { return c->client; }

static void hang_up_all(struct call *c)
{
    for (size_t i = 0; i < LINKS; i++)
        if (c->link[i].used)
            on_hangup(c, c->link[i].number);
    usec_t end = loop_now() + SEC;
    for (size_t i = 0; i < LINKS; i++)
        while (c->link[i].used && loop_now() < end)
            loop_step(c->loop, 10 * MS);
}

void call_del(struct call *c)
{
    if (!c)
        return;
    loop_hook_remove(c->loop, LOOP_WORK, &c->hook);
    loop_timer_stop(c->loop, &c->timer);
    hang_up_all(c);
    client_del(c->client);
    free(c);
}
