/* SPDX-License-Identifier: MIT */
#include "mirror.h"

#include <string.h>

#include "demand.h"
#include "hello.h"
#include "host.h"
#include "news.h"
#include "seating.h"
#include "state.h"
#include "track.h"

typedef Parley__Bus__V1__Seat Seat;
typedef Parley__V1__Member Member;

/* ---- one seat ---- */

static bool is_sane(const Seat *m)
{
    return m->member && m->member->id && m->member->salt.len == WIRE_SALT_BYTES && m->order <= ROOM_ORDER_MAX;
}

static bool wins(uint32_t moves, uint32_t home, const struct seat *seat)
{
    return moves != seat->moves ? moves > seat->moves : home < seat->home;
}

/* The seat as `from` may tell of it, or NULL when it is not `from`'s. */
static struct seat *seat_for(struct relay *r, struct room *room, uint32_t from, const Seat *m, bool *changed, usec_t now)
{
    struct seat *seat = room_seat(room, m->member->id);
    *changed = !seat;
    if (!seat)
        return seating_mirror(r, room, m->member->id, from);
    if (seat->home == from)
        return seat;
    if (wins(m->moves, from, seat)) {
        seating_move(r, seat, from, now);
        *changed = true;
        return seat;
    }
    return NULL; /* it has not heard yet whose it is */
}

static bool set_person(struct seat *seat, const Member *m)
{
    bool changed = strcmp(seat->name, m->name) != 0 || seat->role != (uint32_t)m->role || seat->away != (bool)m->away ||
                   memcmp(seat->salt, m->salt.data, WIRE_SALT_BYTES) != 0;
    strncpy(seat->name, m->name, WIRE_NAME_MAX);
    memcpy(seat->salt, m->salt.data, WIRE_SALT_BYTES);
    seat->away = m->away;
    seat_set_role(seat, (uint32_t)m->role);
    return changed;
}

static const Parley__V1__Track *track_named(const Member *m, uint32_t id)
{
    for (size_t i = 0; i < m->n_tracks; i++)
        if (m->tracks[i]->id == id)
            return m->tracks[i];
    return NULL;
}

static bool set_tracks(struct relay *r, struct seat *seat, const Member *m, usec_t now)
{
    bool changed = false;
    for (uint32_t id = 1; id <= WIRE_TRACKS_MAX; id++) {
        const Parley__V1__Track *t = track_named(m, id);
        if (t && !track_is_as(seat->feeds[id], t)) {
            track_publish(r, seat, t, now);
            changed = true;
        } else if (!t && seat->feeds[id]) {
            track_end(r, seat, id);
            changed = true;
        }
    }
    return changed;
}

static bool take(struct relay *r, struct room *room, uint32_t from, const Seat *m, usec_t now)
{
    bool changed;
    struct seat *seat = is_sane(m) ? seat_for(r, room, from, m, &changed, now) : NULL;
    if (!seat) {
        r->stats.frames_foreign++;
        return false;
    }
    timer_stop(&r->timers, &seat->hold);
    seat->stale = false;
    seat->moves = m->moves;
    seat->order = m->order;
    room->order = m->order > room->order ? m->order : room->order;
    seat_set_hash(r, seat, m->token_hash.data, m->token_hash.len);
    changed |= set_person(seat, m->member);
    changed |= set_tracks(r, seat, m->member, now);
    if (changed)
        news_put(r, seat, NULL, now);
    return changed;
}

void mirror_put(struct relay *r, struct room *room, uint32_t from, const Seat *m, usec_t now)
{
    if (take(r, room, from, m, now))
        host_settle(r, room, now);
}

/* ---- all of a shard's ---- */

static void mark_stale(struct room *room, uint32_t from)
{
    for (uint32_t i = 0; i < room->count; i++)
        room->seats[i]->stale = room->seats[i]->home == from;
}

/* Who is not named by its home any more has left, or has moved, and the new home's word is on its way from somewhere else. */
static void doubt_all(struct relay *r, struct room *room, uint32_t from, bool only_stale, usec_t now)
{
    for (uint32_t i = 0; i < room->count; i++)
        if (room->seats[i]->home == from && (!only_stale || room->seats[i]->stale))
            timer_set_earlier(&r->timers, &room->seats[i]->hold, now + MIRROR_DOUBT);
}

void mirror_want_again(struct relay *r, struct room *room, uint32_t from)
{
    for (uint32_t i = 0; i < room->count; i++)
        if (room->seats[i]->home == from)
            demand_again(r, room->seats[i]);
}

static void answered(struct relay *r, struct room *room, uint32_t from, bool here, usec_t now)
{
    struct room_shard *s = shards_of(room, from);
    if (s) {
        s->asked = false;
        s->known = true;
        shards_here(room, s, here);
    }
    if (!here)
        shards_forget(room, from);
    hello_answered(r, room, now);
}

void mirror_state(struct relay *r, struct room *room, uint32_t from, const Parley__Bus__V1__State *m, usec_t now)
{
    if (m->first)
        mark_stale(room, from);
    for (size_t i = 0; i < m->n_seats; i++)
        take(r, room, from, m->seats[i], now);
    if (!m->last)
        return;
    doubt_all(r, room, from, true, now);
    host_settle(r, room, now);
    answered(r, room, from, m->here, now);
}

void mirror_gone(struct relay *r, struct room *room, uint32_t from, const Parley__Bus__V1__Gone *m, usec_t now)
{
    for (size_t i = 0; i < m->n_members; i++) {
        struct seat *seat = room_seat(room, m->members[i]);
        if (seat && seat->home == from)
            seating_drop(r, seat, now);
    }
}

/* It wants nothing any more of anybody here. */
static void forget_interests(struct relay *r, struct room *room, uint32_t shard)
{
    for (uint32_t i = 0; i < room->local_count; i++)
        if (interest_clear(room->local[i], shard))
            demand_changed(r, room->local[i]);
}

void mirror_done(struct relay *r, struct room *room, uint32_t from, usec_t now)
{
    doubt_all(r, room, from, false, now);
    forget_interests(r, room, from);
    shards_forget(room, from);
    hello_answered(r, room, now);
}

void mirror_lost(struct relay *r, struct room *room, uint32_t from, usec_t now)
{
    for (uint32_t i = 0; i < room->count; i++) {
        struct seat *seat = room->seats[i];
        if (seat->home != from)
            continue;
        timer_set_earlier(&r->timers, &seat->hold, now + r->limits.hold_ms * MS);
        if (!seat->away) {
            seat->away = true;
            news_put(r, seat, NULL, now);
        }
    }
    forget_interests(r, room, from);
    shards_forget(room, from);
    hello_answered(r, room, now);
}
