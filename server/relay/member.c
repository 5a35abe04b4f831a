/* SPDX-License-Identifier: MIT */
#include "member.h"

typedef Parley__V1__Member Member;
typedef Parley__V1__Track Track;
typedef Parley__V1__Layer Layer;

size_t member_bytes(const struct seat *seat)
{
    size_t bytes = sizeof(Member) + sizeof(Member *) + WIRE_TRACKS_MAX * sizeof(Track *) + (WIRE_TRACKS_MAX + 2) * ARENA_ALIGN;
    for (uint32_t i = 1; i <= WIRE_TRACKS_MAX; i++)
        if (seat->feeds[i])
            bytes += sizeof(Track) + sizeof(Track *) +
                     seat->feeds[i]->layers * (sizeof(Layer) + sizeof(Layer *) + 2 * ARENA_ALIGN) + 3 * ARENA_ALIGN;
    return bytes;
}

static Layer *build_layer(struct arena *a, const struct feed_spec *spec, uint32_t spatial)
{
    Layer *l = arena_alloc(a, sizeof(*l));
    parley__v1__layer__init(l);
    l->spatial = spatial;
    l->width_px = spec->width_px;
    l->height_px = spec->height_px;
    l->fps = spec->fps;
    l->max_bps = spec->max_bps;
    l->temporal = spec->temporal;
    return l;
}

static Track *build_track(struct arena *a, const struct feed *f)
{
    Track *t = arena_alloc(a, sizeof(*t));
    parley__v1__track__init(t);
    t->id = f->id;
    t->kind = (Parley__V1__Kind)f->kind;
    t->muted = f->muted;
    t->layers = f->layers ? arena_alloc(a, f->layers * sizeof(Layer *)) : NULL;
    for (; t->n_layers < f->layers; t->n_layers++)
        t->layers[t->n_layers] = build_layer(a, &f->spec[t->n_layers], (uint32_t)t->n_layers);
    return t;
}

Member *member_build(struct arena *a, struct seat *seat)
{
    Member *m = arena_alloc(a, sizeof(*m));
    parley__v1__member__init(m);
    m->id = seat->id;
    m->name = seat->name;
    m->role = (Parley__V1__Role)seat->role;
    m->salt = (ProtobufCBinaryData){.data = seat->salt, .len = WIRE_SALT_BYTES};
    m->away = seat_is_away(seat);
    m->tracks = arena_alloc(a, WIRE_TRACKS_MAX * sizeof(Track *));
    for (uint32_t i = 1; i <= WIRE_TRACKS_MAX; i++)
        if (seat->feeds[i])
            m->tracks[m->n_tracks++] = build_track(a, seat->feeds[i]);
    return m;
}
