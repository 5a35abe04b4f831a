/* SPDX-License-Identifier: MIT */
/* ladder.h - shares a target rate among a member's tracks and their layers.
 *
 * Sound first. Of the rest a screen comes before a camera (a readable screen is why people look), but leaves it a small picture. Within a
 * track the smallest wanted layer comes first; a larger one is switched on when the rate carries it well, and off when it no
 * longer carries it at all: between the two it stays as it is. Where even the smallest layer is too large for the rate, a camera gets fewer pixels and
 * then fewer frames; a screen gets fewer frames only: sharpness first. */
#ifndef PARLEY_SEND_LADDER_H
#define PARLEY_SEND_LADDER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/units.h"

#define LADDER_TRACKS 8
#define LADDER_LAYERS 3
#define LADDER_AUDIO_BPS 40000     /* one microphone with headers and seals */
#define LADDER_AUDIO_MIN_BPS 20000 /* the same when there is hardly anything */
#define LADDER_SETTLE (2 * SEC)    /* a layer switched off stays off this long */

enum ladder_kind { LADDER_NONE, LADDER_MIC, LADDER_CAMERA, LADDER_SCREEN, LADDER_SCREEN_AUDIO }; /* as proto Kind */

struct ladder_layer {
    /* in */
    uint32_t width_px, height_px, fps, max_bps; /* as published; max_bps 0: what the size can use */
    bool wanted;
    uint32_t demand_bps; /* what the best receiver can take; 0: no opinion */
    /* out */
    bool on;
    uint32_t bps;
    uint32_t fps_cap;   /* frames a second to encode */
    uint32_t temporal_cap; /* highest temporal layer worth sending: 0..2 */
    uint32_t scale;     /* divide width and height by this: 1, 2 or 4 */
    /* state */
    usec_t off_at;
};

struct ladder_track {
    uint32_t id; /* 0: free */
    enum ladder_kind kind;
    bool muted;
    uint32_t layers;
    struct ladder_layer layer[LADDER_LAYERS]; /* smallest first */
    uint32_t audio_bps; /* out: for sound tracks */
};

struct ladder {
    struct ladder_track track[LADDER_TRACKS];
};

void ladder_init(struct ladder *l);
/* The track of that id, added when it is new; NULL when there are too many. The caller fills in what is marked in. */
struct ladder_track *ladder_track(struct ladder *l, uint32_t id);
void ladder_remove(struct ladder *l, uint32_t id);
/* Shares `target_bps`; true when any output changed (rates: by more than 3 %). */
bool ladder_share(struct ladder *l, uint32_t target_bps, usec_t now);

#endif
