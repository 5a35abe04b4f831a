/* SPDX-License-Identifier: MIT */
#include "bus.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "dial.h"
#include "state.h"

#define BATCH_MAX_DEFAULT ((1u << 20) - BATCH_HEADER_BYTES)

const char *bus_version(void) { return nats_GetVersion(); }

/* ---- the poster ---- */

static natsStatus post(struct bus *b, const struct mail *m)
{
    char subject[32];
    snprintf(subject, sizeof(subject), m->to ? "parley.node.%" PRIu32 : BEAT_SUBJECT, m->to);
    pthread_mutex_lock(&b->wire);
    bool can = b->nc && atomic_load(&b->connected);
    natsStatus s = can ? natsConnection_Publish(b->nc, subject, m->data, (int)m->len) : NATS_CONNECTION_DISCONNECTED;
    pthread_mutex_unlock(&b->wire);
    return s;
}

static void *run_poster(void *bus)
{
    struct bus *b = bus;
    for (struct mail m; mailbag_take(&b->bag, &m);) {
        bool sent = post(b, &m) == NATS_OK;
        if (m.to) {
            atomic_fetch_add(sent ? &b->count.batches_out : &b->count.dropped_out, 1);
            atomic_fetch_add(&b->count.bytes_out, sent ? m.len : 0);
        }
    }
    return NULL;
}

/* ---- life ---- */

