/* SPDX-License-Identifier: MIT */
/* state.h - what the threads of one bus share. The keeper connects and holds the number (keeper.c), the heart beats and finds who is
 * silent, nats.c brings beats and batches (ears.c), the poster sends what is in the mailbag (bus.c).
 *
 * Locks, outer first: `order` while the owner is called, so that its calls come one at a time and in order; `lock` for the plain
 * fields below; the mailbag's own. `wire` alone: whoever uses `nc` but the keeper. */
#ifndef PARLEY_BUS_STATE_H
#define PARLEY_BUS_STATE_H

#include <nats/nats.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/units.h"
#include "bus.h"
#include "lease.h"
#include "mailbag.h"
#include "peers.h"

#define BEAT_SUBJECT "parley.beat"
#define BEAT_EVERY (300 * MS)

struct bus_counts {
    atomic_ullong batches_out, bytes_out, dropped_out, batches_in, bytes_in, foreign_in, slow_in, connects;
    atomic_uint lag_us;
};

struct bus {
    struct bus_calls calls;
    void *ctx;
    natsOptions *options;
    uint64_t instance;
    struct mailbag bag;
    struct bus_counts count;
    atomic_bool connected;
    atomic_size_t batch_max; /* what NATS takes in one message, less our header */

    pthread_mutex_t order;

    pthread_mutex_t lock;
    pthread_cond_t kick; /* something changed that a thread waits for */
    struct peers peers;
    struct bus_node own;
    struct bus_seal seal;
    uint32_t node; /* ours, or asked for */
    bool ready, stopping, hurry, closed;
    uint64_t rival; /* instance that beats under our number, 0: none */
    usec_t beat_at;
    uint32_t ears; /* subscriptions that may still call */
    char said[256];

    pthread_mutex_t wire;
    natsConnection *nc; /* the keeper alone changes it */

    struct lease lease; /* the keeper's, as are these */
    natsSubscription *beats, *inbox;
    uint64_t slow_before;
    uint32_t failures;

    pthread_t keeper, heart, poster;
};

usec_t bus_now(void);
/* Waits on `kick` with `lock` held, until `at` at most. */
void bus_wait(struct bus *b, usec_t at);
/* Once for each new sentence. */
void bus_say(struct bus *b, const char *event, const char *sentence);

void *bus_keep(void *bus);
/* The last act of the keeper's part, on any thread once that has ended. */
void bus_hang_up(struct bus *b);

void *bus_beat(void *bus);
void bus_send_beat(struct bus *b, bool leaving);
void bus_on_beat(natsConnection *nc, natsSubscription *sub, natsMsg *msg, void *bus);
void bus_on_batch(natsConnection *nc, natsSubscription *sub, natsMsg *msg, void *bus);
/* What these two take out of a message: anything, from anybody. */
void bus_hear_beat(struct bus *b, const uint8_t *data, size_t len);
void bus_hear_batch(struct bus *b, const uint8_t *data, size_t len);
/* Takes down who has been silent. */
void bus_find_silent(struct bus *b);
/* The number is ours, or no longer: tells the owner, and takes all down in the second case. */
void bus_become(struct bus *b, bool ready);

#endif
