/* SPDX-License-Identifier: MIT */
#include "net/wt.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define H3_LANE 0 /* settings, requests, capsules: before everything of the application's */

static struct wt_conn *wt_of(const struct net_conn *conn) { return (struct wt_conn *)(uintptr_t)conn; }

/* ---- streams of ours: what stands before their payload ---- */

static int send_prefix(struct wt_conn *w, struct quic_stream *s, bool bidi, uint32_t priority)
{
    uint8_t prefix[H3_PREFIX_MAX];
    size_t len = bidi ? h3_bidi_prefix(w->h3, prefix) : h3_uni_prefix(w->h3, prefix);
    struct pkt *p = pkt_copy(prefix, len);
    return p ? quic_send(w->quic, s, p, 0, len, false, priority) : ERR_NOMEM;
}

/* `user` of a run of ours is its number; of a stream of the peer's the h3_stream. Parity of pointers tells nothing, the id does. */
static bool is_ours(const struct wt_conn *w, const struct quic_stream *s)
{
    bool server_opened = quic_stream_id(s) & 1;
    return server_opened == (w->serving != NULL);
}

static int begin_run(struct wt_conn *w, uint64_t run, uint32_t priority)
{
    uint64_t *number = malloc(sizeof *number);
    struct quic_stream *s = number ? quic_open(w->quic, false) : NULL;
    if (!s || u64map_put(&w->runs, run, s)) {
        free(number);
        if (s)
            quic_reset(w->quic, s, h3_code_of_app(0));
        return ERR_FULL;
    }
    *number = run;
    quic_set_user(s, number);
    return send_prefix(w, s, false, priority);
}

static int send_run(struct wt_conn *w, const struct net_send *what)
{
    int err = what->run_begin ? begin_run(w, what->run, what->priority) : 0;
    struct quic_stream *s = err ? NULL : u64map_get(&w->runs, what->run);
    if (!s) {
        pkt_unref(what->pkt);
        return err ? err : ERR_UNKNOWN;
    }
    if (what->run_end == NET_RESET) {
        pkt_unref(what->pkt);
        u64map_remove(&w->runs, what->run);
        quic_reset(w->quic, s, h3_code_of_app(0));
        return 0;
    }
    err = quic_send(w->quic, s, what->pkt, what->offset, what->len, what->run_end == NET_END, what->priority);
    if (err || what->run_end == NET_END)
        u64map_remove(&w->runs, what->run);
    if (err) /* the caller gives the run up: it must not stay open at the peer */
        quic_reset(w->quic, s, h3_code_of_app(0));
    return err;
}

static int send_control(struct wt_conn *w, const struct net_send *what)
{
    if (w->control)
        return quic_send(w->quic, w->control, what->pkt, what->offset, what->len, false, what->priority);
    if (w->early_control.bytes + what->len > WT_EARLY_CONTROL_BYTES) {
        pkt_unref(what->pkt);
        return ERR_FULL;
    }
    return chunks_push(&w->early_control, &w->early_pool, what->pkt, what->offset, what->len) ? 0 : ERR_FULL;
}

static int send_datagram(struct wt_conn *w, const struct net_send *what)
{
    uint8_t prefix[H3_PREFIX_MAX];
    size_t len = h3_datagram_prefix(w->h3, prefix);
    return quic_send_datagram(w->quic, prefix, len, what->pkt, what->offset, what->len);
}

static int wt_send(struct net_conn *conn, const struct net_send *what)
{
    struct wt_conn *w = wt_of(conn);
    if (w->state != WT_LIVE || !w->quic) {
        pkt_unref(what->pkt);
        return ERR_STATE;
    }
    switch (what->channel) {
    case NET_CONTROL: return send_control(w, what);
    case NET_DATAGRAM: return send_datagram(w, what);
    case NET_RUN: return send_run(w, what);
    }
    return ERR_STATE;
}

static void wt_flush(struct net_conn *conn)
{
    if (wt_of(conn)->quic)
        quic_flush(wt_of(conn)->quic);
}

