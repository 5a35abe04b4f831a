/* SPDX-License-Identifier: MIT */
#include "viewer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "beep.h"
#include "codec/opus_codec.h"
#include "codec/vpx_codec.h"
#include "recv/playout.h"
#include "session.h"
#include "tally.h"
#include "testcard.h"

#define BEEP_AGE_MAX 500000 /* an age beyond half a second is a beep that came early, or no beep of ours */

struct pictures {
    struct vpx_dec *decoder;
    enum codec codec;
    uint64_t frames, undecodable, cards, no_cards, repeated;
    uint16_t counter;
    uint64_t missed; /* by the card's counter */
    uint32_t width_px, height_px;
    struct tally delay_ms, interval_ms;
    usec_t shown, first; /* 0: not yet */
};

struct sounds {
    struct opus_dec *decoder;
    struct playout *playout;
    struct playout_stats stats;
    struct beep_finder finder;
    struct tally beep_ms;
    uint64_t beeps, blocks, silent_blocks;
};

struct viewed {
    bool here;
    uint32_t member, track;
    enum track_kind kind;
    char name[WIRE_NAME_MAX + 1];
    struct pictures pictures;
    struct sounds sounds;
    struct track_stats stats; /* the engine's, the latest */
};

struct viewer {
    struct client *client;
    struct viewed *track[VIEWER_TRACKS];
    size_t count;
    uint32_t tick;
};

struct viewer *viewer_new(struct client *client)
{
    struct viewer *v = calloc(1, sizeof *v);
    if (v)
        v->client = client;
    return v;
}

static bool is_sound(enum track_kind kind) { return kind == TRACK_MIC || kind == TRACK_SCREEN_AUDIO; }

static void close_track(struct viewed *t)
{
    t->here = false;
    vpx_dec_del(t->pictures.decoder);
    t->pictures.decoder = NULL;
    playout_del(t->sounds.playout);
    opus_dec_del(t->sounds.decoder);
    t->sounds.playout = NULL;
    t->sounds.decoder = NULL;
}

void viewer_del(struct viewer *v)
{
    for (size_t i = 0; v && i < v->count; i++) {
        close_track(v->track[i]);
        free(v->track[i]);
    }
    free(v);
}

/* ---- tracks ---- */

static struct viewed *find(const struct viewer *v, uint32_t member, uint32_t track)
{
    for (size_t i = 0; i < v->count; i++)
        if (v->track[i]->here && v->track[i]->member == member && v->track[i]->track == track)
            return v->track[i];
    return NULL;
}

static int open_sounds(struct sounds *s)
{
    s->decoder = opus_dec_new(1);
    if (!s->decoder)
        return ERR_NOMEM;
    struct playout_decoder d = opus_dec_for_playout(s->decoder);
    s->playout = playout_new(&d, 1);
    beep_finder_init(&s->finder);
    return s->playout ? 0 : ERR_NOMEM;
}

int viewer_track(struct viewer *v, const struct member_info *member, const struct track_spec *spec)
{
    if (find(v, member->id, spec->id))
        return 0;
    if (v->count == VIEWER_TRACKS)
        return ERR_FULL;
    struct viewed *t = calloc(1, sizeof *t);
    if (!t)
        return ERR_NOMEM;
    t->here = true;
    t->member = member->id;
    t->track = spec->id;
    t->kind = spec->kind;
    snprintf(t->name, sizeof t->name, "%s", member->name);
    v->track[v->count++] = t;
    return is_sound(t->kind) ? open_sounds(&t->sounds) : 0;
}

void viewer_track_gone(struct viewer *v, uint32_t member, uint32_t track)
{
    struct viewed *t = find(v, member, track);
    if (t)
        close_track(t);
}

void viewer_member_gone(struct viewer *v, uint32_t member)
{
    for (size_t i = 0; i < v->count; i++)
        if (v->track[i]->here && v->track[i]->member == member)
            close_track(v->track[i]);
}

void viewer_subscribe(struct viewer *v, uint32_t width_px, usec_t now)
{
    struct want wants[VIEWER_TRACKS];
    size_t n = 0;
    for (size_t i = 0; i < v->count; i++) {
        const struct viewed *t = v->track[i];
        if (t->here && !is_sound(t->kind))
            wants[n++] = (struct want){.member = t->member, .track = t->track, .width_px = width_px};
    }
    client_subscribe(v->client, wants, n, now);
}

/* ---- pictures ---- */

