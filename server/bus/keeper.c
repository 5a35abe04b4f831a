/* SPDX-License-Identifier: MIT */
/* The thread that may wait for NATS: connects, again and again, and holds the number of this relay. */
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "dial.h"
#include "state.h"

static const usec_t refresh_every = SEC;
static const usec_t ask_again = 300 * MS;
static const usec_t retry_first = 100 * MS;
static const usec_t retry_max = 2 * SEC;

/* Messages and bytes that wait for our thread before nats.c drops them: a second of a busy relay, and a bound of its memory. */
#define INBOX_MESSAGES 8192
#define INBOX_BYTES (32 << 20)
#define BEATS_MESSAGES 4096
#define BEATS_BYTES (4 << 20)

/* ---- the connection ---- */

static usec_t jittered(usec_t wait) { return wait / 2 + (usec_t)randombytes_uniform((uint32_t)wait); }

static int64_t reconnect_delay(natsConnection *nc, int attempts, void *closure)
{
    (void)nc, (void)closure;
    return jittered(usec_min(retry_first << (attempts < 5 ? attempts : 5), retry_max)) / MS;
}

static void on_change(natsConnection *nc, void *bus)
{
    struct bus *b = bus;
    bool connected = natsConnection_Status(nc) == NATS_CONN_STATUS_CONNECTED;
    pthread_mutex_lock(&b->lock);
    bool differs = atomic_exchange(&b->connected, connected) != connected;
    b->hurry = true; /* the number may be lost meanwhile */
    pthread_cond_broadcast(&b->kick);
    pthread_mutex_unlock(&b->lock);
    if (differs)
        bus_say(b, "bus", connected ? "NATS is reached again." : "The connection to NATS is lost; trying again.");
}

static void on_closed(natsConnection *nc, void *bus)
{
    struct bus *b = bus;
    pthread_mutex_lock(&b->lock);
    if (nc == b->nc)
        b->closed = true;
    pthread_cond_broadcast(&b->kick);
    pthread_mutex_unlock(&b->lock);
}

static void on_error(natsConnection *nc, natsSubscription *sub, natsStatus s, void *bus)
{
    (void)sub;
    const char *text = NULL;
    char line[256];
    if (s == NATS_SLOW_CONSUMER) {
        bus_say(bus, "bus_slow", "This relay does not take in time what NATS brings; some of it was dropped.");
    } else {
        natsConnection_GetLastError(nc, &text);
        snprintf(line, sizeof(line), "NATS says: %.200s.", text ? text : natsStatus_GetText(s));
        bus_say(bus, "bus", line);
    }
}

static void set_behaviour(struct bus *b)
{
    natsOptions *o = b->options;
    natsOptions_SetName(o, "parleyd");
    natsOptions_SetTimeout(o, 2000);
    natsOptions_SetPingInterval(o, 500);
    natsOptions_SetMaxPingsOut(o, 2);
    natsOptions_SetMaxReconnect(o, -1);
    natsOptions_SetCustomReconnectDelay(o, reconnect_delay, NULL);
    natsOptions_SetReconnectBufSize(o, 1); /* dropped rather than kept */
    natsOptions_SetWriteDeadline(o, 2000);
    natsOptions_SetFailRequestsOnDisconnect(o, true);
    natsOptions_SetSendAsap(o, true);
    natsOptions_SetDisconnectedCB(o, on_change, b);
    natsOptions_SetReconnectedCB(o, on_change, b);
    natsOptions_SetClosedCB(o, on_closed, b);
    natsOptions_SetErrorHandler(o, on_error, b);
}

static void use(struct bus *b, natsConnection *nc)
{
    pthread_mutex_lock(&b->wire);
    pthread_mutex_lock(&b->lock);
    b->nc = nc;
    b->closed = false;
    pthread_mutex_unlock(&b->lock);
    pthread_mutex_unlock(&b->wire);
}

/* ---- subscriptions ---- */

static void on_complete(void *bus)
{
    struct bus *b = bus;
    pthread_mutex_lock(&b->lock);
    b->ears--;
    pthread_cond_broadcast(&b->kick);
    pthread_mutex_unlock(&b->lock);
}

static bool subscribe(struct bus *b, natsSubscription **sub, const char *subject, natsMsgHandler call, int messages, int bytes)
{
    if (natsConnection_Subscribe(sub, b->nc, subject, call, b) != NATS_OK)
        return false;
    pthread_mutex_lock(&b->lock);
    b->ears++;
    pthread_mutex_unlock(&b->lock);
    natsSubscription_SetPendingLimits(*sub, messages, bytes);
    if (natsSubscription_SetOnCompleteCB(*sub, on_complete, b) != NATS_OK)
        on_complete(b);
    return natsConnection_FlushTimeout(b->nc, LEASE_WAIT_MS) == NATS_OK;
}

static void unsubscribe(struct bus *b, natsSubscription **sub)
{
    int64_t dropped = 0;
    if (*sub && natsSubscription_GetDropped(*sub, &dropped) == NATS_OK)
        b->slow_before += (uint64_t)dropped;
    natsSubscription_Destroy(*sub);
    *sub = NULL;
}

static void count_slow(struct bus *b)
{
    int64_t dropped = 0;
    if (b->inbox && natsSubscription_GetDropped(b->inbox, &dropped) == NATS_OK)
        atomic_store(&b->count.slow_in, b->slow_before + (uint64_t)dropped);
}

static bool open_inbox(struct bus *b)
{
    char subject[32];
    snprintf(subject, sizeof(subject), "parley.node.%" PRIu32, b->lease.node);
    return subscribe(b, &b->inbox, subject, bus_on_batch, INBOX_MESSAGES, INBOX_BYTES);
}

/* ---- up and down ---- */

