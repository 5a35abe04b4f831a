/* SPDX-License-Identifier: MIT */
/* frames.h - what waits to be carried to other shards, in order. Allocates only while the queue grows to what one turn needs.
 *
 *   frames_open(f); frames_to(f, shard) for each receiver; frames_close(f, pkt, media) */
#ifndef PARLEY_RELAY_FRAMES_H
#define PARLEY_RELAY_FRAMES_H

#include "relay.h"

#define FRAMES_MAX 65536        /* that wait: the shell takes all of them after every input */
#define FRAMES_TO_MAX (1 << 20) /* receivers of all of them together */

struct frame_slot {
    struct pkt *pkt;
    uint32_t to_at, to_count; /* in `to` */
    bool media;
};

struct frames {
    struct frame_slot *slot;
    uint32_t first, count, cap; /* `first`: taken so far; all are given back when none is left */
    uint32_t *to;
    uint32_t to_count, to_cap;
    uint32_t open_at; /* in `to`: receivers of the frame being made */
    bool short_of; /* memory, for that frame */
};

void frames_free(struct frames *f);

void frames_open(struct frames *f);
void frames_to(struct frames *f, uint32_t shard);
/* Whether the frame has receivers and there is room for it: else making it would be in vain. */
bool frames_wanted(const struct frames *f);
/* Takes `p`, which may be NULL (memory was short). ERR_FULL: the frame is lost. */
int frames_close(struct frames *f, struct pkt *p, bool media);

/* As relay_take_frame(). */
int frames_take(struct frames *f, struct relay_frame *out);

#endif
