/* SPDX-License-Identifier: MIT */
/* One QUIC connection: what ngtcp2 asks and tells, its timer, its end. */
#include "net/quic_internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/err.h"

#define SCIDS_MAX 64 /* ids of one connection that ngtcp2 keeps: 8 in use, those retired, and the first */
#define MAX_DATAGRAM_FRAME 65536
#define PMTUD_FIRST_PROBE 1452
#define ACK_DELAY_MAX (26 * MS) /* ngtcp2's longest, 25 ms, and its rounding */

static struct quic_conn *of(void *user) { return user; }

ngtcp2_conn *conn_of_ref(ngtcp2_crypto_conn_ref *ref)
{
    struct quic_conn *c = ref->user_data;
    return c->ng;
}

/* ---- ids ---- */

static void fill_random(uint8_t *out, size_t len)
{
    if (RAND_bytes(out, (int)len) != 1 && getrandom(out, len, 0) != (ssize_t)len) /* OpenSSL's needs memory */
        abort();
}

static void rand_cb(uint8_t *dest, size_t len, const ngtcp2_rand_ctx *ctx)
{
    (void)ctx;
    fill_random(dest, len);
}

static int new_id_cb(ngtcp2_conn *ng, ngtcp2_cid *cid, ngtcp2_stateless_reset_token *token, size_t len, void *user)
{
    struct quic_conn *c = of(user);
    struct quic_endpoint *e = c->endpoint;
    (void)ng;
    fill_random(cid->data, len);
    cid->datalen = len;
    cid->data[0] = e->config.thread;
    if (ngtcp2_crypto_generate_stateless_reset_token(token->data, e->secret, sizeof e->secret, cid))
        return NGTCP2_ERR_CALLBACK_FAILURE;
    return u64map_put(&e->ids, cid_hash(e, cid->data, cid->datalen), c) ? NGTCP2_ERR_CALLBACK_FAILURE : 0;
}

static int remove_id_cb(ngtcp2_conn *ng, const ngtcp2_cid *cid, void *user)
{
    struct quic_endpoint *e = of(user)->endpoint;
    (void)ng;
    u64map_remove(&e->ids, cid_hash(e, cid->data, cid->datalen));
    return 0;
}

/* ---- handshake ---- */

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

/* A server's TLS ends with the handshake (see conn_read): a client has nothing to say to it afterwards. */
static int crypto_data_cb(ngtcp2_conn *ng, ngtcp2_encryption_level level, uint64_t offset, const uint8_t *data, size_t len,
                          void *user)
{
    return of(user)->ssl ? ngtcp2_crypto_recv_crypto_data_cb(ng, level, offset, data, len, user) : NGTCP2_ERR_CRYPTO;
}

static void make_ready(struct quic_conn *c)
{
    c->ready = true;
    c->events->ready(c->ctx);
}

/* A server may write with its first flight. */
static int tx_key_cb(ngtcp2_conn *ng, ngtcp2_encryption_level level, void *user)
{
    struct quic_conn *c = of(user);
    (void)ng;
    if (level == NGTCP2_ENCRYPTION_LEVEL_1RTT && c->server)
        make_ready(c);
    return 0;
}

static int handshake_completed_cb(ngtcp2_conn *ng, void *user)
{
    struct quic_conn *c = of(user);
    conn_handshake_over(c);
    ngtcp2_conn_set_keep_alive_timeout(ng, to_ng((usec_t)c->endpoint->config.limits.keep_alive_ms * MS));
    if (!c->server) {
        if (c->verify == NET_VERIFY_HASH && !tls_peer_is(c->ssl, c->hash)) {
            ngtcp2_conn_set_tls_alert(ng, SSL_AD_BAD_CERTIFICATE);
            return NGTCP2_ERR_CRYPTO;
        }
        make_ready(c);
    }
    c->events->handshaken(c->ctx);
    return 0;
}

/* ---- streams ---- */

static int stream_open_cb(ngtcp2_conn *ng, int64_t id, void *user)
{
    struct quic_conn *c = of(user);
    struct quic_stream *s = stream_new(c, (uint64_t)id);
    if (!s)
        return NGTCP2_ERR_CALLBACK_FAILURE;
    ngtcp2_conn_set_stream_user_data(ng, id, s);
    c->events->stream_opened(c->ctx, s);
    return 0;
}

/* Whatever comes is consumed at once, so credit goes back at once, unless the owner does not read. */
static int stream_data_cb(ngtcp2_conn *ng, uint32_t flags, int64_t id, uint64_t offset, const uint8_t *data, size_t len, void *user,
                          void *stream)
{
    struct quic_conn *c = of(user);
    (void)offset;
    ngtcp2_conn_extend_max_stream_offset(ng, id, len);
    if (c->paused)
        c->withheld += len;
    else
        ngtcp2_conn_extend_max_offset(ng, len);
    if (stream)
        c->events->stream_data(c->ctx, stream, data, len, flags & NGTCP2_STREAM_DATA_FLAG_FIN);
    return 0;
}

static int acked_cb(ngtcp2_conn *ng, int64_t id, uint64_t offset, uint64_t len, void *user, void *stream)
{
    struct quic_conn *c = of(user);
    struct quic_stream *s = stream;
    (void)ng, (void)id, (void)offset;
    c->delivered_bytes += len;
    if (s && !s->reset && !s->shut)
        stream_acked(s, len);
    return 0;
}

