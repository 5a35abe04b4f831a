/* SPDX-License-Identifier: MIT */
/* conn.h - one connection of a simulated person to the relay: its two flows, and what opening and closing take.
 *
 * WebTransport opens in one round trip, WebSocket in three. Closing lets what was written arrive first. A connection on which nothing
 * arrives for ten seconds is gone for both sides. */
#ifndef PARLEY_SIM_CONN_H
#define PARLEY_SIM_CONN_H

#include "flow.h"
#include "session/client.h"

struct sim;
struct person;

struct message_buffer { /* WebSocket messages inside a stream: length, bytes */
    uint8_t *data;
    size_t len, cap;
};
struct conn {
    struct sim *sim;
    struct person *person;
    uint32_t link;
    enum transport transport;
    uint64_t sid;
    struct flow up, down;
    struct message_buffer at_relay, at_client;
    bool open_at_client, open_at_relay, ready;
    usec_t heard, closing_since;
    struct conn *next;
};

/* Begins to open; the person hears of it, or of the failure. */
struct conn *conn_dial(struct sim *s, struct person *p, uint32_t link, enum transport t, usec_t now);
/* The client hangs up; the relay hears of it when everything written has arrived. */
void conn_hang_up(struct conn *c, usec_t now);
/* The relay closes, likewise. */
void conn_kick(struct conn *c, usec_t now);
/* The relay's process is gone. */
void conn_break(struct conn *c, usec_t now);
void conn_send_to_relay(struct conn *c, const struct client_event *e, usec_t now);
/* Takes from the relay what the connection has room for. */
void conn_take(struct conn *c, usec_t now);
/* Nobody hears of it any more. */
void conn_abandon(struct conn *c);
void conn_free(struct conn *c);

#endif
