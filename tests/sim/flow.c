/* SPDX-License-Identifier: MIT */
#include "flow.h"

#include <stdlib.h>
#include <string.h>

#define OVERHEAD 60 /* of a packet: IP, UDP, QUIC */
#define WINDOW_FIRST 12000
#define WINDOW_LEAST (4 * FLOW_PACKET)

static void *must(void *p)
{
    if (!p)
        abort();
    return p;
}

void flow_init(struct flow *f, struct sim_queue *q, struct path *there, struct path *back, const struct flow_receiver *r,
               usec_t rtt)
{
    *f = (struct flow){.queue = q,
                       .there = there,
                       .back = back,
                       .receiver = *r,
                       .cwnd = WINDOW_FIRST,
                       .ssthresh = 1e9,
                       .srtt = rtt,
                       .recovered = -1};
}

static void piece_free(struct flow_piece *p)
{
    free(p->data);
    free(p);
}

static void pieces_free(struct flow_piece *p)
{
    for (struct flow_piece *next; p; p = next) {
        next = p->next;
        piece_free(p);
    }
}

void flow_free(struct flow *f)
{
    pieces_free(f->datagrams);
    pieces_free(f->again);
    for (struct flow_stream *s = f->streams, *next; s; s = next) {
        next = s->next;
        pieces_free(s->early);
        free(s->data);
        free(s);
    }
    f->streams = NULL;
    f->datagrams = f->again = NULL;
}

void flow_close(struct flow *f) { f->closed = true; }

static struct flow_stream *stream_of(struct flow *f, uint64_t id, uint32_t priority)
{
    struct flow_stream **at = &f->streams;
    for (struct flow_stream *s = f->streams; s; s = s->next)
        if (s->id == id)
            return s;
    while (*at && (*at)->priority <= priority)
        at = &(*at)->next;
    struct flow_stream *s = must(calloc(1, sizeof *s));
    *s = (struct flow_stream){.id = id, .priority = priority, .next = *at};
    *at = s;
    return s;
}

static void forget_finished(struct flow *f)
{
    for (struct flow_stream **at = &f->streams; *at;) {
        struct flow_stream *s = *at;
        if (!s->end_delivered) {
            at = &s->next;
            continue;
        }
        free(s->data); /* pieces of it may still be under way: the stream itself stays with them */
        s->data = NULL;
        at = &s->next;
    }
}

size_t flow_room(const struct flow *f)
{
    double waiting = (double)f->in_flight;
    for (const struct flow_piece *p = f->again; p; p = p->next)
        waiting += (double)p->wire_bytes;
    for (const struct flow_piece *p = f->datagrams; p; p = p->next)
        waiting += (double)p->wire_bytes;
    for (const struct flow_stream *s = f->streams; s; s = s->next)
        waiting += (double)(s->len - s->sent);
    return waiting < f->cwnd ? (size_t)(f->cwnd - waiting) : 0;
}

/* ---- arriving ---- */

static void deliver(struct flow *f, struct flow_stream *s, size_t len, bool end, usec_t now)
{
    size_t at = s->delivered;
    s->delivered += len;
    s->end_delivered |= end;
    f->receiver.stream(f->receiver.ctx, s->id, s->data ? s->data + at : NULL, len, end && !s->reset, end && s->reset, now);
}

static void deliver_early(struct flow *f, struct flow_stream *s, usec_t now)
{
    for (struct flow_piece **at = &s->early; *at;) {
        struct flow_piece *p = *at;
        if (p->at > s->delivered) {
            at = &p->next;
            continue;
        }
        *at = p->next;
        if (!s->end_delivered && p->at + p->len >= s->delivered)
            deliver(f, s, p->at + p->len - s->delivered, p->end, now);
        piece_free(p);
        at = &s->early;
    }
}

static void on_stream_piece(struct flow *f, const struct flow_piece *p, usec_t now)
{
    struct flow_stream *s = p->stream;
    if (s->end_delivered)
        return;
    if (s->reset) { /* whatever arrives of it, or its reset */
        deliver(f, s, 0, true, now);
        return;
    }
    if (p->at + p->len < s->delivered || (p->at + p->len == s->delivered && !p->end))
        return;
    struct flow_piece *copy = must(malloc(sizeof *copy));
    *copy = *p;
    copy->data = NULL;
    copy->next = s->early;
    s->early = copy;
    deliver_early(f, s, now);
}

static void pump(struct flow *f, usec_t now);

static void on_ack(void *ctx, usec_t now)
{
    struct flow_piece *p = ctx;
    struct flow *f = p->flow;
    f->in_flight -= p->wire_bytes;
    bool used = (double)f->in_flight + (double)p->wire_bytes * 2 > f->cwnd / 2;
    f->srtt += (now - p->sent - f->srtt) / 8;
    if (used)
        f->cwnd += f->cwnd < f->ssthresh ? (double)p->wire_bytes : FLOW_PACKET * (double)p->wire_bytes / f->cwnd;
    piece_free(p);
    if (f->closed)
        return;
    pump(f, now);
    f->receiver.room(f->receiver.ctx, now);
}

