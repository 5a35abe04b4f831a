/* SPDX-License-Identifier: MIT */
#include "peer.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "wire/media_info.h"

static bool is_audio(enum track_kind k) { return k == TRACK_MIC || k == TRACK_SCREEN_AUDIO; }

void peers_init(struct peers *ps, struct group_secret secret, const struct roster *roster, struct outbox *out,
                struct health *health)
{
    *ps = (struct peers){.video_due = NEVER, .key_due = NEVER, .secret = secret, .roster = roster, .out = out, .health = health};
}

/* ---- peers and their tracks ---- */

static struct peer *find(const struct peers *ps, uint32_t member) { return idmap_get(&ps->by_member, member); }

static void track_del(struct peers *ps, struct peer_track *t)
{
    for (size_t i = 0; i < ps->videos; i++)
        if (ps->video[i] == t)
            ps->video[i] = ps->video[--ps->videos];
    jitter_del(t->jitter);
    free(t);
}

static void peer_del(struct peers *ps, struct peer *p)
{
    for (size_t i = 0; i < WIRE_TRACKS_MAX; i++)
        if (p->track[i])
            track_del(ps, p->track[i]);
    keyring_retire(&p->keys, &ps->memory);
    free(p);
}

void peers_reset(struct peers *ps)
{
    size_t cursor = 0;
    struct peer *p;
    while ((p = idmap_next(&ps->by_member, &cursor)))
        peer_del(ps, p);
    idmap_reset(&ps->by_member);
    ps->video_due = ps->key_due = NEVER;
}

static struct peer *peer_of(struct peers *ps, uint32_t member)
{
    struct peer *p = find(ps, member);
    const struct roster_member *m = p ? NULL : roster_find(ps->roster, member);
    if (!m || !(p = calloc(1, sizeof *p)))
        return p;
    p->member = member;
    if (idmap_put(&ps->by_member, member, p) != 0) {
        free(p);
        return NULL;
    }
    keyring_init(&p->keys);
    keyring_add_again(&p->keys, ps->secret, m->salt, 0, &ps->memory);
    return p;
}

static struct peer_track *track_new(struct peers *ps, struct peer *p, const struct track_spec *spec)
{
    struct peer_track *t = calloc(1, sizeof *t);
    if (!t)
        return NULL;
    *t = (struct peer_track){.peer = p, .id = spec->id, .kind = spec->kind, .key_asked = NEVER};
    sync_init(&t->sync);
    if (is_audio(spec->kind))
        return t;
    t->jitter = ps->videos < PEERS_VIDEO_MAX ? jitter_new() : NULL;
    if (!t->jitter) {
        free(t);
        return NULL;
    }
    ps->video[ps->videos++] = t;
    return t;
}

/* The track an object belongs to, made when it is the first; NULL when the roster knows no such track. */
static struct peer_track *track_of(struct peers *ps, struct peer *p, uint32_t track)
{
    if (track < 1 || track > WIRE_TRACKS_MAX)
        return NULL;
    struct peer_track **t = &p->track[track - 1];
    const struct track_spec *spec = *t ? NULL : roster_track(ps->roster, p->member, track);
    if (spec)
        *t = track_new(ps, p, spec);
    return *t;
}

static struct peer_track *find_track(const struct peers *ps, uint32_t member, uint32_t track)
{
    struct peer *p = find(ps, member);
    return p && track >= 1 && track <= WIRE_TRACKS_MAX ? p->track[track - 1] : NULL;
}

void peers_on_gone(struct peers *ps, uint32_t member)
{
    struct peer *p = idmap_take(&ps->by_member, member);
    if (p)
        peer_del(ps, p);
}

void peers_on_put(struct peers *ps, uint32_t member)
{
    struct peer *p = find(ps, member);
    for (uint32_t i = 0; p && i < WIRE_TRACKS_MAX; i++) {
        struct peer_track *t = p->track[i];
        const struct track_spec *spec = t ? roster_track(ps->roster, member, i + 1) : NULL;
        if (t && (!spec || spec->kind != t->kind)) {
            track_del(ps, t);
            p->track[i] = NULL;
        } else if (t && t->jitter && spec->muted) {
            jitter_reset(t->jitter);
        }
    }
}

