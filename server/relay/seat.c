/* SPDX-License-Identifier: MIT */
#include "seat.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "demand.h"
#include "news.h"
#include "report.h"
#include "share.h"
#include "state.h"
#include "sub.h"

static void give_up(struct relay *r, void *owner, usec_t now)
{
    struct seat *seat = owner;
    events_log(&r->events, 0, "seat_given_up", "member=%u", seat->id);
    seat_leave(r, seat, now);
}

static void init_timers(struct seat *seat)
{
    seat->hold = (struct timer){.fire = give_up, .owner = seat};
    seat->report = (struct timer){.fire = report_fire, .owner = seat};
    seat->demand = (struct timer){.fire = demand_fire, .owner = seat};
    seat->share = (struct timer){.fire = share_fire, .owner = seat};
}

static int new_token(struct relay *r, struct seat *seat)
{
    map_take(&r->seats, tokens_key(seat->token));
    tokens_next(&r->tokens, seat->token);
    return map_put(&r->seats, tokens_key(seat->token), seat);
}

static void sit(struct seat *seat, struct session *session)
{
    seat->session = session;
    session->seat = seat;
    session->state = SESSION_LIVE;
}

struct seat *seat_new(struct relay *r, struct room *room, struct session *session, int *err)
{
    struct seat *seat = calloc(1, sizeof(*seat));
    *err = seat ? room_add(r, room, seat) : ERR_NOMEM;
    if (*err) {
        free(seat);
        return NULL;
    }
    init_timers(seat);
    if (new_token(r, seat) != 0)
        memset(seat->token, 0, sizeof(seat->token)); /* cannot be resumed, works otherwise */
    seat->role = room->count == 1 ? PARLEY__V1__ROLE__ROLE_HOST : PARLEY__V1__ROLE__ROLE_MEMBER;
    sit(seat, session);
    r->stats.members++;
    return seat;
}

struct seat *seat_of_token(struct relay *r, const uint8_t *token, size_t len)
{
    struct seat *seat = len == WIRE_RESUME_BYTES ? map_get(&r->seats, tokens_key(token)) : NULL;
    return seat && tokens_same(seat->token, token) ? seat : NULL;
}

/* Cuts seat and session apart, and what the session was to receive with it. */
static void detach(struct relay *r, struct seat *seat)
{
    sub_clear(r, seat);
    timer_stop(&r->timers, &seat->report);
    timer_stop(&r->timers, &seat->share);
    seat->session->seat = NULL;
    seat->session = NULL;
}

void seat_resume(struct relay *r, struct seat *seat, struct session *session, usec_t now)
{
    struct session *old = seat->session;
    if (old) {
        detach(r, seat);
        session_refuse(r, old, "replaced", "This seat was taken up again by another connection.", 0, now);
    }
    timer_stop(&r->timers, &seat->hold);
    if (new_token(r, seat) != 0)
        memset(seat->token, 0, sizeof(seat->token));
    sit(seat, session);
    demand_forget_told(seat);
    r->stats.resumes++;
}

void seat_lost(struct relay *r, struct seat *seat, bool hold, usec_t now)
{
    detach(r, seat);
    if (!hold || !r->limits.hold_ms) {
        seat_leave(r, seat, now);
        return;
    }
    timer_set(&r->timers, &seat->hold, now + r->limits.hold_ms * MS);
    news_put(r, seat, seat, now);
}

void seat_unpublish(struct relay *r, struct seat *seat, uint32_t track)
{
    struct feed *f = seat->feeds[track];
    if (!f)
        return;
    while (f->sub_count)
        sub_sleep(r, f->subs[f->sub_count - 1]);
    seat->feeds[track] = NULL;
    feed_del(r, f);
}

static void free_seat(struct relay *r, struct seat *seat)
{
    for (uint32_t track = 1; track <= WIRE_TRACKS_MAX; track++)
        seat_unpublish(r, seat, track);
    timer_stop(&r->timers, &seat->hold);
    timer_stop(&r->timers, &seat->report);
    timer_stop(&r->timers, &seat->demand);
    timer_stop(&r->timers, &seat->share);
    map_take(&r->seats, tokens_key(seat->token));
    free(seat->subs);
    map_free(&seat->wanted);
    free(seat);
    r->stats.members--;
}

/* Somebody has to be able to open the door. */
static void pass_host_on(struct relay *r, struct room *room, usec_t now)
{
    struct seat *heir = room_eldest(room);
    if (!heir)
        return;
    heir->role = PARLEY__V1__ROLE__ROLE_HOST;
    news_put(r, heir, NULL, now);
}

void seat_leave(struct relay *r, struct seat *seat, usec_t now)
{
    struct room *room = seat->room;
    bool host = seat->role == PARLEY__V1__ROLE__ROLE_HOST;
    uint32_t id = seat->id;
    if (seat->session)
        detach(r, seat);
    room_remove(room, seat);
    free_seat(r, seat);
    news_gone(r, room, id, now);
    if (host)
        pass_host_on(r, room, now);
    room_release(r, room);
}
