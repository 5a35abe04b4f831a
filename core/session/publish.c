/* SPDX-License-Identifier: MIT */
#include "publish.h"

#include <string.h>

#include "base/err.h"
#include "pack.h"

/* What waits in the pacer makes upper temporal layers, then pictures, be dropped before they are sealed. */
static const usec_t backlog_max[WIRE_LAYERS_MAX] = {600 * MS, 200 * MS, 100 * MS};
static const uint32_t pace_least = 250000;      /* bits a second: a key frame leaves in a fraction of a second */
static const usec_t lag_slack = 120 * MS; /* a large frame takes its time, and paths waver */
static const usec_t stall_max = 900 * MS;       /* what waits longer is given up */
static const usec_t key_patience = 2 * SEC;       /* a key frame that is not reported by then is lost */
static const usec_t key_fresh = 250 * MS;         /* a request this soon after one was on its way before it */
static const usec_t key_again = 500 * MS; /* the encoder is asked again when no key frame came */

static bool is_audio(enum track_kind k) { return k == TRACK_MIC || k == TRACK_SCREEN_AUDIO; }

/* Frames leave faster than the average rate, so that a large one does not hold up the next. */
static uint32_t pace_of(const struct publish *p)
{
    uint32_t pace = rate_target_bps(&p->rate) / 2 * 3;
    return pace > pace_least ? pace : pace_least;
}

void publish_init(struct publish *p, struct group_secret secret, const uint8_t *salt, struct outbox *out, struct health *health,
                  usec_t now)
{
    *p = (struct publish){.out = out, .health = health, .next_run = 1, .reported = NEVER};
    struct rate_config config = rate_config_default();
    sealer_init(&p->sealer, secret, salt, 0);
    rate_init(&p->rate, &config, now);
    ladder_init(&p->ladder);
    pacer_init(&p->pacer, pace_of(p), now);
}

void publish_wipe(struct publish *p)
{
    sealer_wipe(&p->sealer);
    pacer_clear(&p->pacer);
}

static struct publish_track *find(struct publish *p, uint32_t track)
{
    return track < PUBLISH_TRACKS && p->track[track].used ? &p->track[track] : NULL;
}

const struct track_spec *publish_track(const struct publish *p, uint32_t track)
{
    return track < PUBLISH_TRACKS && p->track[track].used ? &p->track[track].spec : NULL;
}

/* ---- the ladder's view of my tracks ---- */

static void ladder_fill(struct publish *p, const struct publish_track *t)
{
    struct ladder_track *l = ladder_track(&p->ladder, t->spec.id);
    if (!l)
        return;
    l->kind = (enum ladder_kind)t->spec.kind;
    l->muted = t->spec.muted;
    l->layers = t->spec.layers;
    for (uint32_t i = 0; i < t->spec.layers; i++) {
        const struct layer_spec *spec = &t->spec.layer[i];
        const struct publish_layer *layer = &t->layer[spec->spatial];
        l->layer[i].width_px = spec->width_px;
        l->layer[i].height_px = spec->height_px;
        l->layer[i].fps = spec->fps;
        l->layer[i].max_bps = spec->max_bps;
        l->layer[i].wanted = layer->wanted;
        l->layer[i].demand_bps = layer->demand_bps;
    }
}

static void share(struct publish *p, usec_t now)
{
    ladder_share(&p->ladder, rate_target_bps(&p->rate), now);
    pacer_set_rate(&p->pacer, pace_of(p), now);
    p->encoder_dirty = true;
}

static const struct ladder_layer *ladder_layer_of(struct publish *p, const struct publish_track *t, uint32_t spatial)
{
    struct ladder_track *l = ladder_track(&p->ladder, t->spec.id);
    for (uint32_t i = 0; l && i < t->spec.layers; i++)
        if (t->spec.layer[i].spatial == spatial)
            return &l->layer[i];
    return NULL;
}

/* ---- runs ---- */

static void run_close(struct publish *p, struct publish_layer *l)
{
    if (!l->run_open)
        return;
    struct client_event e = {
        .type = CLIENT_SEND_RUN, .link = p->link, .run = l->run, .run_end = l->run_skipped ? RUN_RESET : RUN_END};
    outbox_push(p->out, &e, NULL, 0);
    l->run_open = l->run_skipped = false;
}

static void layers_close(struct publish *p, struct publish_track *t)
{
    for (size_t i = 0; i < WIRE_LAYERS_MAX; i++)
        run_close(p, &t->layer[i]);
}

/* ---- connection ---- */

