/* SPDX-License-Identifier: MIT */
/* sub.h - one receiver of one track with pictures: how large it is shown, which layers of it go there, and its lane. Of a microphone: one
 * who pinned the voice, which then comes also when it is not among the loudest; no lane.
 *
 * Listed by the receiver's seat (in order of priority) and by the feed (compact), found by (member, track). What is wanted may
 * not be there yet, or not any more: then the sub sleeps until the track is published. */
#ifndef PARLEY_RELAY_SUB_H
#define PARLEY_RELAY_SUB_H

#include "lane.h"
#include "parley.pb-c.h"
#include "seat.h"
#include "send/history.h"

struct sub {
    struct seat *to;
    uint32_t member, track;
    struct feed *from; /* NULL: asleep */
    uint32_t place; /* in from->subs */
    struct lane lane;
    struct history sent;
    uint32_t replayed; /* the newest that came from the cache, until the receiver is told */
    uint32_t width_px, priority;
    uint8_t spatial; /* the layer meant for it; the temporal bound is the lane's */
    bool paused; /* the path cannot carry any picture */
    uint32_t offer_bps; /* what this receiver could take of the track; 0: no opinion */
    struct sub_told {
        bool any, paused;
        uint8_t spatial, temporal;
    } told; /* the last Forwarding */
    usec_t risen_at, rise_after, rise_wait; /* to the layer it has; not to a larger one before; how long that was last time */
    bool kept; /* while a new Subscribe is compared with the old one */
};

/* Replaces all wants of `seat`; share_now() decides what follows from it. */
void sub_replace(struct relay *r, struct seat *seat, const Parley__V1__Subscribe *m);
/* The track that it waits for is there. */
void sub_wake(struct relay *r, struct sub *s, struct feed *f);
/* Its track ended. */
void sub_sleep(struct relay *r, struct sub *s);
void sub_del(struct relay *r, struct sub *s);
/* All of a receiver's. */
void sub_clear(struct relay *r, struct seat *seat);
struct sub *sub_find(const struct seat *seat, uint32_t member, uint32_t track);
/* Whether this receiver may ask for a key frame now: less and less often while it keeps asking. If so, it counts as asked. */
bool sub_may_ask(struct relay *r, struct sub *s, usec_t now);

#endif
