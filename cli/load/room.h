/* SPDX-License-Identifier: MIT */
/* room.h - who sends in a room, as the relay tells it: the first participant of each room, its scout, reads the rosters for all, so that the
 * others need not. */
#ifndef PARLEY_LOAD_ROOM_H
#define PARLEY_LOAD_ROOM_H

#include <stdbool.h>
#include <stdint.h>

#include "net/u64map.h"
#include "parley.pb-c.h"

struct source {
    uint32_t member;
    uint32_t index; /* in the room's list, reused after it is gone */
    bool live, picture;
};

struct room {
    char meeting[64];
    struct source **list;
    uint32_t count, cap;
    struct u64map by_member;
    uint32_t people; /* of this program that are in */
    uint32_t scout; /* its member id */
    bool news; /* somebody with a picture came or went: watchers have to choose again */
};

/* The scout is `member` now, and sends, or does not. */
void room_scout(struct room *r, uint32_t member, bool sends, bool picture);
/* What a roster says to the scout; `whole`: it names everybody else. */
void room_on_roster(struct room *r, const Parley__V1__Roster *m, bool whole);
/* NULL: nobody who sends. */
struct source *room_source(const struct room *r, uint32_t member);
void room_free(struct room *r);

#endif
