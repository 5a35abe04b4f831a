/* SPDX-License-Identifier: MIT */
#include "net/ws.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define WS_APP_CODES 4000
#define WS_NORMAL 1000
#define WS_UNSUPPORTED_DATA 1003
#define WS_TOO_BIG 1009
#define MESSAGE_KEPT_BYTES (64 * 1024) /* of memory, from one fragmented message to the next */

static struct ws_conn *ws_of(const struct net_conn *conn) { return (struct ws_conn *)(uintptr_t)conn; }

uint16_t ws_code_out(uint32_t code)
{
    if (code == 0)
        return WS_NORMAL;
    return (uint16_t)(WS_APP_CODES + (code < 1000 ? code : 999));
}

uint32_t ws_code_in(uint16_t code) { return code >= WS_APP_CODES && code < WS_APP_CODES + 1000 ? code - WS_APP_CODES : 0; }

static size_t room(const struct net_conn *conn)
{
    const struct ws_conn *w = ws_of(conn);
    return w->opened && !w->closing && w->queued < WS_ROOM_BYTES ? WS_ROOM_BYTES - w->queued : 0;
}

static void wake_carrier(struct ws_conn *w)
{
    if (w->carrier_ctx)
        w->carrier->want_write(w->carrier_ctx);
}

/* There are no runs to begin, end or reset on a WebSocket: a net_send() without bytes is done at once. */
static int send_message(struct net_conn *conn, const struct net_send *what)
{
    struct ws_conn *w = ws_of(conn);
    if (!what->pkt || !what->len) {
        pkt_unref(what->pkt);
        return w->closing ? ERR_STATE : 0;
    }
    if (w->closing || !w->opened || w->queued + what->len > w->queue_max) {
        pkt_unref(what->pkt);
        return w->closing || !w->opened ? ERR_STATE : ERR_FULL;
    }
    uint32_t lane = what->priority < WS_LANES ? what->priority : WS_LANES - 1;
    if (!chunks_push(&w->lane[lane], w->pool, what->pkt, what->offset, what->len))
        return ERR_FULL;
    w->queued += what->len;
    w->starved |= w->queued >= WS_ROOM_BYTES;
    wake_carrier(w);
    return 0;
}

static void begin_close(struct ws_conn *w, uint32_t code, uint16_t ws_code, const char *text)
{
    if (w->closing)
        return;
    w->closing = true;
    w->close_code = code;
    w->ws_close_code = ws_code;
    snprintf(w->close_text, sizeof w->close_text, "%s", text);
    wake_carrier(w);
    if (w->carrier_ctx)
        w->carrier->want_end(w->carrier_ctx);
}

static void close_conn(struct net_conn *conn, uint32_t code, const char *text)
{
    begin_close(ws_of(conn), code, ws_code_out(code), text);
}

static const char *peer_of(const struct net_conn *conn) { return ws_of(conn)->peer; }

static void stats_of(const struct net_conn *conn, struct net_stats *s)
{
    const struct ws_conn *w = ws_of(conn);
    if (w->carrier_ctx)
        w->carrier->stats(w->carrier_ctx, s);
    s->bytes_in = w->bytes_in;
    s->bytes_out = w->bytes_out;
    s->packets_in = w->messages_in;
    s->packets_out = w->messages_out;
}

static void pause_conn(struct net_conn *conn, bool paused)
{
    struct ws_conn *w = ws_of(conn);
    if (w->carrier_ctx && w->carrier->pause)
        w->carrier->pause(w->carrier_ctx, paused);
}

static const struct net_ops ws_ops = {
    .transport = NET_WEBSOCKET,
    .send = send_message,
    .room = room,
    .close = close_conn,
    .peer = peer_of,
    .stats = stats_of,
    .pause = pause_conn,
};

struct ws_conn *ws_new(const struct ws_setup *setup)
{
    struct ws_conn *w = calloc(1, sizeof *w);
    if (!w)
        return NULL;
    w->base = (struct net_conn){&ws_ops, setup->handler, setup->ctx, NULL};
    w->carrier = setup->carrier;
    w->carrier_ctx = setup->carrier_ctx;
    w->pool = setup->pool;
    w->queue_max = setup->queue_bytes;
    w->message_max = setup->message_bytes;
    w->current = -1;
    snprintf(w->peer, sizeof w->peer, "%s", setup->peer);
    return w;
}

void ws_opened(struct ws_conn *w)
{
    w->opened = true;
    NET_CALL(&w->base, opened);
}

/* ---- receiving ---- */

static int fail(struct ws_conn *w, int err, uint16_t ws_code, const char *text)
{
    begin_close(w, 0, ws_code, text);
    return err;
}

