/* SPDX-License-Identifier: MIT */
/* bus.h - what this relay tells other shards: frames made and queued. proto/bus.proto names the messages. */
#ifndef PARLEY_RELAY_BUS_H
#define PARLEY_RELAY_BUS_H

#include "bus.pb-c.h"
#include "feed.h"
#include "seat.h"
#include "wire/object.h"

#define BUS_MESSAGE 1 /* kind byte of a frame that holds a BusMessage; media have WIRE_AUDIO and WIRE_VIDEO */
#define BUS_MAX (256 * 1024) /* bytes of one BusMessage */

/* Who of that shard's is there? The answer is awaited from then on. */
void bus_ask(struct relay *r, struct room *room, uint32_t to);
/* A new room: asks all. False: there is nobody to ask. */
bool bus_ask_all(struct relay *r, struct room *room);
/* Asks a shard unless its members are known. `again`: even if it was asked before, for it may not have listened then. */
void bus_ask_unknown(struct relay *r, struct room *room, uint32_t to, bool again);
/* All local members of the room, in as many parts as it takes; of a room that is not open here: nobody. */
void bus_state(struct relay *r, const struct room *room, uint32_t to);
void bus_nobody(struct relay *r, const uint8_t room_id[ROOM_ID_BYTES], uint32_t to);
/* How a local seat is now, to all who want to hear of it; `m` is the seat as a message. */
void bus_put(struct relay *r, struct seat *seat, Parley__V1__Member *m);
void bus_gone(struct relay *r, const struct room *room, uint32_t member);
/* The room is closed here. */
void bus_done(struct relay *r, const struct room *room);
void bus_interest(struct relay *r, const struct seat *publisher, const Parley__Bus__V1__Interest *interest);
void bus_key_frame(struct relay *r, const struct feed *f, uint32_t spatial, uint32_t replay_bytes);
/* To everybody's shard, or to that of the one it is for. */
void bus_talk(struct relay *r, const struct room *room, Parley__V1__Chat *chat);

/* One frame for all shards with somebody in the room; `p` is as route.h has it. */
void bus_audio(struct relay *r, const struct room *room, const struct pkt *p);
/* One frame for all shards with a receiver for this object. */
void bus_video(struct relay *r, struct feed *f, const struct pkt *p, const struct object_header *h);
/* What is remembered of a layer, to one shard. */
void bus_replay(struct relay *r, const struct feed *f, uint32_t spatial, uint32_t shard);

#endif
