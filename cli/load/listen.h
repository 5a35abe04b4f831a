/* SPDX-License-Identifier: MIT */
/* listen.h - what a participant receives, from bytes to tallies. Called by the transports. */
#ifndef PARLEY_LOAD_LISTEN_H
#define PARLEY_LOAD_LISTEN_H

#include "person.h"

void listen_control(void *ctx, struct net_conn *conn, const uint8_t *data, size_t len);
void listen_datagram(void *ctx, struct net_conn *conn, const uint8_t *data, size_t len);
void listen_run(void *ctx, struct net_conn *conn, uint64_t run, const uint8_t *data, size_t len, enum net_end end);
void listen_message(void *ctx, struct net_conn *conn, const uint8_t *data, size_t len);
/* The connection is over: what it had begun goes. */
void listen_forget(struct person *p);

/* person.c */
void person_on_control(struct person *p, const uint8_t *data, size_t len, usec_t now);
void person_ask_key(struct person *p, uint32_t member);

#endif
