/* SPDX-License-Identifier: MIT */
/* crowd.h - everybody: who is in which room, when they join, come and go; from the first join through the measurement to the last goodbye. */
#ifndef PARLEY_LOAD_CROWD_H
#define PARLEY_LOAD_CROWD_H

#include "load_options.h"
#include "person.h"
#include "proc.h"
#include "world.h"

enum crowd_phase { CROWD_JOINING, CROWD_SETTLING, CROWD_MEASURING, CROWD_LEAVING };

/* What was used up to some moment. */
struct crowd_meter {
    usec_t at;
    struct proc_usage relay, self;
    uint64_t packets, wire_bytes; /* that participants received */
};

struct crowd {
    struct world world;
    const struct load_options *options;
    const struct net_dial *dials; /* two for each relay: WebTransport, WebSocket */
    struct room *rooms;
    struct person *people;
    uint32_t count, dialled;
    enum crowd_phase phase;
    usec_t phase_until, started_at, news_at, ticked_at;
    double join_credit, churn_credit;
    uint32_t slice;
    struct loop_timer tick;
    uint32_t live_at_begin, silent; /* silent: watchers in at the end that nothing has reached */
    double relay_empty_kb; /* memory of the relays before the first join */
    struct crowd_meter begin, end;
    bool interrupted;
};

/* Begins at once; the loop is stopped when all is over. ERR_NOMEM. `dials` and `options` must outlive the crowd. */
int crowd_start(struct crowd *c, struct net_loop *loop, const struct load_options *o, const struct net_dial *dials);
/* Ends the measurement now. */
void crowd_interrupt(struct crowd *c);
/* Connections that are still there. */
uint32_t crowd_connected(const struct crowd *c);
void crowd_free(struct crowd *c);

#endif