static void read_card(struct pictures *p, const struct vpx_picture *picture, usec_t shown)
{
    struct testcard card;
    struct testcard_picture tp = {.width_px = picture->width_px,
                                  .height_px = picture->height_px,
                                  .y_stride = picture->y_stride,
                                  .u_stride = picture->u_stride,
                                  .v_stride = picture->v_stride,
                                  .y = picture->y,
                                  .u = picture->u,
                                  .v = picture->v};
    if (testcard_read(&tp, &card)) {
        p->no_cards++;
        return;
    }
    uint16_t ahead = (uint16_t)(card.counter - p->counter);
    if (p->cards && ahead == 0)
        p->repeated++;
    else if (p->cards && ahead < 0x8000)
        p->missed += (uint64_t)ahead - 1;
    p->counter = card.counter;
    p->cards++;
    tally_add(&p->delay_ms, testcard_age_ms(&card, session_unix_us(shown) / 1000));
}

static enum vpx_kind kind_of(enum codec codec) { return codec == CODEC_VP8 ? VPX_KIND_VP8 : VPX_KIND_VP9; }

static bool prepare_decoder(struct pictures *p, enum codec codec)
{
    if (codec != CODEC_VP8 && codec != CODEC_VP9)
        return false;
    if (p->decoder && p->codec == codec)
        return true;
    vpx_dec_del(p->decoder);
    p->codec = codec;
    p->decoder = vpx_dec_new(kind_of(codec));
    return p->decoder != NULL;
}

static void show(struct pictures *p, const struct vpx_picture *picture, usec_t shown)
{
    p->frames++;
    p->width_px = picture->width_px;
    p->height_px = picture->height_px;
    if (p->shown)
        tally_add(&p->interval_ms, (int32_t)((shown - p->shown) / MS));
    p->first = p->first ? p->first : shown;
    p->shown = shown;
    read_card(p, picture, shown);
}

void viewer_on_video(struct viewer *v, const struct client_event *e, usec_t now)
{
    struct viewed *t = find(v, e->member, e->track);
    struct vpx_picture picture;
    if (!t || is_sound(t->kind) || !prepare_decoder(&t->pictures, e->media.codec))
        return;
    usec_t due = e->due;
    int got = vpx_dec_decode(t->pictures.decoder, e->media.data, e->media.len, &picture);
    if (got > 0 && !e->hidden)
        show(&t->pictures, &picture, usec_max(due, loop_now()));
    if (got >= 0)
        return;
    t->pictures.undecodable++;
    client_need_key_frame(v->client, t->member, t->track, now);
}

/* ---- sounds ---- */

void viewer_on_audio(struct viewer *v, const struct client_event *e, usec_t now)
{
    struct viewed *t = find(v, e->member, e->track);
    if (t && t->sounds.playout && e->media.codec == CODEC_OPUS)
        playout_put(t->sounds.playout, e->seq, e->media.captured_us, e->media.duration_us, e->media.data, e->media.len, now);
}

void viewer_on_sound(struct viewer *v, const struct client_event *e)
{
    struct viewed *t = find(v, e->member, e->track);
    if (t && t->sounds.playout)
        playout_hold(t->sounds.playout, e->hold_us);
}

static void play(struct sounds *s, usec_t now)
{
    float block[PLAYOUT_BLOCK];
    uint32_t age_us;
    bool any = playout_pull(s->playout, block, now);
    s->blocks++;
    s->silent_blocks += !any;
    if (beep_find(&s->finder, block, PLAYOUT_BLOCK, session_unix_us(now), &age_us)) {
        s->beeps++;
        if (age_us < BEEP_AGE_MAX)
            tally_add(&s->beep_ms, (int32_t)(age_us / MS));
    }
    playout_stats(s->playout, &s->stats);
}

void viewer_play(struct viewer *v, usec_t now)
{
    bool tell = v->tick++ % 10 == 0;
    for (size_t i = 0; i < v->count; i++) {
        struct viewed *t = v->track[i];
        if (!t->here)
            continue;
        client_track_stats(v->client, t->member, t->track, &t->stats);
        if (!t->sounds.playout)
            continue;
        play(&t->sounds, now);
        if (tell)
            client_on_playout(v->client, t->member, t->track, t->sounds.stats.own_us, now);
    }
}

/* ---- what was measured ---- */

static double share(uint64_t part, uint64_t whole) { return whole ? (double)part * 100 / (double)whole : 0; }

