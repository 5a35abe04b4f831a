/* SPDX-License-Identifier: MIT */
#include "seat.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "bus.h"
#include "demand.h"
#include "host.h"
#include "mirror.h"
#include "news.h"
#include "probe.h"
#include "report.h"
#include "share.h"
#include "state.h"
#include "sub.h"

bool seat_is_local(const struct relay *r, const struct seat *seat) { return seat->home == r->place.shard; }

bool seat_is_away(const struct seat *seat) { return seat->away || !(seat->session || seat->elsewhere); }

static void give_up(struct relay *r, void *owner, usec_t now);

static void init_timers(struct seat *seat)
{
    seat->hold = (struct timer){.fire = give_up, .owner = seat};
    seat->report = (struct timer){.fire = report_fire, .owner = seat};
    seat->demand = (struct timer){.fire = demand_fire, .owner = seat};
    seat->share = (struct timer){.fire = share_fire, .owner = seat};
    probe_init(seat);
}

void seat_set_role(struct seat *seat, uint32_t role)
{
    seat->room->hosts -= seat->role == PARLEY__V1__ROLE__ROLE_HOST;
    seat->room->hosts += role == PARLEY__V1__ROLE__ROLE_HOST;
    seat->role = role;
}

static void unlist_token(struct relay *r, const struct seat *seat, const uint8_t token[WIRE_RESUME_BYTES])
{
    if (map_get(&r->seats, tokens_key(token)) == seat)
        map_take(&r->seats, tokens_key(token));
}

static void forget_token(struct relay *r, struct seat *seat)
{
    unlist_token(r, seat, seat->token);
    seat->has_token = false;
}

void seat_confirm(struct relay *r, struct seat *seat)
{
    if (!seat->has_shown)
        return;
    unlist_token(r, seat, seat->shown);
    memset(seat->shown, 0, sizeof(seat->shown));
    seat->has_shown = false;
}

/* Without memory for it the seat cannot be resumed, and works otherwise. */
static void new_token(struct relay *r, struct seat *seat)
{
    forget_token(r, seat);
    tokens_next(&r->tokens, seat->room->id, &(struct token_seat){seat->id, seat->moves, seat->order}, seat->token);
    tokens_public(seat->token, seat->token_hash);
    seat->has_token = map_put(&r->seats, tokens_key(seat->token), seat) == 0;
    if (!seat->has_token)
        memset(seat->token, 0, sizeof(seat->token));
}

static void new_token_after(struct relay *r, struct seat *seat, const uint8_t token[WIRE_RESUME_BYTES])
{
    uint8_t shown[WIRE_RESUME_BYTES]; /* `token` may be the seat's own */
    memcpy(shown, token, sizeof(shown));
    seat_confirm(r, seat);
    new_token(r, seat);
    memcpy(seat->shown, shown, sizeof(shown));
    seat->has_shown = map_put(&r->seats, tokens_key(shown), seat) == 0;
}

static void sit(struct seat *seat, struct session *session)
{
    seat->session = session;
    session->seat = seat;
    session->state = SESSION_LIVE;
}

/* Some shard may have heard of the seat since the token was given, one move later: that is to be outdone, too. */
static void remember(struct seat *seat, const struct token_seat *was)
{
    seat->id = was->id;
    seat->moves = was->moves + 2;
    seat->order = was->order;
}

struct seat *seat_new(struct relay *r, struct room *room, struct session *session, const struct token_seat *was, int *err)
{
    struct seat *seat = calloc(1, sizeof(*seat));
    if (seat && was)
        remember(seat, was);
    *err = seat ? room_add(r, room, seat) : ERR_NOMEM;
    if (*err) {
        free(seat);
        return NULL;
    }
    seat->home = r->place.shard;
    init_timers(seat);
    new_token(r, seat);
    r->stats.resumes += was != NULL;
    r->stats.restores += was != NULL;
    seat_set_role(seat, host_is_eldest(seat) ? PARLEY__V1__ROLE__ROLE_HOST : PARLEY__V1__ROLE__ROLE_MEMBER);
    sit(seat, session);
    r->stats.members++;
    return seat;
}

