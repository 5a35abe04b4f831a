/* SPDX-License-Identifier: MIT */
/* crowd.h - many people with whole client engines on real transports, all on one loop, and what they notice: delay of sounds and pictures
 * from client to client (one clock), silence, frozen pictures. */
#ifndef PARLEY_TESTS_FAULTS_CROWD_H
#define PARLEY_TESTS_FAULTS_CROWD_H

#include "net/client.h"
#include "net/loop.h"
#include "process.h"
#include "samples.h"
#include "session/client.h"

#define CROWD_SPEAKERS 16
#define CROWD_LINKS 6

struct crowd;
struct person;

struct person_spec {
    const char *meeting;
    enum net_transport transport; /* 0: both, as the page: WebSocket when WebTransport has not answered in 250 ms */
    bool speaks; /* 50 sounds of 60 bytes a second; at most CROWD_SPEAKERS of a crowd speak or film */
    size_t frame_bytes; /* films 30 pictures of this size a second; 0: none */
    bool watches; /* everybody who films */
    const struct process *relay; /* to dial, until that names others; NULL: the crowd\'s */
};

struct person_link {
    struct person *person;
    uint32_t number;
    enum net_transport transport;
    char relay[64]; /* HOST:PORT; "": the first */
    struct net_conn *conn;
    struct loop_timer later;
    bool used;
};

struct person {
    struct crowd *crowd;
    struct person *next, *dirty_next;
    struct client *client;
    struct person_spec spec;
    const struct process *relay;
    struct person_link link[CROWD_LINKS];
    struct loop_timer tick;
    bool dirty;
    uint32_t id;
    int speaker; /* index of those that send, or -1 */
    usec_t next_sound, next_picture;
    uint32_t pictures;
    bool key_wanted;
    enum link_state state;
    char code[32];
    usec_t asked_at, joined_at; /* joined_at: 0 until then */
    int joins, resumes, drops, closed, members, gone, away, sounds, frames;
    uint32_t watched[CROWD_SPEAKERS];
    size_t watching;
    bool unheeded; /* does not count in what is noticed */
    usec_t heard_at[CROWD_SPEAKERS], seen_at[CROWD_SPEAKERS]; /* 0: never */
    usec_t silence[CROWD_SPEAKERS], frozen[CROWD_SPEAKERS]; /* longest since the measurement began */
};

struct crowd {
    struct net_loop *loop;
    struct loop_hook hook;
    const struct process *relay;
    struct person *people, **last, *dirty;
    size_t count;
    struct person *speaker[CROWD_SPEAKERS];
    int speakers;
    uint32_t seed;
    usec_t measured_from;
    struct samples sound_delay, picture_delay;
};

void crowd_start(struct crowd *c, const struct process *relay);
/* Everybody leaves without a word. */
void crowd_stop(struct crowd *c);

struct person *crowd_join(struct crowd *c, const struct person_spec *spec);
size_t crowd_joined(const struct crowd *c);
/* How often somebody came back to the seat that they had. */
int crowd_resumed(const struct crowd *c);
/* How often somebody was told that another had left. */
int crowd_gone(const struct crowd *c);
void crowd_run_for(struct crowd *c, usec_t us);
/* Until all have joined; fails the test after `patience`. Gives how long it took. */
usec_t crowd_until_joined(struct crowd *c, usec_t patience);
/* Until check(ctx) holds: true, or false after `patience`. */
bool crowd_until(struct crowd *c, bool (*check)(struct crowd *c), usec_t patience);
/* The person's connections read no more, though they still acknowledge. */
void crowd_stall(struct person *p);
/* The person goes without a word, its connection with it. */
void crowd_lose(struct crowd *c, struct person *p);

/* Begins to measure. What is noticed covers all from here on, the silence at the end included. */
void crowd_measure(struct crowd *c);
struct noticed {
    size_t sounds, pictures;
    usec_t sound_p50, sound_p99, sound_max;
    usec_t picture_p50, picture_p99, picture_max;
    usec_t silence_p50, silence_p99, silence_max; /* each person's longest from any one speaker */
    usec_t frozen_p50, frozen_p99, frozen_max;
};
struct noticed crowd_noticed(struct crowd *c);
/* The longest silence that `share` of the pairs exceed not: who came by way of relay `hearers`, of each who speaks by way of `speakers`. */
usec_t crowd_silence(struct crowd *c, const struct process *hearers, const struct process *speakers, double share);
/* One line for the log of the test: `what` and the numbers. */
void crowd_tell(const char *what, const struct noticed *n);

#endif
