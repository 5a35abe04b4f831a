/* SPDX-License-Identifier: MIT */
/* state.h - what the parts of one relay share. */
#ifndef PARLEY_RELAY_STATE_H
#define PARLEY_RELAY_STATE_H

#include "admit.h"
#include "cache.h"
#include "events.h"
#include "frames.h"
#include "map.h"
#include "outq.h"
#include "relay.h"
#include "session.h"
#include "shards.h"
#include "timers.h"
#include "tokens.h"
#include "wire/arena.h"

struct relay {
    struct relay_limits limits;
    struct relay_stats stats;
    struct slot_pool pool;
    struct cache_pool pictures;
    struct outq_env env;
    struct tokens tokens;
    struct admit admit;
    struct events events;
    struct timers timers;
    struct room *talking; /* rooms with sound that leaves with the next poll */
    struct map sessions; /* sid -> struct session */
    struct map rooms;    /* hash of the name -> struct room */
    struct map seats;    /* start of the resume token -> struct seat */
    struct map elsewhere; /* start of the hash of a token -> struct seat of another shard */
    struct arena parsed; /* the Control being handled */
    struct arena built;  /* the Roster being written */
    struct arena choice; /* the layers being chosen for one receiver */
    bool draining;
    char other[RELAY_OTHERS][WIRE_ADDRESS_MAX + 1];
    size_t others;
    uint32_t drain_retry_ms;
    char drain_relay[WIRE_ADDRESS_MAX + 1];
    struct relay_place place;
    uint32_t ids; /* given so far, in a system of several */
    struct shards shards;
    struct frames frames;
};

#endif
