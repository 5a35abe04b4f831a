/* SPDX-License-Identifier: MIT */
/* feed.h - a track as the relay sees it: what its publisher announced, what has come of it, and who receives it. */
#ifndef PARLEY_RELAY_FEED_H
#define PARLEY_RELAY_FEED_H

#include "cache.h"
#include "interest.h"
#include "keyask.h"
#include "map.h"
#include "parley.pb-c.h"
#include "relay.h"
#include "voices.h"
#include "wire/object.h"
#include "wire/wire.h"

struct seat;
struct sub;

struct feed_spec {
    uint32_t width_px, height_px, fps, max_bps, temporal;
};

/* What has come of one spatial layer: the relay's report to the publisher, and its bit rate. */
struct feed_layer {
    uint32_t newest, missing, objects;
    uint64_t bytes;
    usec_t newest_at;
    usec_t measured_at; /* the bit rate: bytes since then */
    uint64_t measured_bytes;
    uint32_t bps;
    bool wanted; /* as the publisher, or the shard of its home, was told last */
    uint8_t temporal; /* as that shard was told */
    uint32_t max_bps;
};

struct feed {
    struct seat *owner;
    uint32_t id;
    uint32_t kind; /* proto Kind */
    bool muted;
    uint32_t layers; /* 0 for audio */
    struct feed_spec spec[WIRE_LAYERS_MAX];
    struct feed_layer layer[WIRE_LAYERS_MAX];
    struct cache cache[WIRE_LAYERS_MAX];
    struct voice voice; /* of a microphone */
    struct sub **subs; /* a compact array of receivers; of a microphone: those who pinned it */
    uint32_t sub_count, sub_cap;
    struct interest *interests; /* video of a local member: shards with receivers */
    uint32_t interest_count, interest_cap;
    struct keyask key;
    uint32_t expected; /* the layer that a newcomer is about to want, */
    usec_t expected_until; /* and until then it is wanted therefore */
    bool told; /* the publisher has had a Demand for this track */
};

bool feed_is_audio(const struct feed *f);
/* Whether a layer is wanted only because somebody came: see expect.h. */
static inline bool feed_is_expected(const struct feed *f, uint32_t spatial, usec_t now)
{
    return now < f->expected_until && f->expected == spatial;
}
bool feed_is_screen(const struct feed *f);
enum relay_media feed_media(const struct feed *f);
struct feed *feed_new(struct seat *owner, uint32_t id, uint32_t kind);
/* The subs are gone already. */
void feed_del(struct relay *r, struct feed *f);
/* Muted, changed or gone: what is remembered of it leads nowhere. */
void feed_forget_pictures(struct relay *r, struct feed *f);
/* It changed its home. */
void feed_forget_interests(struct feed *f);
/* Takes over what a Publish says: 0, or ERR_LIMIT when the layers make no sense. */
int feed_set(struct feed *f, const Parley__V1__Track *t);
/* Nothing has come yet: another relay reports from now on. */
void feed_restart(struct feed *f);
/* Notes an object that came. */
void feed_on_object(struct feed *f, const struct object_header *h, size_t bytes, usec_t now);
/* What a layer takes: measured, or announced while nothing is known. */
uint32_t feed_layer_bps(const struct feed *f, uint32_t spatial);

#endif
