/* SPDX-License-Identifier: MIT */
#include "hello.h"

#include <stdlib.h>
#include <string.h>

#include "admit.h"
#include "base/err.h"
#include "bus.h"
#include "expect.h"
#include "host.h"
#include "news.h"
#include "seating.h"
#include "state.h"
#include "wire/control.h"

#define BUSY_RETRY_MS 5000
#define EARLIER_LIFE (3 * SEC) /* from the last who came back to a room that does not know them: others are on their way */

/* Letters, digits and -_.~ : what stands in a link without being escaped. */
static bool is_meeting(const char *name)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~";
    size_t len = strlen(name);
    return len > 0 && len <= WIRE_MEETING_MAX && strspn(name, allowed) == len;
}

static bool is_acceptable(struct relay *r, struct session *s, const Parley__V1__Hello *hello, usec_t now)
{
    char text[CLOSE_TEXT_MAX];
    if (control_check_version(hello, text, sizeof(text)) != 0)
        session_refuse(r, s, "version", text, 0, now);
    else if (r->draining)
        session_refuse(r, s, "draining", "This relay is about to stop.", r->drain_retry_ms, now);
    else if (!is_meeting(hello->meeting))
        session_refuse(r, s, "meeting", "This is not the name of a meeting.", 0, now);
    else if (hello->salt.len != WIRE_SALT_BYTES)
        session_violated(r, s, "The salt must have 16 bytes.", now);
    return s->state == SESSION_HELLO;
}

/* What a Hello says, for as long as it waits. */
struct arrival {
    struct session *session;
    struct room *room;
    struct arrival *next;
    char meeting[WIRE_MEETING_MAX + 1], name[WIRE_NAME_MAX + 1];
    uint8_t salt[WIRE_SALT_BYTES], resume[WIRE_RESUME_BYTES];
    size_t resume_len;
};

static struct arrival arrival_of(struct session *s, const Parley__V1__Hello *hello)
{
    struct arrival a = {.session = s, .resume_len = hello->resume.len};
    strncpy(a.meeting, hello->meeting, WIRE_MEETING_MAX);
    strncpy(a.name, hello->name, WIRE_NAME_MAX);
    memcpy(a.salt, hello->salt.data, WIRE_SALT_BYTES);
    if (a.resume_len)
        memcpy(a.resume, hello->resume.data, a.resume_len); /* of WIRE_RESUME_BYTES: the message was checked */
    return a;
}

/* ---- a seat ---- */

static bool is_in(const struct seat *seat, const struct arrival *a) { return seat && strcmp(seat->room->name, a->meeting) == 0; }

/* Of a shard that is down: it may have given another token, of which nobody heard. */
static bool is_orphan(const struct relay *r, const struct seat *seat) { return seat->elsewhere && !shards_is_up(r, seat->home); }

/* No seat is known by this token, but its seal says which one it is for: gives that of a dead shard, as it was left; or sets *was, of which
 * nobody here knows; neither when somebody is known to have it. */
static struct seat *by_seal(struct relay *r, struct room *room, const struct arrival *a, struct token_seat *was, usec_t now)
{
    struct token_seat said;
    if (a->resume_len != WIRE_RESUME_BYTES || !tokens_open(&r->tokens, room->id, a->resume, &said))
        return NULL;
    room->partial_until = now + EARLIER_LIFE;
    struct seat *seat = room_seat(room, said.id);
    if (!seat)
        *was = said;
    if (!seat || !is_orphan(r, seat))
        return NULL;
    if (seat->moves < said.moves + 1)
        seat->moves = said.moves + 1; /* more was heard of it elsewhere */
    return seat;
}

/* The seat that the client had, here or on another shard, is its own again. NULL: *was may say which it was. */
static struct seat *resume(struct relay *r, struct room *room, const struct arrival *a, struct token_seat *was, usec_t now)
{
    struct seat *seat = seat_of_token(r, a->resume, a->resume_len);
    *was = (struct token_seat){0};
    if (is_in(seat, a)) {
        seating_resume(r, seat, a->session, a->resume, now);
        return seat;
    }
    seat = seat_elsewhere(r, a->resume, a->resume_len);
    if (!seat)
        seat = by_seal(r, room, a, was, now);
    return is_in(seat, a) && seating_take_over(r, seat, a->session, a->resume) == 0 ? seat : NULL;
}

static void refuse_full(struct relay *r, struct session *s, int err, usec_t now)
{
    if (err == ERR_FULL)
        session_refuse(r, s, "full", "This meeting has as many members as it can hold.", BUSY_RETRY_MS, now);
    else
        session_refuse(r, s, "busy", "The relay cannot take another meeting just now.", BUSY_RETRY_MS, now);
}

