/* SPDX-License-Identifier: MIT */
/* world.h - what all participants of one load share: the loop, the shape, the tallies. */
#ifndef PARLEY_LOAD_WORLD_H
#define PARLEY_LOAD_WORLD_H

#include "base/rand.h"
#include "ear.h"
#include "hist.h"
#include "net/loop.h"
#include "shape.h"
#include "turns.h"
#include "wire/arena.h"

#define TRACK_VOICE 1
#define TRACK_PICTURE 2

struct skim;

struct world {
    struct net_loop *loop;
    const struct shape *shape;
    struct rng rng;
    struct arena parsed; /* the control message being handled */
    struct skim *spare_skims;
    struct turns turns;
    bool measuring;      /* all have joined: what happens now counts */
    uint32_t slow_bps;

    /* since the start */
    struct hist join, first; /* from dialling to Welcome; to the first object */
    uint64_t joins, failed, lost, refused; /* failed: no Welcome; lost: the connection broke afterwards */
    char complaint[160];     /* why the last one failed or was lost */
    uint32_t live;
    uint64_t ended_packets, ended_bytes; /* received by connections that were left */

    /* since the measurement began */
    struct hist voice_delay, picture_delay, lag; /* lag: how late the generator itself was */
    struct ear_tally ear;
    uint64_t voices_due; /* sound that was sent, times those who should hear it */
    uint64_t objects_out, unsent; /* unsent: left out, because the publisher's connection had no room */
    uint64_t kept; /* objects that the relay had kept for newcomers */
    uint64_t bytes, malformed, strangers, rosters, key_asks, paused;
};

/* Frees what the participants have left behind. */
void world_free(struct world *w);

#endif
