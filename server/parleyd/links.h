/* SPDX-License-Identifier: MIT */
/* links.h - between connections of net/ and sessions of the relay: bytes in, packets out, as long as the path has room. */
#ifndef PARLEY_SERVER_LINKS_H
#define PARLEY_SERVER_LINKS_H

#include "net/net.h"

struct worker;

/* For net_listen(); its ctx is the worker. */
extern const struct net_handler links_handler;

/* Everything that the relay has decided: runs before the loop sleeps. */
void links_work(struct worker *w);
/* Tells the relay what the transports know of their paths. */
void links_note_paths(struct worker *w);
/* Relays the relay's deadline to the loop. */
void links_schedule(struct worker *w);

#endif
