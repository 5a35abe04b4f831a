/* SPDX-License-Identifier: MIT */
#include "frame.h"

#include "bus.h"
#include "demand.h"
#include "keyask.h"
#include "mirror.h"
#include "route.h"
#include "seating.h"
#include "state.h"

typedef Parley__Bus__V1__BusMessage BusMessage;

static const struct wire_limit limits[] = {
    {&parley__bus__v1__bus_message__descriptor, 1, WIRE_EXACT, ROOM_ID_BYTES},
    {&parley__bus__v1__state__descriptor, 1, WIRE_AT_MOST, WIRE_MEMBERS_MAX},
    {&parley__bus__v1__seat__descriptor, 4, WIRE_EXACT, TOKEN_HASH_BYTES},
    {&parley__bus__v1__gone__descriptor, 1, WIRE_AT_MOST, WIRE_MEMBERS_MAX},
    {&parley__bus__v1__interest__descriptor, 2, WIRE_AT_MOST, WIRE_DEMANDS_MAX},
};
const struct wire_limits frame_limits = {limits, COUNT_OF(limits)};

static const BusMessage *parse(struct arena *a, const uint8_t *data, size_t len)
{
    size_t bytes;
    if (len > BUS_MAX || wire_scan_more(&parley__bus__v1__bus_message__descriptor, &frame_limits, data, len, &bytes) != 0 ||
        arena_reserve(a, bytes) != 0)
        return NULL;
    const BusMessage *m = parley__bus__v1__bus_message__unpack(arena_allocator(a), len, data);
    return m && m->room.len == ROOM_ID_BYTES ? m : NULL;
}

/* ---- messages ---- */

static struct seat *local_seat(struct relay *r, const struct room *room, uint32_t id)
{
    struct seat *seat = room_seat(room, id);
    if (seat && seat_is_local(r, seat))
        return seat;
    r->stats.frames_foreign++;
    return NULL;
}

/* Whoever asks knows nothing of us, or has forgotten; and what we want of its members with it. */
static void on_ask(struct relay *r, struct room *room, uint32_t from)
{
    bus_state(r, room, from);
    mirror_want_again(r, room, from);
}

static void on_interest(struct relay *r, const struct room *room, uint32_t from, const Parley__Bus__V1__Interest *m)
{
    struct seat *publisher = local_seat(r, room, m->member);
    if (!publisher)
        return;
    interest_set(publisher, from, m);
    demand_changed(r, publisher);
}

/* To a shard that has seen nothing of the layer yet: what is remembered is there sooner than a key frame. */
static bool is_replayed(struct relay *r, struct feed *f, uint32_t from, const Parley__Bus__V1__KeyFrame *m, usec_t now)
{
    const struct cache *c = &f->cache[m->spatial];
    if (c->bytes > m->replay_bytes || !cache_is_fresh(c, &r->limits, now) || !interest_begins(f, from, m->spatial))
        return false;
    bus_replay(r, f, m->spatial, from);
    r->stats.cache_hits++;
    return true;
}

static void on_key_frame(struct relay *r, const struct room *room, uint32_t from, const Parley__Bus__V1__KeyFrame *m, usec_t now)
{
    const struct seat *seat = local_seat(r, room, m->member);
    struct feed *f = seat && m->track <= WIRE_TRACKS_MAX ? seat->feeds[m->track] : NULL;
    if (!f || m->spatial >= f->layers)
        return;
    r->stats.key_frame_requests_in++;
    if (!is_replayed(r, f, from, m, now))
        keyask(r, f, m->spatial, now);
}

static void on_talk(struct relay *r, struct room *room, uint32_t from, Parley__V1__Chat *chat, usec_t now)
{
    const struct seat *seat = chat ? room_seat(room, chat->member) : NULL;
    if (!seat || seat->home != from) {
        r->stats.frames_foreign++;
        return;
    }
    chat->sent_us = (uint64_t)now; /* on this relay's clock, as its clients know it */
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_CHAT;
    m.chat = chat;
    if (!chat->to) {
        room_tell(r, room, NULL, &m, now);
        return;
    }
    const struct seat *to = local_seat(r, room, chat->to);
    if (to && to->session)
        session_send(r, to->session, &m, now);
}