static void layer_restart(struct publish_layer *l)
{
    history_reset(&l->history);
    l->run_open = l->run_skipped = false;
    l->key_due = true;
    l->key_told = NEVER;
    l->key_seq = 0;
}

void publish_on_carry(struct publish *p, uint32_t member, uint32_t link, enum transport t, size_t datagram_bytes,
                      size_t object_bytes, usec_t now)
{
    p->member = member;
    p->live = true;
    p->link = link;
    p->transport = t;
    p->datagram_bytes = datagram_bytes;
    p->object_bytes = object_bytes;
    pacer_clear(&p->pacer);
    p->transit = (struct lowest){0};
    p->reported = NEVER;
    rate_reset(&p->rate, now);
    for (size_t i = 1; i < PUBLISH_TRACKS; i++)
        for (size_t k = 0; k < WIRE_LAYERS_MAX; k++)
            layer_restart(&p->track[i].layer[k]);
    share(p, now);
}

void publish_on_lost(struct publish *p)
{
    p->live = false;
    pacer_clear(&p->pacer);
}

/* ---- tracks ---- */

static int check_spec(const struct track_spec *s)
{
    bool audio = is_audio(s->kind);
    if (s->id < 1 || s->id > WIRE_TRACKS_MAX || s->kind < TRACK_MIC || s->kind > TRACK_SCREEN_AUDIO)
        return ERR_LIMIT;
    if (s->layers > WIRE_LAYERS_MAX || audio != (s->layers == 0))
        return ERR_LIMIT;
    for (uint32_t i = 0; i < s->layers; i++)
        if (s->layer[i].spatial >= WIRE_LAYERS_MAX || s->layer[i].temporal > WIRE_LAYERS_MAX)
            return ERR_LIMIT;
    return 0;
}

static void begin_track(struct publish_track *t)
{
    for (size_t i = 0; i < WIRE_LAYERS_MAX; i++) {
        uint32_t seq = t->layer[i].seq; /* numbers of a track go on when its id is used again */
        t->layer[i] = (struct publish_layer){.seq = seq, .key_due = true, .key_told = NEVER};
        history_init(&t->layer[i].history);
    }
    t->used = true;
}

int publish_put(struct publish *p, const struct track_spec *spec, usec_t now)
{
    int err = check_spec(spec);
    if (err)
        return err;
    struct publish_track *t = &p->track[spec->id];
    bool fresh = !t->used || t->spec.kind != spec->kind;
    bool unmuted = t->used && t->spec.muted && !spec->muted;
    if (t->used && fresh)
        publish_remove(p, spec->id, now);
    t->spec = *spec;
    if (fresh)
        begin_track(t);
    for (size_t i = 0; unmuted && i < WIRE_LAYERS_MAX; i++)
        t->layer[i].key_due = true;
    ladder_fill(p, t);
    share(p, now);
    return 0;
}

int publish_remove(struct publish *p, uint32_t track, usec_t now)
{
    struct publish_track *t = find(p, track);
    if (!t)
        return ERR_UNKNOWN;
    layers_close(p, t);
    t->used = false;
    ladder_remove(&p->ladder, track);
    share(p, now);
    return 0;
}

/* ---- sending ---- */

/* The frame that a frame of this temporal layer needs: the previous base frame, or the latest of a lower layer. */
static struct publish_reference *reference_of(struct publish_layer *l, uint32_t temporal)
{
    struct publish_reference *found = &l->latest[0];
    for (uint32_t t = 1; t < temporal; t++)
        if (l->latest[t].order > found->order)
            found = &l->latest[t];
    return found;
}

static void need_key(struct publish *p, struct publish_layer *l)
{
    if (!l->key_due)
        l->key_told = NEVER;
    l->key_due = true;
    l->run_skipped = true;
    p->encoder_dirty = true;
}

static int drop(struct publish *p, struct publish_layer *l, const struct media *m)
{
    p->health->dropped_out++;
    l->dropped++;
    l->latest[m->temporal] = (struct publish_reference){.order = ++l->order, .dropped = true};
    if (m->temporal == 0)
        need_key(p, l);
    return ERR_LATE;
}

/* How long the oldest object that the relay had not got when it reported had been waiting somewhere on its way. */
static usec_t layer_lag(const struct publish *p, const struct publish_layer *l)
{
    usec_t since = history_waiting(&l->history, l->run_seq);
    if (since == NEVER || p->reported == NEVER || !p->transit.any)
        return 0;
    return usec_max(0, p->reported - lowest_get(&p->transit) - since - lag_slack);
}

