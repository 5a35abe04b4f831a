/* SPDX-License-Identifier: MIT */
#include "bus.h"

#include <string.h>

#include "base/bytes.h"
#include "interest.h"
#include "member.h"
#include "state.h"

#define STATE_BYTES (64 * 1024) /* of one part of a State; well below BUS_MAX */

typedef Parley__Bus__V1__BusMessage BusMessage;
typedef Parley__Bus__V1__Seat Seat;

/* ---- queueing ---- */

static void close_frame(struct relay *r, struct pkt *p, bool media)
{
    uint32_t to = r->frames.to_count - r->frames.open_at;
    size_t len = p ? p->len : 0;
    if (frames_close(&r->frames, p, media) != 0) {
        r->stats.frames_full++;
    } else if (to) {
        r->stats.frames_out++;
        r->stats.frame_bytes_out += len;
    }
}

static struct pkt *pack(const BusMessage *m)
{
    size_t len = 1 + parley__bus__v1__bus_message__get_packed_size(m);
    struct pkt *p = pkt_new(len);
    if (!p)
        return NULL;
    p->data[0] = BUS_MESSAGE;
    p->len = (uint32_t)(1 + parley__bus__v1__bus_message__pack(m, p->data + 1));
    return p;
}

static BusMessage message(const uint8_t *room_id, Parley__Bus__V1__BusMessage__BodyCase body)
{
    BusMessage m = PARLEY__BUS__V1__BUS_MESSAGE__INIT;
    m.room = (ProtobufCBinaryData){.data = (uint8_t *)(uintptr_t)room_id, .len = ROOM_ID_BYTES}; /* protobuf-c has no const */
    m.body_case = body;
    return m;
}

static void send_to(struct relay *r, const BusMessage *m, const uint32_t *to, uint32_t count)
{
    frames_open(&r->frames);
    for (uint32_t i = 0; i < count; i++)
        if (shards_is_up(r, to[i]))
            frames_to(&r->frames, to[i]);
    close_frame(r, frames_wanted(&r->frames) ? pack(m) : NULL, false);
}

static void send_all(struct relay *r, const struct room *room, const BusMessage *m)
{
    send_to(r, m, room->hearing, room->hearing_count);
}

/* ---- who is here ---- */

void bus_ask(struct relay *r, struct room *room, uint32_t to)
{
    struct room_shard *s = shards_note(room, to);
    if (!s)
        return;
    s->asked = true;
    Parley__Bus__V1__Ask body = PARLEY__BUS__V1__ASK__INIT;
    BusMessage m = message(room->id, PARLEY__BUS__V1__BUS_MESSAGE__BODY_ASK);
    m.ask = &body;
    send_to(r, &m, &to, 1);
}

bool bus_ask_all(struct relay *r, struct room *room)
{
    for (uint32_t i = 0; i < r->shards.count; i++)
        bus_ask(r, room, r->shards.list[i]->number);
    return shards_awaited(room);
}

void bus_ask_unknown(struct relay *r, struct room *room, uint32_t to, bool again)
{
    const struct room_shard *s = shards_of(room, to);
    if (s && !s->known && (again || !s->asked))
        bus_ask(r, room, to);
}

static Seat seat_message(struct seat *seat, Parley__V1__Member *member)
{
    Seat s = PARLEY__BUS__V1__SEAT__INIT;
    s.member = member;
    s.order = seat->order;
    s.moves = seat->moves;
    if (seat->has_token)
        s.token_hash = (ProtobufCBinaryData){.data = seat->token_hash, .len = sizeof(seat->token_hash)};
    return s;
}

static void send_state(struct relay *r, const uint8_t *room_id, Parley__Bus__V1__State *state, uint32_t to)
{
    BusMessage m = message(room_id, PARLEY__BUS__V1__BUS_MESSAGE__BODY_STATE);
    m.state = state;
    send_to(r, &m, &to, 1);
}

void bus_nobody(struct relay *r, const uint8_t room_id[ROOM_ID_BYTES], uint32_t to)
{
    Parley__Bus__V1__State state = PARLEY__BUS__V1__STATE__INIT;
    state.first = state.last = true;
    send_state(r, room_id, &state, to);
}

/* How many seats from `at` on one part carries, and the memory they take. */
static uint32_t part_of(const struct room *room, uint32_t at, size_t *memory)
{
    uint32_t count = 0;
    *memory = 0;
    for (size_t bytes = 0; at + count < room->local_count && bytes < STATE_BYTES; count++) {
        size_t one = member_bytes(room->local[at + count]) + sizeof(Seat) + sizeof(Seat *) + 2 * ARENA_ALIGN;
        *memory += one;
        bytes += one / 2; /* encoded, a member takes less than that */
    }
    return count;
}

static Seat *build_seat(struct arena *a, struct seat *seat)
{
    Seat *s = arena_alloc(a, sizeof(*s));
    *s = seat_message(seat, member_build(a, seat));
    return s;
}

/* Sends the seats from `at` on, as many as fit into one part: gives their number, or 0 when memory is short. */
static uint32_t send_part(struct relay *r, const struct room *room, uint32_t at, uint32_t to)
{
    size_t memory;
    uint32_t count = part_of(room, at, &memory);
    if (arena_reserve(&r->built, memory + sizeof(Seat *) + ARENA_ALIGN) != 0)
        return 0;
    Parley__Bus__V1__State state = PARLEY__BUS__V1__STATE__INIT;
    state.seats = arena_alloc(&r->built, (count + 1) * sizeof(Seat *));
    for (; state.n_seats < count; state.n_seats++)
        state.seats[state.n_seats] = build_seat(&r->built, room->local[at + state.n_seats]);
    state.first = at == 0;
    state.last = at + count == room->local_count;
    state.here = true;
    send_state(r, room->id, &state, to);
    return count;
}

