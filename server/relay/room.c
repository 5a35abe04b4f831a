/* SPDX-License-Identifier: MIT */
#include "room.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "seat.h"
#include "state.h"

#define SEATS_FIRST 4

static struct room *make(struct relay *r, const char *name, uint64_t hash)
{
    if (r->rooms.count >= r->limits.rooms)
        return NULL;
    struct room *room = calloc(1, sizeof(*room));
    if (!room || map_put(&r->rooms, hash, room) != 0) {
        free(room);
        return NULL;
    }
    room->hash = hash;
    strncpy(room->name, name, WIRE_MEETING_MAX);
    return room;
}

struct room *room_get(struct relay *r, const char *name)
{
    uint64_t hash = tokens_hash(&r->tokens, name);
    struct room *room = map_get(&r->rooms, hash);
    if (!room)
        return make(r, name, hash);
    return strcmp(room->name, name) == 0 ? room : NULL;
}

void room_release(struct relay *r, struct room *room)
{
    if (room->count)
        return;
    map_take(&r->rooms, room->hash);
    map_free(&room->by_id);
    free(room->seats);
    free(room);
}

static int grow(struct room *room)
{
    uint32_t cap = room->cap ? room->cap * 2 : SEATS_FIRST;
    struct seat **seats = realloc(room->seats, cap * sizeof(struct seat *));
    if (!seats)
        return ERR_NOMEM;
    room->seats = seats;
    room->cap = cap;
    return 0;
}

int room_add(struct relay *r, struct room *room, struct seat *seat)
{
    if (room->count >= r->limits.members)
        return ERR_FULL;
    if (room->count == room->cap && grow(room) != 0)
        return ERR_NOMEM;
    if (map_put(&room->by_id, room->ids + 1, seat) != 0)
        return ERR_NOMEM;
    seat->id = ++room->ids;
    seat->room = room;
    seat->place = room->count;
    room->seats[room->count++] = seat;
    return 0;
}

void room_remove(struct room *room, struct seat *seat)
{
    map_take(&room->by_id, seat->id);
    struct seat *last = room->seats[--room->count];
    room->seats[seat->place] = last;
    last->place = seat->place;
}

struct seat *room_seat(const struct room *room, uint32_t id) { return map_get(&room->by_id, id); }

struct seat *room_eldest(const struct room *room)
{
    struct seat *eldest = NULL;
    for (uint32_t i = 0; i < room->count; i++)
        if (!eldest || room->seats[i]->id < eldest->id)
            eldest = room->seats[i];
    return eldest;
}

void room_tell(struct relay *r, struct room *room, const struct seat *except, const Parley__V1__Control *m, usec_t now)
{
    struct shared_message shared = {.m = m};
    for (uint32_t i = 0; i < room->count; i++) {
        struct seat *seat = room->seats[i];
        if (seat != except && seat->session && seat->session->state == SESSION_LIVE)
            session_send_shared(r, seat->session, &shared, now);
    }
    shared_message_free(&shared);
}