static size_t wt_room(const struct net_conn *conn)
{
    const struct wt_conn *w = wt_of(conn);
    return w->state == WT_LIVE && w->quic ? quic_room(w->quic) : 0;
}

static size_t wt_datagram_max(const struct net_conn *conn)
{
    const struct wt_conn *w = wt_of(conn);
    uint8_t prefix[H3_PREFIX_MAX];
    size_t most = w->quic && w->state == WT_LIVE ? quic_datagram_max(w->quic) : 0, used = h3_datagram_prefix(w->h3, prefix);
    return most > used ? most - used : 0;
}

static const char *wt_peer(const struct net_conn *conn) { return wt_of(conn)->peer; }

static void wt_stats(const struct net_conn *conn, struct net_stats *s)
{
    if (wt_of(conn)->quic)
        quic_stats(wt_of(conn)->quic, s);
}

static int wt_migrate(struct net_conn *conn)
{
    struct wt_conn *w = wt_of(conn);
    return w->quic && w->state == WT_LIVE ? quic_migrate(w->quic) : ERR_STATE;
}

/* ---- closing ---- */

static void set_timer(struct wt_conn *w, usec_t after) { loop_timer_set(w->loop, &w->timer, loop_now() + after); }

static void say_goodbye(struct wt_conn *w)
{
    w->state = WT_LEAVING;
    h3_close(w->h3, w->code, w->text);
    set_timer(w, WT_LINGER);
    quic_notify_idle(w->quic); /* the capsule was received: the farewell begins */
}

static void hang_up(struct wt_conn *w, uint64_t code, const char *why)
{
    w->state = WT_OVER;
    loop_timer_stop(w->loop, &w->timer);
    if (w->quic)
        quic_close(w->quic, code, why);
    else
        set_timer(w, 0);
}

static void tell_closed(struct wt_conn *w)
{
    if (w->told)
        NET_CALL(&w->base, closed, w->code, w->text);
    w->told = false;
}

static void note_end(struct wt_conn *w, uint32_t code, const char *text)
{
    w->code = code;
    snprintf(w->text, sizeof w->text, "%s", text);
}

static void wt_close(struct net_conn *conn, uint32_t code, const char *text)
{
    struct wt_conn *w = wt_of(conn);
    if (w->state > WT_LIVE)
        return;
    note_end(w, code, text);
    if (w->state == WT_CONNECTING) {
        hang_up(w, H3_NO_ERROR, "cancelled");
        return;
    }
    w->state = WT_LINGERING;
    set_timer(w, WT_LINGER);
    quic_notify_idle(w->quic);
}

static void on_timer(void *ctx, usec_t now)
{
    struct wt_conn *w = ctx;
    (void)now;
    switch (w->state) {
    case WT_CONNECTING:
        if (w->serving)
            w->serving->stats.handshake_timeouts++;
        note_end(w, 0, "timeout");
        hang_up(w, H3_REQUEST_CANCELLED, "no session in time");
        break;
    case WT_LINGERING: say_goodbye(w); break;
    case WT_LIVE:
    case WT_LEAVING: hang_up(w, H3_NO_ERROR, ""); break;
    case WT_OVER: wt_gone(w); break;
    }
}

static void on_idle(void *ctx)
{
    struct wt_conn *w = ctx;
    if (w->state == WT_LINGERING)
        say_goodbye(w);
    else if (w->state == WT_LEAVING)
        set_timer(w, WT_FAREWELL);
}

static void wt_pause(struct net_conn *conn, bool paused)
{
    struct wt_conn *w = wt_of(conn);
    if (w->quic)
        quic_pause(w->quic, paused);
}

static const struct net_ops wt_ops = {
    .transport = NET_WEBTRANSPORT,
    .send = wt_send,
    .flush = wt_flush,
    .room = wt_room,
    .close = wt_close,
    .datagram_max = wt_datagram_max,
    .peer = wt_peer,
    .stats = wt_stats,
    .migrate = wt_migrate,
    .pause = wt_pause,
};

