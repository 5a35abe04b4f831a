/* SPDX-License-Identifier: MIT */
/* descriptors.h - how many files and sockets this process may have open. */
#ifndef PARLEY_SERVER_DESCRIPTORS_H
#define PARLEY_SERVER_DESCRIPTORS_H

#include "config.h"

struct descriptors {
    uint64_t allowed, wanted; /* fewer allowed than wanted: newcomers over WebSocket are refused sooner than the limits say */
};

/* Asks the system for what the limits of `c` need, no more: libwebsockets makes a table of as many as are allowed. Before any listener. */
struct descriptors descriptors_prepare(const struct config *c);

#endif