static usec_t backlog(const struct publish *p, const struct publish_layer *l, usec_t now)
{
    return pacer_backlog(&p->pacer, now) + layer_lag(p, l);
}

/* A key frame was sent and neither reported nor given up. */
static bool key_is_under_way(const struct publish_layer *l, usec_t now)
{
    return l->key_seq > history_newest(&l->history, 0) && now - l->key_sent < key_patience;
}

static void give_up_stalled(struct publish *p, struct publish_layer *l)
{
    if (!l->run_open || layer_lag(p, l) < stall_max)
        return;
    need_key(p, l);
    run_close(p, l);
    l->run_seq = l->seq + 1;
    l->key_seq = 0;
}

/* Whether the frame is not worth sending now: the path is behind, or it needs a frame that was dropped. */
static bool is_hopeless(struct publish *p, const struct publish_track *t, struct publish_layer *l, const struct media *m,
                        usec_t now)
{
    if (m->key)
        return key_is_under_way(l, now) || backlog(p, l, now) > backlog_max[0];
    if (l->key_due || pacer_wants_key(&p->pacer, t->spec.id, m->spatial))
        return true;
    const struct publish_reference *needs = reference_of(l, m->temporal);
    if (!needs->order || needs->dropped)
        return true;
    return backlog(p, l, now) > backlog_max[m->temporal];
}

static struct object_header header_of(const struct publish_layer *l, const struct media *m, uint32_t depends)
{
    return (struct object_header){.track = m->track,
                                  .spatial = m->spatial,
                                  .temporal = m->temporal,
                                  .seq = l->seq + 1,
                                  .captured_us = m->captured_us,
                                  .key = m->key,
                                  .depends = depends,
                                  .level = m->level};
}

static uint32_t priority_of(const struct track_spec *s, const struct media *m)
{
    if (is_audio(s->kind))
        return 1;
    if (m->spatial != s->layer[0].spatial)
        return 4;
    return s->kind == TRACK_SCREEN ? 3 : 2;
}

static void emit_run(struct publish *p, struct publish_layer *l, const struct pacer_object *o)
{
    struct client_event e = {.type = CLIENT_SEND_RUN, .link = p->link, .priority = o->priority};
    if (p->transport == TRANSPORT_WEBTRANSPORT) {
        if (o->key || !l->run_open) {
            run_close(p, l);
            l->run = p->next_run++;
            l->run_seq = o->seq;
            l->run_open = e.run_begin = true;
            l->run_skipped = false;
        }
        e.run = l->run;
    }
    size_t from = p->transport == TRANSPORT_WEBSOCKET || e.run_begin ? 0 : 1;
    outbox_push_copy(p->out, &e, o->pkt->data + from, o->pkt->len - from);
}

static void emit(struct publish *p, const struct pacer_object *o, usec_t now)
{
    struct publish_layer *l = &p->track[o->track].layer[o->spatial];
    if (o->paced)
        emit_run(p, l, o);
    else
        outbox_push_copy(p->out, &(struct client_event){.type = CLIENT_SEND_DATAGRAM, .link = p->link, .priority = o->priority},
                         o->pkt->data, o->pkt->len);
    if (o->key) {
        l->key_seq = o->seq;
        l->key_sent = now;
    }
    history_sent(&l->history, o->seq, o->pkt->len, now);
    rate_on_sent(&p->rate, o->pkt->len, now);
    meter_add(&p->health->out, o->pkt->len, now);
    meter_add(&l->sent, o->pkt->len, now);
    meter_add(&l->frames, 1, now);
    p->health->objects_out++;
}

static void flush(struct publish *p, usec_t now)
{
    struct pacer_object o;
    while (p->live && pacer_pop(&p->pacer, &o, now)) {
        if (p->track[o.track].used)
            emit(p, &o, now);
        pkt_unref(o.pkt);
    }
}

static int check_media(const struct publish *p, const struct publish_track *t, const struct media *m)
{
    if (!t)
        return ERR_UNKNOWN;
    if (!p->live || t->spec.muted)
        return ERR_STATE;
    bool audio = is_audio(t->spec.kind);
    if (m->temporal >= WIRE_LAYERS_MAX || m->spatial >= WIRE_LAYERS_MAX || (audio && (m->spatial || m->temporal)))
        return ERR_LIMIT;
    size_t most = audio && p->transport == TRANSPORT_WEBTRANSPORT ? p->datagram_bytes : p->object_bytes;
    if (m->key && (audio || m->temporal))
        return ERR_LIMIT;
    if (m->len + PACK_OVERHEAD_MAX > most || m->level > 127)
        return ERR_LIMIT;
    return 0;
}

