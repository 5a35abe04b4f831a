/* SPDX-License-Identifier: MIT */
#include "roster.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

void roster_init(struct roster *r) { *r = (struct roster){.due = NEVER}; }

static void member_del(struct roster_member *m)
{
    if (!m)
        return;
    free(m->track);
    free(m);
}

static void bury(struct roster *r)
{
    member_del(r->grave);
    r->grave = NULL;
}

void roster_reset(struct roster *r)
{
    size_t cursor = 0;
    struct roster_member *m;
    while ((m = idmap_next(&r->members, &cursor)))
        member_del(m);
    idmap_reset(&r->members);
    bury(r);
    roster_init(r);
}

/* ---- reading ---- */

int track_spec_read(struct track_spec *t, const Parley__V1__Track *from)
{
    if (from->id < 1 || from->id > WIRE_TRACKS_MAX || from->n_layers > WIRE_LAYERS_MAX)
        return ERR_LIMIT;
    *t = (struct track_spec){
        .id = from->id, .kind = (enum track_kind)from->kind, .muted = from->muted, .layers = (uint32_t)from->n_layers};
    for (size_t i = 0; i < from->n_layers; i++) {
        const Parley__V1__Layer *l = from->layers[i];
        if (l->spatial >= WIRE_LAYERS_MAX || l->temporal > WIRE_LAYERS_MAX)
            return ERR_LIMIT;
        t->layer[i] = (struct layer_spec){.spatial = l->spatial,
                                          .width_px = l->width_px,
                                          .height_px = l->height_px,
                                          .fps = l->fps,
                                          .max_bps = l->max_bps,
                                          .temporal = l->temporal};
    }
    return 0;
}

static int info_read(struct member_info *info, const Parley__V1__Member *m)
{
    size_t len = strlen(m->name);
    if (m->id == 0 || len > WIRE_NAME_MAX || m->salt.len != WIRE_SALT_BYTES || m->n_tracks > WIRE_TRACKS_MAX)
        return ERR_LIMIT;
    *info = (struct member_info){.id = m->id, .role = (uint32_t)m->role, .away = m->away};
    memcpy(info->name, m->name, len);
    return 0;
}

/* Gives the tracks of `m`, NULL with *err 0 when it has none. */
static struct track_spec *tracks_read(const Parley__V1__Member *m, int *err)
{
    *err = 0;
    struct track_spec *t = m->n_tracks ? calloc(m->n_tracks, sizeof *t) : NULL;
    if (m->n_tracks && !t)
        *err = ERR_NOMEM;
    for (size_t i = 0; t && i < m->n_tracks; i++)
        if (track_spec_read(&t[i], m->tracks[i]) != 0)
            *err = ERR_LIMIT;
    if (*err) {
        free(t);
        t = NULL;
    }
    return t;
}

/* ---- finding ---- */

static struct roster_member *find_any(const struct roster *r, uint32_t id) { return idmap_get(&r->members, id); }

const struct roster_member *roster_find(const struct roster *r, uint32_t id)
{
    const struct roster_member *m = find_any(r, id);
    return m && !m->gone ? m : NULL;
}

static const struct track_spec *track_of(const struct roster_member *m, uint32_t track)
{
    for (uint32_t i = 0; i < m->tracks; i++)
        if (m->track[i].id == track)
            return &m->track[i];
    return NULL;
}

const struct track_spec *roster_track(const struct roster *r, uint32_t id, uint32_t track)
{
    const struct roster_member *m = roster_find(r, id);
    return m ? track_of(m, track) : NULL;
}

/* ---- changing ---- */

static void enqueue(struct roster *r, struct roster_member *m)
{
    if (m->queued)
        return;
    m->queued = true;
    m->next = NULL;
    if (r->last)
        r->last->next = m;
    else
        r->first = m;
    r->last = m;
}

static struct roster_member *add(struct roster *r, uint32_t id)
{
    struct roster_member *m = calloc(1, sizeof *m);
    if (m && idmap_put(&r->members, id, m) != 0) {
        free(m);
        return NULL;
    }
    return m;
}

static bool same_track(const struct track_spec *a, const struct track_spec *b)
{
    return a && a->id == b->id && a->kind == b->kind && a->muted == b->muted && a->layers == b->layers &&
           memcmp(a->layer, b->layer, sizeof a->layer) == 0;
}

static uint8_t bit_of(uint32_t track) { return (uint8_t)(1u << (track - 1)); }

static uint8_t present_tracks(const struct roster_member *m)
{
    uint8_t bits = 0;
    for (uint32_t i = 0; i < m->tracks; i++)
        bits |= bit_of(m->track[i].id);
    return bits;
}

/* Marks what differs between what is known of `m` and what is put. Takes `track`. */
static void replace(struct roster_member *m, const struct member_info *info, struct track_spec *track, uint32_t tracks)
{
    if (!m->told || memcmp(&m->info, info, sizeof *info) != 0)
        m->tell = true;
    for (uint32_t i = 0; i < tracks; i++)
        if (!(m->told_tracks & bit_of(track[i].id)) || !same_track(track_of(m, track[i].id), &track[i]))
            m->tell_tracks |= bit_of(track[i].id);
    free(m->track);
    m->info = *info;
    m->track = track;
    m->tracks = tracks;
}

