/* SPDX-License-Identifier: MIT */
#include "links.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "daemon.h"

struct link {
    uint64_t sid;
    struct net_conn *conn;
    bool closing; /* net_close() was called */
};

/* Numbers for the peer's API; the word and the sentence came in Refused. */
static uint32_t code_number(const char *word)
{
    static const char *const words[] = {"left", "version",  "full",     "busy",     "banned", "token", "meeting",
                                        "rate", "protocol", "replaced", "draining", "slow",   "silent"};
    for (uint32_t i = 0; i < COUNT_OF(words); i++)
        if (strcmp(words[i], word) == 0)
            return i;
    return COUNT_OF(words);
}

static struct link *link_of(struct net_conn *conn) { return net_user(conn); }

/* ---- out ---- */

static enum net_channel channel_of(enum relay_channel c)
{
    static const enum net_channel channels[] = {
        [RELAY_CONTROL] = NET_CONTROL, [RELAY_DATAGRAM] = NET_DATAGRAM, [RELAY_RUN] = NET_RUN};
    return channels[c];
}

static int send_one(struct link *l, const struct relay_out *o)
{
    struct net_send s = {
        .channel = channel_of(o->channel),
        .pkt = o->pkt,
        .offset = o->offset,
        .len = o->len,
        .run = o->run,
        .run_begin = o->run_begin,
        .run_end = o->run_reset ? NET_RESET : NET_MORE,
        .priority = o->priority,
    };
    return net_send(l->conn, &s);
}

static void hang_up(struct link *l, const char *word, const char *text)
{
    l->closing = true;
    net_close(l->conn, code_number(word), text && *text ? text : word);
}

/* A lost control message leaves a session without meaning; a lost run begins anew. */
static void on_send_failed(struct worker *w, struct link *l, const struct relay_out *o)
{
    if (o->channel == RELAY_CONTROL)
        hang_up(l, "slow", "This connection does not keep up with what it is sent.");
    else if (o->channel == RELAY_RUN && !o->run_reset)
        relay_on_run_stopped(w->relay, l->sid, o->run, loop_now());
}

static void pump(struct worker *w, struct link *l, bool regardless)
{
    struct relay_out o;
    while (!l->closing && (regardless || net_room(l->conn) > 0) && relay_take(w->relay, l->sid, &o, loop_now()))
        if (send_one(l, &o) != 0)
            on_send_failed(w, l, &o);
}

static void on_event(struct worker *w, const struct relay_event *e)
{
    struct link *l = map_get(&w->links, e->sid);
    if (e->type == RELAY_LOG)
        log_event(&w->daemon->log, e->code, "sid=%llu %s", (unsigned long long)e->sid, e->text);
    else if (l && e->type == RELAY_READY) {
        pump(w, l, false);
        net_flush(l->conn);
    } else if (l && e->type == RELAY_CLOSE) {
        pump(w, l, true);
        if (!l->closing)
            hang_up(l, e->code, e->text);
    }
}

void links_work(struct worker *w)
{
    struct relay_event e;
    while (relay_poll(w->relay, &e, loop_now()))
        on_event(w, &e);
    links_schedule(w);
}

void links_schedule(struct worker *w)
{
    usec_t at = relay_deadline(w->relay);
    if (at != w->tick.at || !w->tick.slot)
        loop_timer_set(w->loop, &w->tick, at);
}

void links_note_paths(struct worker *w)
{
    size_t at = 0;
    for (struct link *l; (l = map_next(&w->links, &at));) {
        struct net_stats s;
        net_stats(l->conn, &s);
        struct relay_path path = {.rtt_us = (uint32_t)usec_min(s.rtt_us, UINT32_MAX), .delivery_bps = s.delivery_bps};
        relay_on_path(w->relay, l->sid, &path, loop_now());
    }
}

/* ---- in ---- */

/* Numbers of several threads never meet: those of one alone are 1, 2, 3 ... */
static uint64_t next_sid(struct worker *w) { return ++w->opened * w->daemon->threads + w->index; }

