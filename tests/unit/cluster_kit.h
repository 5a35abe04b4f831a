/* SPDX-License-Identifier: MIT */
/* cluster_kit.h - several relays as one system, joined by a carrier in virtual time: frames take a while, in order for each pair;
 * some are lost, which the receiver learns with the next one; a pair can be cut off from each other. */
#ifndef PARLEY_TESTS_CLUSTER_KIT_H
#define PARLEY_TESTS_CLUSTER_KIT_H

#include "relay_kit.h"

#define CLUSTER_SHARDS 8
#define CLUSTER_FLYING 8192
#define CLUSTER_BITS 4

struct cluster_link {
    usec_t delay;
    bool cut;      /* what is sent is gone, and nobody notices */
    uint32_t lose; /* the next control frames */
    bool gap;      /* some were lost: told with the next frame */
    uint32_t frames, media; /* sent so far */
};

struct cluster_frame {
    struct pkt *pkt;
    uint32_t from, to;
    usec_t due;
};

struct cluster {
    uint32_t count;
    usec_t now;
    uint8_t seal[RELAY_SEAL_BYTES]; /* of those that are started from now on */
    struct kit kit[CLUSTER_SHARDS]; /* by the shard's number; r is NULL while it is dead */
    struct cluster_link link[CLUSTER_SHARDS][CLUSTER_SHARDS];
    struct cluster_frame flying[CLUSTER_FLYING]; /* in order of sending */
    uint32_t flying_count;
};

/* Gives `count` relays that all know each other; frames take `delay`. */
struct cluster *cluster_new(uint32_t count, usec_t delay);
void cluster_del(struct cluster *c);
/* Moves the clock of all. */
void cluster_run(struct cluster *c, usec_t duration);
/* Until nothing is under way and nothing is due. */
void cluster_settle(struct cluster *c);

/* Joins on shard `at` and waits for the Welcome: gives the member id. */
uint32_t cluster_join(struct cluster *c, uint32_t at, uint64_t sid, const char *meeting);
uint32_t cluster_rejoin(struct cluster *c, uint32_t at, uint64_t sid, const char *meeting, const uint8_t *resume);

/* Cuts two off from each other, or joins them again; both are told. */
void cluster_part(struct cluster *c, uint32_t a, uint32_t b, bool up);
/* The process is gone; the others are told. */
void cluster_kill(struct cluster *c, uint32_t at);
/* Another life of a dead one; all are told. */
void cluster_restart(struct cluster *c, uint32_t at, uint8_t seed);
/* Frames on all links so far. */
uint32_t cluster_frames(const struct cluster *c);

#endif