static struct seat *new_seat(struct relay *r, struct room *room, const struct arrival *a, const struct token_seat *was, usec_t now)
{
    int err;
    struct seat *seat =
        was->id ? seating_restore(r, room, a->session, was, a->resume, &err) : seating_begin(r, room, a->session, &err);
    if (!seat)
        refuse_full(r, a->session, err, now);
    return seat;
}

static void welcome(struct relay *r, struct seat *seat, const struct arrival *a, bool resumed, usec_t now)
{
    struct session *s = a->session;
    memcpy(seat->name, a->name, sizeof(seat->name));
    memcpy(seat->salt, a->salt, WIRE_SALT_BYTES);
    r->stats.joins++;
    events_log(&r->events, s->sid, "joined", "member=%u members=%u resumed=%d transport=%s", seat->id, seat->room->count, resumed,
               s->transport == RELAY_WEBSOCKET ? "websocket" : "webtransport");
    session_joined(r, s, now);
    news_welcome(r, seat, resumed, now);
    news_put(r, seat, seat, now);
    host_settle(r, seat->room, now);
    if (!resumed)
        expect_pictures(r, seat, now);
}

/* ---- waiting for the other shards ---- */

static bool wait(struct relay *r, struct room *room, const struct arrival *a, usec_t now)
{
    struct arrival *waits = malloc(sizeof(*waits));
    if (!waits)
        return false;
    *waits = *a;
    waits->room = room;
    waits->next = NULL;
    *(room->last_arrival ? &room->last_arrival->next : &room->first_arrival) = waits;
    room->last_arrival = waits;
    a->session->state = SESSION_WAITING;
    a->session->arrival = waits;
    session_waits(r, a->session);
    timer_set_earlier(&r->timers, &room->asked, now + SHARDS_PATIENCE);
    return true;
}

static void unlink_arrival(struct arrival *a)
{
    struct arrival *before = NULL;
    for (struct arrival *at = a->room->first_arrival; at != a; at = at->next)
        before = at;
    *(before ? &before->next : &a->room->first_arrival) = a->next;
    if (a->room->last_arrival == a)
        a->room->last_arrival = before;
    a->session->arrival = NULL;
}

void hello_forget(struct relay *r, struct session *s)
{
    struct arrival *a = s->arrival;
    if (!a)
        return;
    unlink_arrival(a);
    seating_release(r, a->room);
    free(a);
}

void hello_answered(struct relay *r, struct room *room, usec_t now)
{
    if (room->asking && !shards_awaited(room))
        timer_set(&r->timers, &room->asked, now);
}

/* The room is open, and all is known of it that will be. */
static void admit(struct relay *r, struct room *room, const struct arrival *a, usec_t now)
{
    struct token_seat was;
    struct seat *seat = resume(r, room, a, &was, now);
    bool resumed = seat || was.id;
    if (!seat && admit_joins(r, a->session, now))
        seat = new_seat(r, room, a, &was, now);
    if (seat)
        welcome(r, seat, a, resumed, now);
    seating_release(r, room);
}

static struct arrival *pop_arrival(struct room *room)
{
    struct arrival *a = room->first_arrival;
    if (!a)
        return NULL;
    room->first_arrival = a->next;
    if (!a->next)
        room->last_arrival = NULL;
    a->session->arrival = NULL;
    return a;
}

static void admit_all(struct relay *r, void *owner, usec_t now)
{
    struct room *room = owner;
    room->asking = false;
    room->pins++;
    for (struct arrival *a; (a = pop_arrival(room));) {
        if (a->session->state == SESSION_WAITING)
            admit(r, room, a, now);
        free(a);
    }
    room->pins--;
    seating_release(r, room);
}

static void ask_all(struct relay *r, struct room *room)
{
    room->asked = (struct timer){.fire = admit_all, .owner = room};
    room->asking = bus_ask_all(r, room);
}

void hello_handle(struct relay *r, struct session *s, const Parley__V1__Hello *hello, usec_t now)
{
    if (!is_acceptable(r, s, hello, now))
        return;
    struct arrival a = arrival_of(s, hello);
    struct room *room = room_get(r, a.meeting);
    if (!room) {
        refuse_full(r, s, ERR_NOMEM, now);
        return;
    }
    if (!room->count && !room->first_arrival)
        ask_all(r, room);
    if (!room->asking || !wait(r, room, &a, now))
        admit(r, room, &a, now);
}