static json_t *report_pictures(const struct viewed *t)
{
    const struct pictures *p = &t->pictures;
    json_t *r = json_pack("{s:I, s:i, s:i, s:I, s:I, s:I, s:I}", "frames", (json_int_t)p->frames, "width_px", p->width_px,
                          "height_px", p->height_px, "undecodable", (json_int_t)p->undecodable, "cards", (json_int_t)p->cards,
                          "no_cards", (json_int_t)p->no_cards, "missed", (json_int_t)p->missed);
    json_t *times =
        json_pack("{s:i, s:i, s:i, s:i, s:i}", "delay_p50_ms", tally_percentile(&p->delay_ms, 50), "delay_p95_ms",
                  tally_percentile(&p->delay_ms, 95), "interval_p50_ms", tally_percentile(&p->interval_ms, 50), "interval_p95_ms",
                  tally_percentile(&p->interval_ms, 95), "interval_max_ms", tally_percentile(&p->interval_ms, 100));
    json_t *engine =
        json_pack("{s:i, s:f, s:i, s:i, s:i, s:i, s:i, s:i, s:i}", "bps", t->stats.bps, "fps", t->stats.fps_x10 / 10.0, "lost",
                  t->stats.lost, "late", t->stats.late, "freezes", t->stats.freezes, "frozen_ms", t->stats.frozen_ms, "key_frames",
                  t->stats.key_frames, "jitter_us", t->stats.jitter_us, "target_us", t->stats.target_us);
    json_object_update_new(r, times);
    json_object_update_new(r, engine);
    return r;
}

static json_t *report_sounds(const struct viewed *t)
{
    const struct playout_stats *s = &t->sounds.stats;
    json_t *r = json_pack("{s:i, s:i, s:i, s:i, s:f, s:I, s:I}", "packets", s->packets, "lost", s->lost, "late", s->late,
                          "decode_errors", s->decode_errors, "concealed_percent", share(s->concealed_ms, s->played_ms),
                          "concealed_ms", (json_int_t)s->concealed_ms, "played_ms", (json_int_t)s->played_ms);
    json_t *more =
        json_pack("{s:I, s:I, s:I, s:I, s:i, s:i, s:i}", "recovered_ms", (json_int_t)s->recovered_ms, "stretched_ms",
                  (json_int_t)s->stretched_ms, "shrunk_ms", (json_int_t)s->shrunk_ms, "skipped_ms", (json_int_t)s->skipped_ms,
                  "jitter_us", s->jitter_us, "target_us", s->target_us, "delay_us", s->delay_us);
    json_t *beeps = json_pack("{s:I, s:i, s:i}", "beeps", (json_int_t)t->sounds.beeps, "beep_p50_ms",
                              tally_percentile(&t->sounds.beep_ms, 50), "beep_p95_ms", tally_percentile(&t->sounds.beep_ms, 95));
    json_object_update_new(r, more);
    json_object_update_new(r, beeps);
    return r;
}

usec_t viewer_first_picture(const struct viewer *v)
{
    usec_t first = NEVER;
    for (size_t i = 0; i < v->count; i++)
        if (v->track[i]->pictures.first)
            first = usec_min(first, v->track[i]->pictures.first);
    return first;
}

json_t *viewer_report(const struct viewer *v)
{
    json_t *list = json_array();
    for (size_t i = 0; i < v->count; i++) {
        const struct viewed *t = v->track[i];
        json_t *one = json_pack("{s:i, s:s, s:i, s:s, s:b}", "member", t->member, "name", t->name, "track", t->track, "kind",
                                session_kind(t->kind), "here", t->here);
        json_t *measured = is_sound(t->kind) ? report_sounds(t) : report_pictures(t);
        json_object_update_new(one, measured);
        json_array_append_new(list, one);
    }
    return json_pack("{s:o}", "tracks", list);
}

static void print_pictures(const struct viewed *t)
{
    const struct pictures *p = &t->pictures;
    printf(
        "%-20.20s %-12s %4ux%-4u %7llu frames %5.1f fps  delay p50 %d p95 %d ms  jitter %u ms  lost %u  freezes %u (%u ms)  cards %.1f %%\n",
        t->name, session_kind(t->kind), p->width_px, p->height_px, (unsigned long long)p->frames, t->stats.fps_x10 / 10.0,
        tally_percentile(&p->delay_ms, 50), tally_percentile(&p->delay_ms, 95), t->stats.jitter_us / 1000, t->stats.lost,
        t->stats.freezes, t->stats.frozen_ms, share(p->cards, p->frames));
}

static void print_sounds(const struct viewed *t)
{
    const struct playout_stats *s = &t->sounds.stats;
    printf("%-20.20s %-12s %9s %7u packets          beep p50 %d p95 %d ms  jitter %u ms  lost %u  concealed %.2f %%  delay %u ms\n",
           t->name, session_kind(t->kind), "", s->packets, tally_percentile(&t->sounds.beep_ms, 50),
           tally_percentile(&t->sounds.beep_ms, 95), s->jitter_us / 1000, s->lost, share(s->concealed_ms, s->played_ms),
           s->delay_us / 1000);
}

void viewer_print(const struct viewer *v)
{
    for (size_t i = 0; i < v->count; i++) {
        if (is_sound(v->track[i]->kind))
            print_sounds(v->track[i]);
        else
            print_pictures(v->track[i]);
    }
}
