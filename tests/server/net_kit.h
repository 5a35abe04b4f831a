/* SPDX-License-Identifier: MIT */
/* net_kit.h - what tests of the transports share: a certificate, a server and peers on one loop that note what reached them. */
#ifndef PARLEY_TESTS_NET_KIT_H
#define PARLEY_TESTS_NET_KIT_H

#include "net/client.h"
#include "net/loop.h"
#include "net/server.h"
#include "net/tls.h"

#define KIT_PEERS 64
#define KIT_PATIENCE (10 * SEC)

/* What one connection saw. `data` is what came last on that channel, whole for messages, gathered for streams. */
struct kit_peer {
    struct kit *kit;
    struct net_conn *conn; /* NULL once closed */
    int opened, closed, writable, run_ends, run_resets, runs_stopped;
    uint32_t code;
    char text[256];
    size_t messages, datagrams, control_len, run_len, message_len, datagram_len, message_bytes, datagram_bytes;
    uint64_t run;
    uint8_t control[4096], datagram[1500], run_data[4096];
    uint8_t *message; /* the last one, up to 2 MiB */
    bool echo;        /* send back what comes */
};

struct kit {
    struct net_loop *loop;
    struct net_server *server;
    struct net_server *more[NET_THREADS_MAX]; /* after kit_start_threads(): those of the further threads, from 1 */
    struct net_group *group;
    char cert[4096], key[4096];
    uint8_t hash[TLS_HASH_BYTES];
    struct kit_peer client[KIT_PEERS], peer[KIT_PEERS]; /* peer: the server's side, in order of opening */
    size_t clients, peers;
    bool echo; /* for new server sides */
    int http_requests;
    void (*on_http)(struct kit *k, struct http_exchange *x, const struct http_request *r);
    int done;
};

/* A self-signed P-256 certificate for localhost, 13 days. */
void kit_certificate(struct kit *k);
/* Loop, certificate and server; `what` may be NULL. Fails the test when it cannot listen. */
void kit_start(struct kit *k, const struct net_listen *what);
/* As many servers on one port, all on the kit's loop. */
void kit_start_threads(struct kit *k, const struct net_listen *what, uint32_t threads);
/* Closes what the clients have open. */
void kit_stop_connections(struct kit *k);
/* Closes everything and checks that nothing is left. */
void kit_stop(struct kit *k);
struct kit_peer *kit_dial(struct kit *k, enum net_transport transport);
struct kit_peer *kit_dial_to(struct kit *k, const struct net_dial *what);
/* Runs the loop until *what >= least; fails the test after KIT_PATIENCE. */
void kit_until_int(struct kit *k, const int *what, int least);
void kit_until_size(struct kit *k, const size_t *what, size_t least);
void kit_run_for(struct kit *k, usec_t us);
/* Sends `len` bytes of `data` on a channel. */
int kit_send(struct net_conn *conn, enum net_channel channel, const void *data, size_t len);
/* Sends text to a TCP port and gives all that comes until the other side closes or `stop` occurs in it. */
size_t kit_tcp(struct kit *k, uint16_t port, const char *text, const char *stop, char *out, size_t cap);

#endif
