/* SPDX-License-Identifier: MIT */
/* net.h - one interface over WebTransport and WebSocket, server and client side: knows bytes, not media.
 *
 * A connection offers three ways to send: the control channel (reliable, ordered), datagrams (may be lost), and runs (one
 * unidirectional stream each, may be reset). A WebSocket connection has one: messages; there net_send() of any channel is a
 * message. Data is given as packets by reference: the connection holds a reference until the bytes are acknowledged.
 *
 * All calls and callbacks happen on the loop's thread. Callbacks may call net_send() and net_close() on the same connection;
 * `closed` is the last one, after which the connection is freed. */
#ifndef PARLEY_NET_NET_H
#define PARLEY_NET_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/pkt.h"
#include "base/units.h"

struct net_loop; /* loop.h */
struct net_conn;

enum net_transport { NET_WEBTRANSPORT = 1, NET_WEBSOCKET = 2 };
enum net_channel { NET_CONTROL = 1, NET_DATAGRAM, NET_RUN };
enum net_end { NET_MORE = 0, NET_END = 1, NET_RESET = 2 };

struct net_handler {
    /* Server: a client was accepted. Client: the session is established. */
    void (*opened)(void *ctx, struct net_conn *conn);
    /* Bytes of the control stream, in pieces of any size (WebTransport). */
    void (*control)(void *ctx, struct net_conn *conn, const uint8_t *data, size_t len);
    void (*datagram)(void *ctx, struct net_conn *conn, const uint8_t *data, size_t len);
    /* Bytes of a unidirectional stream of the peer's; `run` is its stream id. */
    void (*run)(void *ctx, struct net_conn *conn, uint64_t run, const uint8_t *data, size_t len, enum net_end end);
    /* One whole message, reassembled (WebSocket). */
    void (*message)(void *ctx, struct net_conn *conn, const uint8_t *data, size_t len);
    /* net_room() was 0 and is not any more. */
    void (*writable)(void *ctx, struct net_conn *conn);
    /* The peer asked to stop our run (STOP_SENDING). */
    void (*run_stopped)(void *ctx, struct net_conn *conn, uint64_t run);
    /* Closed by either side or failed. `code` is the application's, 0 when the connection simply went away. */
    void (*closed)(void *ctx, struct net_conn *conn, uint32_t code, const char *text);
};

struct net_send {
    enum net_channel channel;
    struct pkt *pkt; /* taken; NULL only to reset a run */
    size_t offset, len;
    uint64_t run; /* NET_RUN: the caller's number; the connection maps it to a stream */
    bool run_begin;
    enum net_end run_end;
    uint32_t priority;
};
/* Queues and sends as the path allows. ERR_FULL when a datagram is too large or the peer grants no stream just now (the packet is
 * dropped), ERR_STATE after close. */
int net_send(struct net_conn *conn, const struct net_send *what);
/* All that is to be sent for now was given: it may leave before the turn ends, while the connection is at hand. Not from callbacks. */
void net_flush(struct net_conn *conn);
/* Bytes that would leave at once rather than wait: what the congestion window and the socket leave free. */
size_t net_room(const struct net_conn *conn);
/* Closes in order: what was sent leaves first. `code` is a number for the peer, `text` at most 256 bytes. */
void net_close(struct net_conn *conn, uint32_t code, const char *text);
/* While paused nothing more is read: a QUIC peer is granted no more bytes (what it still may send arrives), a WebSocket's stay in the kernel.
 * What a reader that does not keep up looks like from the other side. */
void net_pause(struct net_conn *conn, bool paused);

enum net_transport net_transport_of(const struct net_conn *conn);
size_t net_datagram_max(const struct net_conn *conn); /* 0 for WebSocket */
const char *net_peer(const struct net_conn *conn); /* "192.0.2.1:4433", "[2001:db8::1]:4433" */
void net_set_user(struct net_conn *conn, void *user);
void *net_user(const struct net_conn *conn);

struct net_stats {
    usec_t rtt_us;
    uint64_t delivery_bps; /* what the path may take, an upper estimate; 0 when unknown */
    uint64_t bytes_in, bytes_out, packets_in, packets_out, packets_lost;
};
void net_stats(const struct net_conn *conn, struct net_stats *s);

#endif