/* ---- life ---- */

struct wt_conn *wt_new(struct net_loop *loop, const struct net_handler *handler, void *ctx, const struct h3_config *h3)
{
    struct wt_conn *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->base = (struct net_conn){&wt_ops, handler, ctx, NULL};
    w->loop = loop;
    w->told = true; /* but see wt_server.c */
    w->timer = (struct loop_timer){.fire = on_timer, .ctx = w};
    w->h3 = h3_new(h3, &wt_h3_calls, w);
    if (!w->h3) {
        free(w);
        return NULL;
    }
    return w;
}

void wt_attach(struct wt_conn *w, struct quic_conn *quic, usec_t deadline)
{
    w->quic = quic;
    addr_format(quic_peer(quic), w->peer);
    loop_timer_set(w->loop, &w->timer, deadline);
}

void wt_gone(struct wt_conn *w)
{
    w->state = WT_OVER;
    w->quic = NULL;
    loop_timer_stop(w->loop, &w->timer);
    tell_closed(w);
    if (w->gone)
        w->gone(w);
    chunks_clear(&w->early_control, &w->early_pool);
    chunk_pool_free(&w->early_pool);
    u64map_free(&w->runs);
    h3_del(w->h3);
    free(w);
}

/* ---- QUIC tells ---- */

static void on_ready(void *ctx)
{
    struct wt_conn *w = ctx;
    w->ready = true;
    h3_start(w->h3);
    if (w->serving)
        return;
    w->connect = quic_open(w->quic, true);
    if (!w->connect) {
        hang_up(w, H3_INTERNAL_ERROR, "no stream for the session");
        return;
    }
    h3_connect(w->h3, quic_stream_id(w->connect));
    quic_set_user(w->connect, h3_connect_stream(w->h3));
}

static void on_handshaken(void *ctx) { (void)ctx; }

static void on_stream_opened(void *ctx, struct quic_stream *s)
{
    struct wt_conn *w = ctx;
    quic_set_user(s, h3_stream_opened(w->h3, quic_stream_id(s)));
}

/* The h3_stream that reads `s`: all of the peer's streams, and ours that are bidirectional. */
static struct h3_stream *reader_of_stream(const struct wt_conn *w, const struct quic_stream *s)
{
    return !is_ours(w, s) || s == w->connect ? quic_user(s) : NULL;
}

static void control_in(struct wt_conn *w, const uint8_t *data, size_t len)
{
    if (w->state == WT_LIVE && len)
        NET_CALL(&w->base, control, data, len);
}

static void on_stream_data(void *ctx, struct quic_stream *s, const uint8_t *data, size_t len, bool fin)
{
    struct wt_conn *w = ctx;
    struct h3_stream *reader = reader_of_stream(w, s);
    if (reader)
        h3_stream_data(w->h3, reader, data, len, fin);
    else if (s == w->control)
        control_in(w, data, len);
}

static void on_stream_reset(void *ctx, struct quic_stream *s, uint64_t code)
{
    struct wt_conn *w = ctx;
    struct h3_stream *reader = reader_of_stream(w, s);
    if (reader)
        h3_stream_reset(w->h3, reader, code);
}

static void on_stream_stopped(void *ctx, struct quic_stream *s, uint64_t code)
{
    struct wt_conn *w = ctx;
    (void)code;
    uint64_t *number = is_ours(w, s) && s != w->connect && s != w->control ? quic_user(s) : NULL;
    if (!number || u64map_get(&w->runs, *number) != s)
        return;
    u64map_remove(&w->runs, *number);
    if (w->state == WT_LIVE)
        NET_CALL(&w->base, run_stopped, *number);
}

static void run_closed(struct wt_conn *w, struct quic_stream *s)
{
    uint64_t *number = quic_user(s);
    if (number && u64map_get(&w->runs, *number) == s)
        u64map_remove(&w->runs, *number);
    free(number);
}

