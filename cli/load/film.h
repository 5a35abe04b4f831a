/* SPDX-License-Identifier: MIT */
/* film.h - the frames of one layer, one after the other, as an encoder would make them: sizes, key frames, layers in time, what each
 * depends on. */
#ifndef PARLEY_LOAD_FILM_H
#define PARLEY_LOAD_FILM_H

#include <stdbool.h>
#include <stdint.h>

#include "shape.h"

struct film {
    uint32_t key_frames_every, temporal, key_bytes, delta_bytes;
    uint32_t seq; /* of the last frame */
    uint32_t since_key;
    uint32_t base; /* frames of the lowest layer in time so far */
    uint32_t last[SHAPE_LAYERS_MAX]; /* seq of the last frame of each layer in time */
    bool key_wanted;
};

struct film_frame {
    uint32_t seq, temporal, depends, base, bytes;
    bool key;
};

void film_init(struct film *f, const struct shape_video *v, uint32_t layer);
/* The next frame is a key frame: somebody asked, or frames were left out. */
void film_want_key(struct film *f);
void film_next(struct film *f, struct film_frame *out);

#endif
