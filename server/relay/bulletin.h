/* SPDX-License-Identifier: MIT */
/* bulletin.h - who came, changed or left in a large room, told to all together now and then: else each of n joins would cost n
 * messages at once, and a room that fills up fast would have no time for anything else. */
#ifndef PARLEY_RELAY_BULLETIN_H
#define PARLEY_RELAY_BULLETIN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/units.h"
#include "timers.h"

#define BULLETIN_ROOM 50            /* members here; up to that everybody is told at once */
#define BULLETIN_EVERY (100 * MS)
#define BULLETIN_MOST 128           /* members named in one message */

struct room;
struct relay;

struct bulletin {
    uint32_t *ids; /* of members that changed, in the order of that; some twice */
    uint32_t count, cap;
    usec_t sent_at;
    struct timer timer;
};

/* Tells a room all that is noted, BULLETIN_MOST in a message, then calls bulletin_sent(). */
typedef void bulletin_tell(struct relay *r, void *room, usec_t now);
/* Notes that `id` came, changed or left, for `tell` to be called in time: true; or false when the room is small enough to be told now. */
bool bulletin_takes(struct relay *r, struct room *room, uint32_t id, bulletin_tell *tell, usec_t now);
void bulletin_sent(struct bulletin *b, usec_t now);
void bulletin_free(struct relay *r, struct room *room);

#endif
