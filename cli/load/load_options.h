/* SPDX-License-Identifier: MIT */
/* load_options.h - the command line of `parley load`. Mistakes print a sentence and end the program with 64. */
#ifndef PARLEY_LOAD_OPTIONS_H
#define PARLEY_LOAD_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "shape.h"

#define LOAD_RELAYS_MAX 8

enum load_transport { LOAD_WEBTRANSPORT, LOAD_WEBSOCKET, LOAD_MIXED };

/* Bounds that decide the exit status; negative: none. */
struct load_bounds {
    double max_p99_ms, max_loss_percent, min_joined_percent, max_freezes, max_join_p99_ms, max_lost_sessions, max_silent;
};

struct load_options {
    const char *relay[LOAD_RELAYS_MAX]; /* people are dealt out in turn */
    uint32_t relays;
    int relay_pid[LOAD_RELAYS_MAX];
    uint32_t relay_pids;
    const char *meeting, *cert_hash;
    bool insecure, json;
    struct shape shape;
    enum load_transport transport;
    double duration_s; /* of the measurement, after all have joined */
    double settle_s;   /* between the last join and the measurement */
    double scale;      /* already in `shape` */
    double churn;      /* people that leave and come back, a second */
    double stalled_percent, slow_percent;
    uint32_t slow_bps, seed;
    uint32_t per_socket; /* WebTransport connections on one UDP socket */
    uint32_t ack_every;  /* packets for one acknowledgement */
    struct load_bounds bounds;
};

void load_options_read(struct load_options *o, int argc, char **argv);

#endif
