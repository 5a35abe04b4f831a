/* SPDX-License-Identifier: MIT */
/* sim.h - a relay and the people who meet on it, over simulated networks, in virtual time. */
#ifndef PARLEY_SIM_SIM_H
#define PARLEY_SIM_SIM_H

#include "base/rand.h"
#include "conn.h"
#include "person.h"
#include "relay/relay.h"

#define SIM_PEOPLE 8

struct sim {
    struct sim_queue queue;
    usec_t now;
    struct relay *relay; /* NULL while it is down */
    struct relay_limits limits;
    struct rng rng;
    struct person *person[SIM_PEOPLE];
    size_t people;
    struct conn *conns;
    uint64_t next_sid;
    bool over; /* being deleted: nothing is planned any more */
    uint64_t leaks;  /* packets in which bytes of the media were seen in the clear */
    uint64_t digest; /* of everything the clients put out */
};

struct sim *sim_new(uint64_t seed);
struct sim *sim_new_limited(uint64_t seed, const struct relay_limits *limits);
void sim_del(struct sim *s);
/* Joins at once. */
struct person *sim_add(struct sim *s, const struct person_config *config);
void sim_run(struct sim *s, usec_t until);
/* The relay says that it will restart, closes all connections after 50 ms, and is back after `down`. */
void sim_restart_relay(struct sim *s, usec_t down);
/* The relay's process dies without a word, and is back after `down`. */
void sim_crash_relay(struct sim *s, usec_t down);
/* All connections of this person break, for both sides. */
void sim_break(struct person *p);
struct conn *sim_conn(struct sim *s, uint64_t sid);
/* After any call on the relay: passes on what it decided. */
void sim_drain_relay(struct sim *s, usec_t now);
/* Looks for media in the clear. */
void sim_inspect(struct sim *s, const uint8_t *data, size_t len);
void sim_digest(struct sim *s, const void *data, size_t len);

#endif
