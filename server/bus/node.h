/* SPDX-License-Identifier: MIT */
/* node.h - one relay of the system as the others know it, and the secret that they share. */
#ifndef PARLEY_BUS_NODE_H
#define PARLEY_BUS_NODE_H

#include <stdbool.h>
#include <stdint.h>

#define BUS_NODES 1024        /* numbers are below; 0 is nobody */
#define BUS_ADDRESS_MAX 256   /* with its NUL */
#define BUS_SEAL_BYTES 32

/* A secret that all relays of a system share: each tells its own with its beats, and takes that of another which is elder, so all come
 * to have the eldest. Whoever can read NATS can read it. */
struct bus_seal {
    uint64_t born_us; /* by the wall clock; 0: there is none */
    uint8_t key[BUS_SEAL_BYTES];
};

struct bus_node {
    uint32_t node;
    char address[BUS_ADDRESS_MAX]; /* host:port, then /certhash/HASH for each certificate of its own: see proto/README.md */
    uint32_t threads; /* shards of this node: 1..16 */
    uint32_t sessions, rooms, cpu_percent;
    bool draining;
};

#endif
