/* SPDX-License-Identifier: MIT */
/* serving.h - what the TCP and the UDP side of one server share: configuration, admission, counters. Inside net/ only. */
#ifndef PARLEY_NET_SERVING_H
#define PARLEY_NET_SERVING_H

#include "net/addr.h"
#include "net/gate.h"
#include "net/server.h"

struct serving {
    struct net_loop *loop;
    struct net_limits limits;
    const struct net_handler *handler;
    http_handler http;
    void *ctx;
    bool (*origin_allowed)(void *ctx, const char *origin, const char *host);
    char wt_path[64], ws_path[64];
    bool draining;
    struct gate *gate; /* shared with the servers of other threads */
    struct net_server_stats stats;
};

/* Counts a new connection in: 0, or ERR_LIMIT (counted as refused). */
int serving_admit(struct serving *s, uint64_t stranger);
void serving_release(struct serving *s, uint64_t stranger);

/* Counts how long a WebTransport session took to open. */
void serving_opened(struct serving *s, usec_t took);

/* HTTP status for a request to open a session: 200, 403, 404 or 503; counts refusals. */
int serving_verdict(struct serving *s, const char *path, const char *expected_path, const char *origin, const char *host);

#endif
