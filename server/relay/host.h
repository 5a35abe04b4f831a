/* SPDX-License-Identifier: MIT */
/* host.h - somebody has to be able to open the door: exactly one host in each room, on whatever shard.
 *
 * Each shard decides for its own members only, from what it knows of all: when nobody is the host, the eldest becomes it; of two hosts
 * (the room was split, or opened twice at once) the younger goes back to being a member. Elder is who joined in an earlier order, or
 * with a smaller id in the same. */
#ifndef PARLEY_RELAY_HOST_H
#define PARLEY_RELAY_HOST_H

#include "room.h"

/* Whether nobody in its room joined before it. */
bool host_is_eldest(const struct seat *seat);
/* Somebody came, left or changed. */
void host_settle(struct relay *r, struct room *room, usec_t now);

#endif
