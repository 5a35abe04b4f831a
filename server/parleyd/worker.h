/* SPDX-License-Identifier: MIT */
/* worker.h - one thread of parleyd: a loop, a relay, its listeners and its links. Nothing of it is touched by another thread but
 * what is marked below; frames pass through its port, orders through `wanted` and its wake.
 *
 * Worker 0 lives on the loop of whoever started the daemon, the others have a thread and a loop of their own. */
#ifndef PARLEY_SERVER_WORKER_H
#define PARLEY_SERVER_WORKER_H

#include <pthread.h>
#include <stdatomic.h>

#include "cert.h"
#include "counters.h"
#include "exchange.h"
#include "net/loop.h"
#include "net/server.h"
#include "relay/map.h"
#include "relay/relay.h"

struct daemon;

enum worker_stage { WORKER_SERVING = 0, WORKER_DRAINING, WORKER_CLOSED, WORKER_OVER };

struct worker {
    struct daemon *daemon;
    uint32_t index;
    struct net_loop *loop;
    struct net_server *server; /* NULL once closed */
    struct relay *relay;
    struct port *port;
    struct map links; /* sid -> struct link */
    uint64_t opened;  /* links so far: the base of their sids */
    struct loop_hook work;
    usec_t cpu_used, cpu_at; /* by this thread, until then */
    struct loop_timer tick, paths, show;
    bool fresh; /* this turn is that of publishing */
    struct loop_wake *wake;   /* any thread: frames or orders came */
    enum worker_stage stage;  /* what was done of `wanted` */
    bool closing;             /* on the way to WORKER_CLOSED */
    uint32_t credentials;     /* the generation in use */
    uint8_t hash[2][CERT_HASH_BYTES]; /* of the own certificate and the next, for /config.json */
    pthread_t thread;
    bool has_thread;
    /* any thread */
    _Atomic(enum worker_stage) wanted, reached;
    struct published published;
};

/* Makes loop (`loop` NULL: an own one), relay and port; worker_listen() then opens the sockets. ERR_* and a sentence. */
int worker_init(struct worker *w, struct daemon *d, uint32_t index, struct net_loop *loop, char *why, size_t why_cap);
int worker_listen(struct worker *w, const struct net_listen *what, char *why, size_t why_cap);
/* Workers but the first: runs until worker_order(WORKER_OVER). */
int worker_start(struct worker *w);
/* From the thread of worker 0: it is to drain, close or end; certificates are looked at, too. `reached` follows. */
void worker_order(struct worker *w, enum worker_stage wanted);
/* After WORKER_OVER was reached, or before it was started. Waits for the thread. */
void worker_del(struct worker *w);

/* Everything that relay and other threads have for us: runs before the loop sleeps. */
void worker_work(struct worker *w);
/* Writes down the counters for other threads to read. */
void worker_publish(struct worker *w);

#endif