static bool connect_once(struct bus *b)
{
    char why[256];
    natsConnection *nc = NULL;
    natsStatus s = natsConnection_Connect(&nc, b->options);
    if (s != NATS_OK) {
        dial_explain(s, why, sizeof(why));
        bus_say(b, "bus", why);
        return false;
    }
    use(b, nc);
    int64_t max = natsConnection_GetMaxPayload(nc);
    atomic_store(&b->batch_max, max > BATCH_HEADER_BYTES ? (size_t)max - BATCH_HEADER_BYTES : 0);
    atomic_store(&b->connected, natsConnection_Status(nc) == NATS_CONN_STATUS_CONNECTED);
    atomic_fetch_add(&b->count.connects, 1);
    lease_bind(&b->lease, nc, bus_now());
    bus_say(b, "bus", "NATS is reached.");
    return subscribe(b, &b->beats, BEAT_SUBJECT, bus_on_beat, BEATS_MESSAGES, BEATS_BYTES);
}

static void wait_for_silence(struct bus *b)
{
    usec_t end = bus_now() + 2 * SEC;
    pthread_mutex_lock(&b->lock);
    while ((b->ears || !b->closed) && bus_now() < end)
        bus_wait(b, end);
    pthread_mutex_unlock(&b->lock);
}

void bus_hang_up(struct bus *b)
{
    natsConnection *nc = b->nc;
    if (!nc)
        return;
    atomic_store(&b->connected, false);
    lease_unbind(&b->lease);
    unsubscribe(b, &b->inbox);
    unsubscribe(b, &b->beats);
    natsConnection_Close(nc);
    wait_for_silence(b);
    use(b, NULL);
    natsConnection_Destroy(nc);
}

/* ---- the number ---- */

static void lose(struct bus *b, const char *why)
{
    bus_say(b, "bus_number", why);
    if (b->ready) /* the keeper alone writes it */
        bus_become(b, false);
    unsubscribe(b, &b->inbox);
}

static void choose_another(struct bus *b)
{
    pthread_mutex_lock(&b->lock);
    do
        b->node = 1 + randombytes_uniform(BUS_NODES - 1);
    while (peers_uses(&b->peers, b->node, bus_now()) && b->peers.up_count < BUS_NODES / 2);
    b->lease.node = b->node;
    b->lease.revision = 0;
    b->rival = 0;
    pthread_mutex_unlock(&b->lock);
}

static void describe(struct bus *b, char text[LEASE_TEXT_MAX])
{
    int at = lease_text_begin(&b->lease, text, LEASE_TEXT_MAX);
    pthread_mutex_lock(&b->lock);
    const struct bus_node *o = &b->own;
    snprintf(text + at, LEASE_TEXT_MAX - (size_t)at,
             ",\"address\":\"%s\",\"sessions\":%" PRIu32 ",\"rooms\":%" PRIu32 ",\"cpu\":%" PRIu32 ",\"draining\":%s}", o->address,
             o->sessions, o->rooms, o->cpu_percent, o->draining ? "true" : "false");
    pthread_mutex_unlock(&b->lock);
}

/* While JetStream is away nobody can prove anything: of two that beat under one number the younger instance yields. */
static bool must_yield(struct bus *b)
{
    pthread_mutex_lock(&b->lock);
    bool yields = b->ready && b->rival && b->rival < b->instance;
    pthread_mutex_unlock(&b->lock);
    return yields;
}

static usec_t on_ours(struct bus *b)
{
    pthread_mutex_lock(&b->lock);
    b->rival = 0;
    pthread_mutex_unlock(&b->lock);
    if (b->ready)
        return refresh_every;
    if (!b->inbox && !open_inbox(b)) {
        unsubscribe(b, &b->inbox);
        return ask_again;
    }
    bus_become(b, true);
    return refresh_every;
}

static usec_t hold_number(struct bus *b)
{
    char text[LEASE_TEXT_MAX];
    describe(b, text);
    enum lease_answer answer = lease_ask(&b->lease, text, bus_now());
    if (answer == LEASE_OURS)
        return on_ours(b);
    if (answer == LEASE_FREE)
        return 20 * MS;
    if (answer == LEASE_UNKNOWN)
        bus_say(b, "bus", b->lease.why);
    if (answer == LEASE_UNKNOWN && !must_yield(b))
        return ask_again;
    lose(b, "The number of this relay is another's; it takes a new one.");
    choose_another(b);
    return 20 * MS;
}

/* ---- the thread ---- */

static bool is_closed(struct bus *b) { return natsConnection_IsClosed(b->nc); }

/* One step: gives how long to rest after it. */
static usec_t step(struct bus *b)
{
    if (!b->nc && !connect_once(b)) {
        bus_hang_up(b);
        b->failures += b->failures < 5;
        return jittered(usec_min(retry_first << b->failures, retry_max));
    }
    if (is_closed(b)) {
        bus_hang_up(b);
        return retry_first;
    }
    b->failures = 0;
    count_slow(b);
    if (b->ready && !b->inbox && !open_inbox(b)) /* a new connection */
        unsubscribe(b, &b->inbox);
    return atomic_load(&b->connected) ? hold_number(b) : ask_again;
}

static bool rest(struct bus *b, usec_t wait)
{
    usec_t end = bus_now() + wait;
    pthread_mutex_lock(&b->lock);
    while (!b->stopping && !b->hurry && bus_now() < end)
        bus_wait(b, end);
    b->hurry = false;
    bool goes_on = !b->stopping;
    pthread_mutex_unlock(&b->lock);
    return goes_on;
}

void *bus_keep(void *bus)
{
    struct bus *b = bus;
    set_behaviour(b);
    usec_t wait = 0;
    while (rest(b, wait))
        wait = step(b);
    return NULL;
}