static void note_sent(struct publish_layer *l, const struct media *m)
{
    l->seq++;
    if (m->key) {
        memset(l->latest, 0, sizeof l->latest);
        l->key_due = false;
        l->key_wanted = false;
        l->key_frames++;
        l->width_px = m->width_px;
        l->height_px = m->height_px;
    }
    l->latest[m->temporal] = (struct publish_reference){.order = ++l->order, .seq = l->seq};
}

int publish_send(struct publish *p, const struct media *m, usec_t now)
{
    struct publish_track *t = find(p, m->track);
    int err = check_media(p, t, m);
    if (err)
        return err;
    struct publish_layer *l = &t->layer[m->spatial];
    bool audio = is_audio(t->spec.kind);
    if (!audio)
        give_up_stalled(p, l);
    if (!audio && is_hopeless(p, t, l, m, now))
        return drop(p, l, m);
    uint32_t depends = audio || m->key ? 0 : l->seq + 1 - reference_of(l, m->temporal)->seq;
    struct object_header h = header_of(l, m, depends);
    struct pkt *pkt = pack_object(&p->sealer, p->member, audio ? WIRE_AUDIO : WIRE_VIDEO, &h, m, &err);
    if (!pkt)
        return err;
    struct pacer_object o = {.pkt = pkt,
                             .len = pkt->len,
                             .track = m->track,
                             .spatial = m->spatial,
                             .temporal = m->temporal,
                             .seq = h.seq,
                             .depends = depends,
                             .key = m->key,
                             .paced = !audio,
                             .priority = priority_of(&t->spec, m)};
    err = pacer_push(&p->pacer, &o, now);
    if (err && !audio) {
        l->seq++; /* its number is spent: it was sealed */
        return drop(p, l, m);
    }
    note_sent(l, m);
    flush(p, now);
    return err;
}

/* ---- the relay's word ---- */

void publish_on_demand(struct publish *p, const Parley__V1__Demand *d, usec_t now)
{
    for (size_t i = 0; i < d->n_tracks; i++) {
        const Parley__V1__TrackDemand *want = d->tracks[i];
        struct publish_track *t = find(p, want->track);
        if (!t || want->spatial >= WIRE_LAYERS_MAX)
            continue;
        struct publish_layer *l = &t->layer[want->spatial];
        if (want->wanted && !l->wanted)
            need_key(p, l);
        l->wanted = want->wanted;
        l->demand_bps = want->max_bps;
        ladder_fill(p, t);
    }
    share(p, now);
}

void publish_on_key_request(struct publish *p, uint32_t track, uint32_t spatial, usec_t now)
{
    struct publish_track *t = find(p, track);
    if (!t || spatial >= WIRE_LAYERS_MAX || is_audio(t->spec.kind))
        return;
    struct publish_layer *l = &t->layer[spatial];
    if (key_is_under_way(l, now) || (l->key_seq && now - l->key_sent < key_fresh))
        return;
    if (!l->key_wanted && !l->key_due)
        l->key_told = NEVER;
    l->key_wanted = true;
    p->encoder_dirty = true;
}

void publish_on_feedback(struct publish *p, const struct feedback *f, usec_t now)
{
    p->reported = (usec_t)f->clock_us;
    for (size_t i = 0; i < f->count; i++) {
        const struct track_report *r = &f->track[i];
        struct publish_track *t = find(p, r->track);
        if (r->member || !t || r->spatial >= WIRE_LAYERS_MAX)
            continue;
        struct history_report report = {.newest = r->newest,
                                        .missing = r->missing,
                                        .newest_at = (usec_t)r->newest_at_us,
                                        .bytes = r->bytes,
                                        .objects = r->objects};
        struct delivery d = history_report(&t->layer[r->spatial].history, &report);
        if (d.timed)
            lowest_put(&p->transit, d.arrived - d.sent, now);
        rate_on_delivery(&p->rate, r->track * WIRE_LAYERS_MAX + r->spatial, &d, now);
    }
    rate_on_feedback(&p->rate, (usec_t)f->clock_us, now);
    share(p, now);
    flush(p, now);
}

void publish_on_round_trip(struct publish *p, usec_t rtt, usec_t now)
{
    if (rate_on_round_trip(&p->rate, rtt, now))
        share(p, now);
}

/* ---- what to encode ---- */

static bool wants_key(const struct publish *p, const struct publish_track *t, uint32_t spatial)
{
    const struct publish_layer *l = &t->layer[spatial];
    return l->key_due || l->key_wanted || pacer_wants_key(&p->pacer, t->spec.id, spatial);
}

