/* SPDX-License-Identifier: MIT */
/* rogue.h - a member without an engine: says Hello, publishes a camera, and then sends as many pictures as it is told, whatever the relay
 * or the path say. */
#ifndef PARLEY_TESTS_FAULTS_ROGUE_H
#define PARLEY_TESTS_FAULTS_ROGUE_H

#include "crowd.h"

struct rogue {
    struct crowd *crowd;
    struct net_conn *conn; /* NULL once closed */
    struct loop_timer turn;
    int opened, closed;
    uint32_t code; /* with which it was closed */
    uint32_t per_second;
    size_t bytes; /* of one picture */
    uint32_t sent;
    usec_t began;
};

/* Dials, joins and publishes; fails the test when the door does not open. */
void rogue_join(struct rogue *r, struct crowd *c, enum net_transport t, const char *meeting);
/* From now on, `per_second` pictures of `bytes`, all of them key frames. */
void rogue_flood(struct rogue *r, uint32_t per_second, size_t bytes);
void rogue_leave(struct rogue *r);

#endif
