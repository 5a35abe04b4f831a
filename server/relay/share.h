/* SPDX-License-Identifier: MIT */
/* share.h - divides what a receiver's path can carry among the tracks it wants to see: which layers go there.
 *
 * In three rounds, each in order of priority: every track its smallest layer at the base rate; then all temporal layers; then
 * larger pictures, up to the size they are shown at. A track that finds nothing left is paused, but never the first.
 * Going up asks for a margin, going down does not, so that layers do not flutter. */
#ifndef PARLEY_RELAY_SHARE_H
#define PARLEY_RELAY_SHARE_H

#include "seat.h"

/* Decides anew and tells the receiver (Forwarding) and the publishers (Demand) what changed. */
void share_now(struct relay *r, struct seat *seat, usec_t now);
/* Soon: the path or a track changed. */
void share_soon(struct relay *r, struct seat *seat, usec_t now);
void share_fire(struct relay *r, void *seat, usec_t now);

#endif
