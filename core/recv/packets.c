/* SPDX-License-Identifier: MIT */
#include "recv/packets.h"

#include <assert.h>
#include <string.h>

#include "base/err.h"

void packets_clear(struct packets *p)
{
    memset(p->place, 0, sizeof p->place);
    p->written = 0;
}

/* The offset at which `len` bytes stand together: never over the ring's end. */
static uint64_t place_for(const struct packets *p, uint32_t len)
{
    uint64_t left = PACKETS_BYTES - p->written % PACKETS_BYTES;
    return left >= len ? p->written : p->written + left;
}

static void drop_overwritten(struct packets *p)
{
    for (size_t i = 0; i < PACKETS_PLACES; i++)
        if (p->place[i].used && p->written > p->place[i].at + PACKETS_BYTES)
            p->place[i].used = false;
}

int packets_put(struct packets *p, const struct packet *packet, const uint8_t *data)
{
    assert(packet->len <= PACKETS_BYTES / 4);
    struct packet *place = &p->place[packet->seq % PACKETS_PLACES];
    if (place->used && place->seq == packet->seq)
        return ERR_LATE;
    *place = *packet;
    place->used = true;
    place->at = place_for(p, packet->len);
    memcpy(p->bytes + place->at % PACKETS_BYTES, data, packet->len);
    p->written = place->at + packet->len;
    drop_overwritten(p);
    return 0;
}

const struct packet *packets_find(const struct packets *p, uint32_t seq)
{
    const struct packet *place = &p->place[seq % PACKETS_PLACES];
    return place->used && place->seq == seq ? place : NULL;
}

const struct packet *packets_from(const struct packets *p, uint32_t seq)
{
    const struct packet *best = NULL;
    for (size_t i = 0; i < PACKETS_PLACES; i++) {
        const struct packet *place = &p->place[i];
        if (place->used && (int32_t)(place->seq - seq) >= 0 && (!best || place->seq - seq < best->seq - seq))
            best = place;
    }
    return best;
}

const struct packet *packets_earliest(const struct packets *p)
{
    const struct packet *best = NULL;
    for (size_t i = 0; i < PACKETS_PLACES; i++)
        if (p->place[i].used && (!best || p->place[i].captured_us < best->captured_us))
            best = &p->place[i];
    return best;
}

const uint8_t *packets_data(const struct packets *p, const struct packet *packet) { return p->bytes + packet->at % PACKETS_BYTES; }

void packets_forget(struct packets *p, uint32_t seq)
{
    for (size_t i = 0; i < PACKETS_PLACES; i++)
        if ((int32_t)(p->place[i].seq - seq) < 0)
            p->place[i].used = false;
}

uint32_t packets_count(const struct packets *p)
{
    uint32_t n = 0;
    for (size_t i = 0; i < PACKETS_PLACES; i++)
        n += p->place[i].used;
    return n;
}
