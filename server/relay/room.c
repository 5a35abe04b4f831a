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
    voices_free(r, room);
    map_free(&room->by_id);
    free(room->seats);
    free(room->local);
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

int room_add(struct relay *r, struct room *room, struct seat *seat)
{
    if (room->count >= r->limits.members)
        return ERR_FULL;
    if (grow(&room->seats, room->count, &room->cap) != 0 || grow(&room->local, room->local_count, &room->local_cap) != 0)
        return ERR_NOMEM;
    if (map_put(&room->by_id, room->ids + 1, seat) != 0)
        return ERR_NOMEM;
    seat->id = ++room->ids;
    seat->room = room;
    seat->place = room->count;
    room->seats[room->count++] = seat;
    seat->local_place = room->local_count;
    room->local[room->local_count++] = seat;
    return 0;
}

static void remove_local(struct room *room, struct seat *seat)
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
    remove_local(room, seat);
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
    for (uint32_t i = 0; i < room->local_count; i++) {
        struct seat *seat = room->local[i];
        if (seat != except && seat->session && seat->session->state == SESSION_LIVE)
            session_send_shared(r, seat->session, &shared, now);
    }
    shared_message_free(&shared);
}
