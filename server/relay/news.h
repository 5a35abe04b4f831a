/* SPDX-License-Identifier: MIT */
/* news.h - who is in the room: all of it for one who comes, and every change for the others. */
#ifndef PARLEY_RELAY_NEWS_H
#define PARLEY_RELAY_NEWS_H

#include "seat.h"
#include "wire/arena.h"

/* The seat as a message, made in `a`, which has news_member_bytes() left. */
Parley__V1__Member *news_member(struct arena *a, struct seat *seat);
size_t news_member_bytes(const struct seat *seat);

/* Tells the room but `except` (may be NULL) how `seat` is now, a large room with the next bulletin; of a local seat, other shards
 * too, at once. */
void news_put(struct relay *r, struct seat *seat, const struct seat *except, usec_t now);
/* Tells those here. */
void news_gone(struct relay *r, struct room *room, uint32_t id, usec_t now);
/* Tells those here in one message how these members are now, or that they are gone. */
void news_tell(struct relay *r, struct room *room, const uint32_t *ids, uint32_t count, usec_t now);
struct welcome {
    bool resumed;
    bool partial; /* whom this relay does not name may come back */
};
/* Sends Welcome with everybody else; a large room takes several messages. */
void news_welcome(struct relay *r, struct seat *seat, struct welcome how, usec_t now);

#endif
