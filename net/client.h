/* SPDX-License-Identifier: MIT */
/* client.h - dials a relay over WebTransport or WebSocket. */
#ifndef PARLEY_NET_CLIENT_H
#define PARLEY_NET_CLIENT_H

#include <stdint.h>

#include "net/net.h"

enum net_verify {
    NET_VERIFY_ROOTS = 0, /* the system's authorities, and the host's name */
    NET_VERIFY_HASH,      /* the SHA-256 of the certificate in DER, as browsers' serverCertificateHashes */
    NET_VERIFY_NONE,      /* anything: tests only */
};

/* What thousands of connections of one program may share: WebTransport sockets, each for `connections` (packets are told apart by their
 * connection ids), and TLS settings. Must outlive the connections. NULL when memory is short. */
struct net_sharing;
struct net_sharing *net_sharing_new(uint32_t connections);
void net_sharing_del(struct net_sharing *s);

/* Everything is copied but `sharing`. */
struct net_dial {
    const char *url; /* "https://relay.example:4433/wt"; WebSocket: "wss://...:4433/ws" or "ws://..."; http(s) is understood too */
    enum net_transport transport;
    enum net_verify verify;
    uint8_t hash[32];
    const char *origin; /* NULL: none, as programs that are no browser */
    usec_t timeout_us; /* 0: 5 s, from the call to `opened` */
    bool no_gso;
    struct net_sharing *sharing; /* NULL: nothing is shared */
    uint32_t ack_every; /* WebTransport: packets for one acknowledgement, 0: 2. Chromium: 10 */
};

/* Gives a connection; `opened` or `closed` follows, never before this returns. NULL: the URL makes no sense or memory is short.
 * `handler` must outlive the connection. */
struct net_conn *net_dial(struct net_loop *loop, const struct net_dial *what, const struct net_handler *handler, void *ctx);

/* The device has changed networks: moves to a fresh socket and keeps the connection (WebTransport). ERR_UNSUPPORTED for WebSocket,
 * ERR_STATE before `opened`. */
int net_migrate(struct net_conn *conn);

#endif
