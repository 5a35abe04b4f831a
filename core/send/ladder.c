/* SPDX-License-Identifier: MIT */
#include "send/ladder.h"

#include <string.h>

/* Bits that one pixel of one frame needs (VP9, real time): below LEAST the picture falls apart, from GOOD on it looks right, beyond
 * MOST more bits show nothing more. In 1/1000 bit. */
#define CAMERA_LEAST 35
#define CAMERA_GOOD 45
#define CAMERA_MOST 160
#define SCREEN_LEAST 10
#define SCREEN_MOST 120
#define PICTURE_LEAST_BPS 8000 /* below it no picture is sent */
#define CAMERA_ASIDE_BPS 100000 /* what a screen leaves the camera */
#define CAMERA_ASIDE_SHARE 4 /* but not more than a fourth */
#define ON_MARGIN 125 /* percent of what a layer needs before it is switched on */
#define SMOOTH_FPS 15 /* a camera gets fewer pixels before it gets fewer frames than this */
#define LEAST_FPS 5
#define SCREEN_LEAST_FPS 3

void ladder_init(struct ladder *l) { memset(l, 0, sizeof *l); }

static struct ladder_track *find(struct ladder *l, uint32_t id)
{
    for (size_t i = 0; i < COUNT_OF(l->track); i++)
        if (l->track[i].id == id)
            return &l->track[i];
    return NULL;
}

struct ladder_track *ladder_track(struct ladder *l, uint32_t id)
{
    struct ladder_track *t = id ? find(l, id) : NULL;
    if (!t && id && (t = find(l, 0)))
        *t = (struct ladder_track){.id = id};
    return t;
}

void ladder_remove(struct ladder *l, uint32_t id)
{
    struct ladder_track *t = id ? find(l, id) : NULL;
    if (t)
        *t = (struct ladder_track){0};
}

static uint32_t least(uint32_t a, uint32_t b) { return a < b ? a : b; }
static uint32_t most(uint32_t a, uint32_t b) { return a > b ? a : b; }

static bool is_audio(const struct ladder_track *t) { return t->kind == LADDER_MIC || t->kind == LADDER_SCREEN_AUDIO; }
static bool is_video(const struct ladder_track *t) { return t->kind == LADDER_CAMERA || t->kind == LADDER_SCREEN; }

/* Bits a second for a picture at that many 1/1000 bit per pixel. */
static uint32_t bits(const struct ladder_layer *l, uint32_t scale, uint32_t fps, uint32_t per_pixel)
{
    uint64_t pixels = (uint64_t)(l->width_px / scale) * (l->height_px / scale);
    uint64_t bps = pixels * fps * per_pixel / 1000;
    return bps < UINT32_MAX ? (uint32_t)bps : UINT32_MAX;
}

/* ---- what a layer needs and can use ---- */

/* A larger layer is worth it when it looks right at full size. */
static uint32_t needs(const struct ladder_track *t, uint32_t i)
{
    const struct ladder_layer *l = &t->layer[i];
    if (i == 0)
        return PICTURE_LEAST_BPS;
    if (t->kind == LADDER_SCREEN)
        return bits(l, 1, least(l->fps, SCREEN_LEAST_FPS), SCREEN_LEAST);
    return bits(l, 1, l->fps, CAMERA_GOOD);
}

static uint32_t can_use(const struct ladder_track *t, const struct ladder_layer *l)
{
    uint32_t use = bits(l, 1, l->fps, t->kind == LADDER_SCREEN ? SCREEN_MOST : CAMERA_MOST);
    if (l->max_bps)
        use = least(use, l->max_bps);
    return most(l->demand_bps ? least(use, l->demand_bps) : use, PICTURE_LEAST_BPS);
}

/* ---- sharing within a track ---- */

static bool may_be_on(const struct ladder_track *t, uint32_t i, uint32_t budget, bool lowest, usec_t now)
{
    const struct ladder_layer *l = &t->layer[i];
    uint32_t need = lowest ? PICTURE_LEAST_BPS : needs(t, i);
    if (l->on)
        return budget >= need;
    if (now - l->off_at < LADDER_SETTLE && l->off_at)
        return false;
    return budget >= (uint64_t)need * ON_MARGIN / 100;
}

static void set_on(struct ladder_layer *l, bool on, usec_t now)
{
    if (l->on && !on && l->wanted)
        l->off_at = now;
    l->on = on;
    l->bps = 0;
}

/* A lower layer beside a higher one only has to look right. */
static uint32_t modest(const struct ladder_track *t, const struct ladder_layer *l)
{
    return least(can_use(t, l), bits(l, 1, l->fps, 2 * CAMERA_GOOD));
}

/* Switches layers and gives each its part of `budget`: the lower ones what looks right, the highest the rest. Returns what is left. */
static uint32_t share_track(struct ladder_track *t, uint32_t budget, usec_t now)
{
    struct ladder_layer *top = NULL;
    for (uint32_t i = 0; i < t->layers; i++) {
        struct ladder_layer *l = &t->layer[i];
        uint32_t below = top ? modest(t, top) : 0;
        bool on = l->wanted && !t->muted && budget >= below && may_be_on(t, i, budget - below, top == NULL, now);
        set_on(l, on, now);
        if (!on)
            continue;
        if (top)
            budget -= top->bps = below;
        top = l;
    }
    if (!top)
        return budget;
    top->bps = least(budget, can_use(t, top));
    return budget - top->bps;
}

