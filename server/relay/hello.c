/* SPDX-License-Identifier: MIT */
#include "hello.h"

#include <string.h>

#include "base/err.h"
#include "news.h"
#include "state.h"
#include "wire/control.h"

#define BUSY_RETRY_MS 5000

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

static void take_over(struct seat *seat, const Parley__V1__Hello *hello)
{
    strncpy(seat->name, hello->name, WIRE_NAME_MAX);
    memcpy(seat->salt, hello->salt.data, WIRE_SALT_BYTES);
}

static struct seat *resumable(struct relay *r, const Parley__V1__Hello *hello)
{
    struct seat *seat = seat_of_token(r, hello->resume.data, hello->resume.len);
    return seat && strcmp(seat->room->name, hello->meeting) == 0 ? seat : NULL;
}

static void refuse_full(struct relay *r, struct session *s, int err, usec_t now)
{
    if (err == ERR_FULL)
        session_refuse(r, s, "full", "This meeting has as many members as it can hold.", BUSY_RETRY_MS, now);
    else
        session_refuse(r, s, "busy", "The relay cannot take another meeting just now.", BUSY_RETRY_MS, now);
}

static struct seat *new_seat(struct relay *r, struct session *s, const Parley__V1__Hello *hello, usec_t now)
{
    int err = ERR_NOMEM;
    struct room *room = room_get(r, hello->meeting);
    struct seat *seat = room ? seat_new(r, room, s, &err) : NULL;
    if (seat)
        return seat;
    if (room)
        room_release(r, room);
    refuse_full(r, s, err, now);
    return NULL;
}

void hello_handle(struct relay *r, struct session *s, const Parley__V1__Hello *hello, usec_t now)
{
    if (!is_acceptable(r, s, hello, now))
        return;
    struct seat *seat = resumable(r, hello);
    bool resumed = seat;
    if (resumed)
        seat_resume(r, seat, s, now);
    else if (admit_joins(r, s, now))
        seat = new_seat(r, s, hello, now);
    if (!seat)
        return;
    take_over(seat, hello);
    r->stats.joins++;
    events_log(&r->events, s->sid, "joined", "member=%u members=%u resumed=%d transport=%s", seat->id, seat->room->count, resumed,
               s->transport == RELAY_WEBSOCKET ? "websocket" : "webtransport");
    session_joined(r, s, now);
    news_welcome(r, seat, resumed, now);
    news_put(r, seat, seat, now);
}
