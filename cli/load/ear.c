/* SPDX-License-Identifier: MIT */
#include "ear.h"

void ear_init(struct ear *e, uint32_t member, usec_t now) { *e = (struct ear){.member = member, .since = now}; }

void ear_pause(struct ear *e)
{
    e->showing = false;
    e->shown_at = 0;
}

/* How far `seq` is ahead of the newest; 0 or less: it comes late. Keeps the bits of what is missing. */
static int32_t note(struct ear_layer *l, uint32_t seq, size_t len, usec_t now)
{
    int32_t ahead = l->objects ? (int32_t)(seq - l->newest) : 1;
    l->objects++;
    l->bytes += len;
    l->fresh = true;
    if (ahead <= 0) {
        uint32_t back = (uint32_t)-ahead;
        if (back >= 1 && back <= 32)
            l->missing &= ~(1u << (back - 1));
        return ahead;
    }
    uint64_t gone = ahead < 33 ? ((uint64_t)l->missing << 1) << (ahead - 1) : 0;
    uint64_t between = ahead < 33 ? (UINT64_C(1) << (ahead - 1)) - 1 : UINT32_MAX;
    l->missing = (uint32_t)(gone | between);
    l->newest = seq;
    l->newest_at = now;
    return ahead;
}

void ear_audio(struct ear *e, const struct object_header *h, size_t len, struct ear_tally *t, usec_t now)
{
    int32_t ahead = note(&e->audio, h->seq, len, now);
    t->audio_objects++;
    if (ahead > 1 && ahead <= EAR_PAUSE_OBJECTS)
        t->audio_lost += (uint64_t)ahead - 1;
    if (ahead > 0)
        return;
    t->reordered++;
    if (ahead < 0 && t->audio_lost)
        t->audio_lost--; /* it was counted as lost */
}

static bool decodable(const struct ear *e, const struct object_header *h)
{
    uint32_t back = e->video[h->spatial].newest - (h->seq - h->depends);
    return h->key || (e->showing && h->spatial == e->spatial && h->depends && back < 64 && (e->decodable >> back & 1));
}

static void show(struct ear *e, struct ear_tally *t, usec_t now)
{
    usec_t gap = e->shown_at ? now - e->shown_at : 0;
    e->shown_at = now;
    if (gap <= EAR_FREEZE)
        return;
    t->freezes++;
    t->frozen_us += gap;
    if (gap > t->frozen_max_us)
        t->frozen_max_us = gap;
}

static uint64_t base_gap(const struct ear *e, const struct object_header *h, uint32_t base)
{
    uint32_t due = e->base + (h->temporal == 0);
    return e->showing && h->spatial == e->spatial && (int32_t)(base - due) > 0 ? base - due : 0;
}

bool ear_video(struct ear *e, const struct object_header *h, uint32_t base, size_t len, struct ear_tally *t, usec_t now)
{
    bool good = decodable(e, h), same = e->showing && h->spatial == e->spatial;
    t->video_objects++;
    t->video_lost += base_gap(e, h, base);
    int32_t ahead = note(&e->video[h->spatial], h->seq, len, now);
    if (ahead <= 0) {
        t->reordered++;
        return false;
    }
    e->decodable = (same && ahead < 64 ? e->decodable << ahead : 0) | good;
    if (good || same) {
        e->showing = true;
        e->spatial = (uint8_t)h->spatial;
        e->base = base;
    }
    if (good)
        show(e, t, now);
    else
        t->undecodable++;
    return !good;
}

void ear_close(const struct ear *e, struct ear_tally *t, usec_t now)
{
    struct ear last = *e;
    if (last.shown_at)
        show(&last, t, now);
}

static void add(struct feedback *f, struct ear_layer *l, uint32_t member, uint32_t track, uint32_t spatial)
{
    if (!l->fresh || f->count == FEEDBACK_TRACKS_MAX)
        return;
    l->fresh = false;
    f->track[f->count++] = (struct track_report){.member = member,
                                                 .track = track,
                                                 .spatial = spatial,
                                                 .newest = l->newest,
                                                 .missing = l->missing,
                                                 .newest_at_us = (uint64_t)l->newest_at,
                                                 .bytes = l->bytes,
                                                 .objects = l->objects};
}

void ear_report(struct ear *e, uint32_t audio_track, uint32_t video_track, struct feedback *f)
{
    add(f, &e->audio, e->member, audio_track, 0);
    for (uint32_t i = 0; i < SHAPE_LAYERS_MAX; i++)
        add(f, &e->video[i], e->member, video_track, i);
}
