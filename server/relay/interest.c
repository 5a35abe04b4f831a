/* SPDX-License-Identifier: MIT */
#include "interest.h"

#include <stdlib.h>

#include "seat.h"
#include "shards.h"

#define LIST_FIRST 4

static struct interest *find(const struct feed *f, uint32_t shard)
{
    for (uint32_t i = 0; i < f->interest_count; i++)
        if (f->interests[i].shard == shard)
            return &f->interests[i];
    return NULL;
}

static struct interest *add(struct feed *f, uint32_t shard)
{
    if (f->interest_count == f->interest_cap) {
        uint32_t next = f->interest_cap ? f->interest_cap * 2 : LIST_FIRST;
        struct interest *grown = next <= SHARDS_MAX ? realloc(f->interests, next * sizeof(*grown)) : NULL;
        if (!grown)
            return NULL;
        f->interests = grown;
        f->interest_cap = next;
    }
    struct interest *i = &f->interests[f->interest_count++];
    *i = (struct interest){.shard = shard};
    return i;
}

bool interest_begins(struct feed *f, uint32_t shard, uint32_t spatial)
{
    struct interest *i = find(f, shard);
    if (!i)
        i = add(f, shard); /* the shard's word for it is on its way */
    if (!i || i->layer[spatial].flows)
        return false;
    i->layer[spatial].flows = true;
    return true;
}

static bool wants_any(const struct interest *i)
{
    bool any = false;
    for (uint32_t spatial = 0; spatial < WIRE_LAYERS_MAX; spatial++)
        any |= i->layer[spatial].wanted;
    return any;
}

static void drop(struct feed *f, struct interest *i) { *i = f->interests[--f->interest_count]; }

static void set_layer(struct feed *f, uint32_t shard, const Parley__Bus__V1__Interest__Layer *l)
{
    struct interest *i = find(f, shard);
    if (!i && l->wanted)
        i = add(f, shard);
    if (!i)
        return;
    uint32_t temporal = l->temporal < WIRE_LAYERS_MAX ? l->temporal : WIRE_LAYERS_MAX - 1;
    bool flows = l->wanted && i->layer[l->spatial].flows;
    i->layer[l->spatial] =
        (struct interest_layer){.wanted = l->wanted, .flows = flows, .temporal = (uint8_t)temporal, .max_bps = l->max_bps};
    if (!wants_any(i))
        drop(f, i);
}

void interest_set(struct seat *publisher, uint32_t shard, const Parley__Bus__V1__Interest *m)
{
    for (size_t i = 0; i < m->n_layers; i++) {
        const Parley__Bus__V1__Interest__Layer *l = m->layers[i];
        struct feed *f = l->track <= WIRE_TRACKS_MAX ? publisher->feeds[l->track] : NULL;
        if (f && l->spatial < (feed_is_audio(f) ? 1 : f->layers))
            set_layer(f, shard, l);
    }
}

bool interest_clear(struct seat *publisher, uint32_t shard)
{
    bool any = false;
    for (uint32_t track = 1; track <= WIRE_TRACKS_MAX; track++) {
        struct feed *f = publisher->feeds[track];
        struct interest *i = f ? find(f, shard) : NULL;
        if (!i)
            continue;
        drop(f, i);
        any = true;
    }
    return any;
}
