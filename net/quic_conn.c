/* SPDX-License-Identifier: MIT */
/* One QUIC connection: set up, fed with packets, timed, closed and freed. */
#include "net/quic_state.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"

#define SCIDS_MAX 64 /* ids of one connection that ngtcp2 keeps: 8 in use, those retired, and the first */
#define MAX_DATAGRAM_FRAME 65536
#define PMTUD_FIRST_PROBE 1452
#define ACK_DELAY_MAX (26 * MS) /* ngtcp2's longest, 25 ms, and its rounding */

static ngtcp2_conn *conn_of_ref(ngtcp2_crypto_conn_ref *ref)
{
    struct quic_conn *c = ref->user_data;
    return c->ng;
}

/* ---- set-up ---- */

static void free_tls(struct quic_conn *c)
{
    if (c->ssl)
        SSL_set_app_data(c->ssl, NULL);
    if (c->ng)
        ngtcp2_conn_set_tls_native_handle(c->ng, NULL);
    ngtcp2_crypto_ossl_ctx_del(c->crypto);
    SSL_free(c->ssl);
    c->crypto = NULL;
    c->ssl = NULL;
}

void conn_settings(const struct quic_conn *c, ngtcp2_settings *settings, ngtcp2_transport_params *params)
{
    static const uint16_t probes[] = {PMTUD_FIRST_PROBE, 1392, 1280};
    const struct net_limits *limits = &c->endpoint->config.limits;
    ngtcp2_settings_default(settings);
    settings->initial_ts = ng_now();
    settings->cc_algo = NGTCP2_CC_ALGO_BBR; /* 5 Mbit/s, 60 ms, 5 % random loss: 2.5 Mbit/s where CUBIC has 0.7 */
    settings->handshake_timeout = to_ng((usec_t)limits->handshake_ms * MS);
    settings->initial_rtt = 100 * NGTCP2_MILLISECONDS;
    settings->max_tx_udp_payload_size = PMTUD_FIRST_PROBE;
    settings->pmtud_probes = probes;
    settings->pmtud_probeslen = COUNT_OF(probes);
    ngtcp2_transport_params_default(params);
    params->initial_max_stream_data_bidi_local = limits->stream_window;
    params->initial_max_stream_data_bidi_remote = limits->stream_window;
    params->initial_max_stream_data_uni = limits->stream_window;
    params->initial_max_data = limits->conn_window;
    params->initial_max_streams_bidi = limits->bidis;
    params->initial_max_streams_uni = limits->runs;
    params->max_idle_timeout = to_ng((usec_t)limits->idle_ms * MS);
    params->max_datagram_frame_size = MAX_DATAGRAM_FRAME;
    params->active_connection_id_limit = 4;
}

static void on_timer(void *ctx, usec_t now)
{
    struct quic_conn *c = ctx;
    if (now < c->due) { /* it was moved since */
        loop_timer_set(c->endpoint->loop, &c->timer, c->due);
        return;
    }
    conn_settle_pacer(c, to_ng(now));
    int err = c->dead ? 0 : ngtcp2_conn_handle_expiry(c->ng, to_ng(now));
    if (err)
        conn_fail(c, err);
    else
        conn_dirty(c);
}

struct quic_conn *conn_new(struct quic_endpoint *e, bool server)
{
    struct quic_conn *c = calloc(1, sizeof *c);
    if (!c)
        return NULL;
    c->endpoint = e;
    c->server = server;
    c->ref = (ngtcp2_crypto_conn_ref){conn_of_ref, c};
    c->timer = (struct loop_timer){.fire = on_timer, .ctx = c};
    c->handshaking = true;
    e->handshakes++;
    if (e->config.handshakes)
        ++*e->config.handshakes;
    e->count++;
    c->next = e->conns;
    c->link = &e->conns;
    if (e->conns)
        e->conns->link = &c->next;
    e->conns = c;
    return c;
}

int conn_tls(struct quic_conn *c, SSL_CTX *tls, const char *host)
{
    c->ssl = SSL_new(tls);
    if (!c->ssl || ngtcp2_crypto_ossl_ctx_new(&c->crypto, c->ssl))
        return ERR_NOMEM;
    SSL_set_app_data(c->ssl, &c->ref);
    ngtcp2_conn_set_tls_native_handle(c->ng, c->crypto);
    if (c->server) {
        SSL_set_accept_state(c->ssl);
        return ngtcp2_crypto_ossl_configure_server_session(c->ssl) ? ERR_NOMEM : 0;
    }
    SSL_set_connect_state(c->ssl);
    return ngtcp2_crypto_ossl_configure_client_session(c->ssl) ? ERR_NOMEM : tls_client_setup(c->ssl, host, c->verify);
}

