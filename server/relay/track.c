/* SPDX-License-Identifier: MIT */
#include "track.h"

#include "base/err.h"
#include "share.h"
#include "sub.h"

/* A track changed so much that those who watch it have to choose again. */
static void reshare(struct relay *r, struct feed *f, usec_t now)
{
    for (uint32_t i = 0; i < f->sub_count; i++) {
        f->subs[i]->spatial = f->subs[i]->spatial < f->layers ? f->subs[i]->spatial : 0;
        share_soon(r, f->subs[i]->to, now);
    }
}

void track_end(struct relay *r, struct seat *seat, uint32_t track)
{
    struct feed *f = seat->feeds[track];
    if (!f)
        return;
    while (f->sub_count)
        sub_sleep(r, f->subs[f->sub_count - 1]);
    seat->feeds[track] = NULL;
    feed_del(r, f);
}

/* Whoever wants it gets it from now on. */
static void wake_all(struct relay *r, struct feed *f, usec_t now)
{
    const struct room *room = f->owner->room;
    if (f->kind == PARLEY__V1__KIND__KIND_SCREEN_AUDIO)
        return;
    for (uint32_t i = 0; i < room->local_count; i++) {
        struct sub *s = sub_find(room->local[i], f->owner->id, f->id);
        if (!s || s->from)
            continue;
        sub_wake(r, s, f);
        share_now(r, s->to, now);
    }
}

static struct feed *feed_to_publish(struct relay *r, struct seat *seat, const Parley__V1__Track *t)
{
    struct feed *f = seat->feeds[t->id];
    if (f && f->kind == (uint32_t)t->kind)
        return f;
    track_end(r, seat, t->id);
    f = feed_new(seat, t->id, (uint32_t)t->kind);
    if (f)
        f->told = seat->elsewhere; /* its home begins with nothing wanted here */
    return seat->feeds[t->id] = f;
}

static bool is_kind(const Parley__V1__Track *t)
{
    return t->id >= 1 && t->id <= WIRE_TRACKS_MAX && t->kind >= PARLEY__V1__KIND__KIND_MIC &&
           t->kind <= PARLEY__V1__KIND__KIND_SCREEN_AUDIO;
}

int track_publish(struct relay *r, struct seat *seat, const Parley__V1__Track *t, usec_t now)
{
    if (!is_kind(t))
        return ERR_LIMIT;
    struct feed *f = feed_to_publish(r, seat, t);
    int err = f ? feed_set(f, t) : ERR_NOMEM;
    if (err) {
        track_end(r, seat, t->id);
        return err;
    }
    if (f->muted)
        feed_forget_pictures(r, f);
    wake_all(r, f, now);
    reshare(r, f, now);
    return 0;
}

bool track_is_as(const struct feed *f, const Parley__V1__Track *t)
{
    if (!f || f->kind != (uint32_t)t->kind || f->muted != (bool)t->muted || f->layers != t->n_layers)
        return false;
    for (size_t i = 0; i < t->n_layers; i++) {
        const struct feed_spec *s = &f->spec[i];
        const Parley__V1__Layer *l = t->layers[i];
        if (l->spatial != i || l->width_px != s->width_px || l->height_px != s->height_px || l->fps != s->fps ||
            l->max_bps != s->max_bps || l->temporal != s->temporal)
            return false;
    }
    return true;
}
