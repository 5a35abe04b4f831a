/* SPDX-License-Identifier: MIT */
/* From queues to packets to the socket: ngtcp2 fills packets from the packets' own bytes, GSO and sendmmsg carry many at once. */
#include "net/quic_state.h"

#include <string.h>

#include "base/err.h"

/* ---- the endpoint's outgoing batch ---- */

bool out_flush(struct quic_endpoint *e)
{
    size_t waiting = e->out_count - e->out_first;
    size_t done = waiting ? udp_send(&e->udp, e->out + e->out_first, waiting, &e->stats->udp_sends) : 0;
    e->out_first += done;
    e->full = done < waiting;
    if (!e->full)
        e->out_first = e->out_count = e->out_bytes = 0;
    loop_io_want(e->io, e->full ? LOOP_READ | LOOP_WRITE : LOOP_READ);
    return !e->full;
}

uint8_t *out_room(struct quic_endpoint *e, size_t len)
{
    if ((e->out_count == OUT_ENTRIES || e->out_bytes + len > OUT_BYTES) && !out_flush(e))
        return NULL;
    return e->full ? NULL : e->out_data + e->out_bytes;
}

void out_add(struct quic_endpoint *e, const ngtcp2_path *path, uint8_t ecn, size_t len, size_t segment)
{
    struct udp_send *s = &e->out[e->out_count++];
    *s = (struct udp_send){.ecn = ecn, .data = e->out_data + e->out_bytes, .len = len, .segment = segment ? segment : len};
    memcpy(&s->to, path->remote.addr, (size_t)path->remote.addrlen);
    if (e->calls) /* a client's socket has one address: the kernel's choice */
        memcpy(&s->from, path->local.addr, (size_t)path->local.addrlen);
    e->out_bytes += len;
    e->stats->udp_out += (len + s->segment - 1) / s->segment;
    e->stats->udp_bytes_out += len;
}

/* ---- one packet ---- */

/* Datagrams that waited too long are of no use any more. */
static struct datagram *next_datagram(struct quic_conn *c, usec_t now)
{
    const struct net_limits *limits = &c->endpoint->config.limits;
    while (c->datagram_count) {
        struct datagram *d = &c->datagram[c->datagram_head];
        if (now - d->queued_at <= (usec_t)limits->datagram_age_ms * MS)
            return d;
        datagram_pop(c);
    }
    return NULL;
}

struct packet {
    ngtcp2_path *path;
    ngtcp2_pkt_info *pi;
    uint8_t *dest;
    size_t cap;
    ngtcp2_tstamp now;
};

/* Both give what ngtcp2 gave: a finished packet's length, 0 (not now), NGTCP2_ERR_WRITE_MORE (go on), or an error. */
static ngtcp2_ssize put_datagram(struct quic_conn *c, const struct datagram *d, const struct packet *p)
{
    int accepted = 0;
    ngtcp2_vec vec[2] = {{(uint8_t *)(uintptr_t)d->prefix, d->prefix_len}, {d->pkt->data + d->offset, d->len}};
    ngtcp2_ssize n = ngtcp2_conn_writev_datagram(c->ng, p->path, p->pi, p->dest, p->cap, &accepted, NGTCP2_WRITE_DATAGRAM_FLAG_MORE,
                                                 0, vec, 2, p->now);
    if (accepted || n == NGTCP2_ERR_INVALID_ARGUMENT || n == NGTCP2_ERR_INVALID_STATE)
        datagram_pop(c);
    return n == NGTCP2_ERR_INVALID_ARGUMENT || n == NGTCP2_ERR_INVALID_STATE ? NGTCP2_ERR_WRITE_MORE : n;
}

static ngtcp2_ssize put_stream(struct quic_conn *c, struct quic_stream *s, const struct packet *p)
{
    ngtcp2_vec vec[STREAM_VECS];
    size_t bytes;
    size_t count = stream_vecs(s, vec, &bytes);
    bool fin = s->fin && bytes == s->unsent;
    ngtcp2_ssize taken = -1;
    uint32_t flags = NGTCP2_WRITE_STREAM_FLAG_MORE | (fin ? NGTCP2_WRITE_STREAM_FLAG_FIN : 0);
    ngtcp2_ssize n =
        ngtcp2_conn_writev_stream(c->ng, p->path, p->pi, p->dest, p->cap, &taken, flags, (int64_t)s->id, vec, count, p->now);
    if (taken >= 0)
        stream_sent(s, (uint64_t)taken, fin && (size_t)taken == bytes);
    switch (n) {
    case NGTCP2_ERR_STREAM_DATA_BLOCKED:
        s->blocked = true;
        lane_take(s);
        return NGTCP2_ERR_WRITE_MORE;
    case NGTCP2_ERR_STREAM_SHUT_WR:
    case NGTCP2_ERR_STREAM_NOT_FOUND:
        s->shut = true;
        stream_clear(s);
        return NGTCP2_ERR_WRITE_MORE;
    default: break;
    }
    if (taken >= 0)
        lane_rotate(s);
    return n;
}

