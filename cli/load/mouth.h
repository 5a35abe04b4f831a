/* SPDX-License-Identifier: MIT */
/* mouth.h - a participant that sends: sound in its turns, the layers of its picture that somebody wants, each object stamped with the time. */
#ifndef PARLEY_LOAD_MOUTH_H
#define PARLEY_LOAD_MOUTH_H

#include "film.h"
#include "net/net.h"
#include "parley.pb-c.h"
#include "room.h"
#include "world.h"

struct mouth {
    struct world *world;
    const struct room *room;
    struct net_conn *conn;
    uint32_t who; /* its number among those who send in the room */
    struct film film[SHAPE_LAYERS_MAX];
    bool wanted[SHAPE_LAYERS_MAX], open[SHAPE_LAYERS_MAX];
    uint64_t run[SHAPE_LAYERS_MAX], runs;
    uint32_t voice_seq;
    struct loop_timer voice, picture;
};

/* Begins to send on `conn`, at moments of its own within the intervals. `world`, `room` and `who` are set; all else is zeroed
 * before the first time. */
void mouth_start(struct mouth *m, struct net_conn *conn);
void mouth_stop(struct mouth *m);
void mouth_on_demand(struct mouth *m, const Parley__V1__Demand *d);
void mouth_on_key_frame(struct mouth *m, const Parley__V1__KeyFrameRequest *k);

#endif