/* What comes from the relay's memory is announced before the first object. */
static struct peer_track *expected_track(struct peers *ps, const Parley__V1__TrackForwarding *w)
{
    struct peer *p = peer_of(ps, w->member);
    return p ? track_of(ps, p, w->track) : NULL;
}

void peers_on_forwarding(struct peers *ps, const Parley__V1__Forwarding *f)
{
    for (size_t i = 0; i < f->n_tracks; i++) {
        const Parley__V1__TrackForwarding *w = f->tracks[i];
        struct peer_track *t = w->replayed ? expected_track(ps, w) : find_track(ps, w->member, w->track);
        if (!t || !t->jitter)
            continue;
        if (w->replayed)
            jitter_replay(t->jitter, w->spatial, w->replayed);
        if (w->paused && !t->paused)
            jitter_reset(t->jitter);
        t->paused = w->paused;
    }
}

void peers_on_carry(struct peers *ps)
{
    size_t cursor = 0;
    struct peer *p;
    while ((p = idmap_next(&ps->by_member, &cursor)))
        for (size_t i = 0; i < WIRE_TRACKS_MAX; i++)
            if (p->track[i])
                memset(p->track[i]->layer, 0, sizeof p->track[i]->layer);
}

/* ---- what arrived ---- */

static void note_arrival(struct health *health, struct peer_track *t, const struct object_header *h, size_t len, usec_t now)
{
    uint32_t lost = arrivals_note(&t->layer[h->spatial], h->seq, len, now);
    t->lost += lost;
    health->lost_in += lost;
    meter_add(&t->received, len, now);
    t->arrived = now;
}

/* ---- when to look again ---- */

static bool wants_key(const struct peer_track *t, uint32_t *spatial, usec_t now)
{
    if (t->paused)
        return false;
    *spatial = t->spatial;
    return jitter_wants_key(t->jitter, spatial, now) || t->key_needed;
}

static usec_t key_due(const struct peer_track *t, usec_t now)
{
    uint32_t spatial;
    if (!wants_key(t, &spatial, now))
        return NEVER;
    uint32_t doublings = t->tries < 1 ? 0 : t->tries < 4 ? t->tries - 1 : 3;
    return t->key_asked == NEVER ? now : usec_max(now, t->key_asked + (PEER_KEY_EVERY << doublings));
}

/* Something changed on this track: it may be due earlier. */
static void touch(struct peers *ps, const struct peer_track *t, usec_t now)
{
    ps->video_due = usec_min(ps->video_due, jitter_deadline(t->jitter, now));
    ps->key_due = usec_min(ps->key_due, key_due(t, now));
}

static void plan_keys(struct peers *ps, usec_t now)
{
    ps->key_due = NEVER;
    for (size_t i = 0; i < ps->videos; i++)
        ps->key_due = usec_min(ps->key_due, key_due(ps->video[i], now));
}

/* All tracks were looked at: nothing is due before the next of their deadlines, and not sooner than PEER_NAP. */
static void plan(struct peers *ps, usec_t now)
{
    ps->video_due = ps->key_due = NEVER;
    for (size_t i = 0; i < ps->videos; i++)
        touch(ps, ps->video[i], now);
    ps->video_due = usec_max(ps->video_due, now + PEER_NAP);
}

/* ---- opening ---- */

static void count_failure(struct health *h, int err)
{
    if (err == ERR_REPLAY)
        h->replayed++;
    else if (err == ERR_AUTH || err == ERR_NO_KEY)
        h->auth_failed++;
    else
        h->malformed++;
}

static void judge_keys(struct peers *ps, struct peer *p, int opened)
{
    if (opened < 0 && opened != ERR_AUTH && opened != ERR_NO_KEY)
        return; /* says nothing of the key */
    if (!keys_health_note(&p->health, opened >= 0))
        return;
    struct client_event e = {.type = CLIENT_KEYS, .member = p->member, .ok = p->health.verdict == KEYS_GOOD};
    outbox_push(ps->out, &e, NULL, 0);
}

