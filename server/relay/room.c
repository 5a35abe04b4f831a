/* SPDX-License-Identifier: MIT */
#include "room.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "seat.h"
#include "state.h"

#define SEATS_FIRST 4
#define ORDER_BITS 16 /* people who join in one second */

/* People of an earlier life of the room may come back: newcomers have other ids, and are younger. */
static void begin_numbers(struct relay *r, struct room *room)
{
    if (!r->tokens.second)
        return;
    room->ids = (uint32_t)(tokens_number(&r->tokens) % ROOM_FIRST_IDS);
    room->order = (uint64_t)r->tokens.second << ORDER_BITS;
}

static struct room *make(struct relay *r, const char *name, const uint8_t *id, uint64_t hash)
{
    if (r->rooms.count >= r->limits.rooms)
        return NULL;
    struct room *room = calloc(1, sizeof(*room));
    if (!room || map_put(&r->rooms, hash, room) != 0) {
        free(room);
        return NULL;
    }
    memcpy(room->id, id, ROOM_ID_BYTES);
    begin_numbers(r, room);
    room->hash = hash;
    strncpy(room->name, name, WIRE_MEETING_MAX);
    return room;
}

static struct room *look_up(const struct relay *r, const uint8_t *id, uint64_t hash, bool *taken)
{
    struct room *room = map_get(&r->rooms, hash);
    *taken = room;
    return room && memcmp(room->id, id, ROOM_ID_BYTES) == 0 ? room : NULL;
}

struct room *room_get(struct relay *r, const char *name)
{
    uint8_t id[ROOM_ID_BYTES];
    bool taken;
    tokens_room_id(name, id);
    uint64_t hash = tokens_hash(&r->tokens, id, sizeof(id));
    struct room *room = look_up(r, id, hash, &taken);
    return room || taken ? room : make(r, name, id, hash);
}

struct room *room_find(const struct relay *r, const uint8_t id[ROOM_ID_BYTES])
{
    bool taken;
    return look_up(r, id, tokens_hash(&r->tokens, id, ROOM_ID_BYTES), &taken);
}

void room_del(struct relay *r, struct room *room)
{
    timer_stop(&r->timers, &room->asked);
    map_take(&r->rooms, room->hash);
    voices_free(r, room);
    bulletin_free(r, room);
    map_free(&room->by_id);
    free(room->seats);
    free(room->local);
    free(room->shards);
    free(room->hearing);
    free(room);
}

/* Makes sure that one more fits. */
static int grow(struct seat ***list, uint32_t count, uint32_t *cap)
{
    if (count < *cap)
        return 0;
    uint32_t next = *cap ? *cap * 2 : SEATS_FIRST;
    struct seat **grown = realloc(*list, next * sizeof(struct seat *));
    if (!grown)
        return ERR_NOMEM;
    *list = grown;
    *cap = next;
    return 0;
}

static int put(struct room *room, struct seat *seat, uint32_t id)
{
    if (grow(&room->seats, room->count, &room->cap) != 0 || map_put(&room->by_id, id, seat) != 0)
        return ERR_NOMEM;
    seat->id = id;
    seat->room = room;
    seat->place = room->count;
    room->seats[room->count++] = seat;
    return 0;
}

/* Counted for the whole relay in a system of several, so that an id is not soon given again when a room closes here and opens anew. */
static uint32_t next_id(struct relay *r, struct room *room)
{
    if (!r->place.bits)
        return ++room->ids;
    uint32_t id;
    do {
        r->ids = r->ids < (uint32_t)INT32_MAX >> r->place.bits ? r->ids + 1 : 1;
        id = r->ids << r->place.bits | r->place.shard;
    } while (room_seat(room, id)); /* of an earlier life of this shard */
    return id;
}

/* No newcomer gets the id or the place of one who came back. */
static void pass_over(struct relay *r, struct room *room, const struct seat *seat)
{
    if (!r->place.bits && seat->id > room->ids)
        room->ids = seat->id;
    if (seat->order > room->order)
        room->order = seat->order;
}

int room_add(struct relay *r, struct room *room, struct seat *seat)
{
    if (room->count >= r->limits.members)
        return ERR_FULL;
    bool is_new = !seat->id;
    if (grow(&room->local, room->local_count, &room->local_cap) != 0 || put(room, seat, is_new ? next_id(r, room) : seat->id) != 0)
        return ERR_NOMEM;
    if (is_new)
        seat->order = ++room->order;
    else
        pass_over(r, room, seat);
    return room_list_local(room, seat);
}

int room_add_remote(struct relay *r, struct room *room, struct seat *seat)
{
    if (room->count >= (uint64_t)r->limits.members * ROOM_MIRRORED_FACTOR)
        return ERR_FULL;
    return put(room, seat, seat->id);
}

int room_list_local(struct room *room, struct seat *seat)
{
    if (grow(&room->local, room->local_count, &room->local_cap) != 0)
        return ERR_NOMEM;
    seat->local_place = room->local_count;
    room->local[room->local_count++] = seat;
    return 0;
}

void room_unlist_local(struct room *room, struct seat *seat)
{
    struct seat *last = room->local[--room->local_count];
    room->local[seat->local_place] = last;
    last->local_place = seat->local_place;
}

void room_remove(struct room *room, struct seat *seat)
{
    map_take(&room->by_id, seat->id);
    struct seat *last = room->seats[--room->count];
    room->seats[seat->place] = last;
    last->place = seat->place;
}

struct seat *room_seat(const struct room *room, uint32_t id) { return map_get(&room->by_id, id); }

void room_tell(struct relay *r, struct room *room, const struct seat *except, const Parley__V1__Control *m, usec_t now)
{
    struct shared_message shared = {.m = m};
    for (uint32_t i = 0; i < room->local_count; i++) {
        struct seat *seat = room->local[i];
        if (seat != except && seat->session && seat->session->state == SESSION_LIVE)
            session_send_shared(r, seat->session, &shared, now);
    }
    shared_message_free(&shared);
}
