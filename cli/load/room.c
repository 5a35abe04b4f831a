/* SPDX-License-Identifier: MIT */
#include "room.h"

#include <stdlib.h>

struct source *room_source(const struct room *r, uint32_t member) { return u64map_get(&r->by_member, member); }

static struct source *new_source(struct room *r)
{
    for (uint32_t i = 0; i < r->count; i++)
        if (!r->list[i]->live)
            return r->list[i];
    if (r->count == r->cap) {
        uint32_t cap = r->cap ? r->cap * 2 : 8;
        struct source **grown = realloc(r->list, cap * sizeof *grown);
        if (!grown)
            return NULL;
        r->list = grown;
        r->cap = cap;
    }
    struct source *s = calloc(1, sizeof *s);
    if (s) {
        s->index = r->count;
        r->list[r->count++] = s;
    }
    return s;
}

static void add(struct room *r, uint32_t member, bool picture)
{
    struct source *s = room_source(r, member);
    if (!s) {
        s = new_source(r);
        if (!s || u64map_put(&r->by_member, member, s))
            return;
        *s = (struct source){.member = member, .index = s->index, .live = true};
    }
    r->news |= s->picture != picture;
    s->picture = picture;
}

void room_scout(struct room *r, uint32_t member, bool sends, bool picture)
{
    r->scout = member;
    if (sends)
        add(r, member, picture);
}

static bool has_picture(const Parley__V1__Member *m)
{
    for (size_t i = 0; i < m->n_tracks; i++)
        if (m->tracks[i]->n_layers && !m->tracks[i]->muted)
            return true;
    return false;
}

/* The scout is named when its role changes: what it sends it knows itself, the relay perhaps not yet. */
static void put(struct room *r, const Parley__V1__Member *m)
{
    if (m->id == r->scout)
        return;
    if (m->n_tracks || room_source(r, m->id))
        add(r, m->id, has_picture(m));
}

static void gone(struct room *r, uint32_t member)
{
    struct source *s = u64map_remove(&r->by_member, member);
    if (!s)
        return;
    s->live = false;
    r->news |= s->picture;
}

static bool names(const Parley__V1__Roster *m, uint32_t member)
{
    for (size_t i = 0; i < m->n_put; i++)
        if (m->put[i]->id == member)
            return true;
    return false;
}

void room_on_roster(struct room *r, const Parley__V1__Roster *m, bool whole)
{
    for (uint32_t i = 0; whole && m && i < r->count; i++)
        if (r->list[i]->live && !names(m, r->list[i]->member))
            gone(r, r->list[i]->member);
    for (size_t i = 0; m && i < m->n_put; i++)
        put(r, m->put[i]);
    for (size_t i = 0; m && i < m->n_gone; i++)
        gone(r, m->gone[i]);
}

void room_free(struct room *r)
{
    for (uint32_t i = 0; i < r->count; i++)
        free(r->list[i]);
    free(r->list);
    u64map_free(&r->by_member);
}
