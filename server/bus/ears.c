/* SPDX-License-Identifier: MIT */
/* What others say, who is silent, and our own beat. */
#include <sodium/utils.h>

#include "state.h"

/* ---- telling the owner ---- */

static void tell(struct bus *b, uint32_t node, bool up)
{
    pthread_mutex_lock(&b->lock);
    struct bus_node info = b->peers.peer[node].info;
    pthread_mutex_unlock(&b->lock);
    info.node = node;
    b->calls.node(b->ctx, node, up, &info);
}

static void announce(struct bus *b, uint32_t node, enum peer_change change)
{
    if (change == PEER_RESTARTED || change == PEER_FELL)
        tell(b, node, false);
    if (change == PEER_RESTARTED || change == PEER_ROSE)
        tell(b, node, true);
}

static void drop_all(struct bus *b)
{
    for (uint32_t node = 1; node;) {
        pthread_mutex_lock(&b->lock);
        node = peers_drop(&b->peers);
        pthread_mutex_unlock(&b->lock);
        if (node)
            tell(b, node, false);
    }
}

void bus_become(struct bus *b, bool ready)
{
    pthread_mutex_lock(&b->order);
    pthread_mutex_lock(&b->lock);
    b->ready = ready;
    b->beat_at = 0;
    uint32_t node = b->node;
    pthread_cond_broadcast(&b->kick);
    pthread_mutex_unlock(&b->lock);
    if (!ready)
        drop_all(b);
    b->calls.ready(b->ctx, node, ready);
    pthread_mutex_unlock(&b->order);
}

/* ---- beats ---- */

static void note_own(struct bus *b, const struct beat *in, usec_t now)
{
    usec_t lag = now - (usec_t)in->sent_us;
    if (lag >= 0 && lag < 60 * SEC)
        atomic_store(&b->count.lag_us, (unsigned)lag);
}

static void note_rival(struct bus *b, const struct beat *in)
{
    if (!b->ready || in->leaving)
        return;
    b->rival = in->instance;
    b->hurry = true;
    pthread_cond_broadcast(&b->kick);
}

static void on_seal(struct bus *b, const struct bus_seal *theirs)
{
    pthread_mutex_lock(&b->order);
    pthread_mutex_lock(&b->lock);
    bool elder = beat_seal_is_elder(theirs, &b->seal);
    if (elder)
        b->seal = *theirs;
    pthread_mutex_unlock(&b->lock);
    if (elder)
        b->calls.seal(b->ctx, theirs);
    pthread_mutex_unlock(&b->order);
}

static void on_others_beat(struct bus *b, const struct beat *in)
{
    pthread_mutex_lock(&b->order);
    pthread_mutex_lock(&b->lock);
    enum peer_change change = PEER_SAME;
    if (in->node.node == b->node)
        note_rival(b, in);
    else
        change = peers_on_beat(&b->peers, in, b->ready, bus_now());
    pthread_mutex_unlock(&b->lock);
    announce(b, in->node.node, change);
    pthread_mutex_unlock(&b->order);
}

void bus_hear_beat(struct bus *b, const uint8_t *data, size_t len)
{
    struct beat in;
    struct bus_seal seal;
    if (beat_seal_parse(&seal, data, len) == 0)
        on_seal(b, &seal);
    else if (beat_parse(&in, data, len) != 0)
        atomic_fetch_add(&b->count.foreign_in, 1);
    else if (in.instance == b->instance)
        note_own(b, &in, bus_now());
    else
        on_others_beat(b, &in);
}

void bus_on_beat(natsConnection *nc, natsSubscription *sub, natsMsg *msg, void *bus)
{
    (void)nc, (void)sub;
    bus_hear_beat(bus, (const uint8_t *)natsMsg_GetData(msg), (size_t)natsMsg_GetDataLength(msg));
    natsMsg_Destroy(msg);
}

/* ---- batches ---- */

static enum peer_change look_up(struct bus *b, const struct batch_header *h)
{
    pthread_mutex_lock(&b->lock);
    bool for_us = b->ready && h->to == b->node && h->from != b->node;
    enum peer_change change = for_us ? peers_on_batch(&b->peers, h, bus_now()) : PEER_FOREIGN;
    pthread_mutex_unlock(&b->lock);
    return change;
}

static void take(struct bus *b, const struct batch_header *h, const uint8_t *data, size_t len)
{
    pthread_mutex_lock(&b->order);
    enum peer_change change = look_up(b, h);
    if (change == PEER_FOREIGN) {
        atomic_fetch_add(&b->count.foreign_in, 1);
    } else {
        announce(b, h->from, change);
        atomic_fetch_add(&b->count.batches_in, 1);
        atomic_fetch_add(&b->count.bytes_in, len);
        b->calls.batch(b->ctx, h->from, data, len);
    }
    pthread_mutex_unlock(&b->order);
}

void bus_hear_batch(struct bus *b, const uint8_t *data, size_t len)
{
    struct batch_header h;
    if (batch_header_parse(&h, data, len) != 0)
        atomic_fetch_add(&b->count.foreign_in, 1);
    else
        take(b, &h, data + BATCH_HEADER_BYTES, len - BATCH_HEADER_BYTES);
}

void bus_on_batch(natsConnection *nc, natsSubscription *sub, natsMsg *msg, void *bus)
{
    (void)nc, (void)sub;
    bus_hear_batch(bus, (const uint8_t *)natsMsg_GetData(msg), (size_t)natsMsg_GetDataLength(msg));
    natsMsg_Destroy(msg);
}

/* ---- the heart ---- */

void bus_send_beat(struct bus *b, bool leaving)
{
    uint8_t out[BEAT_MAX], seal[BEAT_SEAL_BYTES];
    pthread_mutex_lock(&b->lock);
    struct beat beat = {.instance = b->instance, .sent_us = (uint64_t)bus_now(), .leaving = leaving, .node = b->own};
    beat.node.node = b->node;
    bool ready = b->ready;
    beat_seal_write(seal, &b->seal);
    pthread_mutex_unlock(&b->lock);
    if (!ready)
        return;
    mailbag_put(&b->bag, 0, out, beat_write(out, &beat), NULL, 0);
    mailbag_put(&b->bag, 0, seal, sizeof(seal), NULL, 0);
    sodium_memzero(seal, sizeof(seal));
}

void bus_find_silent(struct bus *b)
{
    pthread_mutex_lock(&b->order);
    for (uint32_t node = 1; node;) {
        pthread_mutex_lock(&b->lock);
        node = peers_silent(&b->peers, bus_now());
        pthread_mutex_unlock(&b->lock);
        if (node)
            tell(b, node, false);
    }
    pthread_mutex_unlock(&b->order);
}

/* Sleeps until something is due: false when the bus ends, `beat` when a beat is. */
static bool rest(struct bus *b, bool *beat)
{
    pthread_mutex_lock(&b->lock);
    usec_t now = bus_now();
    if (!b->stopping && now < b->beat_at)
        bus_wait(b, usec_min(b->beat_at, now + 100 * MS));
    now = bus_now();
    *beat = now >= b->beat_at;
    if (*beat)
        b->beat_at = now + BEAT_EVERY;
    bool goes_on = !b->stopping;
    pthread_mutex_unlock(&b->lock);
    return goes_on;
}

void *bus_beat(void *bus)
{
    struct bus *b = bus;
    for (bool beat; rest(b, &beat);) {
        if (beat)
            bus_send_beat(b, false);
        bus_find_silent(b);
    }
    return NULL;
}