static int gather(struct ws_conn *w, const uint8_t *data, size_t len)
{
    size_t need = w->message_len + len;
    if (need > w->message_cap) {
        size_t cap = need * 2 < w->message_max ? need * 2 : w->message_max;
        uint8_t *grown = realloc(w->message, cap);
        if (!grown)
            return ERR_NOMEM;
        w->message = grown;
        w->message_cap = cap;
    }
    if (len)
        memcpy(w->message + w->message_len, data, len);
    w->message_len = need;
    return 0;
}

/* A thousand idle connections shall not hold a mebibyte each. */
static void forget_large(struct ws_conn *w)
{
    if (w->message_cap <= MESSAGE_KEPT_BYTES)
        return;
    free(w->message);
    w->message = NULL;
    w->message_cap = 0;
}

static void deliver(struct ws_conn *w, const uint8_t *data, size_t len)
{
    w->messages_in++;
    NET_CALL(&w->base, message, data, len);
}

int ws_received(struct ws_conn *w, const uint8_t *data, size_t len, bool first, bool final, bool binary)
{
    w->bytes_in += len;
    if (w->closing)
        return 0; /* what the peer still had under way */
    if (!binary)
        return fail(w, ERR_PROTOCOL, WS_UNSUPPORTED_DATA, "binary messages only");
    if (first)
        w->message_len = 0;
    if (w->message_len + len > w->message_max)
        return fail(w, ERR_LIMIT, WS_TOO_BIG, "message too large");
    if (first && final) {
        deliver(w, data, len); /* the usual case: no copy */
        return 0;
    }
    if (gather(w, data, len))
        return fail(w, ERR_NOMEM, WS_TOO_BIG, "out of memory");
    if (final) {
        size_t whole = w->message_len;
        w->message_len = 0;
        deliver(w, w->message, whole);
        forget_large(w);
    }
    return 0;
}

void ws_peer_closed(struct ws_conn *w, uint16_t code, const char *text, size_t len)
{
    if (w->closing)
        return;
    w->closing = w->close_sent = true;
    w->close_code = ws_code_in(code);
    snprintf(w->close_text, sizeof w->close_text, "%.*s", (int)(len < WS_TEXT_MAX ? len : WS_TEXT_MAX), text);
}

/* ---- sending ---- */

static int next_lane(const struct ws_conn *w)
{
    for (int i = 0; i < WS_LANES; i++)
        if (w->lane[i].head)
            return i;
    return -1;
}

static enum ws_piece piece_kind(bool begins, bool ends)
{
    if (begins)
        return ends ? WS_WHOLE : WS_FIRST;
    return ends ? WS_LAST : WS_MIDDLE;
}

static void finish_message(struct ws_conn *w)
{
    w->messages_out++;
    chunks_pop(&w->lane[w->current], w->pool);
    w->current = -1;
    w->current_sent = 0;
}

static enum ws_piece copy_piece(struct ws_conn *w, uint8_t *out, size_t cap, size_t *len)
{
    const struct chunk *c = w->lane[w->current].head;
    bool begins = w->current_sent == 0;
    size_t left = c->len - w->current_sent;
    *len = left < cap ? left : cap;
    memcpy(out, c->pkt->data + c->offset + w->current_sent, *len);
    w->current_sent += (uint32_t)*len;
    w->queued -= *len;
    w->bytes_out += *len;
    bool ends = *len == left;
    if (ends)
        finish_message(w);
    return piece_kind(begins, ends);
}

bool ws_pending(const struct ws_conn *w) { return w->queued > 0 || (w->closing && !w->close_sent); }

static void tell_writable(struct ws_conn *w)
{
    if (w->starved && room(&w->base)) {
        w->starved = false;
        NET_CALL(&w->base, writable);
    }
}

enum ws_piece ws_next(struct ws_conn *w, uint8_t *out, size_t cap, size_t *len)
{
    if (w->current < 0)
        w->current = next_lane(w);
    if (w->current >= 0) {
        enum ws_piece piece = copy_piece(w, out, cap, len);
        tell_writable(w);
        return piece;
    }
    if (!w->closing || w->close_sent)
        return WS_NOTHING;
    w->close_sent = true;
    return WS_CLOSE;
}

void ws_gone(struct ws_conn *w)
{
    w->carrier_ctx = NULL;
    w->closing = w->close_sent = true;
    NET_CALL(&w->base, closed, w->close_code, w->close_text);
    for (int i = 0; i < WS_LANES; i++)
        chunks_clear(&w->lane[i], w->pool);
    free(w->message);
    free(w);
}
