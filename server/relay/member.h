/* SPDX-License-Identifier: MIT */
/* member.h - a seat as clients and other shards are told of it: a message. */
#ifndef PARLEY_RELAY_MEMBER_H
#define PARLEY_RELAY_MEMBER_H

#include "seat.h"
#include "wire/arena.h"

/* The memory that the message takes, more than its size on the wire. */
size_t member_bytes(const struct seat *seat);
/* Made in `a`, which has that much left; refers to the seat's name and salt. */
Parley__V1__Member *member_build(struct arena *a, struct seat *seat);

#endif