static void on_stream_closed(void *ctx, struct quic_stream *s)
{
    struct wt_conn *w = ctx;
    struct h3_stream *reader = reader_of_stream(w, s);
    if (reader)
        h3_stream_closed(w->h3, reader);
    else if (is_ours(w, s))
        run_closed(w, s);
    if (s == w->connect)
        w->connect = NULL;
    if (s == w->control)
        w->control = NULL;
}

static void on_datagram(void *ctx, const uint8_t *data, size_t len)
{
    struct wt_conn *w = ctx;
    h3_datagram_in(w->h3, data, len);
}

static void on_room(void *ctx)
{
    struct wt_conn *w = ctx;
    if (w->state == WT_LIVE)
        NET_CALL(&w->base, writable);
}

static void on_moved(void *ctx)
{
    struct wt_conn *w = ctx;
    addr_format(quic_peer(w->quic), w->peer);
}

static void on_closed(void *ctx, bool app, uint64_t code, const char *text)
{
    struct wt_conn *w = ctx;
    (void)app, (void)code;
    if (!w->text[0] && !w->code && w->state != WT_LEAVING)
        snprintf(w->text, sizeof w->text, "%s", text);
    w->quic = NULL;
    if (w->state == WT_CONNECTING && !w->ready && w->retry && w->retry(w))
        return;
    wt_gone(w);
}

const struct quic_events wt_events = {
    .ready = on_ready,
    .handshaken = on_handshaken,
    .stream_opened = on_stream_opened,
    .stream_data = on_stream_data,
    .stream_reset = on_stream_reset,
    .stream_stopped = on_stream_stopped,
    .stream_closed = on_stream_closed,
    .datagram = on_datagram,
    .credit = on_room,
    .room = on_room,
    .idle = on_idle,
    .moved = on_moved,
    .closed = on_closed,
};

/* ---- HTTP/3 asks and tells ---- */

/* Streams that h3 writes to are known by id: its control stream, and CONNECT streams. */
static int h3_open_uni(void *ctx, uint64_t *id)
{
    struct wt_conn *w = ctx;
    struct quic_stream *s = quic_open(w->quic, false);
    if (!s)
        return ERR_AGAIN;
    *id = quic_stream_id(s);
    return 0;
}

static void h3_write(void *ctx, uint64_t id, const uint8_t *data, size_t len, bool fin)
{
    struct wt_conn *w = ctx;
    struct quic_stream *s = quic_find(w->quic, id);
    struct pkt *p = s ? pkt_copy(data, len) : NULL;
    if (p)
        quic_send(w->quic, s, p, 0, len, fin, H3_LANE);
}

static void h3_abort_stream(void *ctx, uint64_t id, uint64_t code)
{
    struct wt_conn *w = ctx;
    struct quic_stream *s = quic_find(w->quic, id);
    if (s)
        quic_abort(w->quic, s, code);
}

static void h3_fail(void *ctx, uint64_t code, const char *why)
{
    struct wt_conn *w = ctx;
    if (w->serving)
        w->serving->stats.malformed++;
    if (w->state <= WT_LIVE)
        note_end(w, 0, why);
    hang_up(w, code, why);
}

static int h3_request_in(void *ctx, const struct h3_request *r)
{
    struct wt_conn *w = ctx;
    return serving_verdict(w->serving, r->path, w->serving->wt_path, r->origin, r->authority);
}

static void open_control(struct wt_conn *w)
{
    w->control = quic_open(w->quic, true);
    if (!w->control || send_prefix(w, w->control, true, H3_LANE))
        hang_up(w, H3_INTERNAL_ERROR, "no control stream");
}

void wt_arrived(struct wt_conn *w)
{
    if (w->joining)
        gate_joined(w->serving->gate, w->stranger);
    w->joining = false;
}

