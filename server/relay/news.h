/* SPDX-License-Identifier: MIT */
/* news.h - who is in the room: all of it for one who comes, and every change for the others. */
#ifndef PARLEY_RELAY_NEWS_H
#define PARLEY_RELAY_NEWS_H

#include "seat.h"

/* Tells the room but `except` (may be NULL) how `seat` is now, a large room with the next bulletin; of a local seat, other shards
 * too, at once. */
void news_put(struct relay *r, struct seat *seat, const struct seat *except, usec_t now);
/* Tells those here. */
void news_gone(struct relay *r, struct room *room, uint32_t id, usec_t now);
/* Sends Welcome with everybody else; a large room takes several messages. */
void news_welcome(struct relay *r, struct seat *seat, bool resumed, usec_t now);

#endif
