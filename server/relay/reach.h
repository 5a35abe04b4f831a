/* SPDX-License-Identifier: MIT */
/* reach.h - another shard comes up, goes down, or something of it was lost: what is asked, and what becomes of its members. */
#ifndef PARLEY_RELAY_REACH_H
#define PARLEY_RELAY_REACH_H

#include "shards.h"

void reach_up(struct relay *r, uint32_t number, usec_t now);
void reach_down(struct relay *r, uint32_t number, usec_t now);
/* Frames of that shard were lost: asks for everything soon, at most every SHARDS_RESYNC_EVERY. */
void reach_gap(struct relay *r, uint32_t number, usec_t now);

#endif
