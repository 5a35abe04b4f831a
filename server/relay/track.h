/* SPDX-License-Identifier: MIT */
/* track.h - a track begins, changes or ends, whether a client here says so or another shard. */
#ifndef PARLEY_RELAY_TRACK_H
#define PARLEY_RELAY_TRACK_H

#include "seat.h"

/* 0, or an error: the track makes no sense (ERR_LIMIT), and is not there any more. Whoever wants it gets it. */
int track_publish(struct relay *r, struct seat *seat, const Parley__V1__Track *t, usec_t now);
/* Who receives it waits for another of the same number. Nothing, when there is none. */
void track_end(struct relay *r, struct seat *seat, uint32_t track);
/* Whether the feed, which may be NULL, is already as `t` says. */
bool track_is_as(const struct feed *f, const Parley__V1__Track *t);

#endif
