/* SPDX-License-Identifier: MIT */
/* call.h - one participant on the network: the engine (core/session/client.h) with the transports of net/ as its arms.
 *
 * Moves bytes between the two, keeps the engine's timer, and hands every other event to the owner. After calling the engine the owner need do
 * nothing: it is drained each time before the loop sleeps. */
#ifndef PARLEY_CLI_CALL_H
#define PARLEY_CLI_CALL_H

#include "core/session/client.h"
#include "meeting.h"
#include "net/loop.h"

enum call_transport { CALL_AUTO, CALL_WEBTRANSPORT, CALL_WEBSOCKET };

struct call_config {
    const struct meeting *meeting; /* must outlive the call */
    const char *name, *token;
    enum call_transport transport;
    /* Events that are not for the transport; pointers in it are good until the engine is called again. */
    void (*on_event)(void *ctx, const struct client_event *e, usec_t now);
    void *ctx;
};

struct call;

/* NULL when memory is short or the configuration is out of bounds. */
struct call *call_new(struct net_loop *loop, const struct call_config *config);
struct client *call_client(struct call *c);
/* Only after CLIENT_LEFT, or to leave without a word. */
void call_del(struct call *c);

#endif
