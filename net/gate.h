/* SPDX-License-Identifier: MIT */
/* gate.h - who may come in, counted over all threads that serve one port, so that a limit holds whatever thread a stranger meets.
 * Passed when connections come and go, never by their packets. Inside net/ only. */
#ifndef PARLEY_NET_GATE_H
#define PARLEY_NET_GATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "net/server.h"
#include "net/strangers.h"

struct gate {
    pthread_mutex_t lock; /* of all but the last */
    struct openings openings;
    struct strangers strangers; /* connections of all transports */
    struct strangers joining;   /* QUIC connections without a session yet */
    struct strangers visitors;  /* TCP connections that are not (yet) a WebSocket */
    uint32_t sessions, visits;  /* how many strangers and visitors there are */
    _Atomic uint32_t handshakes; /* QUIC handshakes in progress */
};
void gate_init(struct gate *g, uint64_t seed);
void gate_free(struct gate *g);

/* Counts `who` in: 0, or ERR_LIMIT. */
int gate_admit(struct gate *g, const struct net_limits *limits, uint64_t who, usec_t now);
void gate_release(struct gate *g, uint64_t who);
int gate_join(struct gate *g, const struct net_limits *limits, uint64_t who);
void gate_joined(struct gate *g, uint64_t who);
int gate_visit(struct gate *g, const struct net_limits *limits, uint64_t who);
void gate_leave(struct gate *g, uint64_t who);

#endif
