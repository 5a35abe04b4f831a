/* SPDX-License-Identifier: MIT */
#include "shape.h"

#include <string.h>

#define LADDER_LIVEKIT {{320, 180, 34000}, {640, 360, 410000}, {1280, 720, 1420000}}

static const struct shape presets[] = {
    {
        .name = "livekit-audio",
        .what = "10 speak without pause, 3000 listen",
        .rooms = 1,
        .publishers = 10,
        .watchers = 3000,
        .ramp = 300,
        .scales = SCALE_WATCHERS,
        .audio = {.interval_ms = 33, .bytes = 24},
    },
    {
        .name = "livekit-meeting",
        .what = "150 send 720p in three layers and see the 149 others small",
        .rooms = 1,
        .both = 150,
        .tiles = 149,
        .tile_px = 240,
        .ramp = 30,
        .scales = SCALE_BOTH,
        .video = {.fps = 30, .key_ms = 3000, .key_weight = 6, .temporal = 1, .layers = 3, .layer = LADDER_LIVEKIT},
    },
    {
        .name = "livestream",
        .what = "1 sends 720p in three layers, 3000 see the largest",
        .rooms = 1,
        .publishers = 1,
        .watchers = 3000,
        .tiles = 1,
        .tile_px = 1280,
        .ramp = 300,
        .scales = SCALE_WATCHERS,
        .video = {.fps = 30, .key_ms = 3000, .key_weight = 6, .temporal = 1, .layers = 3, .layer = LADDER_LIVEKIT},
    },
    {
        .name = "moq-fanout",
        .what = "1 sends 60 frames of 4 kB a second to 800 (--watchers 400, 1600)",
        .rooms = 1,
        .publishers = 1,
        .watchers = 800,
        .tiles = 1,
        .tile_px = 640,
        .ramp = 200,
        .scales = SCALE_WATCHERS,
        .video = {.fps = 60, .key_ms = 1000, .key_weight = 1, .temporal = 1, .layers = 1, .layer = {{640, 360, 1966080}}},
    },
    {
        .name = "seed-1000",
        .what = "30 send pictures and sound, 3 of them speak; 970 see 9 small",
        .rooms = 1,
        .publishers = 30,
        .watchers = 970,
        .tiles = 9,
        .tile_px = 240,
        .ramp = 100,
        .scales = SCALE_WATCHERS,
        .audio = {.interval_ms = 20, .bytes = 80, .speakers = 3, .turn_ms = 6000},
        .video = {.fps = 30,
                  .key_ms = 0,
                  .key_weight = 8,
                  .temporal = 3,
                  .layers = 3,
                  .layer = {{320, 180, 150000}, {640, 360, 500000}, {1280, 720, 1500000}}},
    },
    {
        .name = "pairs",
        .what = "300 calls of two, pictures of 600 kbit/s and sound, one of each pair speaks",
        .rooms = 300,
        .both = 2,
        .tiles = 1,
        .tile_px = 640,
        .ramp = 100,
        .scales = SCALE_ROOMS,
        .audio = {.interval_ms = 20, .bytes = 80, .speakers = 1, .turn_ms = 4000},
        .video = {.fps = 30, .key_ms = 0, .key_weight = 8, .temporal = 3, .layers = 1, .layer = {{640, 360, 600000}}},
    },
};

const struct shape *shape_at(size_t i) { return i < sizeof presets / sizeof presets[0] ? &presets[i] : NULL; }

const struct shape *shape_preset(const char *name)
{
    const struct shape *s;
    for (size_t i = 0; (s = shape_at(i)); i++)
        if (strcmp(s->name, name) == 0)
            return s;
    return NULL;
}

static uint32_t scaled(uint32_t n, double factor, uint32_t least)
{
    double more = n * factor + 0.5;
    uint32_t whole = more < 1e6 ? (uint32_t)more : 1000000;
    return n && whole < least ? least : whole;
}

void shape_scale(struct shape *s, double factor)
{
    if (s->scales & SCALE_ROOMS)
        s->rooms = scaled(s->rooms, factor, 1);
    if (s->scales & SCALE_PUBLISHERS)
        s->publishers = scaled(s->publishers, factor, 1);
    if (s->scales & SCALE_WATCHERS)
        s->watchers = scaled(s->watchers, factor, 1);
    if (s->scales & SCALE_BOTH)
        s->both = scaled(s->both, factor, 2);
}

uint32_t shape_room_people(const struct shape *s) { return s->publishers + s->watchers + s->both; }

uint32_t shape_people(const struct shape *s) { return s->rooms * shape_room_people(s); }

/* Without regular key frames there is one in this many, so that the layer has its rate on the average. */
#define FRAMES_WITHOUT_KEY 300

uint32_t shape_delta_bytes(const struct shape_video *v, uint32_t layer)
{
    uint64_t frames = v->key_ms ? (uint64_t)v->fps * v->key_ms / 1000 : FRAMES_WITHOUT_KEY;
    uint64_t bytes = (uint64_t)v->layer[layer].bps * frames / v->fps / 8;
    return (uint32_t)(bytes / (frames - 1 + v->key_weight));
}

uint32_t shape_key_bytes(const struct shape_video *v, uint32_t layer) { return shape_delta_bytes(v, layer) * v->key_weight; }
