/* SPDX-License-Identifier: MIT */
/* Streams' data: held by reference from quic_send() until acknowledged, scheduled strictly by priority and round-robin within one. */
#include "net/quic_state.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define SPARE_BLOCK 32

/* ---- lanes ---- */

static int lane_of(const struct quic_stream *s) { return s->priority < QUIC_LANES ? (int)s->priority : QUIC_LANES - 1; }

static void lane_push(struct quic_stream *s)
{
    struct lane *l = &s->conn->lane[lane_of(s)];
    s->in_lane = true;
    s->lane_next = NULL;
    if (l->tail)
        l->tail->lane_next = s;
    else
        l->head = s;
    l->tail = s;
}

static void lane_remove(struct quic_stream *s)
{
    struct lane *l = &s->conn->lane[lane_of(s)];
    struct quic_stream *before = NULL, *at = l->head;
    if (!s->in_lane)
        return;
    for (; at != s; at = at->lane_next)
        before = at;
    if (before)
        before->lane_next = s->lane_next;
    else
        l->head = s->lane_next;
    if (l->tail == s)
        l->tail = before;
    s->in_lane = false;
}

struct quic_stream *lane_first(struct quic_conn *c, int from, int to)
{
    for (int i = from; i < to; i++)
        if (c->lane[i].head)
            return c->lane[i].head;
    return NULL;
}

/* `s` stands first in its lane. */
void lane_take(struct quic_stream *s)
{
    assert(s->conn->lane[lane_of(s)].head == s);
    lane_remove(s);
}

void lane_rotate(struct quic_stream *s)
{
    lane_take(s);
    stream_schedule(s);
}

void stream_schedule(struct quic_stream *s)
{
    bool wants = s->unsent > 0 || (s->fin && !s->fin_sent);
    if (wants && !s->in_lane && !s->blocked && !s->reset && !s->shut)
        lane_push(s);
}

void stream_unblock(struct quic_stream *s)
{
    s->blocked = false;
    stream_schedule(s);
    conn_dirty(s->conn);
}

/* ---- life ---- */

static void add_spares(struct quic_endpoint *e)
{
    for (int i = 0; i < SPARE_BLOCK; i++) {
        struct quic_stream *s = malloc(sizeof *s);
        if (!s)
            return;
        s->lane_next = e->spare_streams;
        e->spare_streams = s;
    }
}

struct quic_stream *stream_new(struct quic_conn *c, uint64_t id)
{
    struct quic_endpoint *e = c->endpoint;
    if (!e->spare_streams)
        add_spares(e);
    struct quic_stream *s = e->spare_streams;
    if (!s)
        return NULL;
    e->spare_streams = s->lane_next;
    *s = (struct quic_stream){.id = id, .conn = c, .next = c->streams, .link = &c->streams};
    if (c->streams)
        c->streams->link = &s->next;
    return c->streams = s;
}

void stream_clear(struct quic_stream *s)
{
    struct quic_conn *c = s->conn;
    lane_remove(s);
    c->unsent -= s->unsent;
    c->unacked -= s->chunks.bytes - s->acked_in_head;
    s->unsent = s->acked_in_head = 0;
    s->next_chunk = NULL;
    chunks_clear(&s->chunks, &c->endpoint->chunks);
}

/* The peer may stop a stream of which it has seen nothing: its id is easy to guess. */
static void leave_unused(struct quic_stream *s)
{
    struct quic_stream **at = &s->conn->unused;
    while (*at != s)
        at = &(*at)->lane_next;
    *at = s->lane_next;
    s->unused = false;
}

void stream_del(struct quic_stream *s)
{
    struct quic_endpoint *e = s->conn->endpoint;
    stream_clear(s);
    if (s->unused)
        leave_unused(s);
    *s->link = s->next;
    if (s->next)
        s->next->link = s->link;
    s->lane_next = e->spare_streams;
    e->spare_streams = s;
}

void streams_free(struct quic_conn *c)
{
    while (c->streams) {
        if (c->events)
            c->events->stream_closed(c->ctx, c->streams);
        stream_del(c->streams);
    }
}

/* ---- data ---- */

static int may_send(const struct quic_conn *c, const struct quic_stream *s, size_t len)
{
    if (c->dead || c->close_wanted)
        return ERR_STATE;
    if (s->fin || s->reset || s->shut)
        return ERR_UNKNOWN;
    return c->unacked + len > c->endpoint->config.limits.queue_bytes ? ERR_FULL : 0;
}

int quic_send(struct quic_conn *c, struct quic_stream *s, struct pkt *pkt, size_t offset, size_t len, bool fin, uint32_t priority)
{
    int err = may_send(c, s, len);
    if (err) {
        pkt_unref(pkt);
        return err;
    }
    struct chunk *chunk = len ? chunks_push(&s->chunks, &c->endpoint->chunks, pkt, offset, len) : NULL;
    if (!len)
        pkt_unref(pkt);
    else if (!chunk)
        return ERR_FULL;
    if (chunk && !s->next_chunk) {
        s->next_chunk = chunk;
        s->next_offset = 0;
    }
    s->unsent += len;
    c->unsent += len;
    c->unacked += len;
    s->fin = fin;
    if (!s->in_lane)
        s->priority = priority;
    stream_schedule(s);
    conn_dirty(c);
    return 0;
}

