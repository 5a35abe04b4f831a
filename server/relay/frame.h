/* SPDX-License-Identifier: MIT */
/* frame.h - one frame of another shard, read with bounds and passed to whom it concerns. */
#ifndef PARLEY_RELAY_FRAME_H
#define PARLEY_RELAY_FRAME_H

#include "bus.pb-c.h"
#include "relay.h"
#include "wire/scan.h"

/* As relay_on_frame(). */
void frame_handle(struct relay *r, uint32_t from, const uint8_t *data, size_t len, usec_t now);

/* Bounds of the texts, bytes and lists of bus.proto, beside those of parley.proto. */
extern const struct wire_limits frame_limits;

#endif