/* Opens the payload into `out`; the codec's bytes then begin at *at. Their length or a negative ERR_*. */
static int open_object(struct peers *ps, struct peer *p, const struct object *o, uint8_t *out, size_t cap, struct media_info *info,
                       size_t *at)
{
    uint8_t aad[OBJECT_AAD_BYTES];
    object_aad(aad, &o->header);
    int len =
        keyring_open(&p->keys, (struct sframe_text){aad, sizeof aad}, out, cap, (struct sframe_text){o->payload, o->payload_len});
    int used = len < 0 ? len : media_info_parse(info, out, (size_t)len);
    if (used < 0) {
        count_failure(ps->health, used);
        return used;
    }
    *at = (size_t)used;
    return len - used;
}

static struct media media_of(const struct object_header *h, const struct media_info *info)
{
    return (struct media){.track = h->track,
                          .codec = (enum codec)info->codec,
                          .spatial = h->spatial,
                          .temporal = h->temporal,
                          .key = h->key,
                          .width_px = info->width_px,
                          .height_px = info->height_px,
                          .rotation = info->rotation,
                          .duration_us = info->duration_us,
                          .level = h->level,
                          .captured_us = h->captured_us};
}

static int on_audio(struct peers *ps, struct peer_track *t, const struct object *o, usec_t now)
{
    struct media_info info = {0};
    size_t at = 0;
    uint8_t *room = outbox_room(ps->out, o->payload_len);
    if (!room)
        return ERR_FULL;
    int len = open_object(ps, t->peer, o, room, o->payload_len, &info, &at);
    if (len < 0)
        return len;
    lowest_put(&t->transit, now - o->header.captured_us, now);
    struct client_event e = {.type = CLIENT_AUDIO,
                             .member = t->peer->member,
                             .track = t->id,
                             .seq = o->header.seq,
                             .media = media_of(&o->header, &info)};
    e.media.len = (size_t)len;
    return outbox_push(ps->out, &e, room, at);
}

static int on_video(struct peers *ps, struct peer_track *t, const struct object *o, usec_t now)
{
    struct media_info info = {0};
    size_t at = 0;
    struct pkt *pkt = pkt_new(o->payload_len);
    if (!pkt)
        return ERR_NOMEM;
    int len = open_object(ps, t->peer, o, pkt->data, pkt->cap, &info, &at);
    if (len < 0) {
        pkt_unref(pkt);
        return len;
    }
    pkt->len = (uint32_t)(at + (size_t)len);
    const struct object_header *h = &o->header;
    struct frame f = {.seq = h->seq,
                      .spatial = h->spatial,
                      .temporal = h->temporal,
                      .depends = h->depends,
                      .key = h->key,
                      .codec = info.codec,
                      .width_px = info.width_px,
                      .height_px = info.height_px,
                      .rotation = info.rotation,
                      .captured_us = h->captured_us,
                      .arrived = now,
                      .pkt = pkt,
                      .offset = (uint32_t)at,
                      .len = (uint32_t)len};
    t->spatial = h->spatial;
    t->paused = false;
    if (jitter_put(t->jitter, &f, now) == ERR_LATE)
        t->late++;
    if (h->key) {
        t->key_needed = false;
        t->tries = 0;
    }
    touch(ps, t, now);
    return 0;
}

void peers_on_object(struct peers *ps, enum wire_kind kind, const uint8_t *data, size_t len, usec_t now)
{
    struct object o;
    if (object_parse(&o, data, len) != 0) {
        ps->health->malformed++;
        return;
    }
    struct peer *p = peer_of(ps, o.header.sender);
    struct peer_track *t = p ? track_of(ps, p, o.header.track) : NULL;
    if (!t || (kind == WIRE_AUDIO) != is_audio(t->kind) || o.header.spatial >= WIRE_LAYERS_MAX) {
        ps->health->malformed += t != NULL; /* else: came before the roster, or after the end: not wrong */
        return;
    }
    int err = kind == WIRE_AUDIO ? on_audio(ps, t, &o, now) : on_video(ps, t, &o, now);
    judge_keys(ps, p, err);
    if (err < 0)
        return;
    ps->health->objects_in++;
    note_arrival(ps->health, t, &o.header, len, now);
}

