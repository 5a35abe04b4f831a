/* SPDX-License-Identifier: MIT */
#include "peers.h"

#include <string.h>
#include <strings.h>

static void fall(struct peers *p, struct peer *o)
{
    o->up = false;
    o->epoch++;
    p->up_count--;
}

/* Somebody new under this number. */
static void begin(struct peers *p, struct peer *o, uint64_t instance)
{
    if (o->up)
        p->up_count--;
    *o = (struct peer){.known = true, .instance = instance};
}

static enum peer_change rise(struct peers *p, struct peer *o, bool was_up)
{
    if (!o->up)
        p->up_count++;
    o->up = true;
    return was_up ? PEER_RESTARTED : PEER_ROSE;
}

static enum peer_change leave(struct peers *p, struct peer *o, const struct beat *b)
{
    bool was_up = o->up && o->instance == b->instance;
    if (was_up)
        fall(p, o);
    if (o->instance == b->instance)
        o->known = false;
    return was_up ? PEER_FELL : PEER_SAME;
}

enum peer_change peers_on_beat(struct peers *p, const struct beat *b, bool up, usec_t now)
{
    struct peer *o = &p->peer[b->node.node];
    if (b->leaving)
        return leave(p, o, b);
    bool was_up = o->up, other = !o->known || o->instance != b->instance;
    if (other)
        begin(p, o, b->instance);
    o->heard = now;
    o->info = b->node;
    return up && (other || !was_up) ? rise(p, o, was_up) : PEER_SAME;
}

/* A batch may overtake the first beat, or the last of a relay that was replaced may come late. */
enum peer_change peers_on_batch(struct peers *p, const struct batch_header *h, usec_t now)
{
    struct peer *o = &p->peer[h->from];
    bool was_up = o->up;
    if (o->known && o->instance != h->instance && now - o->heard < PEER_SILENCE)
        return PEER_FOREIGN;
    if (!o->known || o->instance != h->instance) {
        begin(p, o, h->instance);
        o->info.node = h->from;
        o->info.threads = h->threads;
    }
    bool forgot_us = o->seen_epoch != h->epoch;
    o->seen_epoch = h->epoch;
    o->heard = now;
    return forgot_us || !o->up ? rise(p, o, was_up) : PEER_SAME;
}

uint32_t peers_silent(struct peers *p, usec_t now)
{
    for (uint32_t i = 1; p->up_count && i < BUS_NODES; i++)
        if (p->peer[i].up && now - p->peer[i].heard >= PEER_SILENCE) {
            fall(p, &p->peer[i]);
            return i;
        }
    return 0;
}

uint32_t peers_drop(struct peers *p)
{
    for (uint32_t i = 1; p->up_count && i < BUS_NODES; i++)
        if (p->peer[i].up) {
            fall(p, &p->peer[i]);
            return i;
        }
    return 0;
}

bool peers_uses(const struct peers *p, uint32_t node, usec_t now)
{
    return p->peer[node].known && now - p->peer[node].heard < 2 * PEER_SILENCE;
}

/* Bytes of "host" in "host:port", brackets of IPv6 included. */
static size_t host_len(const char *address)
{
    const char *bracket = *address == '[' ? strchr(address, ']') : NULL;
    return bracket ? (size_t)(bracket + 1 - address) : strcspn(address, ":");
}

bool peers_has_host(const struct peers *p, const char *host, size_t len)
{
    for (uint32_t i = 1; len && i < BUS_NODES; i++) {
        const char *address = p->peer[i].info.address;
        if (host_len(address) == len && strncasecmp(address, host, len) == 0)
            return true;
    }
    return false;
}

/* Half-busy relays are told apart by their sessions: the share of a CPU that one second shows is rough. */
static bool is_lighter(const struct bus_node *a, const struct bus_node *b)
{
    uint32_t a_step = a->cpu_percent / 20, b_step = b->cpu_percent / 20;
    return a_step != b_step ? a_step < b_step : a->sessions < b->sessions;
}

/* Puts `o` in its place among the `count` best so far; gives how many there are now. */
static size_t insert(const struct bus_node **out, size_t count, size_t max, const struct bus_node *o)
{
    size_t at = count;
    while (at && is_lighter(o, out[at - 1]))
        at--;
    if (at == max)
        return count;
    size_t kept = count < max ? count : max - 1;
    for (size_t i = kept; i > at; i--)
        out[i] = out[i - 1];
    out[at] = o;
    return kept + 1;
}

size_t peers_others(const struct peers *p, const struct bus_node **out, size_t max)
{
    size_t count = 0;
    for (uint32_t i = 1; i < BUS_NODES; i++) {
        const struct peer *o = &p->peer[i];
        if (o->up && !o->info.draining && *o->info.address)
            count = insert(out, count, max, &o->info);
    }
    return count;
}

const struct bus_node *peers_lightest(const struct peers *p)
{
    const struct bus_node *best;
    return peers_others(p, &best, 1) ? best : NULL;
}
