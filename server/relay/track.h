/* SPDX-License-Identifier: MIT */
/* track.h - a track begins or changes, whether a client here says so or another shard. */
#ifndef PARLEY_RELAY_TRACK_H
#define PARLEY_RELAY_TRACK_H

#include "seat.h"

/* 0, or an error: the track makes no sense (ERR_LIMIT), and is not there any more. Whoever wants it gets it. */
int track_publish(struct relay *r, struct seat *seat, const Parley__V1__Track *t, usec_t now);
/* Whether the feed, which may be NULL, is already as `t` says. */
bool track_is_as(const struct feed *f, const Parley__V1__Track *t);

#endif