struct seat *seat_of_token(struct relay *r, const uint8_t *token, size_t len)
{
    struct seat *seat = len == WIRE_RESUME_BYTES ? map_get(&r->seats, tokens_key(token)) : NULL;
    bool fits = seat && (tokens_same(seat->token, token) || (seat->has_shown && tokens_same(seat->shown, token)));
    return fits ? seat : NULL;
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

void seat_resume(struct relay *r, struct seat *seat, struct session *session, const uint8_t *token, usec_t now)
{
    struct session *old = seat->session;
    if (old) {
        detach(r, seat);
        session_refuse(r, old, "replaced", "This seat was taken up again by another connection.", 0, now);
    }
    timer_stop(&r->timers, &seat->hold);
    new_token_after(r, seat, token);
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

/* ---- the end of a seat ---- */

static void stop_timers(struct relay *r, struct seat *seat)
{
    timer_stop(&r->timers, &seat->hold);
    timer_stop(&r->timers, &seat->report);
    timer_stop(&r->timers, &seat->demand);
    timer_stop(&r->timers, &seat->share);
    probe_stop(r, seat);
}

static void forget_hash(struct relay *r, struct seat *seat)
{
    if (map_get(&r->elsewhere, tokens_key(seat->token_hash)) == seat)
        map_take(&r->elsewhere, tokens_key(seat->token_hash));
}

/* The seat has left the room's lists. */
static void free_seat(struct relay *r, struct seat *seat)
{
    for (uint32_t track = 1; track <= WIRE_TRACKS_MAX; track++)
        seat_unpublish(r, seat, track);
    stop_timers(r, seat);
    seat_confirm(r, seat);
    forget_token(r, seat);
    forget_hash(r, seat);
    free(seat->subs);
    map_free(&seat->wanted);
    free(seat);
}

static void take_out(struct seat *seat)
{
    seat_set_role(seat, PARLEY__V1__ROLE__ROLE_MEMBER);
    room_remove(seat->room, seat);
}

void seat_leave(struct relay *r, struct seat *seat, usec_t now)
{
    struct room *room = seat->room;
    uint32_t id = seat->id;
    if (seat->session)
        detach(r, seat);
    room_unlist_local(room, seat);
    take_out(seat);
    free_seat(r, seat);
    r->stats.members--;
    news_gone(r, room, id, now);
    bus_gone(r, room, id);
    host_settle(r, room, now);
    room_release(r, room);
}

static void give_up(struct relay *r, void *owner, usec_t now)
{
    struct seat *seat = owner;
    events_log(&r->events, 0, "seat_given_up", "member=%u home=%u", seat->id, seat->home);
    if (seat_is_local(r, seat))
        seat_leave(r, seat, now);
    else
        mirror_drop(r, seat, now);
}

/* ---- seats of other shards ---- */

struct seat *seat_new_remote(struct relay *r, struct room *room, uint32_t id, uint32_t home)
{
    struct seat *seat = calloc(1, sizeof(*seat));
    if (!seat)
        return NULL;
    seat->id = id;
    seat->home = home;
    seat->elsewhere = true;
    if (room_add_remote(r, room, seat) != 0) {
        free(seat);
        return NULL;
    }
    init_timers(seat);
    return seat;
}

void seat_drop_remote(struct relay *r, struct seat *seat)
{
    take_out(seat);
    free_seat(r, seat);
}

void seat_set_hash(struct relay *r, struct seat *seat, const uint8_t *hash, size_t len)
{
    if (seat->has_token && len == TOKEN_HASH_BYTES && memcmp(seat->token_hash, hash, len) == 0)
        return;
    forget_hash(r, seat);
    seat->has_token = len == TOKEN_HASH_BYTES && map_put(&r->elsewhere, tokens_key(hash), seat) == 0;
    if (seat->has_token)
        memcpy(seat->token_hash, hash, len);
}

struct seat *seat_elsewhere(struct relay *r, const uint8_t *token, size_t len)
{
    uint8_t hash[TOKEN_HASH_BYTES];
    if (len != WIRE_RESUME_BYTES)
        return NULL;
    tokens_public(token, hash);
    struct seat *seat = map_get(&r->elsewhere, tokens_key(hash));
    return seat && tokens_same_hash(seat->token_hash, hash) ? seat : NULL;
}

/* Who wants what of its tracks, and what came of them, is counted anew at the new home. */
static void restart_feeds(struct relay *r, struct seat *seat)
{
    for (uint32_t track = 1; track <= WIRE_TRACKS_MAX; track++) {
        struct feed *f = seat->feeds[track];
        if (!f)
            continue;
        interest_clear_feed(f);
        feed_restart(f);
        f->told = seat->elsewhere; /* the new home begins with nothing wanted here */
    }
    demand_changed(r, seat);
}

int seat_take_over(struct relay *r, struct seat *seat, struct session *session, const uint8_t *token)
{
    if (room_list_local(seat->room, seat) != 0)
        return ERR_NOMEM;
    stop_timers(r, seat);
    forget_hash(r, seat);
    seat->home = r->place.shard;
    seat->elsewhere = seat->away = seat->stale = false;
    seat->moves++;
    new_token_after(r, seat, token);
    sit(seat, session);
    restart_feeds(r, seat);
    r->stats.members++;
    r->stats.resumes++;
    r->stats.takeovers++;
    return 0;
}

static void leave_home(struct relay *r, struct seat *seat, usec_t now)
{
    struct session *old = seat->session;
    if (old) {
        detach(r, seat);
        session_refuse(r, old, "replaced", "This seat was taken up again by another connection.", 0, now);
    }
    room_unlist_local(seat->room, seat);
    seat_confirm(r, seat);
    forget_token(r, seat);
    seat->elsewhere = true;
    r->stats.members--;
}

void seat_move(struct relay *r, struct seat *seat, uint32_t home, usec_t now)
{
    if (seat_is_local(r, seat))
        leave_home(r, seat, now);
    stop_timers(r, seat);
    seat->home = home;
    restart_feeds(r, seat);
}