static void init_locks(struct bus *b)
{
    pthread_condattr_t monotonic;
    pthread_mutex_init(&b->order, NULL);
    pthread_mutex_init(&b->lock, NULL);
    pthread_mutex_init(&b->wire, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&b->kick, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static void destroy(struct bus *b)
{
    natsOptions_Destroy(b->options);
    mailbag_free(&b->bag);
    pthread_mutex_destroy(&b->order);
    pthread_mutex_destroy(&b->lock);
    pthread_mutex_destroy(&b->wire);
    pthread_cond_destroy(&b->kick);
    sodium_memzero(&b->seal, sizeof(b->seal));
    free(b);
}

static int set_address(struct bus *b, const char *address, char *why, size_t cap)
{
    if (!address)
        return 0;
    if (strlen(address) >= BUS_ADDRESS_MAX || !beat_is_address(address, strlen(address))) {
        snprintf(why, cap, "--public-address wants HOST:PORT.");
        return ERR_PARSE;
    }
    memcpy(b->own.address, address, strlen(address) + 1);
    return 0;
}

static void begin(struct bus *b, const struct bus_config *c, const struct bus_calls *calls, void *ctx)
{
    b->calls = *calls;
    b->ctx = ctx;
    randombytes_buf(&b->instance, sizeof(b->instance));
    b->node = c->node > 0 && c->node < BUS_NODES ? c->node : 1 + randombytes_uniform(BUS_NODES - 1);
    b->own.threads = c->threads ? c->threads : 1;
    if (c->seal)
        b->seal = *c->seal;
    lease_init(&b->lease, b->instance);
    b->lease.node = b->node;
    atomic_store(&b->batch_max, BATCH_MAX_DEFAULT);
}

static int start_threads(struct bus *b)
{
    if (pthread_create(&b->poster, NULL, run_poster, b) != 0)
        return ERR_NOMEM;
    int err = pthread_create(&b->heart, NULL, bus_beat, b) == 0 ? 0 : ERR_NOMEM;
    if (!err && pthread_create(&b->keeper, NULL, bus_keep, b) != 0) {
        err = ERR_NOMEM;
        b->stopping = true;
        pthread_join(b->heart, NULL);
    }
    if (err) {
        mailbag_close(&b->bag);
        pthread_join(b->poster, NULL);
    }
    return err;
}

struct bus *bus_new(const struct bus_config *c, const struct bus_calls *calls, void *ctx, char *why, size_t cap)
{
    struct bus *b = sodium_init() >= 0 ? calloc(1, sizeof(*b)) : NULL;
    snprintf(why, cap, "Not enough memory to start.");
    if (!b)
        return NULL;
    init_locks(b);
    begin(b, c, calls, ctx);
    int err = mailbag_init(&b->bag);
    if (!err)
        err = set_address(b, c->address, why, cap);
    if (!err)
        err = dial_options(&b->options, c, why, cap);
    if (!err)
        err = start_threads(b);
    if (err) {
        destroy(b);
        return NULL;
    }
    *why = 0;
    return b;
}

static void stop_threads(struct bus *b)
{
    pthread_mutex_lock(&b->lock);
    b->stopping = true;
    pthread_cond_broadcast(&b->kick);
    pthread_mutex_unlock(&b->lock);
    pthread_join(b->keeper, NULL);
    pthread_join(b->heart, NULL);
    bus_send_beat(b, true);
    mailbag_close(&b->bag);
    pthread_join(b->poster, NULL);
}

void bus_del(struct bus *b)
{
    if (!b)
        return;
    stop_threads(b);
    if (b->nc && atomic_load(&b->connected)) {
        natsConnection_FlushTimeout(b->nc, 500);
        lease_give_back(&b->lease);
    }
    bus_hang_up(b);
    destroy(b);
}

/* ---- use ---- */

uint32_t bus_own(struct bus *b)
{
    pthread_mutex_lock(&b->lock);
    uint32_t node = b->node;
    pthread_mutex_unlock(&b->lock);
    return node;
}

static int address_batch(struct bus *b, uint32_t node, uint8_t header[BATCH_HEADER_BYTES])
{
    pthread_mutex_lock(&b->lock);
    const struct peer *o = node && node < BUS_NODES ? &b->peers.peer[node] : NULL;
    bool up = b->ready && o && o->up && atomic_load(&b->connected);
    struct batch_header h = {
        .from = b->node, .to = node, .threads = b->own.threads, .instance = b->instance, .epoch = o ? o->epoch : 0};
    pthread_mutex_unlock(&b->lock);
    if (up)
        batch_header_write(header, &h);
    return up ? 0 : ERR_STATE;
}

int bus_publish(struct bus *b, uint32_t node, const void *data, size_t len)
{
    uint8_t header[BATCH_HEADER_BYTES];
    int err = len <= atomic_load(&b->batch_max) ? address_batch(b, node, header) : ERR_LIMIT;
    if (!err)
        err = mailbag_put(&b->bag, node, header, sizeof(header), data, len);
    if (err)
        atomic_fetch_add(&b->count.dropped_out, 1);
    return err;
}

void bus_load(struct bus *b, const struct bus_node *own)
{
    pthread_mutex_lock(&b->lock);
    if (own->draining != b->own.draining)
        b->beat_at = 0;
    b->own.sessions = own->sessions;
    b->own.rooms = own->rooms;
    b->own.cpu_percent = own->cpu_percent;
    b->own.draining = own->draining;
    if (*own->address && beat_is_address(own->address, strnlen(own->address, BUS_ADDRESS_MAX)))
        snprintf(b->own.address, sizeof(b->own.address), "%.*s", BUS_ADDRESS_MAX - 1, own->address);
    pthread_mutex_unlock(&b->lock);
}

bool bus_lightest(struct bus *b, struct bus_node *out)
{
    pthread_mutex_lock(&b->lock);
    const struct bus_node *best = peers_lightest(&b->peers);
    if (best)
        *out = *best;
    pthread_mutex_unlock(&b->lock);
    return best != NULL;
}

size_t bus_others(struct bus *b, struct bus_node *out, size_t max)
{
    const struct bus_node *list[BUS_OTHERS_MAX];
    pthread_mutex_lock(&b->lock);
    size_t count = peers_others(&b->peers, list, max < BUS_OTHERS_MAX ? max : BUS_OTHERS_MAX);
    for (size_t i = 0; i < count; i++)
        out[i] = *list[i];
    pthread_mutex_unlock(&b->lock);
    return count;
}

bool bus_has_host(struct bus *b, const char *host, size_t len)
{
    pthread_mutex_lock(&b->lock);
    bool has = peers_has_host(&b->peers, host, len);
    pthread_mutex_unlock(&b->lock);
    return has;
}

void bus_stats(struct bus *b, struct bus_stats *out)
{
    struct bus_counts *c = &b->count;
    *out = (struct bus_stats){.connected = atomic_load(&b->connected),
                              .batches_out = atomic_load(&c->batches_out),
                              .bytes_out = atomic_load(&c->bytes_out),
                              .dropped_out = atomic_load(&c->dropped_out),
                              .batches_in = atomic_load(&c->batches_in),
                              .bytes_in = atomic_load(&c->bytes_in),
                              .foreign_in = atomic_load(&c->foreign_in),
                              .slow_in = atomic_load(&c->slow_in),
                              .connects = atomic_load(&c->connects),
                              .lag_us = atomic_load(&c->lag_us)};
    pthread_mutex_lock(&b->lock);
    out->ready = b->ready;
    out->node = b->node;
    out->nodes_up = b->peers.up_count;
    pthread_mutex_unlock(&b->lock);
}
