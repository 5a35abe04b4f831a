/* SPDX-License-Identifier: MIT */
/* route.h - an object from its publisher to all who are to have it: checked, stamped with its sender, shared by reference.
 *
 * One packet per object, [kind][length][object], whatever the number of receivers and their transports. */
#ifndef PARLEY_RELAY_ROUTE_H
#define PARLEY_RELAY_ROUTE_H

#include "session.h"

struct room;

/* One object of kind WIRE_AUDIO or WIRE_VIDEO as it came from `s`. Dropped and counted when it is not in order. */
void route_object(struct relay *r, struct session *s, uint8_t kind, const uint8_t *data, size_t len, usec_t now);
/* Framed objects, one after the other, to the end of `data`: a datagram or a WebSocket message after the kind byte. */
void route_objects(struct relay *r, struct session *s, uint8_t kind, const uint8_t *data, size_t len, usec_t now);
/* One object of a feed with its home on `from` as that shard stamped it: [length][object]. Dropped and counted when it is not in order. */
void route_from_shard(struct relay *r, uint32_t from, struct room *room, uint8_t kind, const uint8_t *framed, size_t len,
                      usec_t now);
/* Who it would go to: track and spatial layer as one number, 0 when it cannot be read. */
uint32_t route_layer(const uint8_t *data, size_t len);

#endif