/* ---- working ---- */

static bool noted_loss(struct quic_conn *c)
{
    ngtcp2_conn_info info;
    ngtcp2_conn_get_conn_info(c->ng, &info);
    bool more = info.pkt_lost != c->lost;
    c->lost = info.pkt_lost;
    return more;
}

/* Whether what came calls for an answer before ngtcp2's next deadline `at`. Most packets that a receiver of media sends are bare
 * acknowledgements: nothing is due after them. Whatever else needs an answer must be acknowledged too, so its deadline is near. */
static bool wants_answer(struct quic_conn *c, usec_t at, usec_t now)
{
    bool waiting = c->handshaking || c->starved || c->idle_wanted || c->datagram_count || lane_first(c, 0, QUIC_LANES);
    return waiting || usec_min(at, c->due) <= now + ACK_DELAY_MAX || noted_loss(c);
}

void conn_read(struct quic_conn *c, const ngtcp2_path *path, uint8_t ecn, const uint8_t *data, size_t len)
{
    ngtcp2_pkt_info pi = {.ecn = ecn};
    ngtcp2_tstamp now = ng_now();
    conn_settle_pacer(c, now);
    if (c->dead || c->close_wanted)
        return;
    int err = ngtcp2_conn_read_pkt(c->ng, path, &pi, data, len, now);
    if (c->server && c->ssl && !err && !c->handshaking)
        free_tls(c); /* about 20 kB; keys and their updates are ngtcp2's */
    usec_t at = err ? 0 : from_ng(ngtcp2_conn_get_expiry(c->ng));
    if (err)
        conn_fail(c, err);
    else if (wants_answer(c, at, from_ng(now)))
        conn_dirty(c);
    else
        conn_arm(c, at);
}

void quic_pause(struct quic_conn *c, bool paused)
{
    c->paused = paused;
    if (paused || !c->withheld)
        return;
    ngtcp2_conn_extend_max_offset(c->ng, c->withheld);
    c->withheld = 0;
    conn_dirty(c);
}

/* ---- the end ---- */

void quic_close(struct quic_conn *c, uint64_t app_code, const char *why)
{
    if (c->dead || c->close_wanted)
        return;
    ngtcp2_ccerr_set_application_error(&c->error, app_code, (const uint8_t *)why, strlen(why));
    c->end.app = true;
    c->end.code = app_code;
    conn_close_with(c, why);
}

void quic_notify_idle(struct quic_conn *c)
{
    c->idle_wanted = true;
    conn_dirty(c);
}

static void forget_ids(struct quic_conn *c)
{
    struct quic_endpoint *e = c->endpoint;
    ngtcp2_cid cids[SCIDS_MAX];
    if (c->first_dcid && u64map_get(&e->ids, c->first_dcid) == c)
        u64map_remove(&e->ids, c->first_dcid);
    if (ngtcp2_conn_get_scid(c->ng, NULL) > SCIDS_MAX)
        abort(); /* stale ids would point to freed memory */
    size_t count = ngtcp2_conn_get_scid(c->ng, cids);
    for (size_t i = 0; i < count; i++)
        u64map_remove(&e->ids, cid_hash(e, cids[i].data, cids[i].datalen));
}

void conn_bury(struct quic_conn *c)
{
    struct quic_endpoint *e = c->endpoint;
    streams_free(c);
    if (c->events)
        c->events->closed(c->ctx, c->end.app, c->end.code, c->end.text);
    if (c->ng)
        forget_ids(c);
    datagrams_clear(c);
    *c->link = c->next;
    if (c->next)
        c->next->link = c->link;
    free_tls(c);
    if (c->ng)
        ngtcp2_conn_del(c->ng);
    e->count--;
    free(c);
}

/* ---- numbers ---- */

size_t quic_room(struct quic_conn *c)
{
    uint64_t left = conn_room(c);
    c->starved |= left == 0;
    return (size_t)left;
}

const union addr *quic_peer(const struct quic_conn *c) { return &c->peer; }

void quic_stats(const struct quic_conn *c, struct net_stats *s)
{
    ngtcp2_conn_info info;
    ngtcp2_conn_get_conn_info(c->ng, &info);
    s->rtt_us = (usec_t)(info.smoothed_rtt / 1000);
    s->delivery_bps = info.smoothed_rtt ? info.cwnd * 8 * 1000000 / (info.smoothed_rtt / 1000 + 1) : 0;
    s->bytes_in = info.bytes_recv;
    s->bytes_out = info.bytes_sent;
    s->packets_in = info.pkt_recv;
    s->packets_out = info.pkt_sent;
    s->packets_lost = info.pkt_lost;
}
