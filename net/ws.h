/* SPDX-License-Identifier: MIT */
/* ws.h - a WebSocket connection as a net_conn, without the library that carries it: what is queued, in which order it leaves,
 * how fragments become a message, what closing means. lws.c moves the bytes.
 *
 * Close codes: the application's code n travels as 4000 + n (n < 1000), 0 as 1000. Messages leave by priority, oldest first; one that
 * has begun is finished first. */
#ifndef PARLEY_NET_WS_H
#define PARLEY_NET_WS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/chunks.h"
#include "net/conn.h"

#define WS_ROOM_BYTES (48 * 1024) /* net_room() of an idle connection: what the kernel takes at once */
#define WS_LANES 4                /* priorities told apart; higher numbers share the last lane */
#define WS_PIECE_BYTES (32 * 1024)
#define WS_LINGER (1 * SEC)       /* for what is queued and the close frame to leave */
#define WS_TEXT_MAX 123 /* bytes of a close frame's reason */

/* What carries the connection: calls from ws.c into lws.c. */
struct ws_carrier {
    /* Ask for ws_next(): data or a close waits. */
    void (*want_write)(void *carrier);
    /* Hang up WS_LINGER from now, whatever waits: a peer that never reads would hold the connection for ever. */
    void (*want_end)(void *carrier);
    void (*stats)(void *carrier, struct net_stats *s);
    /* Leave what comes in the socket. */
    void (*pause)(void *carrier, bool paused);
};

struct ws_conn {
    struct net_conn base;
    const struct ws_carrier *carrier;
    void *carrier_ctx; /* NULL once it is gone */
    struct chunk_pool *pool;
    struct chunks lane[WS_LANES];
    int current;          /* lane whose first message has begun to leave; -1 */
    uint32_t current_sent; /* bytes of it that left */
    size_t queued, queue_max;
    uint8_t *message; /* being reassembled */
    size_t message_len, message_cap, message_max;
    bool opened, starved, closing, close_sent;
    uint32_t close_code;      /* the application's */
    uint16_t ws_close_code;   /* on the wire */
    char close_text[WS_TEXT_MAX + 1];
    char peer[64];
    uint64_t bytes_in, bytes_out, messages_in, messages_out;
};

struct ws_setup {
    const struct net_handler *handler;
    void *ctx;
    const struct ws_carrier *carrier;
    void *carrier_ctx;
    struct chunk_pool *pool;
    size_t queue_bytes, message_bytes;
    const char *peer;
};
/* Gives a connection that is not open yet. */
struct ws_conn *ws_new(const struct ws_setup *setup);
void ws_opened(struct ws_conn *w);

/* A piece of a message. 0, or ERR_LIMIT / ERR_PROTOCOL: the connection must end (ws_conn knows the close code). */
int ws_received(struct ws_conn *w, const uint8_t *data, size_t len, bool first, bool final, bool binary);

enum ws_piece { WS_NOTHING = 0, WS_WHOLE, WS_FIRST, WS_MIDDLE, WS_LAST, WS_CLOSE };
/* Copies the next piece (at most `cap` bytes) to `out`. WS_CLOSE: send the close frame of ws_close_code and close_text and hang up. */
enum ws_piece ws_next(struct ws_conn *w, uint8_t *out, size_t cap, size_t *len);
/* More waits for ws_next(). */
bool ws_pending(const struct ws_conn *w);
/* The peer's close frame. */
void ws_peer_closed(struct ws_conn *w, uint16_t code, const char *text, size_t len);
/* The carrier is gone: tells the handler and frees. */
void ws_gone(struct ws_conn *w);

uint16_t ws_code_out(uint32_t code);
uint32_t ws_code_in(uint16_t code);

#endif
