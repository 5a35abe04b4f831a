/* SPDX-License-Identifier: MIT */
#include "net/quic_state.h"

#include <stdio.h>
#include <string.h>

/* ---- when it is looked at ---- */

void conn_dirty(struct quic_conn *c)
{
    struct quic_endpoint *e = c->endpoint;
    if (c->dirty_link || c->dead)
        return;
    c->dirty_link = e->dirty_tail;
    *e->dirty_tail = c;
    c->dirty_next = NULL;
    e->dirty_tail = &c->dirty_next;
}

void conn_clean(struct quic_conn *c)
{
    if (!c->dirty_link)
        return;
    *c->dirty_link = c->dirty_next;
    if (c->dirty_next)
        c->dirty_next->dirty_link = c->dirty_link;
    else
        c->endpoint->dirty_tail = c->dirty_link;
    c->dirty_link = NULL;
}

/* Deadlines move later all the time, and rarely come: only an earlier one is worth moving the timer. */
void conn_arm(struct quic_conn *c, usec_t at)
{
    if (c->dead || c->close_wanted)
        return;
    c->due = at;
    if (!c->timer.slot || at < c->timer.at)
        loop_timer_set(c->endpoint->loop, &c->timer, at);
}

void conn_settle_pacer(struct quic_conn *c, ngtcp2_tstamp now)
{
    if (c->dead || c->close_wanted || !c->paced_until || c->paced_until > now)
        return;
    ngtcp2_tstamp last = ngtcp2_conn_get_timestamp(c->ng); /* its time must not run backwards */
    int err = ngtcp2_conn_handle_expiry(c->ng, c->paced_until > last ? c->paced_until : last);
    c->paced_until = 0;
    if (err)
        conn_fail(c, err);
}

/* ---- how it ends ---- */

void conn_handshake_over(struct quic_conn *c)
{
    if (!c->handshaking)
        return;
    c->handshaking = false;
    c->endpoint->handshakes--;
    if (c->endpoint->config.handshakes)
        --*c->endpoint->config.handshakes;
    if (c->endpoint->calls)
        c->endpoint->stats->handshakes = c->endpoint->handshakes;
}

void conn_die(struct quic_conn *c, bool app, uint64_t code, const char *text, size_t text_len)
{
    struct quic_endpoint *e = c->endpoint;
    if (c->dead)
        return;
    c->dead = true;
    c->end.app = app;
    c->end.code = code;
    if (text != c->end.text)
        snprintf(c->end.text, sizeof c->end.text, "%.*s", (int)(text_len < 100 ? text_len : 100), text ? text : "");
    conn_clean(c);
    loop_timer_stop(e->loop, &c->timer);
    conn_handshake_over(c);
    c->dead_next = e->dead;
    e->dead = c;
}

static void end_by_peer(struct quic_conn *c)
{
    const ngtcp2_ccerr *e = ngtcp2_conn_get_ccerr(c->ng);
    char text[64];
    if (!e->reasonlen && e->type != NGTCP2_CCERR_TYPE_APPLICATION) {
        int len = snprintf(text, sizeof text, "the peer closed with 0x%llx", (unsigned long long)e->error_code);
        conn_die(c, false, e->error_code, text, (size_t)len);
        return;
    }
    conn_die(c, e->type == NGTCP2_CCERR_TYPE_APPLICATION, e->error_code, (const char *)e->reason, e->reasonlen);
}

void conn_close_with(struct quic_conn *c, const char *text)
{
    c->close_wanted = true;
    if (!c->end.text[0])
        snprintf(c->end.text, sizeof c->end.text, "%s", text);
    conn_dirty(c);
}

void conn_fail(struct quic_conn *c, int liberr)
{
    if (c->dead || c->close_wanted)
        return;
    switch (liberr) {
    case NGTCP2_ERR_DRAINING: end_by_peer(c); return;
    case NGTCP2_ERR_CLOSING: return;
    case NGTCP2_ERR_DROP_CONN: conn_die(c, false, 0, "dropped", 7); return;
    case NGTCP2_ERR_IDLE_CLOSE: conn_die(c, false, 0, "silence", 7); return;
    case NGTCP2_ERR_HANDSHAKE_TIMEOUT:
        c->endpoint->stats->handshake_timeouts++;
        conn_die(c, false, 0, "no handshake in time", 20);
        return;
    case NGTCP2_ERR_CRYPTO: ngtcp2_ccerr_set_tls_alert(&c->error, ngtcp2_conn_get_tls_alert(c->ng), NULL, 0); break;
    default: ngtcp2_ccerr_set_liberr(&c->error, liberr, NULL, 0); break;
    }
    c->endpoint->stats->malformed++;
    c->end.code = c->error.error_code;
    conn_close_with(c, ngtcp2_strerror(liberr));
}

/* ---- room ---- */

/* Bounded by the path, the peer's credit and half of what may be unacknowledged: the other half is for what is sent regardless of room, and
 * for an object that begins where the room ends. */
uint64_t conn_room(const struct quic_conn *c)
{
    uint64_t most = c->endpoint->config.limits.queue_bytes / 2, queued = c->unsent + c->datagram_bytes;
    if (c->dead || c->close_wanted || !c->ready || c->unacked >= most)
        return 0;
    uint64_t path = ngtcp2_conn_get_cwnd_left(c->ng), credit = ngtcp2_conn_get_max_data_left(c->ng);
    uint64_t free_bytes = (path < credit ? path : credit) + QUIC_SOCKET_MARGIN;
    free_bytes = free_bytes > queued ? free_bytes - queued : 0;
    return free_bytes < most - c->unacked ? free_bytes : most - c->unacked;
}

void conn_tell_room(struct quic_conn *c)
{
    if (c->starved && conn_room(c)) {
        c->starved = false;
        c->events->room(c->ctx);
    }
    if (c->idle_wanted && !c->unacked && !c->datagram_count) {
        c->idle_wanted = false;
        c->events->idle(c->ctx);
    }
}

/* A packet holds: first byte, the peer's connection id, packet number, tag; a frame: type and length. */
size_t quic_datagram_max(const struct quic_conn *c)
{
    const ngtcp2_transport_params *peer = ngtcp2_conn_get_remote_transport_params(c->ng);
    size_t overhead = 1 + ngtcp2_conn_get_dcid(c->ng)->datalen + 4 + 16 + 3;
    if (!peer || peer->max_datagram_frame_size < 4)
        return 0;
    size_t path = ngtcp2_conn_get_path_max_tx_udp_payload_size(c->ng) - overhead;
    return path < peer->max_datagram_frame_size - 3 ? path : (size_t)peer->max_datagram_frame_size - 3;
}