static ngtcp2_ssize put_next(struct quic_conn *c, const struct packet *p)
{
    struct quic_stream *urgent = c->ready ? lane_first(c, 0, QUIC_DATAGRAM_LANE) : NULL;
    struct datagram *d = c->ready && !urgent ? next_datagram(c, (usec_t)(p->now / 1000)) : NULL;
    struct quic_stream *s = urgent ? urgent : c->ready && !d ? lane_first(c, QUIC_DATAGRAM_LANE, QUIC_LANES) : NULL;
    if (d)
        return put_datagram(c, d, p);
    if (s)
        return put_stream(c, s, p);
    return ngtcp2_conn_writev_stream(c->ng, p->path, p->pi, p->dest, p->cap, NULL, 0, -1, NULL, 0, p->now);
}

static ngtcp2_ssize write_packet(ngtcp2_conn *ng, ngtcp2_path *path, ngtcp2_pkt_info *pi, uint8_t *dest, size_t cap,
                                 ngtcp2_tstamp now, void *user)
{
    struct packet p = {path, pi, dest, cap, now};
    ngtcp2_ssize n;
    (void)ng;
    do
        n = put_next(user, &p);
    while (n == NGTCP2_ERR_WRITE_MORE);
    return n;
}

/* ---- a connection ---- */

static bool has_more(struct quic_conn *c) { return c->datagram_count || lane_first(c, 0, QUIC_LANES); }

/* After the last burst nothing waits for the pacer: its end (paced_until) needs no timer, only to be past when the next one begins. */
static usec_t rest(struct quic_conn *c, ngtcp2_tstamp now)
{
    ngtcp2_tstamp at = ngtcp2_conn_get_expiry(c->ng);
    ngtcp2_conn_update_pkt_tx_time(c->ng, now);
    ngtcp2_tstamp paced = ngtcp2_conn_get_expiry(c->ng);
    c->paced_until = paced < at ? paced : 0;
    return from_ng(at);
}

/* One burst into the endpoint's batch: its bytes, 0 when nothing may or need be sent or the socket is full, or ngtcp2's error. */
static ngtcp2_ssize write_burst(struct quic_conn *c, ngtcp2_tstamp now, bool *full)
{
    ngtcp2_path_storage path;
    ngtcp2_pkt_info pi = {0};
    size_t segment = 0;
    uint8_t *dest = out_room(c->endpoint, UDP_SEND_BYTES_MAX);
    *full = !dest;
    if (!dest)
        return 0;
    ngtcp2_path_storage_zero(&path);
    ngtcp2_ssize n = ngtcp2_conn_write_aggregate_pkt2(c->ng, &path.path, &pi, dest, UDP_SEND_BYTES_MAX, &segment, write_packet,
                                                      UDP_SEGMENTS_MAX - 1, now);
    if (n > 0)
        out_add(c->endpoint, &path.path, (uint8_t)pi.ecn, (size_t)n, segment);
    return n;
}

/* Until nothing is left or nothing more may leave. It ends with a call that writes nothing, from which ngtcp2 learns that the application
 * and not the path was the limit, if so: BBR would take what we happened to send for all that the path can carry. */
bool conn_write(struct quic_conn *c)
{
    ngtcp2_tstamp now = ng_now();
    bool full = false, burst = false;
    ngtcp2_ssize n;
    conn_settle_pacer(c, now);
    if (c->dead || c->close_wanted)
        return true;
    while ((n = write_burst(c, now, &full)) > 0) {
        burst = true;
        if (has_more(c)) {
            ngtcp2_conn_update_pkt_tx_time(c->ng, now); /* after every burst, or BBR never finds the rate of a short path */
            burst = false;
        }
    }
    if (full)
        return false;
    if (n < 0) {
        conn_fail(c, (int)n);
        return true;
    }
    if (has_more(c))
        c->paced_until = 0; /* something waits for it now */
    conn_arm(c, burst ? rest(c, now) : from_ng(ngtcp2_conn_get_expiry(c->ng)));
    conn_tell_room(c);
    return true;
}

void conn_write_close(struct quic_conn *c)
{
    ngtcp2_path_storage path;
    ngtcp2_pkt_info pi = {0};
    uint8_t *dest = out_room(c->endpoint, NGTCP2_MAX_UDP_PAYLOAD_SIZE);
    if (!dest || ngtcp2_conn_in_closing_period(c->ng) || ngtcp2_conn_in_draining_period(c->ng))
        return;
    ngtcp2_path_storage_zero(&path);
    ngtcp2_ssize n =
        ngtcp2_conn_write_connection_close(c->ng, &path.path, &pi, dest, NGTCP2_MAX_UDP_PAYLOAD_SIZE, &c->error, ng_now());
    if (n > 0)
        out_add(c->endpoint, &path.path, (uint8_t)pi.ecn, (size_t)n, 0);
}
