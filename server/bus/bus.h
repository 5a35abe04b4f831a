/* SPDX-License-Identifier: MIT */
/* bus.h - relays of one system find each other and pass batches of frames, through NATS. The only folder that knows nats.h.
 *
 * A relay holds a *node number* (1..1023): a key in a JetStream bucket that expires when it is not refreshed. It listens on one
 * subject, its inbox `parley.node.N`, for all rooms: a new room costs NATS nothing, and frames of many rooms travel in one message.
 * Every 300 ms it says on `parley.beat` who and how busy it is; a relay that is silent for 1.5 s counts as down.
 *
 * Nothing here blocks the caller but bus_del(): what is published waits in a bounded queue for a thread of the bus, and while NATS
 * cannot be reached it is dropped and counted, never kept: late is worse than missing. What NATS brings is input of strangers. */
#ifndef PARLEY_BUS_BUS_H
#define PARLEY_BUS_BUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "node.h"

#define BUS_URLS_MAX 16       /* servers in `urls` */

/* NULL or "": not given. All is copied. */
struct bus_config {
    const char *urls; /* nats://host:port or tls://host:port, comma-separated; no user or password inside */
    const char *ca, *cert, *key;
    const char *user, *password_file, *token_file, *nkey_file, *creds_file; /* one way to prove who we are, or none */
    const char *address; /* host:port by which clients reach this relay */
    uint32_t node; /* number asked for first; 0: one at random */
    uint32_t threads; /* told to others; 0 counts as 1 */
    const struct bus_seal *seal; /* ours to begin with */
};

/* Called on threads of the bus, one at a time. They may call bus_publish(), but no other function of the bus. */
struct bus_calls {
    /* `node` is up. Batches of one node come in the order of its bus_publish(); some may be missing, and those that a server held while it was
     * frozen may come late: number them. */
    void (*batch)(void *ctx, uint32_t node, const uint8_t *data, size_t len);
    /* Up: it can be reached. Down: silent or gone; what it sent us before has no meaning any more. A restart gives both. */
    void (*node)(void *ctx, uint32_t node, bool up, const struct bus_node *info);
    /* Up: `own_node` is ours. Down: it is lost to another relay, which happens only after a split; another number follows. */
    void (*ready)(void *ctx, uint32_t own_node, bool up);
    /* Another relay's seal is elder than ours, and is ours from now on. */
    void (*seal)(void *ctx, const struct bus_seal *seal);
    /* A word and a sentence for the log; never a secret. */
    void (*say)(void *ctx, const char *event, const char *sentence);
};

struct bus_stats {
    bool connected, ready;
    uint32_t node, nodes_up;
    uint64_t batches_out, bytes_out, dropped_out; /* dropped: no connection, full queue, too long */
    uint64_t batches_in, bytes_in, foreign_in; /* foreign: not a batch, or not for us, or of a relay that was replaced */
    uint64_t slow_in; /* dropped by nats.c because we did not take them in time */
    uint64_t connects;
    uint32_t lag_us; /* of our own beat through NATS and back */
};

struct bus;

/* Begins to connect, and tries for ever. NULL: a sentence in `why` (a file cannot be read, options contradict each other). */
struct bus *bus_new(const struct bus_config *c, const struct bus_calls *calls, void *ctx, char *why, size_t cap);
/* Gives the number back and leaves; at most about two seconds. No call comes afterwards. */
void bus_del(struct bus *b);

/* The number that is ours or that we ask for; changes only with `ready`. */
uint32_t bus_own(struct bus *b);
/* From any thread. ERR_STATE: `node` is not up, or we are not; ERR_FULL: the queue is; ERR_LIMIT: longer than NATS takes. */
int bus_publish(struct bus *b, uint32_t node, const void *data, size_t len);
/* What others are told of us. */
void bus_load(struct bus *b, const struct bus_node *own);
/* The relay with an address that has most to spare and is not about to stop: true, or false when there is none. */
bool bus_lightest(struct bus *b, struct bus_node *out);
/* As many of them as there are, at most BUS_OTHERS_MAX, lightest first. Gives their number. */
#define BUS_OTHERS_MAX 8
size_t bus_others(struct bus *b, struct bus_node *out, size_t max);
/* Whether a relay of this system, up or lately gone, has the address of this host. */
bool bus_has_host(struct bus *b, const char *host, size_t len);
void bus_stats(struct bus *b, struct bus_stats *out);
/* Of nats.c. */
const char *bus_version(void);

#endif
