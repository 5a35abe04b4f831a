/* SPDX-License-Identifier: MIT */
/* rate.h - how many bits a second one hop can carry, from what the other end reports ten times a second.
 *
 * Three signs: delay (how long objects wait in the path beyond the shortest time seen), loss, and the delivered rate. When the wait grows
 * the target steps down at once, below what was delivered, until the queue has drained; else it climbs while it is really used:
 * doubling at the start, by a share far from the last congested rate, by a step near it. Loss without wait hardly counts: radio loses.
 * The same code serves the client's uplink and the relay's estimate of a receiver's downlink. */
#ifndef PARLEY_SEND_RATE_H
#define PARLEY_SEND_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/units.h"
#include "send/history.h"

#define RATE_TRACKS 32 /* whose shortest delay is remembered at a time */
#define RATE_MEMORY 8  /* Feedbacks */

struct rate_config {
    uint32_t start_bps, min_bps, max_bps;
};

enum rate_state {
    RATE_RAMP,  /* nothing known yet: doubles */
    RATE_CLIMB, /* no queue, or a short one */
    RATE_DRAIN, /* congested: stays below what was delivered until the queue is gone */
};

struct rate_track {
    uint32_t key;
    bool used;
    usec_t base[2]; /* shortest delay in this and in the last period */
    usec_t since, seen;
};

/* Running totals at the time of one Feedback. */
struct rate_mark {
    usec_t clock, now; /* theirs, ours */
    uint64_t delivered, sent;
};

struct rate {
    struct rate_config config;
    enum rate_state state;
    double target_bps;
    double ceiling_bps; /* what was delivered when the path was last congested; 0 unknown */
    double delivered_bps, steady_bps, sent_bps; /* steady: over a longer time */
    double loss;                            /* smoothed share */
    usec_t queue, noise;                    /* wait in the path, and how much it wavers from one Feedback to the next */
    struct rate_track round_trip;           /* its shortest time */
    usec_t queues[RATE_MEMORY];             /* the latest first */
    struct rate_track track[RATE_TRACKS];
    struct rate_mark mark[RATE_MEMORY];     /* the latest first */
    uint32_t marks;
    uint64_t delivered, sent;               /* totals */
    uint32_t objects, lost, judged;         /* in this Feedback; judged since the start */
    usec_t least_queue;                     /* in this Feedback; NEVER: nothing timed */
    usec_t began, heard, arrived, stepped, ramped, drained, burst_until; /* arrived: anything that was sent */
};

struct rate_config rate_config_default(void); /* 300 kbit/s start, 30 kbit/s to 8 Mbit/s */

void rate_init(struct rate *r, const struct rate_config *config, usec_t now);
/* An object left: all kinds count. */
void rate_on_sent(struct rate *r, uint32_t bytes, usec_t now);
/* One report of a Feedback; `key` tells layers apart (any number, e.g. track and spatial). */
void rate_on_delivery(struct rate *r, uint32_t key, const struct delivery *d, usec_t now);
/* All reports of one Feedback were given; `clock` is the Feedback's clock_us. */
void rate_on_feedback(struct rate *r, usec_t clock, usec_t now);
/* The transport's own smoothed round trip, where it tells: when Feedback stays away and this grows, the path is full both ways. True when
 * the target went down. */
bool rate_on_round_trip(struct rate *r, usec_t rtt, usec_t now);
/* Until then more is sent than the path may carry at once, on purpose: a longer round trip is no sign. */
void rate_burst(struct rate *r, usec_t until);
/* Without feedback for long the target falls. */
void rate_tick(struct rate *r, usec_t now);
usec_t rate_deadline(const struct rate *r);
/* The path changed: everything is learned anew, beginning at the lower of target and start. */
void rate_reset(struct rate *r, usec_t now);

uint32_t rate_target_bps(const struct rate *r);
uint32_t rate_delivered_bps(const struct rate *r);
/* Wait in the path beyond the shortest time, and the share of lost objects in 1/1000. */
usec_t rate_queue(const struct rate *r);
uint32_t rate_loss_permille(const struct rate *r);

#endif
