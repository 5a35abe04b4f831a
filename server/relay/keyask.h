/* SPDX-License-Identifier: MIT */
/* keyask.h - asks a publisher for key frames: at most once per track and interval, however many receivers ask. */
#ifndef PARLEY_RELAY_KEYASK_H
#define PARLEY_RELAY_KEYASK_H

#include "timers.h"

struct feed;

struct keyask {
    uint32_t pending; /* bit per spatial layer */
    usec_t next_at;   /* no request before */
    struct timer timer;
};

void keyask_init(struct keyask *k, struct feed *owner);
/* A receiver cannot decode layer `spatial` of this feed. Asks now, or when the interval is over. */
void keyask(struct relay *r, struct feed *f, uint32_t spatial, usec_t now);
/* A key frame of the layer came: nobody waits any more. */
void keyask_came(struct feed *f, uint32_t spatial);

#endif