void bus_state(struct relay *r, const struct room *room, uint32_t to)
{
    uint32_t at = send_part(r, room, 0, to);
    for (uint32_t n; at && at < room->local_count && (n = send_part(r, room, at, to));)
        at += n;
}

/* ---- who came, changed, left ---- */

void bus_put(struct relay *r, struct seat *seat, Parley__V1__Member *member)
{
    Seat s = seat_message(seat, member);
    BusMessage m = message(seat->room->id, PARLEY__BUS__V1__BUS_MESSAGE__BODY_PUT);
    m.put = &s;
    send_all(r, seat->room, &m);
}

void bus_gone(struct relay *r, const struct room *room, uint32_t member)
{
    Parley__Bus__V1__Gone body = PARLEY__BUS__V1__GONE__INIT;
    body.members = &member;
    body.n_members = 1;
    BusMessage m = message(room->id, PARLEY__BUS__V1__BUS_MESSAGE__BODY_GONE);
    m.gone = &body;
    send_all(r, room, &m);
}

void bus_done(struct relay *r, const struct room *room)
{
    Parley__Bus__V1__Done body = PARLEY__BUS__V1__DONE__INIT;
    BusMessage m = message(room->id, PARLEY__BUS__V1__BUS_MESSAGE__BODY_DONE);
    m.done = &body;
    for (uint32_t i = 0; i < room->shard_count; i++) /* also to those that have not answered yet: they count on us */
        send_to(r, &m, &room->shards[i].number, 1);
}

/* ---- what is wanted, and what is said ---- */

void bus_interest(struct relay *r, const struct seat *publisher, const Parley__Bus__V1__Interest *interest)
{
    BusMessage m = message(publisher->room->id, PARLEY__BUS__V1__BUS_MESSAGE__BODY_INTEREST);
    m.interest = (Parley__Bus__V1__Interest *)(uintptr_t)interest;
    send_to(r, &m, &publisher->home, 1);
}

void bus_key_frame(struct relay *r, const struct feed *f, uint32_t spatial, uint32_t replay_bytes)
{
    Parley__Bus__V1__KeyFrame body = PARLEY__BUS__V1__KEY_FRAME__INIT;
    body.member = f->owner->id;
    body.track = f->id;
    body.spatial = spatial;
    body.replay_bytes = replay_bytes;
    BusMessage m = message(f->owner->room->id, PARLEY__BUS__V1__BUS_MESSAGE__BODY_KEY_FRAME);
    m.key_frame = &body;
    send_to(r, &m, &f->owner->home, 1);
}

void bus_talk(struct relay *r, const struct room *room, Parley__V1__Chat *chat)
{
    Parley__Bus__V1__Talk body = PARLEY__BUS__V1__TALK__INIT;
    body.chat = chat;
    BusMessage m = message(room->id, PARLEY__BUS__V1__BUS_MESSAGE__BODY_TALK);
    m.talk = &body;
    const struct seat *to = chat->to ? room_seat(room, chat->to) : NULL;
    if (to)
        send_to(r, &m, &to->home, 1);
    else if (!chat->to)
        send_all(r, room, &m);
}

/* ---- media ---- */

/* [kind][length][object] becomes [kind][room][length][object]. */
static struct pkt *media_frame(const struct room *room, const struct pkt *p)
{
    struct pkt *f = pkt_new(p->len + ROOM_ID_BYTES);
    if (!f)
        return NULL;
    struct writer w = writer_of(f->data, f->cap);
    write_u8(&w, p->data[0]);
    write_bytes(&w, room->id, ROOM_ID_BYTES);
    write_bytes(&w, p->data + 1, p->len - 1);
    f->len = (uint32_t)writer_done(&w);
    return f;
}

static void close_media(struct relay *r, const struct room *room, const struct pkt *p)
{
    close_frame(r, frames_wanted(&r->frames) ? media_frame(room, p) : NULL, true);
}

void bus_audio(struct relay *r, const struct room *room, const struct pkt *p)
{
    frames_open(&r->frames);
    for (uint32_t i = 0; i < room->hearing_count; i++)
        frames_to(&r->frames, room->hearing[i]);
    close_media(r, room, p);
}

void bus_video(struct relay *r, struct feed *f, const struct pkt *p, const struct object_header *h)
{
    frames_open(&r->frames);
    for (uint32_t i = 0; i < f->interest_count; i++)
        if (interest_takes(&f->interests[i], h)) {
            frames_to(&r->frames, f->interests[i].shard);
            f->interests[i].layer[h->spatial].flows = true;
        }
    close_media(r, f->owner->room, p);
}

void bus_replay(struct relay *r, const struct feed *f, uint32_t spatial, uint32_t shard)
{
    const struct cache *c = &f->cache[spatial];
    for (uint32_t i = 0; i < c->count; i++) {
        frames_open(&r->frames);
        frames_to(&r->frames, shard);
        close_media(r, f->owner->room, c->entry[i].pkt);
    }
}
