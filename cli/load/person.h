/* SPDX-License-Identifier: MIT */
/* person.h - one participant, as attend.h, speak.h and listen.h share it. Thin: what a session costs here must not hide what it costs the
 * relay. */
#ifndef PARLEY_LOAD_PERSON_H
#define PARLEY_LOAD_PERSON_H

#include "ear.h"
#include "mouth.h"
#include "net/client.h"
#include "net/u64map.h"
#include "room.h"
#include "wire/echo.h"
#include "wire/framer.h"
#include "wire/wire.h"
#include "world.h"

enum person_state { PERSON_OUT, PERSON_DIALING, PERSON_JOINING, PERSON_LIVE };
enum person_pace { PACE_NORMAL, PACE_SLOW, PACE_STALLED }; /* reads all, so many bits a second, nothing once it has begun */

struct person {
    struct world *world;
    struct room *room;
    const struct net_dial *dial;
    uint32_t number; /* among all */
    uint32_t place; /* in the room: who sends comes first, 0 is the scout */
    bool publishes, watches;
    enum person_pace pace;

    enum person_state state;
    struct net_conn *conn;
    bool stays; /* wants to be there: dials again when the connection is lost */
    usec_t again_at; /* not before */
    usec_t dialled_at;
    bool got_first, stuck, leaving;
    uint32_t member;
    uint8_t resume[WIRE_RESUME_BYTES];
    bool can_resume;
    struct framer control;
    struct u64map runs; /* run to struct skim */
    struct ear *ears; /* by the source's index */
    uint32_t ears_cap, report_from;
    struct mouth mouth;
    bool heard; /* media or feedback came: a report is due */
    struct echo echo;
    int64_t budget; /* bytes that a slow one may still read */
};

#endif
