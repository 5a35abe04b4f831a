/* SPDX-License-Identifier: MIT */
#include "seating.h"

#include <stdlib.h>

#include "base/err.h"
#include "bus.h"
#include "demand.h"
#include "host.h"
#include "news.h"
#include "probe.h"
#include "report.h"
#include "share.h"
#include "state.h"
#include "sub.h"
#include "track.h"

/* ---- a seat and its timers ---- */

static void give_up(struct relay *r, void *owner, usec_t now)
{
    struct seat *seat = owner;
    events_log(&r->events, 0, "seat_given_up", "member=%u home=%u", seat->id, seat->home);
    if (seat_is_local(r, seat))
        seating_leave(r, seat, now);
    else
        seating_drop(r, seat, now);
}

static void init_timers(struct seat *seat)
{
    seat->hold = (struct timer){.fire = give_up, .owner = seat};
    seat->report = (struct timer){.fire = report_fire, .owner = seat};
    seat->demand = (struct timer){.fire = demand_fire, .owner = seat};
    seat->share = (struct timer){.fire = share_fire, .owner = seat};
    probe_init(seat);
}

static void stop_timers(struct relay *r, struct seat *seat)
{
    timer_stop(&r->timers, &seat->hold);
    timer_stop(&r->timers, &seat->report);
    timer_stop(&r->timers, &seat->demand);
    timer_stop(&r->timers, &seat->share);
    probe_stop(r, seat);
}

static void end(struct relay *r, struct seat *seat)
{
    for (uint32_t track = 1; track <= WIRE_TRACKS_MAX; track++)
        track_end(r, seat, track);
    stop_timers(r, seat);
    seat_del(r, seat);
}

/* ---- a seat and its session ---- */

static void sit(struct seat *seat, struct session *session)
{
    seat->session = session;
    session->seat = seat;
    session->state = SESSION_LIVE;
}

/* Cuts seat and session apart, and what the session was to receive with it. */
static void detach(struct relay *r, struct seat *seat)
{
    sub_clear(r, seat);
    timer_stop(&r->timers, &seat->report);
    timer_stop(&r->timers, &seat->share);
    probe_stop(r, seat);
    seat->session->seat = NULL;
    seat->session = NULL;
}

static void replace(struct relay *r, struct seat *seat, usec_t now)
{
    struct session *old = seat->session;
    if (!old)
        return;
    detach(r, seat);
    session_refuse(r, old, "replaced", "This seat was taken up again by another connection.", 0, now);
}

static struct seat *begin(struct relay *r, struct room *room, struct session *session, const struct token_seat *was, int *err)
{
    struct seat *seat = seat_new(r, room, was, err);
    if (!seat)
        return NULL;
    init_timers(seat);
    if (host_is_eldest(seat))
        seat_set_role(seat, PARLEY__V1__ROLE__ROLE_HOST);
    sit(seat, session);
    r->stats.members++;
    return seat;
}

struct seat *seating_begin(struct relay *r, struct room *room, struct session *session, int *err)
{
    return begin(r, room, session, NULL, err);
}

struct seat *seating_restore(struct relay *r, struct room *room, struct session *session, const struct token_seat *was,
                             const uint8_t *token, int *err)
{
    struct seat *seat = begin(r, room, session, was, err);
    if (!seat)
        return NULL;
    seat_renew_token(r, seat, token);
    r->stats.resumes++;
    r->stats.restores++;
    return seat;
}

void seating_resume(struct relay *r, struct seat *seat, struct session *session, const uint8_t *token, usec_t now)
{
    replace(r, seat, now);
    timer_stop(&r->timers, &seat->hold);
    seat_renew_token(r, seat, token);
    sit(seat, session);
    demand_forget_told(seat);
    r->stats.resumes++;
}

void seating_lost(struct relay *r, struct seat *seat, bool hold, usec_t now)
{
    detach(r, seat);
    if (!hold || !r->limits.hold_ms) {
        seating_leave(r, seat, now);
        return;
    }
    timer_set(&r->timers, &seat->hold, now + r->limits.hold_ms * MS);
    news_put(r, seat, seat, now);
}

void seating_leave(struct relay *r, struct seat *seat, usec_t now)
{
    struct room *room = seat->room;
    uint32_t id = seat->id;
    if (seat->session)
        detach(r, seat);
    end(r, seat);
    r->stats.members--;
    news_gone(r, room, id, now);
    bus_gone(r, room, id);
    host_settle(r, room, now);
    seating_release(r, room);
}

/* ---- seats of other shards ---- */

struct seat *seating_mirror(struct relay *r, struct room *room, uint32_t id, uint32_t home)
{
    struct seat *seat = seat_new_remote(r, room, id, home);
    if (seat)
        init_timers(seat);
    return seat;
}

/* Who wants what of its tracks, and what came of them, is counted anew at the new home. */
static void restart_feeds(struct relay *r, struct seat *seat)
{
    for (uint32_t track = 1; track <= WIRE_TRACKS_MAX; track++) {
        struct feed *f = seat->feeds[track];
        if (!f)
            continue;
        feed_forget_interests(f);
        feed_restart(f);
        f->told = seat->elsewhere; /* the new home begins with nothing wanted here */
    }
    demand_changed(r, seat);
}

int seating_take_over(struct relay *r, struct seat *seat, struct session *session, const uint8_t *token)
{
    if (room_list_local(seat->room, seat) != 0)
        return ERR_NOMEM;
    stop_timers(r, seat);
    seat_set_hash(r, seat, NULL, 0);
    seat->home = r->place.shard;
    seat->elsewhere = seat->away = seat->stale = false;
    seat->moves++;
    seat_renew_token(r, seat, token);
    sit(seat, session);
    restart_feeds(r, seat);
    r->stats.members++;
    r->stats.resumes++;
    r->stats.takeovers++;
    return 0;
}

static void leave_home(struct relay *r, struct seat *seat, usec_t now)
{
    replace(r, seat, now);
    room_unlist_local(seat->room, seat);
    seat_revoke(r, seat);
    seat->elsewhere = true;
    r->stats.members--;
}

void seating_move(struct relay *r, struct seat *seat, uint32_t home, usec_t now)
{
    if (seat_is_local(r, seat))
        leave_home(r, seat, now);
    stop_timers(r, seat);
    seat->home = home;
    restart_feeds(r, seat);
}

void seating_drop(struct relay *r, struct seat *seat, usec_t now)
{
    struct room *room = seat->room;
    uint32_t id = seat->id;
    end(r, seat);
    news_gone(r, room, id, now);
    host_settle(r, room, now);
}

/* ---- the room ---- */

void seating_release(struct relay *r, struct room *room)
{
    if (room->local_count || room->first_arrival || room->pins)
        return;
    bus_done(r, room);
    while (room->count)
        end(r, room->seats[room->count - 1]);
    room_del(r, room);
}
