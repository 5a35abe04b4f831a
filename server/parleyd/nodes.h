/* SPDX-License-Identifier: MIT */
/* nodes.h - other relays of the same system: the daemon's side of the bus. Batches and news go from the bus to the threads through
 * the exchange; nothing here is called on the media path but bus_publish(). */
#ifndef PARLEY_SERVER_NODES_H
#define PARLEY_SERVER_NODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bus/bus.h"

struct daemon;
struct nodes;

/* Reaches out to NATS, and waits up to a second for this relay's number, `*node`; without NATS by then it keeps that number in mind and
 * asks for it later. NULL: a sentence in `why`. */
struct nodes *nodes_new(struct daemon *d, uint32_t *node, char *why, size_t why_cap);
/* The threads can be told of others from now on. */
void nodes_open(struct nodes *n);
/* Leaves the system. NULL does nothing. */
void nodes_del(struct nodes *n);

/* Once a second, and when something of it changes: what others are told of us, but for the address. The first thread alone. */
void nodes_tell_load(struct nodes *n, const struct bus_node *own);
/* The address of the relay with most to spare, or "". */
void nodes_lightest(struct nodes *n, char out[BUS_ADDRESS_MAX]);
/* Those that clients may go to, lightest first: at most `max`, which is at most BUS_OTHERS_MAX. Gives their number. */
size_t nodes_others(struct nodes *n, struct bus_node *out, size_t max);
/* Whether `origin` is a page that another relay of this system serves. */
bool nodes_serve(struct nodes *n, const char *origin);
/* Whether the number went to another relay: this one reaches no others, and has to start anew. */
bool nodes_is_alone(struct nodes *n);
void nodes_stats(struct nodes *n, struct bus_stats *s);

#endif
