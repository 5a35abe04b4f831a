/* SPDX-License-Identifier: MIT */
/* outq.h - all that waits for one receiver: control, reports, voices, and a lane of pictures per track.
 *
 * Taken in that order; among lanes the base layer goes before screens, screens before upper layers, then the receiver's own
 * priorities, then the oldest. Bounded by age and bytes: the queue drops by itself and counts. Voices are dropped only by age. */
#ifndef PARLEY_RELAY_OUTQ_H
#define PARLEY_RELAY_OUTQ_H

#include "lane.h"
#include "relay.h"

#define OUTQ_CONTROL_BYTES (4 * 1024 * 1024) /* control messages that may wait before a receiver counts as gone */
#define OUTQ_AUDIO_COUNT 2048

struct outq_env { /* what all queues of a relay share; borrowed */
    const struct relay_limits *limits;
    struct relay_stats *stats;
    struct slot_pool *pool;
};

struct outq {
    const struct outq_env *env;
    bool messages;         /* WebSocket: no streams, every packet whole */
    size_t datagram_bytes; /* the largest packet of voices */
    struct fifo control, audio, resets;
    struct pkt *report;   /* the newest Feedback for this receiver */
    struct pkt *padding;  /* to be sent `paddings` times when nothing else waits */
    uint32_t paddings;
    struct lane *waiting; /* lanes that hold something */
    size_t video_bytes;
    bool stuck; /* pictures were dropped, and nothing was taken since */
    uint64_t runs; /* begun so far */
    struct lane *taken; /* of the object that was taken last; NULL if it was none of a lane */
    uint32_t taken_seq;
    bool taken_again; /* it was one of outq_again() */
};

void outq_init(struct outq *q, const struct outq_env *env, enum relay_transport t, size_t datagram_bytes);
/* Drops everything. The lanes are forgotten first, by their owners. */
void outq_free(struct outq *q);

/* Each adds a reference of its own. ERR_FULL: the receiver has stopped reading, close it. ERR_NOMEM. */
int outq_control(struct outq *q, struct pkt *p, usec_t now);
/* `objects`: how many sounds are in the packet. One that is too large for the receiver's datagrams is taken apart. */
void outq_audio(struct outq *q, struct pkt *p, uint32_t objects, usec_t now);
/* Replaces a report that still waits. Takes `p`. */
void outq_report(struct outq *q, struct pkt *p);
/* Replaces what is left of the last. Takes `p`. */
void outq_padding(struct outq *q, struct pkt *p, uint32_t times);
/* Lets an object that `lane` admitted in, or drops others to make room. */
void outq_video(struct outq *q, struct lane *lane, struct pkt *p, const struct object_header *h, usec_t now);
/* The same for an object that the receiver was not sent in its time. */
void outq_again(struct outq *q, struct lane *lane, struct pkt *p, const struct object_header *h, usec_t now);
/* Drops all of a lane and resets its run: the receiver wants no more, or the track ended. */
void outq_forget_lane(struct outq *q, struct lane *lane);
/* The receiver refused the run: drops the rest of the lane. True if it was this lane's. */
bool outq_run_stopped(struct outq *q, struct lane *lane, uint64_t run);
/* Keeps control only: the session is about to be closed. */
void outq_only_control(struct outq *q);

bool outq_is_empty(const struct outq *q);
/* Whether a picture sent now would leave soon: nothing waits, and what was dropped last was not dropped for want of reading. */
bool outq_keeps_up(const struct outq *q);
/* As relay_take(). */
int outq_take(struct outq *q, struct relay_out *out, usec_t now);

#endif
