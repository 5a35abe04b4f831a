/* SPDX-License-Identifier: MIT */
#include "film.h"

void film_init(struct film *f, const struct shape_video *v, uint32_t layer)
{
    *f = (struct film){.key_frames_every = v->key_ms ? v->fps * v->key_ms / 1000 : 0,
                       .temporal = v->temporal,
                       .key_bytes = shape_key_bytes(v, layer),
                       .delta_bytes = shape_delta_bytes(v, layer),
                       .key_wanted = true};
}

void film_want_key(struct film *f) { f->key_wanted = true; }

/* 0; 0 1; 0 2 1 2: counted from the key frame. */
static uint32_t temporal_of(const struct film *f)
{
    static const uint8_t pattern[SHAPE_LAYERS_MAX][4] = {{0, 0, 0, 0}, {0, 1, 0, 1}, {0, 2, 1, 2}};
    return pattern[f->temporal - 1][f->since_key % 4];
}

/* The lowest layer leans on itself, the others on the latest frame below them. */
static uint32_t reference(const struct film *f, uint32_t temporal)
{
    uint32_t newest = f->last[0];
    for (uint32_t t = 1; t < temporal; t++)
        newest = f->last[t] > newest ? f->last[t] : newest;
    return newest;
}

void film_next(struct film *f, struct film_frame *out)
{
    bool key = f->key_wanted || (f->key_frames_every && f->since_key >= f->key_frames_every);
    if (key) {
        f->since_key = 0;
        f->last[1] = f->last[2] = 0;
    }
    uint32_t temporal = temporal_of(f);
    f->seq++;
    f->base += temporal == 0;
    *out = (struct film_frame){.seq = f->seq,
                               .temporal = temporal,
                               .depends = key ? 0 : f->seq - reference(f, temporal),
                               .base = f->base,
                               .bytes = key ? f->key_bytes : f->delta_bytes,
                               .key = key};
    f->last[temporal] = f->seq;
    f->key_wanted = false;
    f->since_key++;
}
