/* SPDX-License-Identifier: MIT */
/* lease.h - the number of this relay: a key in JetStream that its holder refreshes and that expires without him.
 * Every call asks NATS and waits, at most LEASE_WAIT_MS a question. */
#ifndef PARLEY_BUS_LEASE_H
#define PARLEY_BUS_LEASE_H

#include <nats/nats.h>

#include "base/units.h"

#define LEASE_TTL_MS 3000
#define LEASE_WAIT_MS 1000
#define LEASE_TEXT_MAX 512

enum lease_answer {
    LEASE_OURS,
    LEASE_TAKEN,   /* another relay holds this number */
    LEASE_FREE,    /* nobody does: ask again */
    LEASE_UNKNOWN, /* JetStream does not answer; `why` says what to do */
};

struct lease {
    jsCtx *js;
    kvStore *kv;
    uint32_t node;     /* asked for, or held */
    uint64_t revision; /* of our key; 0: not held */
    uint64_t instance;
    usec_t three_until; /* until then a bucket of fewer than three copies is not made */
    char why[256];
};

void lease_init(struct lease *l, uint64_t instance);
/* A new connection: what was known of the old one is forgotten, but not the number. */
void lease_bind(struct lease *l, natsConnection *nc, usec_t now);
void lease_unbind(struct lease *l);
/* Takes, keeps or checks `l->node`. `text` tells operators who holds it and how busy he is: JSON that begins with lease_text_begin(). */
enum lease_answer lease_ask(struct lease *l, const char *text, usec_t now);
void lease_give_back(struct lease *l);
/* `{"instance":"..."`; gives its length. */
int lease_text_begin(const struct lease *l, char *out, size_t cap);

#endif