struct order {
    bool wanted, key;
    uint32_t bps, fps, scale;
};

static struct order order_of(struct publish *p, const struct publish_track *t, uint32_t spatial, usec_t now)
{
    const struct publish_layer *l = &t->layer[spatial];
    if (is_audio(t->spec.kind)) {
        const struct ladder_track *sound = ladder_track(&p->ladder, t->spec.id);
        return (struct order){.wanted = !t->spec.muted, .bps = sound ? sound->audio_bps : 0};
    }
    const struct ladder_layer *rung = ladder_layer_of(p, t, spatial);
    struct order o = {.wanted = p->live && !t->spec.muted && l->wanted && rung && rung->on};
    if (o.wanted) {
        o.bps = rung->bps;
        o.fps = rung->fps_cap;
        o.scale = rung->scale ? rung->scale : 1;
    }
    o.key = o.wanted && wants_key(p, t, spatial) && (l->key_told == NEVER || now - l->key_told >= key_again);
    return o;
}

static int tell_encoder(struct publish *p, struct publish_track *t, uint32_t spatial, struct client_event *e, usec_t now)
{
    struct publish_layer *l = &t->layer[spatial];
    struct order o = order_of(p, t, spatial, now);
    bool same = l->told_wanted == o.wanted && l->told_bps == o.bps && l->told_fps == o.fps && l->told_scale == o.scale;
    if (l->told && same && !o.key)
        return 0;
    if (o.key)
        l->key_told = now;
    l->told = true;
    l->told_wanted = o.wanted;
    l->told_bps = o.bps;
    l->told_fps = o.fps;
    l->told_scale = o.scale;
    *e = (struct client_event){.type = CLIENT_ENCODER,
                               .track = t->spec.id,
                               .spatial = spatial,
                               .wanted = o.wanted,
                               .key_wanted = o.key,
                               .target_bps = o.bps,
                               .fps = o.fps,
                               .scale = o.scale};
    return 1;
}

int publish_next_encoder(struct publish *p, struct client_event *e, usec_t now)
{
    for (size_t i = 1; p->encoder_dirty && i < PUBLISH_TRACKS; i++) {
        struct publish_track *t = &p->track[i];
        uint32_t layers = t->spec.layers ? t->spec.layers : 1;
        for (uint32_t k = 0; t->used && k < layers; k++)
            if (tell_encoder(p, t, t->spec.layers ? t->spec.layer[k].spatial : 0, e, now))
                return 1;
    }
    p->encoder_dirty = false;
    return 0;
}

/* ---- time ---- */

/* When the encoder is to be asked again for a key frame that did not come. */
static usec_t key_deadline(const struct publish *p)
{
    usec_t at = NEVER;
    for (size_t i = 1; i < PUBLISH_TRACKS; i++)
        for (uint32_t k = 0; p->track[i].used && k < p->track[i].spec.layers; k++) {
            uint32_t spatial = p->track[i].spec.layer[k].spatial;
            const struct publish_layer *l = &p->track[i].layer[spatial];
            if (l->told_wanted && l->key_told != NEVER && wants_key(p, &p->track[i], spatial))
                at = usec_min(at, l->key_told + key_again);
        }
    return at;
}

void publish_tick(struct publish *p, usec_t now)
{
    if (!p->live)
        return;
    if (now >= rate_deadline(&p->rate)) {
        rate_tick(&p->rate, now);
        share(p, now);
    }
    flush(p, now);
    p->encoder_dirty |= now >= key_deadline(p);
}

usec_t publish_deadline(const struct publish *p)
{
    if (!p->live)
        return NEVER;
    return usec_min(key_deadline(p), usec_min(rate_deadline(&p->rate), pacer_deadline(&p->pacer)));
}

int publish_stats(const struct publish *p, uint32_t track, struct track_stats *s, usec_t now)
{
    if (!publish_track(p, track))
        return ERR_UNKNOWN;
    *s = (struct track_stats){0};
    for (size_t i = 0; i < WIRE_LAYERS_MAX; i++) {
        const struct publish_layer *l = &p->track[track].layer[i];
        s->bps += meter_bps(&l->sent, now);
        s->fps_x10 += meter_bps(&l->frames, now) / 8 * 10;
        s->dropped += l->dropped;
        s->key_frames += l->key_frames;
        if (l->width_px > s->width_px) {
            s->width_px = l->width_px;
            s->height_px = l->height_px;
        }
    }
    return 0;
}
