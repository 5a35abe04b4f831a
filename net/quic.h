/* SPDX-License-Identifier: MIT */
/* quic.h - QUIC connections, server and client (ngtcp2): packets, timers, routing by connection id, migration, Retry, stream data
 * held by reference until it is acknowledged, datagrams that are dropped rather than queued.
 *
 * An endpoint is one UDP socket with many connections (server) or one (client). Everything queued by callbacks is written once per
 * turn of the loop, many packets per system call. quic_endpoint.c (packets) stands above quic_conn.c (a connection), that above
 * quic_callbacks.c, quic_write.c and quic_stream.c, those above quic_state.c. They alone include ngtcp2. */
#ifndef PARLEY_NET_QUIC_H
#define PARLEY_NET_QUIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/addr.h"
#include "net/client.h"
#include "net/loop.h"
#include "net/server.h"
#include "net/tls.h"

struct quic_endpoint;
struct quic_conn;
struct quic_stream;

#define QUIC_LANES 8          /* priorities told apart: 0 first; higher numbers share the last */
#define QUIC_DATAGRAM_LANE 1  /* datagrams leave after lane 0 and before lane 1 */
#define QUIC_SOCKET_MARGIN 4096 /* bytes of room beside the congestion window */

/* What a connection tells its owner. After `closed` it is freed. Callbacks may call everything here. */
struct quic_events {
    /* Streams can be opened: server, with its first flight; client, when the handshake is done and the certificate checked. */
    void (*ready)(void *ctx);
    void (*handshaken)(void *ctx);
    /* A stream of the peer's. Its `user` is set by quic_set_user(). */
    void (*stream_opened)(void *ctx, struct quic_stream *s);
    void (*stream_data)(void *ctx, struct quic_stream *s, const uint8_t *data, size_t len, bool fin);
    void (*stream_reset)(void *ctx, struct quic_stream *s, uint64_t code);
    /* The peer asked for no more of a stream of ours (STOP_SENDING): it is over. */
    void (*stream_stopped)(void *ctx, struct quic_stream *s, uint64_t code);
    /* Over in both directions; the last event of a stream. */
    void (*stream_closed)(void *ctx, struct quic_stream *s);
    void (*datagram)(void *ctx, const uint8_t *data, size_t len);
    /* quic_open() may succeed again. */
    void (*credit)(void *ctx);
    /* quic_room() was 0 and is not any more. */
    void (*room)(void *ctx);
    /* Nothing is queued and everything was acknowledged; asked for by quic_notify_idle(). */
    void (*idle)(void *ctx);
    void (*moved)(void *ctx); /* the peer's address changed */
    /* `app`: the peer's (or our) application code; otherwise a transport error or silence. */
    void (*closed)(void *ctx, bool app, uint64_t code, const char *text);
};

struct quic_config {
    struct net_limits limits;
    uint8_t thread;               /* first byte of the connection ids we issue */
    _Atomic uint32_t *handshakes; /* in progress, of all threads; NULL: not counted */
    bool no_gso;
};

/* ---- server ---- */

struct quic_server_calls {
    /* A client's first packet was accepted: gives the context of the connection's events, or NULL to refuse. */
    void *(*accept)(void *ctx, struct quic_conn *c, const union addr *peer);
    const struct quic_events *events;
};
/* Takes `fd` and `tls` (a context of tls_quic_server()) in any case. `stats` is counted up. */
struct quic_endpoint *quic_listen(struct net_loop *loop, int fd, SSL_CTX *tls, const struct quic_config *config,
                                  const struct quic_server_calls *calls, void *ctx, struct net_server_stats *stats);
/* No new connections. */
void quic_refuse_new(struct quic_endpoint *e);
size_t quic_connections(const struct quic_endpoint *e);
/* Every connection must have ended. */
void quic_endpoint_del(struct quic_endpoint *e);

/* ---- client ---- */

/* A socket for up to `most` connections to one peer; further ones begin another. Zeroed but for `most`. Must outlive the connections. */
struct quic_share {
    uint32_t most;
    struct quic_endpoint *open;
    union addr peer;
};

struct quic_dial {
    union addr peer;
    const char *host; /* for TLS */
    enum net_verify verify;
    uint8_t hash[TLS_HASH_BYTES];
    struct quic_config config;
    struct quic_share *share; /* NULL: a socket of its own */
    uint32_t ack_every; /* packets; 0: the library's choice */
};
/* A connection with its socket, which ends with the last on it. `tls` stays the caller's. NULL: no socket or no memory. */
struct quic_conn *quic_dial(struct net_loop *loop, SSL_CTX *tls, const struct quic_dial *what, const struct quic_events *events,
                            void *ctx);
/* Moves to a fresh socket. ERR_STATE on a shared one, before the handshake is confirmed, ERR_IO. */
int quic_migrate(struct quic_conn *c);

/* ---- connections ---- */

/* Closes at once with an application's code; `closed` follows from the loop. `why` must be a constant. */
void quic_close(struct quic_conn *c, uint64_t app_code, const char *why);
/* Calls `idle` when all that was queued is acknowledged (at once from the loop if it is). */
void quic_notify_idle(struct quic_conn *c);
/* While paused the peer is granted no more bytes. */
void quic_pause(struct quic_conn *c, bool paused);
/* Writes what is queued now and not at the end of the turn. Not from callbacks. */
void quic_flush(struct quic_conn *c);
/* Bytes that are better queued here than held back; at 0 `room` will be told. */
size_t quic_room(struct quic_conn *c);
/* Largest payload of a datagram now; 0 when the peer takes none. */
size_t quic_datagram_max(const struct quic_conn *c);
const union addr *quic_peer(const struct quic_conn *c);
void quic_stats(const struct quic_conn *c, struct net_stats *s);

/* Sends `prefix` and the part of `pkt` as one datagram, or drops it (ERR_FULL when it is too large). Takes `pkt`. */
#define QUIC_PREFIX_MAX 8
int quic_send_datagram(struct quic_conn *c, const uint8_t *prefix, size_t prefix_len, struct pkt *pkt, size_t offset, size_t len);

/* ---- streams ---- */

/* NULL when the peer grants none now. */
struct quic_stream *quic_open(struct quic_conn *c, bool bidi);
/* NULL when it is over. */
struct quic_stream *quic_find(struct quic_conn *c, uint64_t id);
uint64_t quic_stream_id(const struct quic_stream *s);
void quic_set_user(struct quic_stream *s, void *user);
void *quic_user(const struct quic_stream *s);
/* Queues; takes `pkt`, which may be NULL with `len` 0 to only finish. ERR_FULL beyond limits.queue_bytes, ERR_UNKNOWN after the end of the
 * stream or when the peer stopped it, ERR_STATE after that of the connection. */
int quic_send(struct quic_conn *c, struct quic_stream *s, struct pkt *pkt, size_t offset, size_t len, bool fin, uint32_t priority);
/* RESET_STREAM: what was queued is dropped. */
void quic_reset(struct quic_conn *c, struct quic_stream *s, uint64_t code);
/* STOP_SENDING, and RESET_STREAM where we can write. */
void quic_abort(struct quic_conn *c, struct quic_stream *s, uint64_t code);

#endif
