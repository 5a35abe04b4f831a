/* SPDX-License-Identifier: MIT */
#include "net/gate.h"

#include "base/err.h"

void gate_init(struct gate *g, uint64_t seed)
{
    pthread_mutex_init(&g->lock, NULL);
    openings_init(&g->openings, seed);
    strangers_init(&g->strangers, seed);
    strangers_init(&g->joining, seed);
    strangers_init(&g->visitors, seed);
    g->sessions = g->visits = 0;
    atomic_init(&g->handshakes, 0);
}

void gate_free(struct gate *g)
{
    strangers_free(&g->strangers);
    strangers_free(&g->joining);
    strangers_free(&g->visitors);
    pthread_mutex_destroy(&g->lock);
}

static int admit(struct gate *g, const struct net_limits *limits, uint64_t who, usec_t now)
{
    if (g->sessions >= limits->connections || openings_note(&g->openings, who, limits->openings_per_ip, now) ||
        strangers_add(&g->strangers, who, limits->connections_per_ip))
        return ERR_LIMIT;
    g->sessions++;
    return 0;
}

int gate_admit(struct gate *g, const struct net_limits *limits, uint64_t who, usec_t now)
{
    pthread_mutex_lock(&g->lock);
    int err = admit(g, limits, who, now);
    pthread_mutex_unlock(&g->lock);
    return err;
}

void gate_release(struct gate *g, uint64_t who)
{
    pthread_mutex_lock(&g->lock);
    strangers_remove(&g->strangers, who);
    g->sessions--;
    pthread_mutex_unlock(&g->lock);
}

int gate_join(struct gate *g, const struct net_limits *limits, uint64_t who)
{
    pthread_mutex_lock(&g->lock);
    int err = strangers_add(&g->joining, who, limits->handshakes_per_ip);
    pthread_mutex_unlock(&g->lock);
    return err;
}

void gate_joined(struct gate *g, uint64_t who)
{
    pthread_mutex_lock(&g->lock);
    strangers_remove(&g->joining, who);
    pthread_mutex_unlock(&g->lock);
}

int gate_visit(struct gate *g, const struct net_limits *limits, uint64_t who)
{
    pthread_mutex_lock(&g->lock);
    int err = g->visits < limits->http_connections ? strangers_add(&g->visitors, who, limits->http_per_ip) : ERR_LIMIT;
    g->visits += !err;
    pthread_mutex_unlock(&g->lock);
    return err;
}

void gate_leave(struct gate *g, uint64_t who)
{
    pthread_mutex_lock(&g->lock);
    strangers_remove(&g->visitors, who);
    g->visits--;
    pthread_mutex_unlock(&g->lock);
}