int peers_open_chat(struct peers *ps, uint32_t member, struct sframe_text sealed, uint8_t *out, size_t cap)
{
    uint8_t metadata[KEYS_CHAT_METADATA_BYTES];
    struct peer *p = peer_of(ps, member);
    if (!p)
        return ERR_UNKNOWN;
    keys_chat_metadata(metadata, member);
    int len = keyring_open(&p->keys, (struct sframe_text){metadata, sizeof metadata}, out, cap, sealed);
    if (len < 0)
        count_failure(ps->health, len);
    judge_keys(ps, p, len);
    return len;
}

/* ---- lips ---- */

static enum track_kind picture_of(enum track_kind sound) { return sound == TRACK_MIC ? TRACK_CAMERA : TRACK_SCREEN; }

static bool moves(const struct peers *ps, const struct peer_track *t, usec_t now)
{
    const struct track_spec *spec = roster_track(ps->roster, t->peer->member, t->id);
    return spec && !spec->muted && !t->paused && now - t->arrived < PEER_PICTURE_OLD;
}

static struct peer_track *track_of_kind(const struct peer *p, enum track_kind kind)
{
    for (size_t i = 0; i < WIRE_TRACKS_MAX; i++)
        if (p->track[i] && p->track[i]->kind == kind)
            return p->track[i];
    return NULL;
}

/* The extra delay of the sound; holds the picture when that is the earlier one. */
static usec_t match(struct peers *ps, const struct peer_track *sound, struct peer_track *picture, usec_t delay, usec_t now)
{
    if (!moves(ps, picture, now)) {
        sync_reset(&picture->sync);
        return 0;
    }
    usec_t own = jitter_target(picture->jitter);
    sync_update(&picture->sync, lowest_get(&sound->transit) + delay, jitter_base(picture->jitter) + own, now);
    jitter_hold(picture->jitter, own + sync_picture_hold(&picture->sync));
    touch(ps, picture, now);
    return sync_sound_hold(&picture->sync);
}

static void tell_hold(struct peers *ps, struct peer_track *t, usec_t hold)
{
    usec_t step = hold > t->hold_told ? hold - t->hold_told : t->hold_told - hold;
    if (step < PEER_HOLD_STEP && (hold != 0 || t->hold_told == 0))
        return;
    t->hold_told = hold;
    struct client_event e = {.type = CLIENT_SOUND, .member = t->peer->member, .track = t->id, .hold_us = (uint32_t)hold};
    outbox_push(ps->out, &e, NULL, 0);
}

void peers_on_playout(struct peers *ps, uint32_t member, uint32_t track, usec_t delay, usec_t now)
{
    struct peer_track *sound = find_track(ps, member, track);
    if (!sound || !is_audio(sound->kind) || !sound->transit.any)
        return;
    struct peer_track *picture = track_of_kind(sound->peer, picture_of(sound->kind));
    tell_hold(ps, sound, picture ? match(ps, sound, picture, delay, now) : 0);
}

/* ---- pictures ---- */

static void fill_video(struct client_event *e, const struct peer_track *t, const struct frame *f)
{
    *e = (struct client_event){.type = CLIENT_VIDEO,
                               .member = t->peer->member,
                               .track = t->id,
                               .spatial = f->spatial,
                               .seq = f->seq,
                               .due = f->due,
                               .hidden = f->hidden};
    e->media = (struct media){.track = t->id,
                              .codec = (enum codec)f->codec,
                              .spatial = f->spatial,
                              .temporal = f->temporal,
                              .key = f->key,
                              .width_px = f->width_px,
                              .height_px = f->height_px,
                              .rotation = f->rotation,
                              .captured_us = f->captured_us,
                              .data = f->pkt->data + f->offset,
                              .len = f->len};
}

