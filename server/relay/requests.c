/* SPDX-License-Identifier: MIT */
#include "requests.h"

#include <string.h>

#include "base/err.h"
#include "bus.h"
#include "demand.h"
#include "hello.h"
#include "news.h"
#include "seating.h"
#include "share.h"
#include "state.h"
#include "sub.h"
#include "track.h"
#include "wire/control.h"

#define NEWS_BYTES 1024 /* a member with all its tracks and layers, told to the room */

typedef const Parley__V1__Control Control;

static void notice(struct relay *r, struct session *s, const char *code, const char *text, usec_t now)
{
    Parley__V1__Notice n = PARLEY__V1__NOTICE__INIT;
    n.code = (char *)(uintptr_t)code;
    n.text = (char *)(uintptr_t)text;
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_NOTICE;
    m.notice = &n;
    session_send(r, s, &m, now);
}

static void on_goodbye(struct relay *r, struct session *s, Control *m, usec_t now)
{
    (void)m;
    events_log(&r->events, s->sid, "goodbye", "member=%u", s->seat->id);
    seating_leave(r, s->seat, now);
    session_hang_up(r, s, "left", "");
}

static bool may_publish(const struct relay *r, const struct seat *seat, const Parley__V1__Track *t)
{
    return seat->role != PARLEY__V1__ROLE__ROLE_VIEWER && t && t->id <= r->limits.tracks;
}

static void on_publish(struct relay *r, struct session *s, Control *m, usec_t now)
{
    const Parley__V1__Track *t = m->publish->track;
    if (!may_publish(r, s->seat, t)) {
        notice(r, s, "publish", "This track cannot be published here.", now);
        return;
    }
    if (track_publish(r, s->seat, t, now) != 0)
        notice(r, s, "publish", "This track makes no sense.", now);
    else
        demand_changed(r, s->seat);
    news_put(r, s->seat, s->seat, now);
}

static void on_unpublish(struct relay *r, struct session *s, Control *m, usec_t now)
{
    uint32_t track = m->unpublish->track;
    if (track < 1 || track > WIRE_TRACKS_MAX || !s->seat->feeds[track])
        return;
    track_end(r, s->seat, track);
    news_put(r, s->seat, s->seat, now);
}

static void on_subscribe(struct relay *r, struct session *s, Control *m, usec_t now)
{
    sub_replace(r, s->seat, m->subscribe);
    share_now(r, s->seat, now);
}

static void on_key_frame(struct relay *r, struct session *s, Control *m, usec_t now)
{
    r->stats.key_frame_requests_in++;
    struct sub *sub = sub_find(s->seat, m->key_frame->member, m->key_frame->track);
    if (sub && sub->from && !feed_is_audio(sub->from) && !sub->paused && sub_may_ask(r, sub, now))
        keyask(r, sub->from, sub->spatial, now);
}

static void on_chat(struct relay *r, struct session *s, Control *m, usec_t now)
{
    Parley__V1__Chat chat = *m->chat;
    chat.member = s->seat->id;
    chat.sent_us = (uint64_t)now;
    Parley__V1__Control out = PARLEY__V1__CONTROL__INIT;
    out.body_case = PARLEY__V1__CONTROL__BODY_CHAT;
    out.chat = &chat;
    bus_talk(r, s->seat->room, &chat);
    if (!chat.to) {
        room_tell(r, s->seat->room, NULL, &out, now);
        return;
    }
    struct seat *to = room_seat(s->seat->room, chat.to);
    if (to && to->session)
        session_send(r, to->session, &out, now);
}

static void on_ping(struct relay *r, struct session *s, Control *m, usec_t now)
{
    Parley__V1__Pong pong = PARLEY__V1__PONG__INIT;
    pong.token = m->ping->token;
    pong.clock_us = (uint64_t)now;
    Parley__V1__Control out = PARLEY__V1__CONTROL__INIT;
    out.body_case = PARLEY__V1__CONTROL__BODY_PONG;
    out.pong = &pong;
    session_send(r, s, &out, now);
}

static void on_profile(struct relay *r, struct session *s, Control *m, usec_t now)
{
    strncpy(s->seat->name, m->profile->name, WIRE_NAME_MAX);
    news_put(r, s->seat, s->seat, now);
}

static void on_nothing(struct relay *r, struct session *s, Control *m, usec_t now)
{
    (void)r;
    (void)s;
    (void)m;
    (void)now;
}

static void on_misuse(struct relay *r, struct session *s, Control *m, usec_t now)
{
    (void)m;
    r->stats.dropped_forbidden++;
    session_violated(r, s, "This message is the relay's to send, or came twice.", now);
}

typedef void (*handler)(struct relay *r, struct session *s, Control *m, usec_t now);

/* Messages of a session that has a seat. NOT_SET is a message of a newer minor version. */
static handler handler_of(Parley__V1__Control__BodyCase body)
{
    switch (body) {
    case PARLEY__V1__CONTROL__BODY_GOODBYE: return on_goodbye;
    case PARLEY__V1__CONTROL__BODY_PUBLISH: return on_publish;
    case PARLEY__V1__CONTROL__BODY_UNPUBLISH: return on_unpublish;
    case PARLEY__V1__CONTROL__BODY_SUBSCRIBE: return on_subscribe;
    case PARLEY__V1__CONTROL__BODY_KEY_FRAME: return on_key_frame;
    case PARLEY__V1__CONTROL__BODY_CHAT: return on_chat;
    case PARLEY__V1__CONTROL__BODY_PING: return on_ping;
    case PARLEY__V1__CONTROL__BODY_PROFILE: return on_profile;
    case PARLEY__V1__CONTROL__BODY_PONG:
    case PARLEY__V1__CONTROL__BODY__NOT_SET: return on_nothing;
    default: return on_misuse;
    }
}

static void dispatch(struct relay *r, struct session *s, Control *m, usec_t now)
{
    if (s->state == SESSION_LIVE)
        handler_of(m->body_case)(r, s, m, now);
    else if (s->state == SESSION_HELLO && m->body_case == PARLEY__V1__CONTROL__BODY_HELLO)
        hello_handle(r, s, m->hello, now);
    else
        session_violated(r, s, "The first message must be Hello.", now);
}

/* What goes to everybody leaves before their media, once per member: one who talks without end would slow down all the others. */
static bool may_talk(struct session *s, Control *m, size_t len, usec_t now)
{
    switch (m->body_case) {
    case PARLEY__V1__CONTROL__BODY_CHAT: return bucket_take(&s->talk, (int64_t)len, now);
    case PARLEY__V1__CONTROL__BODY_PUBLISH:
    case PARLEY__V1__CONTROL__BODY_UNPUBLISH:
    case PARLEY__V1__CONTROL__BODY_PROFILE: return bucket_take(&s->talk, NEWS_BYTES, now);
    default: return true;
    }
}

static void too_much(struct relay *r, struct session *s, usec_t now)
{
    r->stats.dropped_rate++;
    session_refuse(r, s, "rate", "This connection sends too many requests.", 5000, now);
}

void request_handle(struct relay *r, struct session *s, const uint8_t *data, size_t len, usec_t now)
{
    int err;
    if (!bucket_take(&s->requests, 1, now)) {
        too_much(r, s, now);
        return;
    }
    Control *m = control_parse(&r->parsed, data, len, r->limits.request_bytes, &err);
    if (m && !may_talk(s, m, len, now)) {
        too_much(r, s, now);
        return;
    }
    if (m) {
        dispatch(r, s, m, now);
        return;
    }
    r->stats.dropped_malformed++;
    session_violated(r, s, "A message could not be read.", now);
}
