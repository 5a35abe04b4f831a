/* SPDX-License-Identifier: MIT */
/* bus_kit.h - real nats-servers on free ports of the loopback interface, in a temporary folder, ended by their process ids; and
 * buses that note what they are told. */
#ifndef PARLEY_TESTS_BUS_KIT_H
#define PARLEY_TESTS_BUS_KIT_H

#include <pthread.h>
#include <sys/types.h>

#include "base/units.h"
#include "bus/bus.h"

#define NATS_MAX 3
#define BUS_PATIENCE (20 * SEC)
#define NOTED_MAX 65536

/* ---- servers ---- */

struct nats {
    pid_t pid[NATS_MAX]; /* 0: not running */
    unsigned port[NATS_MAX], route[NATS_MAX];
    size_t count;
    char dir[64], urls[256];
};

/* `n` is static, one at a time. Makes the folder; it may get files before nats_start(). */
void nats_init(struct nats *n, size_t count);
/* Writes configurations and runs all. `extra` is added to each (authorization, tls); %s in it is the folder. `jetstream`: with it. */
void nats_start(struct nats *n, const char *extra, bool jetstream);
void nats_kill(struct nats *n, size_t which, int signal);
void nats_again(struct nats *n, size_t which);
/* Ends those that run and removes the folder. */
void nats_end(struct nats *n);
/* A shell command in the folder; fails the test when it fails. */
void nats_shell(const struct nats *n, const char *command);
void nats_write(const struct nats *n, const char *name, const char *text);
/* The path of a file in the folder, valid until four more calls. */
const char *nats_path(const struct nats *n, const char *name);
/* A plain connection to server `which` that only publishes: `text` to `subject`. */
void nats_say(const struct nats *n, size_t which, const char *subject, const void *data, size_t len);

/* ---- buses ---- */

struct ear {
    struct bus *bus;
    pthread_mutex_t lock;
    _Atomic bool ready;
    _Atomic uint32_t own;
    _Atomic int readies, losses, ups, downs, batches, disorder;
    _Atomic uint64_t seal_born; /* of the seal taken from another, 0: none was */
    _Atomic uint32_t last; /* number in the latest batch */
    _Atomic bool up[BUS_NODES];
    _Atomic usec_t changed[BUS_NODES]; /* when it came up or went down */
    struct bus_node info[BUS_NODES];
    char text[4096]; /* what was said */
};

/* `e` is static. Fails the test when the bus does not start. `c->urls` NULL: those of `n`. */
void ear_start(struct ear *e, const struct nats *n, const struct bus_config *c);
void ear_stop(struct ear *e);
usec_t kit_now(void);
void kit_sleep(usec_t us);
/* Waits, and fails the test after BUS_PATIENCE. */
void ear_until_ready(struct ear *e);
void ear_until_sees(struct ear *e, uint32_t node, bool up);
void ear_until_said(struct ear *e, const char *text);
/* Until at least `count` batches came. */
void ear_until_batches(struct ear *e, int count);
/* Publishes the numbers first .. first + count - 1, each in a batch of `bytes`; gives how many were taken. */
int ear_send(struct ear *e, uint32_t node, uint32_t first, int count, size_t bytes);

#endif