int peers_next_video(struct peers *ps, struct client_event *e, usec_t now)
{
    if (now < ps->video_due)
        return 0;
    for (; ps->turn < ps->videos; ps->turn++) {
        const struct frame *f = jitter_next(ps->video[ps->turn]->jitter, now);
        if (!f)
            continue;
        fill_video(e, ps->video[ps->turn], f);
        return 1;
    }
    ps->turn = 0;
    plan(ps, now);
    return 0;
}

/* ---- key frames ---- */

static struct jitter *jitter_of(const struct peers *ps, uint32_t member, uint32_t track)
{
    const struct peer_track *t = find_track(ps, member, track);
    return t ? t->jitter : NULL;
}

void peers_need_key(struct peers *ps, uint32_t member, uint32_t track, usec_t now)
{
    struct jitter *j = jitter_of(ps, member, track);
    if (!j)
        return;
    jitter_broken(j, now);
    struct peer_track *t = find_track(ps, member, track);
    t->key_needed = true;
    touch(ps, t, now);
}

int peers_next_key_request(struct peers *ps, struct key_request *r, usec_t now)
{
    for (size_t i = 0; now >= ps->key_due && i < ps->videos; i++) {
        struct peer_track *t = ps->video[i];
        uint32_t spatial;
        if (key_due(t, now) > now)
            continue;
        wants_key(t, &spatial, now);
        t->key_asked = now;
        t->requests++;
        t->tries++;
        *r = (struct key_request){.member = t->peer->member, .track = t->id, .spatial = spatial};
        return 1;
    }
    plan_keys(ps, now);
    return 0;
}

usec_t peers_deadline(const struct peers *ps) { return usec_min(ps->video_due, ps->key_due); }

/* ---- reports ---- */

static void report_layer(struct feedback *f, struct peer_track *t, uint32_t spatial)
{
    struct track_report *r = &f->track[f->count];
    if (!arrivals_report(&t->layer[spatial], r))
        return;
    r->member = t->peer->member;
    r->track = t->id;
    r->spatial = spatial;
    f->count++;
}

static void report_peer(struct feedback *f, size_t max, struct peer *p)
{
    for (size_t i = 0; i < WIRE_TRACKS_MAX; i++)
        for (uint32_t k = 0; p->track[i] && k < WIRE_LAYERS_MAX && f->count < max; k++)
            report_layer(f, p->track[i], k);
}

void peers_report(struct peers *ps, struct feedback *f, size_t max)
{
    struct peer *p = NULL;
    for (size_t left = ps->by_member.count; left && f->count < max; left--) {
        if (!(p = idmap_next(&ps->by_member, &ps->report_turn))) {
            ps->report_turn = 0;
            p = idmap_next(&ps->by_member, &ps->report_turn);
        }
        report_peer(f, max, p);
    }
}

int peers_stats(const struct peers *ps, uint32_t member, uint32_t track, struct track_stats *s, usec_t now)
{
    const struct peer_track *t = find_track(ps, member, track);
    if (!t)
        return ERR_UNKNOWN;
    *s = (struct track_stats){.bps = meter_bps(&t->received, now), .lost = t->lost, .late = t->late, .requests = t->requests};
    if (!t->jitter)
        return 0;
    struct jitter_stats j;
    jitter_stats(t->jitter, &j, now);
    s->fps_x10 = j.fps_x10;
    s->lost = j.lost;
    s->late = j.late;
    s->dropped = j.dropped;
    s->freezes = j.freezes;
    s->key_frames = j.key_frames;
    s->jitter_us = j.jitter_us;
    s->target_us = j.target_us;
    s->transit_us = (uint32_t)usec_max(0, usec_min(jitter_base(t->jitter) + j.target_us, UINT32_MAX));
    s->frozen_ms = j.frozen_ms;
    s->width_px = j.width_px;
    s->height_px = j.height_px;
    return 0;
}
