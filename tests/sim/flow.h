/* SPDX-License-Identifier: MIT */
/* flow.h - one direction of a connection: streams (each reliable and in order by itself) and datagrams, cut into packets, sent within
 * a congestion window through a path, acknowledged, and sent again when lost.
 *
 * The window is NewReno's: slow start, half at a loss, a packet more per round trip: what a plain QUIC or TCP does. A WebSocket is a flow
 * with one stream and no datagrams. A packet is known to be lost 9/8 of a round trip after it was sent (later ones were
 * acknowledged by then); what is lost again and again is tried more and more rarely. */
#ifndef PARLEY_SIM_FLOW_H
#define PARLEY_SIM_FLOW_H

#include <stdbool.h>

#include "path.h"
#include "queue.h"

#define FLOW_PACKET 1200

struct flow_stream {
    uint64_t id;
    uint32_t priority;
    uint8_t *data;
    size_t len, cap, sent, delivered; /* delivered: handed on in order */
    bool ended, reset; /* by the sender */
    bool end_sent, end_delivered;
    struct flow_piece *early; /* arrived out of order */
    struct flow_stream *next;
};
struct flow;
struct flow_piece {
    struct flow *flow;
    struct flow_stream *stream; /* NULL: a datagram, in `data` */
    size_t at, len, wire_bytes;
    bool end;
    usec_t sent;
    uint32_t tries;
    bool arrived;
    uint8_t *data;
    struct flow_piece *next;
};
struct flow_receiver {
    void *ctx;
    void (*stream)(void *ctx, uint64_t id, const uint8_t *data, size_t len, bool end, bool reset, usec_t now);
    void (*datagram)(void *ctx, const uint8_t *data, size_t len, usec_t now);
    void (*room)(void *ctx, usec_t now); /* there is more of it than before, at the sender */
};
struct flow {
    struct sim_queue *queue;
    struct path *there, *back;
    struct flow_receiver receiver;
    struct flow_stream *streams; /* by priority, then age */
    struct flow_piece *datagrams, *again;
    double cwnd, ssthresh;
    size_t in_flight;
    usec_t srtt, recovered; /* losses of packets sent before `recovered` were answered */
    bool closed;
};

void flow_init(struct flow *f, struct sim_queue *q, struct path *there, struct path *back, const struct flow_receiver *r,
               usec_t rtt);
void flow_free(struct flow *f);
/* Nothing is delivered any more. */
void flow_close(struct flow *f);
void flow_write(struct flow *f, uint64_t stream, const uint8_t *data, size_t len, uint32_t priority, usec_t now);
void flow_end(struct flow *f, uint64_t stream, bool reset, usec_t now);
void flow_datagram(struct flow *f, const uint8_t *data, size_t len, usec_t now);
/* Bytes that would leave at once. */
size_t flow_room(const struct flow *f);

#endif
