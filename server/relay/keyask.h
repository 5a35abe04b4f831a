/* SPDX-License-Identifier: MIT */
/* keyask.h - asks a publisher for key frames: at most once per track and interval, however many receivers ask. */
#ifndef PARLEY_RELAY_KEYASK_H
#define PARLEY_RELAY_KEYASK_H

#include "timers.h"
#include "wire/wire.h"

struct feed;

struct keyask {
    uint32_t pending; /* bit per spatial layer */
    uint32_t replay_bytes[WIRE_LAYERS_MAX]; /* of those: what would do instead of a key frame */
    usec_t next_at;   /* no request before */
    struct timer timer;
};

/* A receiver cannot decode layer `spatial` of this feed. Asks now, or when the interval is over. */
void keyask(struct relay *r, struct feed *f, uint32_t spatial, usec_t now);
/* The same for a receiver who has seen nothing of the layer: where the publisher's home is another shard, up to `bytes` of what it
 * remembers since the last key frame would do as well. */
void keyask_or_replay(struct relay *r, struct feed *f, uint32_t spatial, uint32_t bytes, usec_t now);
/* A key frame of the layer came: nobody waits any more. */
void keyask_came(struct feed *f, uint32_t spatial);

#endif
