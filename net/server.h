/* SPDX-License-Identifier: MIT */
/* server.h - listens for WebTransport (UDP), WebSocket and HTTP (TCP) on one port number, and for plain HTTP and WebSocket on a
 * second port of the loopback interface. */
#ifndef PARLEY_NET_SERVER_H
#define PARLEY_NET_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/http.h"
#include "net/net.h"

struct net_server;

/* Every bound on what strangers may take. net_limits_default() gives the numbers in brackets. */
struct net_limits {
    uint32_t connections;        /* open at once, all transports [4000] */
    uint32_t connections_per_ip; /* of one IPv4 address or IPv6 /64 [1000] */
    uint32_t openings_per_ip;    /* connections that one address may open a second, ten times that at once [100] */
    uint32_t http_connections;   /* TCP connections that are not (yet) a WebSocket [1000] */
    uint32_t http_per_ip;        /* and of one address [250] */
    uint32_t handshakes;         /* QUIC handshakes in progress; more are refused [512] */
    uint32_t handshakes_per_ip;  /* of one address, until the session is open [256] */
    uint32_t retry_above;        /* handshakes in progress above which clients must prove their address (Retry) [64] */
    uint32_t handshake_ms;       /* from first byte to an open session [5000] */
    uint32_t idle_ms;            /* silence that ends a connection [10000] */
    uint32_t keep_alive_ms;      /* silence before we ask for a sign of life [4000] */
    uint32_t runs;               /* unidirectional streams a peer may have open [128] */
    uint32_t bidis;              /* bidirectional streams, CONNECT among them [100] */
    uint32_t stream_window;      /* unread bytes of one stream [262144] */
    uint32_t conn_window;        /* unread bytes of one connection [1048576] */
    uint32_t header_bytes;       /* one HTTP header section [8192] */
    uint32_t frame_bytes;        /* one SETTINGS or other control frame, one capsule [4096] */
    uint32_t early_streams;      /* streams held before CONNECT is answered [8] */
    uint32_t early_bytes;        /* bytes of those and of early datagrams [65536] */
    uint32_t message_bytes;      /* one WebSocket message [1 MiB + 64] */
    uint32_t queue_bytes;        /* queued for one peer; net_send() gives ERR_FULL beyond [4 MiB] */
    uint32_t datagram_queue;     /* datagrams waiting for the congestion window; the oldest goes first [32] */
    uint32_t datagram_age_ms;    /* and none waits longer than this [100] */
    uint32_t http_body_bytes;    /* body of one request [65536] */
};
struct net_limits net_limits_default(void);

/* Everything is copied. */
struct net_listen {
    const char *address;      /* numeric; NULL: every interface, IPv6 and IPv4 */
    uint16_t port;            /* UDP and TCP; 0: any that is free for both, see net_server_port() */
    bool plain;               /* also serve HTTP and WebSocket without TLS on 127.0.0.1 and ::1 ... */
    uint16_t plain_port;      /* ... here; 0: any free one, see net_server_plain_port() */
    const char *cert_pem;     /* the chain, leaf first, and */
    const char *key_pem;      /* its key: text in PEM */
    const char *wt_path;      /* NULL is "/wt" */
    const char *ws_path;      /* NULL is "/ws" */
    /* Whether a page of `origin` may connect to `host`; NULL allows every origin. `origin` is "" when the client is no browser. */
    bool (*origin_allowed)(void *ctx, const char *origin, const char *host);
    const struct net_limits *limits; /* NULL: the defaults */
    struct net_group *group; /* NULL: one thread alone */
    uint32_t thread; /* which of the group's */
    bool no_udp, no_gso; /* switches for tests and odd networks */
};

/* Several threads on one port, each with a server of its own: binds the sockets of all in their order; net_listen() with `group` set,
 * once per thread, takes them. NULL and a sentence in `why`. Limits hold for all threads together. */
#define NET_THREADS_MAX 16
struct net_group;
struct net_group *net_group_new(const struct net_listen *what, uint32_t threads, char *why, size_t why_cap);
/* After all its servers are gone: until then the other threads' packets find their way. */
void net_group_del(struct net_group *g);

/* Gives a server, or NULL and a sentence in `why` (port taken, bad certificate ...). `http` may be NULL: every request is 404.
 * `ctx` is given to all three callbacks. */
struct net_server *net_listen(struct net_loop *loop, const struct net_listen *what, const struct net_handler *handler,
                              http_handler http, void *ctx, char *why, size_t why_cap);
uint16_t net_server_port(const struct net_server *s);
uint16_t net_server_plain_port(const struct net_server *s); /* 0 without plain HTTP */
/* New connections use the new certificate, old ones go on. On failure the old one stays: ERR_PARSE and a sentence in `why`. */
int net_server_certificate(struct net_server *s, const char *cert_pem, const char *key_pem, char *why, size_t why_cap);
/* No new sessions (they are answered 503); open ones and plain HTTP requests go on. */
void net_server_drain(struct net_server *s);
/* Closes every connection with `code` and `text`, then calls `done` (may be NULL) once all are gone; the server is freed then. */
void net_server_close(struct net_server *s, uint32_t code, const char *text, void (*done)(void *ctx), void *ctx);

#define NET_OPENINGS 8
extern const uint32_t net_opening_ms[NET_OPENINGS]; /* upper bounds of the buckets of `opening`; one more is for the rest */

/* Numbers that only grow, but for the first three. */
struct net_server_stats {
    uint64_t webtransport, websocket, handshakes;
    uint64_t accepted, refused_limit, refused_origin, refused_path, retries_sent, handshake_timeouts;
    uint64_t udp_in, udp_out, udp_bytes_in, udp_bytes_out, udp_sends, udp_dropped; /* udp_sends: system calls */
    uint64_t malformed, migrations, stateless_resets, version_negotiations, http_requests;
    uint64_t opening[NET_OPENINGS + 1], opening_us; /* WebTransport sessions by the time from first packet to open; its sum */
};
void net_server_stats(const struct net_server *s, struct net_server_stats *stats);

#endif
