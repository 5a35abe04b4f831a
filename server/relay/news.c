/* SPDX-License-Identifier: MIT */
#include "news.h"

#include "bus.h"
#include "member.h"
#include "state.h"
#include "wire/control.h"

#define ROSTER_BYTES (128 * 1024) /* of one message; well below WIRE_CONTROL_MAX */

typedef Parley__V1__Member Member;

/* ---- changes ---- */

static void tell(struct relay *r, struct room *room, const struct seat *except, Parley__V1__Roster *roster, usec_t now)
{
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_ROSTER;
    m.roster = roster;
    room_tell(r, room, except, &m, now);
}

static int reserve_for(struct relay *r, const struct room *room, const uint32_t *ids, uint32_t count)
{
    size_t memory = count * (sizeof(Member *) + sizeof(uint32_t)) + 2 * ARENA_ALIGN;
    for (uint32_t i = 0; i < count; i++) {
        const struct seat *seat = room_seat(room, ids[i]);
        memory += seat ? member_bytes(seat) : 0;
    }
    return arena_reserve(&r->built, memory);
}

/* What is true of each now: who came and left meanwhile is gone. */
static void tell_several(struct relay *r, struct room *room, const uint32_t *ids, uint32_t count, usec_t now)
{
    if (reserve_for(r, room, ids, count) != 0)
        return;
    Parley__V1__Roster roster = PARLEY__V1__ROSTER__INIT;
    roster.put = arena_alloc(&r->built, count * sizeof(Member *));
    roster.gone = arena_alloc(&r->built, count * sizeof(uint32_t));
    for (uint32_t i = 0; i < count; i++) {
        struct seat *seat = room_seat(room, ids[i]);
        if (seat)
            roster.put[roster.n_put++] = member_build(&r->built, seat);
        else
            roster.gone[roster.n_gone++] = ids[i];
    }
    tell(r, room, NULL, &roster, now);
}

static void tell_bulletin(struct relay *r, void *owner, usec_t now)
{
    struct room *room = owner;
    const struct bulletin *b = &room->bulletin;
    for (uint32_t at = 0; at < b->count; at += BULLETIN_MOST) {
        uint32_t left = b->count - at;
        tell_several(r, room, &b->ids[at], left < BULLETIN_MOST ? left : BULLETIN_MOST, now);
    }
    bulletin_sent(&room->bulletin, now);
}

void news_put(struct relay *r, struct seat *seat, const struct seat *except, usec_t now)
{
    bool later = bulletin_takes(r, seat->room, seat->id, tell_bulletin, now),
         elsewhere = seat_is_local(r, seat) && seat->room->hearing_count;
    if ((later && !elsewhere) || arena_reserve(&r->built, member_bytes(seat)) != 0)
        return;
    Member *put = member_build(&r->built, seat);
    Parley__V1__Roster roster = PARLEY__V1__ROSTER__INIT;
    roster.put = &put;
    roster.n_put = 1;
    if (!later)
        tell(r, seat->room, except, &roster, now);
    if (elsewhere)
        bus_put(r, seat, put);
}

void news_gone(struct relay *r, struct room *room, uint32_t id, usec_t now)
{
    if (bulletin_takes(r, room, id, tell_bulletin, now))
        return;
    Parley__V1__Roster roster = PARLEY__V1__ROSTER__INIT;
    roster.gone = &id;
    roster.n_gone = 1;
    tell(r, room, NULL, &roster, now);
}

/* ---- all of it ---- */

/* Fills `roster` with seats from *at on, as many as one message should carry. */
static int build_part(struct relay *r, const struct seat *reader, uint32_t *at, Parley__V1__Roster *roster)
{
    const struct room *room = reader->room;
    size_t memory = 0, bytes = 0;
    uint32_t end = *at;
    for (; end < room->count && end - *at < WIRE_MEMBERS_MAX && bytes < ROSTER_BYTES; end++) {
        size_t one = member_bytes(room->seats[end]);
        memory += one;
        bytes += one / 2; /* encoded, a member takes less than that */
    }
    int err = arena_reserve(&r->built, memory + (end - *at + 1) * sizeof(Member *) + ARENA_ALIGN);
    if (err)
        return err;
    *roster = (Parley__V1__Roster)PARLEY__V1__ROSTER__INIT;
    roster->put = arena_alloc(&r->built, (end - *at + 1) * sizeof(Member *));
    for (; *at < end; (*at)++)
        if (room->seats[*at] != reader)
            roster->put[roster->n_put++] = member_build(&r->built, room->seats[*at]);
    return 0;
}

static Parley__V1__Limits limits_of(const struct relay *r, const struct session *s)
{
    Parley__V1__Limits l = PARLEY__V1__LIMITS__INIT;
    l.object_bytes = r->limits.object_bytes;
    l.datagram_bytes = (uint32_t)s->out.datagram_bytes;
    l.tracks = r->limits.tracks;
    l.members = r->limits.members;
    l.chat_bytes = WIRE_CHAT_MAX;
    l.hold_ms = r->limits.hold_ms;
    return l;
}

static size_t list_others(struct relay *r, Parley__V1__Relay relays[RELAY_OTHERS], Parley__V1__Relay *list[RELAY_OTHERS])
{
    for (size_t i = 0; i < r->others; i++) {
        relays[i] = (Parley__V1__Relay)PARLEY__V1__RELAY__INIT;
        relays[i].address = r->other[i];
        list[i] = &relays[i];
    }
    return r->others;
}

static void send_welcome(struct relay *r, struct seat *seat, bool resumed, bool partial, Parley__V1__Roster *roster, usec_t now)
{
    Parley__V1__Limits limits = limits_of(r, seat->session);
    Parley__V1__Relay relays[RELAY_OTHERS], *list[RELAY_OTHERS];
    Parley__V1__Welcome w = PARLEY__V1__WELCOME__INIT;
    w.member = seat->id;
    w.resume = (ProtobufCBinaryData){.data = seat->token, .len = WIRE_RESUME_BYTES};
    w.resumed = resumed;
    w.partial = partial;
    w.roster = roster;
    w.limits = &limits;
    w.clock_us = (uint64_t)now;
    w.minor = WIRE_MINOR;
    w.role = (Parley__V1__Role)seat->role;
    w.n_relays = list_others(r, relays, list);
    w.relays = list;
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_WELCOME;
    m.welcome = &w;
    session_send(r, seat->session, &m, now);
}

static void send_roster(struct relay *r, struct session *s, Parley__V1__Roster *roster, usec_t now)
{
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_ROSTER;
    m.roster = roster;
    session_send(r, s, &m, now);
}

void news_welcome(struct relay *r, struct seat *seat, bool resumed, usec_t now)
{
    uint32_t at = 0;
    Parley__V1__Roster roster = PARLEY__V1__ROSTER__INIT;
    if (build_part(r, seat, &at, &roster) != 0) {
        session_refuse(r, seat->session, "busy", "The relay is short of memory.", 2000, now);
        return;
    }
    bool partial = at < seat->room->count || now < seat->room->partial_until;
    send_welcome(r, seat, resumed, partial, &roster, now);
    while (at < seat->room->count && build_part(r, seat, &at, &roster) == 0)
        send_roster(r, seat->session, &roster, now);
}
