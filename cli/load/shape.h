/* SPDX-License-Identifier: MIT */
/* shape.h - what a load looks like: how many people, what they send, what they see. The presets are the loads of published tests;
 * docs/measurements.md says where each number comes from. */
#ifndef PARLEY_LOAD_SHAPE_H
#define PARLEY_LOAD_SHAPE_H

#include <stddef.h>
#include <stdint.h>

#define SHAPE_LAYERS_MAX 3
#define SHAPE_SEAL_BYTES 26 /* what encryption adds to the codec's bytes: SFrame header, tag, MediaInfo */

struct shape_layer {
    uint32_t width_px, height_px, bps; /* bps: of the codec's bytes */
};

struct shape_video {
    uint32_t fps;     /* 0: no pictures */
    uint32_t key_ms;  /* a key frame this often; 0: only when asked for */
    uint32_t key_weight; /* size of a key frame, in other frames */
    uint32_t temporal;   /* layers in time, 1..3 */
    uint32_t layers;     /* in space */
    struct shape_layer layer[SHAPE_LAYERS_MAX]; /* smallest first */
};

struct shape_audio {
    uint32_t interval_ms; /* 0: no sound */
    uint32_t bytes;       /* of the codec, in one packet */
    uint32_t speakers;    /* of a room at once, in turn; 0: everybody who publishes, all the time */
    uint32_t turn_ms;     /* how long one speaks */
};

enum { SCALE_ROOMS = 1, SCALE_PUBLISHERS = 2, SCALE_WATCHERS = 4, SCALE_BOTH = 8 };

struct shape {
    const char *name, *what;
    uint32_t rooms;
    uint32_t publishers, watchers, both; /* in each room */
    uint32_t tiles;   /* pictures that each watcher shows, at most */
    uint32_t tile_px; /* width of one */
    uint32_t ramp;    /* joins a second */
    unsigned scales;  /* what --scale changes */
    struct shape_audio audio;
    struct shape_video video;
};

/* The preset of that name, or NULL. */
const struct shape *shape_preset(const char *name);
/* The presets in turn, NULL after the last. */
const struct shape *shape_at(size_t i);
/* Changes the number of people (or rooms) to `factor` of it; each at least 1, of `both` at least 2. */
void shape_scale(struct shape *s, double factor);
uint32_t shape_room_people(const struct shape *s);
uint32_t shape_people(const struct shape *s);
/* Codec's bytes of a key frame and of the other frames of a layer. */
uint32_t shape_key_bytes(const struct shape_video *v, uint32_t layer);
uint32_t shape_delta_bytes(const struct shape_video *v, uint32_t layer);

#endif
