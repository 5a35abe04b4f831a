/* SPDX-License-Identifier: MIT */
/* listen.h - what a participant receives of media, from bytes to tallies. */
#ifndef PARLEY_LOAD_LISTEN_H
#define PARLEY_LOAD_LISTEN_H

#include "person.h"

/* Called by the transports. A datagram, or a WebSocket message that is not Control. */
void listen_datagram(void *ctx, struct net_conn *conn, const uint8_t *data, size_t len);
void listen_run(void *ctx, struct net_conn *conn, uint64_t run, const uint8_t *data, size_t len, enum net_end end);
/* Bytes that came. */
void listen_count(struct person *p, size_t len);
/* The connection is over: what it had begun goes. */
void listen_forget(struct person *p);

#endif