static void go_live(struct wt_conn *w)
{
    wt_arrived(w);
    w->state = WT_LIVE;
    usec_t began = w->timer.at - (w->serving ? w->serving->limits.handshake_ms * MS : 0);
    loop_timer_stop(w->loop, &w->timer);
    if (w->serving) {
        serving_opened(w->serving, loop_now() - began);
        w->serving->stats.accepted++;
        w->serving->stats.webtransport++;
        w->counted = true;
    } else
        open_control(w);
    if (w->state == WT_LIVE) {
        w->told = true;
        NET_CALL(&w->base, opened);
    }
}

static void h3_answered(void *ctx, int status)
{
    struct wt_conn *w = ctx;
    char text[32];
    if (w->state != WT_CONNECTING)
        return;
    if (status == 200) {
        go_live(w);
        return;
    }
    snprintf(text, sizeof text, "refused with %d", status);
    note_end(w, 0, text);
    hang_up(w, H3_NO_ERROR, "");
}

static void h3_uni_in(void *ctx, uint64_t id, const uint8_t *data, size_t len, bool fin)
{
    struct wt_conn *w = ctx;
    if (w->state == WT_LIVE && (len || fin))
        NET_CALL(&w->base, run, id, data, len, fin ? NET_END : NET_MORE);
}

static void h3_uni_reset_in(void *ctx, uint64_t id, uint64_t code)
{
    struct wt_conn *w = ctx;
    (void)code;
    if (w->state == WT_LIVE)
        NET_CALL(&w->base, run, id, NULL, 0, NET_RESET);
}

static void flush_early_control(struct wt_conn *w)
{
    for (struct chunk *c; (c = w->early_control.head) != NULL; chunks_pop(&w->early_control, &w->early_pool))
        quic_send(w->quic, w->control, pkt_ref(c->pkt), c->offset, c->len, false, H3_LANE);
}

/* The client's first bidirectional stream is the control channel; there is no use for more. */
static void h3_bidi_opened(void *ctx, uint64_t id)
{
    struct wt_conn *w = ctx;
    struct quic_stream *s = quic_find(w->quic, id);
    if (!s)
        return;
    if (!w->serving || w->control_seen) {
        quic_abort(w->quic, s, h3_code_of_app(0));
        return;
    }
    w->control_seen = true;
    w->control = s;
    flush_early_control(w);
}

static void h3_bidi_in(void *ctx, uint64_t id, const uint8_t *data, size_t len, bool fin)
{
    struct wt_conn *w = ctx;
    (void)fin;
    if (w->control && quic_stream_id(w->control) == id)
        control_in(w, data, len);
}

static void h3_datagram_event(void *ctx, const uint8_t *data, size_t len)
{
    struct wt_conn *w = ctx;
    if (w->state == WT_LIVE)
        NET_CALL(&w->base, datagram, data, len);
}

static void h3_session_closed(void *ctx, uint32_t code, const char *text)
{
    struct wt_conn *w = ctx;
    if (w->state <= WT_LIVE)
        note_end(w, code, text);
    if (w->state == WT_OVER)
        return;
    bool ours = w->state == WT_LEAVING; /* this is the peer's answer */
    w->state = WT_LEAVING;
    struct quic_stream *s = quic_find(w->quic, h3_session(w->h3));
    if (s)
        quic_send(w->quic, s, NULL, 0, 0, true, H3_LANE);
    set_timer(w, w->serving && !ours ? WT_FAREWELL : 0);
    if (w->serving)
        tell_closed(w);
}

static void h3_drained(void *ctx) { (void)ctx; }

const struct h3_calls wt_h3_calls = {
    .open_uni = h3_open_uni,
    .write = h3_write,
    .abort_stream = h3_abort_stream,
    .fail = h3_fail,
    .request = h3_request_in,
    .answered = h3_answered,
    .uni = h3_uni_in,
    .uni_reset = h3_uni_reset_in,
    .bidi_opened = h3_bidi_opened,
    .bidi = h3_bidi_in,
    .datagram = h3_datagram_event,
    .session_closed = h3_session_closed,
    .drained = h3_drained,
};
