/* SPDX-License-Identifier: MIT */
/* dial.h - from what the operator says to options of nats.c, and from its errors to a sentence without secrets. */
#ifndef PARLEY_BUS_DIAL_H
#define PARLEY_BUS_DIAL_H

#include <nats/nats.h>

#include "bus.h"

/* Gives options with servers, TLS and proof of identity set. ERR_PARSE and a sentence in `why`. */
int dial_options(natsOptions **out, const struct bus_config *c, char *why, size_t cap);
/* Why a connection could not be made or was closed. */
void dial_explain(natsStatus s, char *out, size_t cap);

#endif
