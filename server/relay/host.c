/* SPDX-License-Identifier: MIT */
#include "host.h"

#include "news.h"
#include "seat.h"

static bool is_host(const struct seat *seat) { return seat->role == PARLEY__V1__ROLE__ROLE_HOST; }

static bool is_elder(const struct seat *a, const struct seat *b)
{
    return a->order != b->order ? a->order < b->order : a->id < b->id;
}

static struct seat *eldest(const struct room *room, bool of_hosts)
{
    struct seat *best = NULL;
    for (uint32_t i = 0; i < room->count; i++) {
        struct seat *seat = room->seats[i];
        if ((!of_hosts || is_host(seat)) && (!best || is_elder(seat, best)))
            best = seat;
    }
    return best;
}

bool host_is_eldest(const struct seat *seat) { return eldest(seat->room, false) == seat; }

static void give_role(struct relay *r, struct seat *seat, uint32_t role, usec_t now)
{
    seat_set_role(seat, role);
    news_put(r, seat, NULL, now);
}

static void settle_several(struct relay *r, struct room *room, usec_t now)
{
    const struct seat *keeps = eldest(room, true);
    for (uint32_t i = 0; i < room->local_count; i++)
        if (room->local[i] != keeps && is_host(room->local[i]))
            give_role(r, room->local[i], PARLEY__V1__ROLE__ROLE_MEMBER, now);
}

void host_settle(struct relay *r, struct room *room, usec_t now)
{
    if (room->hosts > 1)
        settle_several(r, room, now);
    struct seat *heir = room->hosts == 0 ? eldest(room, false) : NULL;
    if (heir && seat_is_local(r, heir))
        give_role(r, heir, PARLEY__V1__ROLE__ROLE_HOST, now);
}
