/* SPDX-License-Identifier: MIT */
/* tally.h - counting what passes by what it is, and how long it waited: for /metrics. */
#ifndef PARLEY_RELAY_TALLY_H
#define PARLEY_RELAY_TALLY_H

#include "relay.h"

/* `temporal` of the wire may be anything below WIRE_LAYERS_MAX. */
void tally_in(struct relay_stats *s, enum relay_media media, uint32_t spatial, uint32_t temporal, size_t bytes);
/* `waited`: since it was queued. */
void tally_out(struct relay_stats *s, enum relay_media media, uint32_t spatial, uint32_t temporal, size_t bytes, usec_t waited);
/* The same for some objects of sound in one packet. */
void tally_sounds(struct relay_stats *s, uint32_t objects, size_t bytes, usec_t waited);

#endif