/* ---- pixels and frames ---- */

static uint32_t frames_for(const struct ladder_layer *l, uint32_t scale, uint32_t per_pixel, uint32_t lowest)
{
    uint32_t one = most(1, bits(l, scale, 1, per_pixel));
    return least(l->fps, most(lowest, l->bps / one));
}

/* Fewer pixels before the picture stutters, fewer frames after that. What is there now has a third of slack, against flapping. */
static void fit_camera(struct ladder_layer *l)
{
    uint32_t before = l->scale ? l->scale : 1, scale = 1;
    for (; scale < 4; scale *= 2) {
        uint32_t need = bits(l, scale, least(l->fps, SMOOTH_FPS), CAMERA_LEAST);
        if (l->bps >= (scale < before ? need + need / 3 : need))
            break;
    }
    l->scale = scale;
    l->fps_cap = frames_for(l, scale, CAMERA_LEAST, LEAST_FPS);
}

static void fit_screen(struct ladder_layer *l)
{
    l->scale = 1;
    l->fps_cap = frames_for(l, 1, 2 * SCREEN_LEAST, SCREEN_LEAST_FPS);
}

/* Of three temporal layers the lowest has a fourth of the frames, the lower two half of them. */
static uint32_t temporal_for(const struct ladder_layer *l)
{
    if (l->fps_cap * 4 <= l->fps)
        return 0;
    return l->fps_cap * 2 <= l->fps ? 1 : 2;
}

static void fit(struct ladder_track *t)
{
    for (uint32_t i = 0; i < t->layers; i++) {
        struct ladder_layer *l = &t->layer[i];
        if (!l->on)
            continue;
        if (t->kind == LADDER_SCREEN)
            fit_screen(l);
        else
            fit_camera(l);
        l->temporal_cap = temporal_for(l);
    }
}

/* ---- sharing among tracks ---- */

static uint32_t share_audio(struct ladder *l, uint32_t budget)
{
    uint32_t each = budget >= 4 * LADDER_AUDIO_BPS ? LADDER_AUDIO_BPS : LADDER_AUDIO_MIN_BPS, used = 0;
    for (size_t i = 0; i < COUNT_OF(l->track); i++) {
        struct ladder_track *t = &l->track[i];
        if (!is_audio(t))
            continue;
        t->audio_bps = t->kind == LADDER_SCREEN_AUDIO ? 2 * each : each;
        used += t->muted ? 0 : t->audio_bps;
    }
    return budget > used ? budget - used : 0;
}

static bool sends(const struct ladder_track *t)
{
    bool wanted = false;
    for (uint32_t i = 0; i < t->layers; i++)
        wanted |= t->layer[i].wanted;
    return is_video(t) && wanted && !t->muted;
}

static uint32_t count_kind(const struct ladder *l, enum ladder_kind kind)
{
    uint32_t n = 0;
    for (size_t i = 0; i < COUNT_OF(l->track); i++)
        n += l->track[i].kind == kind && sends(&l->track[i]);
    return n;
}

/* All tracks of one kind get equal parts; what one cannot use goes on to the next. Returns what is left. */
static uint32_t share_kind(struct ladder *l, enum ladder_kind kind, uint32_t budget, usec_t now)
{
    uint32_t n = count_kind(l, kind);
    for (size_t i = 0; i < COUNT_OF(l->track); i++) {
        struct ladder_track *t = &l->track[i];
        if (t->kind != kind)
            continue;
        if (!sends(t)) {
            share_track(t, 0, now);
            continue;
        }
        uint32_t part = budget / n--;
        budget -= part - share_track(t, part, now);
        fit(t);
    }
    return budget;
}

static bool differs(uint32_t a, uint32_t b) { return (a > b ? a - b : b - a) > a / 33; }

static bool layer_changed(const struct ladder_layer *a, const struct ladder_layer *b)
{
    return a->on != b->on || (b->on && (a->fps_cap != b->fps_cap || a->scale != b->scale || differs(a->bps, b->bps)));
}

static bool changed(const struct ladder *before, const struct ladder *after)
{
    for (size_t i = 0; i < COUNT_OF(after->track); i++) {
        const struct ladder_track *a = &before->track[i], *b = &after->track[i];
        if (a->audio_bps != b->audio_bps)
            return true;
        for (uint32_t k = 0; k < b->layers; k++)
            if (layer_changed(&a->layer[k], &b->layer[k]))
                return true;
    }
    return false;
}

bool ladder_share(struct ladder *l, uint32_t target_bps, usec_t now)
{
    struct ladder before = *l;
    uint32_t budget = share_audio(l, target_bps), aside = 0;
    if (count_kind(l, LADDER_SCREEN) && count_kind(l, LADDER_CAMERA))
        aside = least(CAMERA_ASIDE_BPS, budget / CAMERA_ASIDE_SHARE);
    uint32_t left = share_kind(l, LADDER_SCREEN, budget - aside, now);
    share_kind(l, LADDER_CAMERA, left + aside, now);
    return changed(&before, l);
}
