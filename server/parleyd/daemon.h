/* SPDX-License-Identifier: MIT */
/* daemon.h - one running parleyd: loop, relay, listeners, page and certificates put together. The program is main.c; tests run
 * the same daemon inside their own process. */
#ifndef PARLEY_SERVER_DAEMON_H
#define PARLEY_SERVER_DAEMON_H

#include "cert.h"
#include "config.h"
#include "log.h"
#include "net/loop.h"
#include "net/net.h"
#include "net/server.h"
#include "pages.h"
#include "relay/map.h"
#include "relay/relay.h"

enum daemon_state { DAEMON_SERVING = 0, DAEMON_DRAINING, DAEMON_CLOSING, DAEMON_DONE };

struct daemon {
    struct config config;
    struct log log;
    struct net_loop *loop;
    struct net_server *server;
    struct relay *relay;
    struct pages *pages; /* NULL: no page is served, only the relay */
    struct certs certs;
    bool own_cert;
    struct map links; /* sid -> struct link */
    uint64_t sids;
    struct loop_hook work;
    struct loop_timer tick, paths, turn, leave;
    enum daemon_state state;
    usec_t drain_end;
    usec_t started;
    void (*done)(void *ctx); /* may be NULL: called once all connections are closed after daemon_stop() */
    void *done_ctx;
};

/* Listens. ERR_* and one sentence in `why` (port taken, no page, bad certificate). `d` stays in place until daemon_del(). */
int daemon_start(struct daemon *d, const struct config *config, struct net_loop *loop, FILE *log, char *why, size_t why_cap);
/* SIGTERM: clients are told to come back later, and have drain_ms to go; then all is closed and `done` called. Again: at once. */
void daemon_stop(struct daemon *d);
/* SIGHUP: reads the certificate's files again. */
void daemon_reload(struct daemon *d);
/* After `done`. */
void daemon_del(struct daemon *d);
/* Prints what to open. */
void daemon_greet(const struct daemon *d, FILE *out);

#endif
