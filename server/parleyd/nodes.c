/* SPDX-License-Identifier: MIT */
#include "nodes.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "contact.h"
#include "daemon.h"
#include "origins.h"

#define NUMBER_PATIENCE_S 1

struct nodes {
    struct daemon *daemon;
    struct bus *bus;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool open, over, ready; /* open: the threads are there */
    bool given;             /* the daemon has `node` */
    uint32_t node;          /* part of our members' numbers: never changes once it is given */
    bool alone;             /* the number went to another relay */
    uint8_t told[BUS_NODES]; /* threads of that node that ours know as up; the bus's threads alone */
};

/* ---- what the bus says ---- */

/* Waits for the threads to be there: false when they never will, or when this relay has to stay by itself. */
static bool may_pass(struct nodes *n)
{
    pthread_mutex_lock(&n->lock);
    while (!n->open && !n->over)
        pthread_cond_wait(&n->changed, &n->lock);
    bool passes = !n->over && !n->alone;
    pthread_mutex_unlock(&n->lock);
    return passes;
}

static void on_batch(void *ctx, uint32_t node, const uint8_t *data, size_t len)
{
    struct nodes *n = ctx;
    (void)node;
    if (may_pass(n))
        exchange_on_batch(n->daemon->exchange, data, len);
}

static void on_node(void *ctx, uint32_t node, bool up, const struct bus_node *info)
{
    struct nodes *n = ctx;
    if (!may_pass(n))
        return;
    log_event(&n->daemon->log, up ? "relay_up" : "relay_down", "node=%u threads=%u address=%s", node, info->threads, info->address);
    if (up)
        n->told[node] = (uint8_t)info->threads;
    exchange_tell(n->daemon->exchange, node, n->told[node], up);
}

static void on_ready(void *ctx, uint32_t own, bool up)
{
    struct nodes *n = ctx;
    pthread_mutex_lock(&n->lock);
    n->ready = up;
    if (!n->given)
        n->node = own;
    bool was_alone = n->alone;
    n->alone = n->given && n->node != own;
    bool lost = n->alone && !was_alone;
    pthread_cond_broadcast(&n->changed);
    pthread_mutex_unlock(&n->lock);
    log_event(&n->daemon->log, "bus_number", "node=%u held=%d", own, up);
    if (!lost)
        return;
    log_say(&n->daemon->log, "bus_alone",
            "Another relay got this relay's number while NATS was split. Members carry the number, so this "
            "relay sends them to others and starts itself anew.");
    loop_wake(n->daemon->wake);
}

static void on_seal(void *ctx, const struct bus_seal *seal)
{
    struct nodes *n = ctx;
    char why[256];
    if (seal_take(&n->daemon->seal, seal, why, sizeof(why)) != 0)
        log_say(&n->daemon->log, "seal_failed", why);
    else
        log_event(&n->daemon->log, "seal", "of=%s", "an elder relay");
}

static void on_say(void *ctx, const char *event, const char *sentence)
{
    struct nodes *n = ctx;
    log_say(&n->daemon->log, event, sentence);
}

static int publish(void *ctx, uint32_t node, const void *data, size_t len)
{
    struct nodes *n = ctx;
    return bus_publish(n->bus, node, data, len);
}

/* ---- life ---- */

/* With the certificates of now: they turn while this relay runs. */
static void own_contact(const struct nodes *n, char out[BUS_ADDRESS_MAX])
{
    const struct daemon *d = n->daemon;
    contact_write(out, d->config.public_address, d->own_cert ? &d->certs : NULL);
}

static struct bus *start_bus(struct nodes *n, char *why, size_t why_cap)
{
    static const struct bus_calls calls = {on_batch, on_node, on_ready, on_seal, on_say};
    const struct config *c = &n->daemon->config;
    char contact[BUS_ADDRESS_MAX];
    own_contact(n, contact);
    struct bus_seal seal = seal_now(&n->daemon->seal);
    struct bus_config config = {
        .urls = c->nats,
        .ca = c->nats_ca,
        .cert = c->nats_cert,
        .key = c->nats_key,
        .user = c->nats_user,
        .password_file = c->nats_password_file,
        .token_file = c->nats_token_file,
        .nkey_file = c->nats_nkey_file,
        .creds_file = c->nats_creds,
        .address = contact,
        .threads = n->daemon->threads,
        .seal = &seal,
    };
    struct bus *bus = bus_new(&config, &calls, n, why, why_cap);
    explicit_bzero(&seal, sizeof(seal));
    return bus;
}

static uint32_t wait_for_number(struct nodes *n)
{
    struct timespec end;
    uint32_t asked = bus_own(n->bus);
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += NUMBER_PATIENCE_S;
    pthread_mutex_lock(&n->lock);
    while (!n->ready && pthread_cond_timedwait(&n->changed, &n->lock, &end) == 0)
        continue;
    if (!n->ready)
        n->node = asked;
    n->given = true;
    uint32_t node = n->node;
    pthread_mutex_unlock(&n->lock);
    return node;
}

static struct nodes *make(struct daemon *d)
{
    pthread_condattr_t monotonic;
    struct nodes *n = calloc(1, sizeof(*n));
    if (!n)
        return NULL;
    n->daemon = d;
    pthread_mutex_init(&n->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&n->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return n;
}

struct nodes *nodes_new(struct daemon *d, uint32_t *node, char *why, size_t why_cap)
{
    struct nodes *n = make(d);
    snprintf(why, why_cap, "Not enough memory to start.");
    if (!n)
        return NULL;
    n->bus = start_bus(n, why, why_cap);
    if (!n->bus) {
        nodes_del(n);
        return NULL;
    }
    exchange_set_bus(d->exchange, &(struct exchange_bus){.publish = publish, .ctx = n});
    *node = wait_for_number(n);
    exchange_set_node(d->exchange, *node);
    return n;
}

static void mark(struct nodes *n, bool *what)
{
    pthread_mutex_lock(&n->lock);
    *what = true;
    pthread_cond_broadcast(&n->changed);
    pthread_mutex_unlock(&n->lock);
}

void nodes_open(struct nodes *n) { mark(n, &n->open); }

void nodes_del(struct nodes *n)
{
    if (!n)
        return;
    mark(n, &n->over);
    bus_del(n->bus);
    pthread_cond_destroy(&n->changed);
    pthread_mutex_destroy(&n->lock);
    free(n);
}

/* ---- what the daemon says and asks ---- */

void nodes_tell_load(struct nodes *n, const struct bus_node *own)
{
    struct bus_node load = *own;
    own_contact(n, load.address);
    bus_load(n->bus, &load);
}

void nodes_lightest(struct nodes *n, char out[BUS_ADDRESS_MAX])
{
    struct bus_node best;
    bool found = bus_lightest(n->bus, &best);
    snprintf(out, BUS_ADDRESS_MAX, "%s", found ? best.address : "");
}

size_t nodes_others(struct nodes *n, struct bus_node *out, size_t max) { return bus_others(n->bus, out, max); }

bool nodes_serve(struct nodes *n, const char *origin)
{
    size_t len;
    const char *host = origin_host(origin, &len);
    return host && bus_has_host(n->bus, host, len);
}

bool nodes_is_alone(struct nodes *n)
{
    pthread_mutex_lock(&n->lock);
    bool alone = n->alone;
    pthread_mutex_unlock(&n->lock);
    return alone;
}

void nodes_stats(struct nodes *n, struct bus_stats *s) { bus_stats(n->bus, s); }