static int stream_close_cb(ngtcp2_conn *ng, uint32_t flags, int64_t id, uint64_t code, void *user, void *stream)
{
    struct quic_conn *c = of(user);
    struct quic_stream *s = stream;
    bool local = ngtcp2_conn_is_local_stream(ng, id);
    if (!local) {
        if (ngtcp2_is_bidi_stream(id))
            ngtcp2_conn_extend_max_streams_bidi(ng, 1);
        else
            ngtcp2_conn_extend_max_streams_uni(ng, 1);
    }
    if (!s)
        return 0;
    /* ngtcp2 answers STOP_SENDING by itself and tells of it only now. */
    if (local && (flags & NGTCP2_STREAM_CLOSE_FLAG_APP_ERROR_CODE_SET) && !s->reset)
        c->events->stream_stopped(c->ctx, s, code);
    c->events->stream_closed(c->ctx, s);
    stream_del(s);
    return 0;
}

static int stream_reset_cb(ngtcp2_conn *ng, int64_t id, uint64_t final_size, uint64_t code, void *user, void *stream)
{
    struct quic_conn *c = of(user);
    (void)ng, (void)id, (void)final_size;
    if (stream)
        c->events->stream_reset(c->ctx, stream, code);
    return 0;
}

static int stream_credit_cb(ngtcp2_conn *ng, int64_t id, uint64_t max, void *user, void *stream)
{
    (void)ng, (void)id, (void)max, (void)user;
    if (stream)
        stream_unblock(stream);
    return 0;
}

static int streams_credit_cb(ngtcp2_conn *ng, uint64_t max, void *user)
{
    struct quic_conn *c = of(user);
    (void)ng, (void)max;
    if (c->credit_blocked) {
        c->credit_blocked = false;
        c->events->credit(c->ctx);
    }
    return 0;
}

static int datagram_cb(ngtcp2_conn *ng, uint32_t flags, const uint8_t *data, size_t len, void *user)
{
    struct quic_conn *c = of(user);
    (void)ng, (void)flags;
    c->events->datagram(c->ctx, data, len);
    return 0;
}

/* ---- paths ---- */

static void note_peer(struct quic_conn *c, const ngtcp2_path *path)
{
    memcpy(&c->peer, path->remote.addr, (size_t)path->remote.addrlen);
}

static int path_validation_cb(ngtcp2_conn *ng, uint32_t flags, const ngtcp2_path *path, const ngtcp2_path *fallback,
                              ngtcp2_path_validation_result result, void *user)
{
    struct quic_conn *c = of(user);
    (void)ng, (void)flags, (void)fallback;
    if (result != NGTCP2_PATH_VALIDATION_RESULT_SUCCESS)
        return 0;
    note_peer(c, path);
    c->endpoint->stats->migrations++;
    c->events->moved(c->ctx);
    return 0;
}

/* ---- set-up ---- */

const ngtcp2_callbacks *conn_callbacks(bool server)
{
#define COMMON                                                                                                                     \
    .recv_crypto_data = crypto_data_cb, .encrypt = ngtcp2_crypto_encrypt_cb, .decrypt = ngtcp2_crypto_decrypt_cb,                  \
    .hp_mask = ngtcp2_crypto_hp_mask_cb, .update_key = ngtcp2_crypto_update_key_cb,                                                \
    .delete_crypto_aead_ctx = ngtcp2_crypto_delete_crypto_aead_ctx_cb,                                                             \
    .delete_crypto_cipher_ctx = ngtcp2_crypto_delete_crypto_cipher_ctx_cb,                                                         \
    .get_path_challenge_data2 = ngtcp2_crypto_get_path_challenge_data2_cb,                                                         \
    .version_negotiation = ngtcp2_crypto_version_negotiation_cb, .rand = rand_cb, .get_new_connection_id2 = new_id_cb,             \
    .remove_connection_id = remove_id_cb, .recv_tx_key = tx_key_cb, .handshake_completed = handshake_completed_cb,                 \
    .stream_open = stream_open_cb, .recv_stream_data = stream_data_cb, .acked_stream_data_offset = acked_cb,                       \
    .stream_close = stream_close_cb, .stream_reset = stream_reset_cb, .extend_max_stream_data = stream_credit_cb,                  \
    .extend_max_local_streams_uni = streams_credit_cb, .extend_max_local_streams_bidi = streams_credit_cb,                         \
    .recv_datagram = datagram_cb, .path_validation = path_validation_cb
    static const ngtcp2_callbacks of_server = {COMMON, .recv_client_initial = ngtcp2_crypto_recv_client_initial_cb};
    static const ngtcp2_callbacks of_client = {COMMON, .client_initial = ngtcp2_crypto_client_initial_cb,
                                               .recv_retry = ngtcp2_crypto_recv_retry_cb};
#undef COMMON
    return server ? &of_server : &of_client;
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

static void close_with(struct quic_conn *c, const char *text)
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
    close_with(c, ngtcp2_strerror(liberr));
}

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

/* Bounded by the path, the peer's credit and half of what may be unacknowledged: the other half is for what is sent regardless of room, and
 * for an object that begins where the room ends. */
static uint64_t room_left(const struct quic_conn *c)
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
    if (c->starved && room_left(c)) {
        c->starved = false;
        c->events->room(c->ctx);
    }
    if (c->idle_wanted && !c->unacked && !c->datagram_count) {
        c->idle_wanted = false;
        c->events->idle(c->ctx);
    }
}

/* ---- the end ---- */

void quic_close(struct quic_conn *c, uint64_t app_code, const char *why)
{
    if (c->dead || c->close_wanted)
        return;
    ngtcp2_ccerr_set_application_error(&c->error, app_code, (const uint8_t *)why, strlen(why));
    c->end.app = true;
    c->end.code = app_code;
    close_with(c, why);
}

void quic_notify_idle(struct quic_conn *c)
{
    c->idle_wanted = true;
    conn_dirty(c);
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
    uint64_t left = room_left(c);
    c->starved |= left == 0;
    return (size_t)left;
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
