/* SPDX-License-Identifier: MIT */
/* timers.h - who is to be woken when: an intrusive pairing heap, so setting a timer allocates nothing and cannot fail. */
#ifndef PARLEY_RELAY_TIMERS_H
#define PARLEY_RELAY_TIMERS_H

#include <stdbool.h>

#include "base/units.h"

struct relay;

struct timer {
    usec_t at;
    void (*fire)(struct relay *r, void *owner, usec_t now);
    void *owner;
    struct timer *child, *next, *prev; /* prev: the elder brother, or the parent of the first child */
    bool set;
};

struct timers {
    struct timer *top;
};

/* Sets or moves; NEVER stops. */
void timer_set(struct timers *h, struct timer *t, usec_t at);
/* Sets, unless it is set to an earlier time. */
void timer_set_earlier(struct timers *h, struct timer *t, usec_t at);
void timer_stop(struct timers *h, struct timer *t);
usec_t timers_deadline(const struct timers *h);
/* Takes the first timer that is due out of the heap, or gives NULL. */
struct timer *timers_due(struct timers *h, usec_t now);

#endif
