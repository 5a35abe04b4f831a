/* SPDX-License-Identifier: MIT */
/* What ngtcp2 asks and tells of a connection. */
#include "net/quic_state.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static struct quic_conn *of(void *user) { return user; }

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

/* ---- all of them ---- */

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