static void refuse(struct link *l) { hang_up(l, "busy", "The relay has as many connections as it can hold."); }

static void opened(void *ctx, struct net_conn *conn)
{
    struct worker *w = ctx;
    struct link *l = calloc(1, sizeof(*l));
    enum relay_transport t = net_transport_of(conn) == NET_WEBSOCKET ? RELAY_WEBSOCKET : RELAY_WEBTRANSPORT;
    uint64_t sid = next_sid(w);
    if (!l || map_put(&w->links, sid, l) != 0) {
        free(l);
        net_close(conn, code_number("busy"), "busy");
        return;
    }
    *l = (struct link){.sid = sid, .conn = conn};
    net_set_user(conn, l);
    log_event(&w->daemon->log, "opened", "sid=%llu transport=%s peer=%s", (unsigned long long)l->sid,
              t == RELAY_WEBSOCKET ? "websocket" : "webtransport", net_peer(conn));
    uint32_t before = atomic_fetch_add(&w->daemon->sessions, 1), most = w->daemon->config.relay.sessions;
    relay_set_full(w->relay, before >= most);
    if (before >= most + RELAY_SPARE || relay_on_open(w->relay, l->sid, t, net_datagram_max(conn), loop_now()) != 0)
        refuse(l);
}

static void on_control(void *ctx, struct net_conn *conn, const uint8_t *data, size_t len)
{
    struct worker *w = ctx;
    if (link_of(conn))
        relay_on_control(w->relay, link_of(conn)->sid, data, len, loop_now());
}

static void on_datagram(void *ctx, struct net_conn *conn, const uint8_t *data, size_t len)
{
    struct worker *w = ctx;
    if (link_of(conn))
        relay_on_datagram(w->relay, link_of(conn)->sid, data, len, loop_now());
}

static void on_run(void *ctx, struct net_conn *conn, uint64_t run, const uint8_t *data, size_t len, enum net_end end)
{
    static const enum relay_run_end ends[] = {
        [NET_MORE] = RELAY_RUN_MORE, [NET_END] = RELAY_RUN_END, [NET_RESET] = RELAY_RUN_RESET};
    struct worker *w = ctx;
    if (link_of(conn))
        relay_on_run(w->relay, link_of(conn)->sid, run, data, len, ends[end], loop_now());
}

static void on_message(void *ctx, struct net_conn *conn, const uint8_t *data, size_t len)
{
    struct worker *w = ctx;
    if (link_of(conn))
        relay_on_message(w->relay, link_of(conn)->sid, data, len, loop_now());
}

static void writable(void *ctx, struct net_conn *conn)
{
    if (link_of(conn))
        pump(ctx, link_of(conn), false);
}

static void run_stopped(void *ctx, struct net_conn *conn, uint64_t run)
{
    struct worker *w = ctx;
    if (link_of(conn))
        relay_on_run_stopped(w->relay, link_of(conn)->sid, run, loop_now());
}

static void closed(void *ctx, struct net_conn *conn, uint32_t code, const char *text)
{
    struct worker *w = ctx;
    struct link *l = link_of(conn);
    char clean[128];
    if (!l)
        return;
    log_clean(clean, sizeof(clean), text ? text : "");
    log_event(&w->daemon->log, "closed", "sid=%llu code=%u text=\"%s\"", (unsigned long long)l->sid, code, clean);
    relay_on_closed(w->relay, l->sid, loop_now());
    map_take(&w->links, l->sid);
    uint32_t before = atomic_fetch_sub(&w->daemon->sessions, 1);
    relay_set_full(w->relay, before > w->daemon->config.relay.sessions + 1);
    net_set_user(conn, NULL);
    free(l);
}

const struct net_handler links_handler = {
    .opened = opened,
    .control = on_control,
    .datagram = on_datagram,
    .run = on_run,
    .message = on_message,
    .writable = writable,
    .run_stopped = run_stopped,
    .closed = closed,
};