static void on_arrival(void *ctx, usec_t now)
{
    struct flow_piece *p = ctx;
    struct flow *f = p->flow;
    sim_at(f->queue, now + path_transit(f->back, now), on_ack, p);
    if (f->closed)
        return;
    if (p->stream)
        on_stream_piece(f, p, now);
    else
        f->receiver.datagram(f->receiver.ctx, p->data, p->len, now);
}

/* ---- losing ---- */

static void on_loss(void *ctx, usec_t now)
{
    struct flow_piece *p = ctx;
    struct flow *f = p->flow;
    f->in_flight -= p->wire_bytes;
    if (p->sent > f->recovered) {
        f->cwnd = f->cwnd / 2 > WINDOW_LEAST ? f->cwnd / 2 : WINDOW_LEAST;
        f->ssthresh = f->cwnd;
        f->recovered = now;
    }
    if (!p->stream || f->closed || (p->stream->reset && !p->end)) {
        piece_free(p);
    } else {
        struct flow_piece **at = &f->again;
        while (*at)
            at = &(*at)->next;
        p->tries++;
        p->next = NULL;
        *at = p;
    }
    if (f->closed)
        return;
    pump(f, now);
    f->receiver.room(f->receiver.ctx, now);
}

/* ---- sending ---- */

static void send_piece(struct flow *f, struct flow_piece *p, usec_t now)
{
    p->sent = now;
    p->next = NULL;
    f->in_flight += p->wire_bytes;
    usec_t arrival = path_send(f->there, p->wire_bytes, now);
    uint32_t doublings = p->tries < 3 ? 0 : p->tries < 7 ? p->tries - 3 : 4;
    if (arrival == PATH_LOST || f->back->loss >= 1)
        sim_at(f->queue, now + ((f->srtt * 9 / 8 + 2 * MS) << doublings), on_loss, p);
    else
        sim_at(f->queue, arrival, on_arrival, p);
}

static struct flow_piece *piece_new(struct flow *f, struct flow_stream *s, size_t at, size_t len)
{
    struct flow_piece *p = must(calloc(1, sizeof *p));
    *p = (struct flow_piece){.flow = f, .stream = s, .at = at, .len = len, .wire_bytes = len + OVERHEAD};
    return p;
}

static struct flow_piece *next_of_stream(struct flow *f, struct flow_stream *s)
{
    if (s->reset ? s->end_sent : s->sent == s->len && (!s->ended || s->end_sent))
        return NULL;
    size_t left = s->reset ? 0 : s->len - s->sent, len = left < FLOW_PACKET ? left : FLOW_PACKET;
    struct flow_piece *p = piece_new(f, s, s->sent, len);
    s->sent += len;
    p->end = s->ended && (s->reset || s->sent == s->len);
    s->end_sent |= p->end;
    return p;
}

static struct flow_piece *take(struct flow_piece **list)
{
    struct flow_piece *p = *list;
    if (p)
        *list = p->next;
    return p;
}

static struct flow_piece *next_piece(struct flow *f)
{
    struct flow_piece *p = take(&f->again);
    if (!p)
        p = take(&f->datagrams);
    for (struct flow_stream *s = f->streams; s && !p; s = s->next)
        p = next_of_stream(f, s);
    return p;
}

static void pump(struct flow *f, usec_t now)
{
    struct flow_piece *p;
    forget_finished(f);
    while (!f->closed && (double)f->in_flight < f->cwnd && (p = next_piece(f)))
        send_piece(f, p, now);
}

void flow_write(struct flow *f, uint64_t stream, const uint8_t *data, size_t len, uint32_t priority, usec_t now)
{
    struct flow_stream *s = stream_of(f, stream, priority);
    if (s->ended)
        return;
    if (s->len + len > s->cap) {
        s->cap = (s->len + len) * 2;
        s->data = must(realloc(s->data, s->cap));
    }
    memcpy(s->data + s->len, data, len);
    s->len += len;
    pump(f, now);
}

void flow_end(struct flow *f, uint64_t stream, bool reset, usec_t now)
{
    struct flow_stream *s = stream_of(f, stream, 0);
    s->ended = true;
    s->reset = reset;
    if (reset)
        s->sent = s->len;
    pump(f, now);
}

void flow_datagram(struct flow *f, const uint8_t *data, size_t len, usec_t now)
{
    struct flow_piece *p = piece_new(f, NULL, 0, len), **at = &f->datagrams;
    p->data = must(malloc(len ? len : 1));
    memcpy(p->data, data, len);
    while (*at)
        at = &(*at)->next;
    *at = p;
    pump(f, now);
}
