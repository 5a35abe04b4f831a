/* SPDX-License-Identifier: MIT */
/* interest.h - what another shard wants of a track that is published here: it gets one frame for each object of those layers,
 * whatever the number of its receivers. Counts in the demand that the publisher is told: whoever
 * changes it calls demand_changed(). */
#ifndef PARLEY_RELAY_INTEREST_H
#define PARLEY_RELAY_INTEREST_H

#include <stdbool.h>
#include <stdint.h>

#include "bus.pb-c.h"
#include "wire/object.h"
#include "wire/wire.h"

struct seat;
struct feed;

struct interest {
    uint32_t shard;
    struct interest_layer {
        bool wanted;
        bool flows;       /* something of it was sent there */
        uint8_t temporal; /* the highest wanted */
        uint32_t max_bps; /* 0: no opinion */
    } layer[WIRE_LAYERS_MAX];
};

/* Whether an object goes to that shard. */
static inline bool interest_takes(const struct interest *i, const struct object_header *h)
{
    const struct interest_layer *l = &i->layer[h->spatial];
    return l->wanted && h->temporal <= l->temporal;
}

/* Notes that the shard is sent the layer from now on; false when it was already. */
bool interest_begins(struct feed *f, uint32_t shard, uint32_t spatial);
/* What a shard says of a local member's tracks; what names no layer of theirs is left out. */
void interest_set(struct seat *publisher, uint32_t shard, const Parley__Bus__V1__Interest *m);
/* That shard wants nothing any more of this member: false when it wanted nothing before. */
bool interest_clear(struct seat *publisher, uint32_t shard);

#endif
