/* SPDX-License-Identifier: MIT */
/* daemon.h - one running parleyd: its threads, page and certificates put together, and what concerns all threads. The program is
 * main.c; tests run the same daemon inside their own process. */
#ifndef PARLEY_SERVER_DAEMON_H
#define PARLEY_SERVER_DAEMON_H

#include "cert.h"
#include "config.h"
#include "counters.h"
#include "credentials.h"
#include "exchange.h"
#include "log.h"
#include "memory.h"
#include "net/loop.h"
#include "net/net.h"
#include "net/server.h"
#include "nodes.h"
#include "pages.h"
#include "seal.h"
#include "worker.h"

enum daemon_state { DAEMON_SERVING = 0, DAEMON_DRAINING, DAEMON_CLOSING, DAEMON_DONE };

/* Threads but the first read what is set before they start, and what is marked. */
struct daemon {
    struct config config;
    struct log log;
    uint64_t log_dropped;
    uint32_t threads;
    struct worker worker[NET_THREADS_MAX];
    struct exchange *exchange;
    struct nodes *nodes; /* NULL: this relay is the whole system */
    uint32_t node;       /* its number there, 0 without */
    char elsewhere[BUS_ADDRESS_MAX]; /* where clients are sent when we drain; set before that, "": nowhere */
    struct net_group *group;
    struct pages *pages; /* NULL: no page is served, only the relay */
    bool own_cert;
    usec_t started;
    struct credentials *credentials; /* any thread, under its lock */
    struct seal seal;                /* any thread */
    _Atomic uint32_t sessions;       /* any thread: connections that are links */
    _Atomic(enum daemon_state) state; /* any thread reads */
    struct loop_wake *wake;           /* any thread: a worker has reached a stage, or our number is lost */
    _Atomic bool memory_short;        /* any thread reads: newcomers are refused */
    /* the first thread alone */
    struct net_loop *loop;
    struct certs certs;
    struct loop_timer turn, leave, look, load;
    struct memory_guard memory;
    uint64_t load_cpu_us; /* of all threads, when `load` was told last */
    usec_t load_at;
    usec_t drain_end;
    usec_t alone_since; /* our number went to another relay; 0: it did not */
    bool again; /* it stopped to be started anew */
    void (*done)(void *ctx); /* may be NULL: called once all connections are closed after daemon_stop() */
    void *done_ctx;
};

/* Listens. ERR_* and one sentence in `why` (port taken, no page, bad certificate). `d` stays in place until daemon_del(). */
int daemon_start(struct daemon *d, const struct config *config, struct net_loop *loop, FILE *log, char *why, size_t why_cap);
/* SIGTERM: clients are told to come back later, and have drain_ms to go; then all is closed and `done` called. Again: at once. The daemon does
 * so by itself, with `again` set, when another relay got its number (nodes.h). */
void daemon_stop(struct daemon *d);
/* SIGHUP: reads the certificate's files again. */
void daemon_reload(struct daemon *d);
/* After `done`. */
void daemon_del(struct daemon *d);
/* Prints what to open. */
void daemon_greet(const struct daemon *d, FILE *out);

/* Sums up all threads: `asking`, whose thread calls, as it is now, the others as they last published (within half a second). */
void daemon_count(struct worker *asking, struct counters *sum);

#endif