static void dispatch(struct relay *r, struct room *room, uint32_t from, const BusMessage *m, usec_t now)
{
    switch (m->body_case) {
    case PARLEY__BUS__V1__BUS_MESSAGE__BODY_ASK: on_ask(r, room, from); break;
    case PARLEY__BUS__V1__BUS_MESSAGE__BODY_STATE: mirror_state(r, room, from, m->state, now); break;
    case PARLEY__BUS__V1__BUS_MESSAGE__BODY_PUT: mirror_put(r, room, from, m->put, now); break;
    case PARLEY__BUS__V1__BUS_MESSAGE__BODY_GONE: mirror_gone(r, room, from, m->gone, now); break;
    case PARLEY__BUS__V1__BUS_MESSAGE__BODY_DONE: mirror_done(r, room, from, now); break;
    case PARLEY__BUS__V1__BUS_MESSAGE__BODY_INTEREST: on_interest(r, room, from, m->interest); break;
    case PARLEY__BUS__V1__BUS_MESSAGE__BODY_KEY_FRAME: on_key_frame(r, room, from, m->key_frame, now); break;
    case PARLEY__BUS__V1__BUS_MESSAGE__BODY_TALK: on_talk(r, room, from, m->talk->chat, now); break;
    default: break; /* of a newer version */
    }
}

/* Who tells of the room, or asks, has somebody there, and is asked in turn. Last of all, so that the answer goes before the question:
 * two that ask at once need not ask twice. */
static void take(struct relay *r, struct room *room, uint32_t from, const BusMessage *m, usec_t now)
{
    bool answer =
        m->body_case == PARLEY__BUS__V1__BUS_MESSAGE__BODY_STATE || m->body_case == PARLEY__BUS__V1__BUS_MESSAGE__BODY_DONE;
    room->pins++; /* it may lose its last local member on the way */
    if (!answer)
        shards_heard(room, from);
    dispatch(r, room, from, m, now);
    if (!answer)
        bus_ask_unknown(r, room, from, m->body_case == PARLEY__BUS__V1__BUS_MESSAGE__BODY_ASK);
    room->pins--;
    seating_release(r, room);
}

static void on_message(struct relay *r, uint32_t from, const uint8_t *data, size_t len, usec_t now)
{
    const BusMessage *m = parse(&r->parsed, data, len);
    if (!m) {
        r->stats.frames_malformed++;
        return;
    }
    struct room *room = room_find(r, m->room.data);
    if (!room) {
        if (m->body_case == PARLEY__BUS__V1__BUS_MESSAGE__BODY_ASK)
            bus_nobody(r, m->room.data, from);
        else
            r->stats.frames_foreign++;
        return;
    }
    take(r, room, from, m, now);
}

/* ---- media ---- */

static void on_media(struct relay *r, uint32_t from, const uint8_t *data, size_t len, usec_t now)
{
    if (len <= 1 + ROOM_ID_BYTES) {
        r->stats.frames_malformed++;
        return;
    }
    struct room *room = room_find(r, data + 1);
    if (room)
        route_from_shard(r, from, room, data[0], data + 1 + ROOM_ID_BYTES, len - 1 - ROOM_ID_BYTES, now);
    else
        r->stats.frames_foreign++;
}

void frame_handle(struct relay *r, uint32_t from, const uint8_t *data, size_t len, usec_t now)
{
    r->stats.frames_in++;
    r->stats.frame_bytes_in += len;
    if (!shards_is_up(r, from)) {
        r->stats.frames_foreign++;
        return;
    }
    switch (len ? data[0] : 0) {
    case BUS_MESSAGE: on_message(r, from, data + 1, len - 1, now); break;
    case WIRE_AUDIO:
    case WIRE_VIDEO: on_media(r, from, data, len, now); break;
    default: r->stats.frames_malformed++;
    }
}