size_t stream_vecs(const struct quic_stream *s, ngtcp2_vec vec[STREAM_VECS], size_t *bytes)
{
    size_t count = 0;
    uint32_t skip = s->next_offset;
    *bytes = 0;
    for (struct chunk *c = s->next_chunk; c && count < STREAM_VECS; c = c->next, skip = 0) {
        vec[count++] = (ngtcp2_vec){c->pkt->data + c->offset + skip, c->len - skip};
        *bytes += c->len - skip;
    }
    return count;
}

void stream_sent(struct quic_stream *s, uint64_t bytes, bool fin)
{
    s->unsent -= bytes;
    s->conn->unsent -= bytes;
    s->fin_sent |= fin;
    s->sent_any |= bytes > 0 || fin;
    while (bytes) {
        uint64_t left = s->next_chunk->len - s->next_offset;
        if (bytes < left) {
            s->next_offset += (uint32_t)bytes;
            return;
        }
        bytes -= left;
        s->next_chunk = s->next_chunk->next;
        s->next_offset = 0;
    }
}

void stream_acked(struct quic_stream *s, uint64_t bytes)
{
    s->conn->unacked -= bytes;
    s->acked_in_head += bytes;
    while (s->chunks.head && s->acked_in_head >= s->chunks.head->len) {
        s->acked_in_head -= s->chunks.head->len;
        chunks_pop(&s->chunks, &s->conn->endpoint->chunks);
    }
}

struct quic_stream *quic_find(struct quic_conn *c, uint64_t id)
{
    return c->dead ? NULL : ngtcp2_conn_get_stream_user_data(c->ng, (int64_t)id);
}

uint64_t quic_stream_id(const struct quic_stream *s) { return s->id; }
void quic_set_user(struct quic_stream *s, void *user) { s->user = user; }
void *quic_user(const struct quic_stream *s) { return s->user; }

static struct quic_stream *take_unused(struct quic_conn *c)
{
    struct quic_stream *s = c->unused;
    leave_unused(s);
    s->lane_next = NULL;
    return s;
}

struct quic_stream *quic_open(struct quic_conn *c, bool bidi)
{
    int64_t id;
    if (!bidi && c->unused && !c->dead && !c->close_wanted)
        return take_unused(c);
    struct quic_stream *s = c->dead || c->close_wanted ? NULL : stream_new(c, 0);
    if (!s)
        return NULL;
    if (bidi ? ngtcp2_conn_open_bidi_stream(c->ng, &id, s) : ngtcp2_conn_open_uni_stream(c->ng, &id, s)) {
        c->credit_blocked = true;
        stream_del(s);
        return NULL;
    }
    s->id = (uint64_t)id;
    return s;
}

/* ngtcp2 does not tell the peer of a stream that is reset before a byte of it left. The peer would count it as open for ever and so
 * run out of credit for new ones: its id serves the next stream instead. */
static void keep_for_next(struct quic_conn *c, struct quic_stream *s)
{
    c->events->stream_closed(c->ctx, s);
    s->user = NULL;
    s->fin = s->blocked = false;
    s->unused = true;
    s->lane_next = c->unused;
    c->unused = s;
}

void quic_reset(struct quic_conn *c, struct quic_stream *s, uint64_t code)
{
    if (s->reset || c->dead)
        return;
    stream_clear(s);
    if (!s->sent_any && !ngtcp2_is_bidi_stream((int64_t)s->id)) {
        keep_for_next(c, s);
        return;
    }
    s->reset = true;
    ngtcp2_conn_shutdown_stream_write(c->ng, 0, (int64_t)s->id, code);
    conn_dirty(c);
}

void quic_abort(struct quic_conn *c, struct quic_stream *s, uint64_t code)
{
    if (c->dead)
        return;
    s->reset = true;
    stream_clear(s);
    ngtcp2_conn_shutdown_stream(c->ng, 0, (int64_t)s->id, code);
    conn_dirty(c);
}

/* ---- datagrams ---- */

static struct datagram *ring_at(struct quic_conn *c, uint32_t i)
{
    return &c->datagram[(c->datagram_head + i) % c->endpoint->config.limits.datagram_queue];
}

void datagram_pop(struct quic_conn *c)
{
    struct datagram *d = ring_at(c, 0);
    c->datagram_bytes -= d->len;
    pkt_unref(d->pkt);
    c->datagram_head = (c->datagram_head + 1) % c->endpoint->config.limits.datagram_queue;
    c->datagram_count--;
}

void datagrams_clear(struct quic_conn *c)
{
    while (c->datagram_count)
        datagram_pop(c);
    free(c->datagram);
    c->datagram = NULL;
}

int quic_send_datagram(struct quic_conn *c, const uint8_t *prefix, size_t prefix_len, struct pkt *pkt, size_t offset, size_t len)
{
    const struct net_limits *limits = &c->endpoint->config.limits;
    assert(prefix_len <= QUIC_PREFIX_MAX);
    bool fits = !c->dead && !c->close_wanted && prefix_len + len <= quic_datagram_max(c);
    if (fits && !c->datagram)
        c->datagram = calloc(limits->datagram_queue, sizeof *c->datagram);
    if (!fits || !c->datagram) {
        pkt_unref(pkt);
        return c->dead || c->close_wanted ? ERR_STATE : ERR_FULL;
    }
    if (c->datagram_count == limits->datagram_queue)
        datagram_pop(c);
    struct datagram *d = ring_at(c, c->datagram_count++);
    *d = (struct datagram){
        .pkt = pkt, .offset = (uint32_t)offset, .len = (uint32_t)len, .prefix_len = (uint8_t)prefix_len, .queued_at = loop_now()};
    memcpy(d->prefix, prefix, prefix_len);
    c->datagram_bytes += len;
    conn_dirty(c);
    return 0;
}