/* Whoever has the id now is not whom the shell knows by it. */
static bool is_other_person(const struct roster_member *m, const uint8_t *salt)
{
    return memcmp(m->salt, salt, WIRE_SALT_BYTES) != 0;
}

static void forget(struct roster_member *m)
{
    m->reborn = m->told;
    m->tell = true;
    m->tell_tracks = 0;
    free(m->track);
    m->track = NULL;
    m->tracks = 0;
}

static int put(struct roster *r, const Parley__V1__Member *from)
{
    struct member_info info;
    int err = info_read(&info, from);
    struct track_spec *track = err ? NULL : tracks_read(from, &err);
    if (err)
        return err;
    struct roster_member *m = find_any(r, info.id);
    bool is_new = !m || m->gone, other = m && is_other_person(m, from->salt.data);
    if (is_new && r->present >= ROSTER_MEMBERS_MAX)
        err = ERR_FULL;
    else if (!m && !(m = add(r, info.id)))
        err = ERR_NOMEM;
    if (err) {
        free(track);
        return err;
    }
    if (other || m->gone)
        forget(m);
    r->present += is_new;
    m->gone = m->missed = false;
    memcpy(m->salt, from->salt.data, WIRE_SALT_BYTES);
    replace(m, &info, track, (uint32_t)from->n_tracks);
    m->seen = r->sync;
    enqueue(r, m);
    return other && !is_new;
}

int roster_put(struct roster *r, const Parley__V1__Member *m)
{
    bury(r);
    int err = put(r, m);
    if (err < 0)
        r->refused++;
    return err;
}

static bool remove_member(struct roster *r, struct roster_member *m)
{
    if (!m || m->gone)
        return false;
    m->gone = true;
    r->present--;
    enqueue(r, m);
    return true;
}

bool roster_gone(struct roster *r, uint32_t id)
{
    bury(r);
    return remove_member(r, find_any(r, id));
}

void roster_sync_begin(struct roster *r) { r->sync++; }

static void expel(struct roster *r, struct roster_member *m, const struct roster_goner *g)
{
    g->gone(g->ctx, m->info.id);
    remove_member(r, m);
}

void roster_sync_end(struct roster *r, bool partial, const struct roster_goner *g, usec_t now)
{
    size_t cursor = 0;
    struct roster_member *m;
    while ((m = idmap_next(&r->members, &cursor))) {
        if (m->seen == r->sync || m->gone)
            continue;
        if (partial)
            m->missed = true;
        else
            expel(r, m, g);
    }
    r->missed_since = now;
    r->due = partial ? now + ROSTER_DOUBT : NEVER;
}

static void show_away(struct roster *r, struct roster_member *m)
{
    if (m->info.away)
        return;
    m->info.away = m->tell = true;
    enqueue(r, m);
}

void roster_tick(struct roster *r, const struct roster_goner *g, usec_t now)
{
    size_t cursor = 0;
    struct roster_member *m;
    if (now < r->due)
        return;
    bool over = now >= r->missed_since + ROSTER_GRACE;
    while ((m = idmap_next(&r->members, &cursor))) {
        if (!m->missed || m->gone)
            continue;
        if (over)
            expel(r, m, g);
        else
            show_away(r, m);
    }
    r->due = over ? NEVER : r->missed_since + ROSTER_GRACE;
}

/* ---- telling ---- */

static void dequeue(struct roster *r)
{
    struct roster_member *m = r->first;
    r->first = m->next;
    if (!r->first)
        r->last = NULL;
    m->queued = false;
}

static uint32_t lowest_track(uint8_t bits) { return (uint32_t)__builtin_ctz(bits) + 1; }

/* The next change of `m`: its type, or 0. */
static int member_next(struct roster_member *m, struct client_event *e)
{
    uint8_t present = present_tracks(m), lost = m->told_tracks & (uint8_t)~present;
    uint8_t to_tell = m->tell_tracks & present;
    if (m->reborn) {
        m->reborn = m->told = false;
        m->told_tracks = 0;
        return CLIENT_GONE;
    }
    if (m->tell) {
        m->tell = false;
        m->told = true;
        return CLIENT_MEMBER;
    }
    if (lost) {
        e->track = lowest_track(lost);
        m->told_tracks &= (uint8_t)~bit_of(e->track);
        return CLIENT_TRACK_GONE;
    }
    if (to_tell) {
        e->track = lowest_track(to_tell);
        m->tell_tracks &= (uint8_t)~bit_of(e->track);
        m->told_tracks |= bit_of(e->track);
        return CLIENT_TRACK;
    }
    return 0;
}

static int tell(struct client_event *e, const struct roster_member *m, int type)
{
    e->type = (enum client_event_type)type;
    e->member = m->info.id;
    e->info = &m->info;
    e->track_info = type == CLIENT_TRACK ? track_of(m, e->track) : NULL;
    return 1;
}

int roster_next(struct roster *r, struct client_event *e)
{
    bury(r);
    *e = (struct client_event){0};
    while (r->first) {
        struct roster_member *m = r->first;
        int type = m->gone ? 0 : member_next(m, e);
        if (type)
            return tell(e, m, type);
        dequeue(r);
        if (!m->gone)
            continue;
        idmap_take(&r->members, m->info.id);
        r->grave = m;
        if (m->told)
            return tell(e, m, CLIENT_GONE);
        bury(r);
    }
    return 0;
}
