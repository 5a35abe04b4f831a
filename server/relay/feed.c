/* SPDX-License-Identifier: MIT */
#include "feed.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "state.h"

#define MEASURE_US SEC

bool feed_is_audio(const struct feed *f)
{
    return f->kind == PARLEY__V1__KIND__KIND_MIC || f->kind == PARLEY__V1__KIND__KIND_SCREEN_AUDIO;
}
bool feed_is_screen(const struct feed *f) { return f->kind == PARLEY__V1__KIND__KIND_SCREEN; }

enum relay_media feed_media(const struct feed *f)
{
    if (feed_is_audio(f))
        return RELAY_SOUND;
    return feed_is_screen(f) ? RELAY_SCREEN : RELAY_CAMERA;
}

struct feed *feed_new(struct seat *owner, uint32_t id, uint32_t kind)
{
    struct feed *f = calloc(1, sizeof(*f));
    if (!f)
        return NULL;
    f->owner = owner;
    f->id = id;
    f->kind = kind;
    return f;
}

void feed_del(struct relay *r, struct feed *f)
{
    timer_stop(&r->timers, &f->key.timer);
    feed_forget_pictures(r, f);
    feed_forget_interests(f);
    voices_leave(f);
    free(f->subs);
    free(f);
}

void feed_forget_interests(struct feed *f)
{
    free(f->interests);
    f->interests = NULL;
    f->interest_count = f->interest_cap = 0;
}

void feed_forget_pictures(struct relay *r, struct feed *f)
{
    for (uint32_t i = 0; i < WIRE_LAYERS_MAX; i++)
        cache_clear(&r->pictures, &f->cache[i]);
}

static struct feed_spec spec_of(const Parley__V1__Layer *l)
{
    return (struct feed_spec){
        .width_px = l->width_px, .height_px = l->height_px, .fps = l->fps, .max_bps = l->max_bps, .temporal = l->temporal};
}

int feed_set(struct feed *f, const Parley__V1__Track *t)
{
    if (feed_is_audio(f) ? t->n_layers > 0 : t->n_layers < 1 || t->n_layers > WIRE_LAYERS_MAX)
        return ERR_LIMIT;
    for (size_t i = 0; i < t->n_layers; i++)
        if (t->layers[i]->spatial != i)
            return ERR_LIMIT;
    f->muted = t->muted;
    f->layers = (uint32_t)t->n_layers;
    for (size_t i = 0; i < t->n_layers; i++)
        f->spec[i] = spec_of(t->layers[i]);
    return 0;
}

void feed_restart(struct feed *f)
{
    memset(f->layer, 0, sizeof(f->layer));
    f->told = false;
}

static void measure(struct feed_layer *l, usec_t now)
{
    if (!l->measured_at)
        l->measured_at = now;
    if (now - l->measured_at < MEASURE_US)
        return;
    uint64_t bps = (l->bytes - l->measured_bytes) * 8 * SEC / (uint64_t)(now - l->measured_at);
    l->bps = bps < UINT32_MAX ? (uint32_t)bps : UINT32_MAX;
    l->measured_at = now;
    l->measured_bytes = l->bytes;
}

static void note_seq(struct feed_layer *l, uint32_t seq, usec_t now)
{
    if (l->newest && (int32_t)(seq - l->newest) <= 0) {
        uint32_t back = l->newest - seq;
        if (back >= 1 && back <= 32)
            l->missing &= ~(UINT32_C(1) << (back - 1));
        return;
    }
    uint32_t ahead = l->newest ? seq - l->newest : 1;
    /* the old newest has come; those between it and `seq` have not */
    uint64_t shifted = ((uint64_t)l->missing << 1) << (ahead < 33 ? ahead - 1 : 32);
    uint64_t between = ahead > 1 ? (ahead < 33 ? (UINT64_C(1) << (ahead - 1)) - 1 : UINT32_MAX) : 0;
    l->missing = (uint32_t)(shifted | between);
    l->newest = seq;
    l->newest_at = now;
}

void feed_on_object(struct feed *f, const struct object_header *h, size_t bytes, usec_t now)
{
    struct feed_layer *l = &f->layer[h->spatial];
    note_seq(l, h->seq, now);
    l->objects++;
    l->bytes += bytes;
    measure(l, now);
}

uint32_t feed_layer_bps(const struct feed *f, uint32_t spatial)
{
    const struct feed_layer *l = &f->layer[spatial];
    return l->bps ? l->bps : f->spec[spatial].max_bps;
}
