/* SPDX-License-Identifier: MIT */
/* jitter.h - puts the video frames of one track back in order and says when to decode and show them.
 *
 *   due = captured + smallest transit + max(target, hold)
 *
 * A frame is given once, in order, a little before it is due (JITTER_LEAD, time to decode), and only when it can be decoded: it is a
 * key frame, or the frame it depends upon was given. A gap that nothing depends upon (a temporal layer dropped on purpose) is
 * no loss. When a needed frame is missing it is awaited while the picture is not yet late; then a key frame in the buffer is skipped to,
 * else jitter_wants_key() is true until one comes (the missing frame is still welcome). The spatial layer changes only at a key frame. */
#ifndef PARLEY_RECV_JITTER_H
#define PARLEY_RECV_JITTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/pkt.h"
#include "base/units.h"

#define JITTER_FRAMES 64
#define JITTER_BYTES_MAX (4 * 1024 * 1024)
#define JITTER_LEAD (30 * MS)      /* given this long before due */
#define JITTER_PATIENCE (60 * MS)  /* a missing frame may make the picture this late before a key frame is asked for */
#define JITTER_GIVE_UP (500 * MS)  /* a frame that cannot be decoded is dropped this long after it was due */
#define JITTER_HOLD_MAX (500 * MS)

struct frame {
    uint32_t seq, spatial, temporal, depends;
    bool key;
    uint32_t codec; /* enum codec */
    uint32_t width_px, height_px, rotation; /* key frames */
    usec_t captured_us, arrived;
    usec_t due; /* set by jitter_next() */
    bool hidden; /* set by jitter_next(): to be decoded, not shown */
    struct pkt *pkt; /* holds the codec's bytes at data + offset, already opened */
    uint32_t offset, len;
};

struct jitter_stats {
    uint32_t given, lost, late, dropped, freezes, key_frames, restarts;
    uint32_t frozen_ms; /* sum of gaps in the picture over 200 ms beyond the frame interval */
    uint32_t jitter_us, target_us; /* p95 of the spread of transit; what is added to the smallest transit, holds included */
    uint32_t fps_x10;
    uint32_t width_px, height_px;
};

struct jitter;

/* NULL when memory is short. */
struct jitter *jitter_new(void);
void jitter_del(struct jitter *j);

/* Takes the caller's reference on `frame->pkt` in every case. 0; ERR_LATE: its turn is over, or it came twice;
 * ERR_FULL: stored, but a bound was reached and what waited was passed over up to a key frame; ERR_LIMIT: a field is out of bounds. */
int jitter_put(struct jitter *j, const struct frame *frame, usec_t now);
/* The next frame to decode, or NULL. It belongs to `j`, valid until the next call on `j`. */
const struct frame *jitter_next(struct jitter *j, usec_t now);
/* When to call jitter_next() and ask jitter_wants_key() again; NEVER while empty. */
usec_t jitter_deadline(const struct jitter *j, usec_t now);
/* A key frame of `*spatial` is needed; stays true until one was put. The caller limits the rate of requests. */
bool jitter_wants_key(const struct jitter *j, uint32_t *spatial, usec_t now);
/* The decoder lost its state: nothing is given until the next key frame. */
void jitter_broken(struct jitter *j, usec_t now);
/* The track was muted, paused or is no longer wanted: forgets frames and what was shown, so the pause counts as no freeze. */
void jitter_reset(struct jitter *j);
/* Frames of layer `spatial` up to `seq` come from the relay's memory: old, and all at once. They are given as they come; shown are
 * the first where nothing was shown yet, the last, and some between when it takes long. They say nothing of the path. They may go back in time when they are of another layer. */
void jitter_replay(struct jitter *j, uint32_t spatial, uint32_t seq);
/* Shows pictures at least this long after capture + smallest transit (lip sync); at most JITTER_HOLD_MAX. */
void jitter_hold(struct jitter *j, usec_t hold);
/* Smallest transit, and what is added to it, unheld: for sync.h. */
usec_t jitter_base(const struct jitter *j);
usec_t jitter_target(const struct jitter *j);
void jitter_stats(const struct jitter *j, struct jitter_stats *s, usec_t now);

#endif
