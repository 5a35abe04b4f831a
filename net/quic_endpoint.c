/* SPDX-License-Identifier: MIT */
/* One UDP socket: which connection a packet belongs to, who may begin one, and what is answered to packets of none. */
#include "net/quic_state.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

#define RECEIVES_PER_TURN 16                      /* batches, before other work gets its turn */
#define RETRY_VALID (10 * NGTCP2_SECONDS)         /* age of a Retry token */
#define RESETS_PER_SECOND 100                     /* stateless resets and version negotiations: answers to anybody's packets */
#define RESET_PACKET_MIN 43                       /* shorter packets get none, so two endpoints cannot bounce them for ever */

/* ---- answers without a connection ---- */

static ngtcp2_path path_of(const struct udp_packet *p)
{
    return (ngtcp2_path){.local = {(ngtcp2_sockaddr *)(uintptr_t)&p->to.sa, addr_len(&p->to)},
                         .remote = {(ngtcp2_sockaddr *)(uintptr_t)&p->from.sa, addr_len(&p->from)}};
}

static void answer(struct quic_endpoint *e, const struct udp_packet *p, const uint8_t *data, ngtcp2_ssize len)
{
    ngtcp2_path path = path_of(p);
    uint8_t *out = len > 0 ? out_room(e, (size_t)len) : NULL;
    if (!out)
        return;
    memcpy(out, data, (size_t)len);
    out_add(e, &path, 0, (size_t)len, 0);
}

static bool may_answer_stranger(struct quic_endpoint *e)
{
    usec_t now = loop_now();
    if (now - e->reset_budget_at >= SEC) {
        e->reset_budget_at = now;
        e->reset_budget = RESETS_PER_SECOND;
    }
    if (!e->reset_budget)
        return false;
    e->reset_budget--;
    return true;
}

static void send_version_negotiation(struct quic_endpoint *e, const struct udp_packet *p, const ngtcp2_version_cid *ids)
{
    static const uint32_t versions[] = {NGTCP2_PROTO_VER_V1};
    uint8_t out[256], noise;
    if (p->len < NGTCP2_MAX_UDP_PAYLOAD_SIZE || !may_answer_stranger(e) || RAND_bytes(&noise, 1) != 1)
        return;
    e->stats->version_negotiations++;
    answer(e, p, out,
           ngtcp2_pkt_write_version_negotiation(out, sizeof out, noise, ids->scid, ids->scidlen, ids->dcid, ids->dcidlen, versions,
                                                1));
}

/* "I do not know this connection": a peer that still does lets go of it at once. */
static void send_stateless_reset(struct quic_endpoint *e, const struct udp_packet *p, const ngtcp2_version_cid *ids)
{
    uint8_t out[64], noise[NGTCP2_MIN_STATELESS_RESET_RANDLEN + 10];
    ngtcp2_stateless_reset_token token;
    ngtcp2_cid cid;
    if (p->len < RESET_PACKET_MIN || (p->data[0] & 0x80) || !may_answer_stranger(e))
        return;
    ngtcp2_cid_init(&cid, ids->dcid, ids->dcidlen);
    if (ngtcp2_crypto_generate_stateless_reset_token(token.data, e->secret, sizeof e->secret, &cid) ||
        RAND_bytes(noise, sizeof noise) != 1)
        return;
    e->stats->stateless_resets++;
    answer(e, p, out, ngtcp2_pkt_write_stateless_reset2(out, sizeof out, &token, noise, sizeof noise));
}

static void send_retry(struct quic_endpoint *e, const struct udp_packet *p, const ngtcp2_pkt_hd *hd)
{
    uint8_t out[256], token[NGTCP2_CRYPTO_MAX_RETRY_TOKENLEN2];
    ngtcp2_cid scid = {.datalen = CID_BYTES};
    if (RAND_bytes(scid.data, CID_BYTES) != 1)
        return;
    scid.data[0] = e->config.thread;
    ngtcp2_ssize len = ngtcp2_crypto_generate_retry_token2(token, e->secret, sizeof e->secret, hd->version, &p->from.sa,
                                                           addr_len(&p->from), &scid, &hd->dcid, ng_now());
    if (len < 0)
        return;
    e->stats->retries_sent++;
    answer(e, p, out, ngtcp2_crypto_write_retry(out, sizeof out, hd->version, &hd->scid, &scid, &hd->dcid, token, (size_t)len));
}

static void send_refusal(struct quic_endpoint *e, const struct udp_packet *p, const ngtcp2_pkt_hd *hd, uint64_t code)
{
    uint8_t out[256];
    answer(e, p, out, ngtcp2_crypto_write_connection_close(out, sizeof out, hd->version, &hd->scid, &hd->dcid, code, NULL, 0));
}

/* ---- new connections ---- */

/* What the client's token shows: 1 its address is proven (`odcid` is its first id), 0 nothing, ERR_AUTH a bad token. */
static int check_token(struct quic_endpoint *e, const struct udp_packet *p, const ngtcp2_pkt_hd *hd, ngtcp2_cid *odcid)
{
    if (!hd->tokenlen || hd->token[0] != NGTCP2_CRYPTO_TOKEN_MAGIC_RETRY2)
        return 0;
    return ngtcp2_crypto_verify_retry_token2(odcid, hd->token, hd->tokenlen, e->secret, sizeof e->secret, hd->version, &p->from.sa,
                                             addr_len(&p->from), &hd->dcid, RETRY_VALID, ng_now())
               ? ERR_AUTH
               : 1;
}

static void server_params(ngtcp2_settings *settings, ngtcp2_transport_params *params, const ngtcp2_pkt_hd *hd,
                          const ngtcp2_cid *odcid)
{
    params->original_dcid_present = 1;
    params->original_dcid = odcid ? *odcid : hd->dcid;
    if (!odcid)
        return;
    params->retry_scid_present = 1;
    params->retry_scid = hd->dcid;
    settings->token = hd->token;
    settings->tokenlen = hd->tokenlen;
    settings->token_type = NGTCP2_TOKEN_TYPE_RETRY;
}

static int start_server_conn(struct quic_conn *c, const struct udp_packet *p, const ngtcp2_pkt_hd *hd, const ngtcp2_cid *odcid)
{
    struct quic_endpoint *e = c->endpoint;
    ngtcp2_settings settings;
    ngtcp2_transport_params params;
    ngtcp2_cid scid = {.datalen = CID_BYTES};
    ngtcp2_path path = path_of(p);
    conn_settings(c, &settings, &params);
    server_params(&settings, &params, hd, odcid);
    if (RAND_bytes(scid.data, CID_BYTES) != 1)
        return ERR_NOMEM;
    scid.data[0] = e->config.thread;
    params.stateless_reset_token_present = 1;
    if (ngtcp2_crypto_generate_stateless_reset_token(params.stateless_reset_token, e->secret, sizeof e->secret, &scid))
        return ERR_NOMEM;
    if (ngtcp2_conn_server_new(&c->ng, &hd->scid, &scid, &path, hd->version, conn_callbacks(true), &settings, &params, NULL, c))
        return ERR_NOMEM;
    c->peer = p->from;
    c->first_dcid = cid_hash(e, hd->dcid.data, hd->dcid.datalen);
    if (u64map_put(&e->ids, c->first_dcid, c) || u64map_put(&e->ids, cid_hash(e, scid.data, scid.datalen), c))
        return ERR_NOMEM;
    return conn_tls(c, e->tls, NULL);
}

static void accept_conn(struct quic_endpoint *e, const struct udp_packet *p, const ngtcp2_pkt_hd *hd, const ngtcp2_cid *odcid)
{
    ngtcp2_path path = path_of(p);
    struct quic_conn *c = conn_new(e, true);
    if (!c)
        return;
    e->stats->handshakes = e->handshakes;
    if (start_server_conn(c, p, hd, odcid) || !(c->ctx = e->calls->accept(e->ctx, c, &p->from))) {
        conn_die(c, false, 0, "", 0); /* `events` is not set: nobody is told */
        send_refusal(e, p, hd, NGTCP2_CONNECTION_REFUSED);
        return;
    }
    c->events = e->calls->events;
    conn_read(c, &path, p->ecn, p->data, p->len);
}

static void begin(struct quic_endpoint *e, const struct udp_packet *p)
{
    ngtcp2_pkt_hd hd;
    ngtcp2_cid odcid;
    if (ngtcp2_accept(&hd, p->data, p->len)) {
        e->stats->udp_dropped++;
        return;
    }
    int proven = check_token(e, p, &hd, &odcid);
    if (proven < 0)
        send_refusal(e, p, &hd, NGTCP2_INVALID_TOKEN);
    else if (e->refusing || *e->config.handshakes >= e->config.limits.handshakes) {
        e->stats->refused_limit++;
        send_refusal(e, p, &hd, NGTCP2_CONNECTION_REFUSED);
    } else if (!proven && *e->config.handshakes >= e->config.limits.retry_above)
        send_retry(e, p, &hd);
    else
        accept_conn(e, p, &hd, proven ? &odcid : NULL);
}

/* ---- packets ---- */

static void on_packet(void *ctx, const struct udp_packet *p)
{
    struct quic_endpoint *e = ctx;
    ngtcp2_version_cid ids;
    ngtcp2_path path = path_of(p);
    e->stats->udp_in++;
    e->stats->udp_bytes_in += p->len;
    int err = ngtcp2_pkt_decode_version_cid(&ids, p->data, p->len, CID_BYTES);
    if (err == NGTCP2_ERR_VERSION_NEGOTIATION && e->calls) {
        send_version_negotiation(e, p, &ids);
        return;
    }
    if (err) {
        e->stats->udp_dropped++;
        return;
    }
    struct quic_conn *c = e->calls || e->shared ? u64map_get(&e->ids, cid_hash(e, ids.dcid, ids.dcidlen)) : e->conns;
    if (c) {
        if (!e->calls) /* a client's socket knows where packets came to: where we are */
            path.local = ngtcp2_conn_get_path(c->ng)->local;
        conn_read(c, &path, p->ecn, p->data, p->len);
    } else if (e->calls && (p->data[0] & 0x80))
        begin(e, p);
    else if (e->calls)
        send_stateless_reset(e, p, &ids);
}

/* A client's: the host answered that no program has that port, so a relay that was killed is missed at once rather than after idle_ms. */
static void peer_refused(struct quic_endpoint *e)
{
    for (struct quic_conn *c = e->calls ? NULL : e->conns; c; c = c->next)
        if (!c->dead)
            conn_die(c, false, 0, "nobody listens there", 20);
}

void endpoint_ready(void *ctx, int events)
{
    struct quic_endpoint *e = ctx;
    if (events & LOOP_WRITE)
        out_flush(e);
    for (int i = 0; (events & LOOP_READ) && i < RECEIVES_PER_TURN; i++) {
        int count = udp_receive(&e->udp, on_packet, e);
        if (count < 0)
            peer_refused(e);
        if (count < UDP_RECEIVE_BATCH) /* the socket is empty */
            break;
    }
}

/* ---- once per turn ---- */

static void bury_dead(struct quic_endpoint *e)
{
    while (e->dead) {
        struct quic_conn *c = e->dead;
        e->dead = c->dead_next;
        conn_bury(c);
    }
}

static void serve(struct quic_conn *c)
{
    if (c->close_wanted) {
        conn_write_close(c);
        conn_die(c, c->end.app, c->end.code, c->end.text, 0);
    } else if (!conn_write(c))
        conn_dirty(c);
}

void quic_flush(struct quic_conn *c)
{
    if (!c->dirty_link || c->endpoint->full)
        return;
    conn_clean(c);
    serve(c);
}

void endpoint_flush(void *ctx)
{
    struct quic_endpoint *e = ctx;
    while (e->dirty && !e->full)
        quic_flush(e->dirty);
    if (!e->full)
        out_flush(e);
    bool over = !e->calls && e->dead;
    bury_dead(e);
    if (over && !e->conns)
        quic_endpoint_del(e); /* a client's last connection is over */
}

/* ---- life ---- */

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void init_crypto(void) { ngtcp2_crypto_ossl_init(); }

int endpoint_init(struct quic_endpoint *e, struct net_loop *loop, int fd, const struct quic_config *config)
{
    e->loop = loop;
    e->config = *config;
    e->dirty_tail = &e->dirty;
    udp_init(&e->udp, fd, config->no_gso);
    e->flush = (struct loop_hook){.run = endpoint_flush, .ctx = e};
    loop_hook_add(loop, LOOP_FLUSH, &e->flush);
    if (!e->stats)
        e->stats = &e->own_stats;
    e->out_data = malloc(OUT_BYTES);
    e->io = loop_io_new(loop, fd, endpoint_ready, e);
    if (!e->out_data || !e->io || RAND_bytes(e->secret, sizeof e->secret) != 1)
        return ERR_NOMEM;
    memcpy(&e->ids.seed, e->secret, sizeof e->ids.seed);
    loop_io_want(e->io, LOOP_READ);
    return 0;
}

struct quic_endpoint *quic_listen(struct net_loop *loop, int fd, SSL_CTX *tls, const struct quic_config *config,
                                  const struct quic_server_calls *calls, void *ctx, struct net_server_stats *stats)
{
    struct quic_endpoint *e = calloc(1, sizeof *e);
    if (!e) {
        close(fd);
        tls_free(tls);
        return NULL;
    }
    e->tls = tls;
    e->calls = calls;
    e->ctx = ctx;
    e->stats = stats;
    pthread_once(&once, init_crypto);
    if (endpoint_init(e, loop, fd, config)) {
        quic_endpoint_del(e);
        return NULL;
    }
    return e;
}

void quic_refuse_new(struct quic_endpoint *e) { e->refusing = true; }

size_t quic_connections(const struct quic_endpoint *e) { return e->count; }

/* Nobody else may come to this client's socket. */
static void leave_share(struct quic_endpoint *e)
{
    if (e->share && e->share->open == e)
        e->share->open = NULL;
    e->share = NULL;
}

void quic_endpoint_del(struct quic_endpoint *e)
{
    leave_share(e);
    loop_hook_remove(e->loop, LOOP_FLUSH, &e->flush);
    loop_io_del(e->io);
    udp_close(&e->udp);
    while (e->spare_streams) {
        struct quic_stream *next = e->spare_streams->lane_next;
        free(e->spare_streams);
        e->spare_streams = next;
    }
    chunk_pool_free(&e->chunks);
    u64map_free(&e->ids);
    if (e->calls)
        tls_free(e->tls);
    free(e->out_data);
    free(e);
}

/* ---- client ---- */

static int client_socket(const union addr *peer, union addr *local)
{
    union addr any = {.sa = {.sa_family = peer->sa.sa_family}};
    socklen_t len = sizeof *local;
    int fd = addr_bind(&any, SOCK_DGRAM, ADDR_ALONE);
    memset(local, 0, sizeof *local);
    if (fd >= 0 && (connect(fd, &peer->sa, addr_len(peer)) || getsockname(fd, &local->sa, &len))) {
        close(fd);
        return -1;
    }
    return fd;
}

static int start_client_conn(struct quic_conn *c, const struct quic_dial *what, SSL_CTX *tls)
{
    struct quic_endpoint *e = c->endpoint;
    ngtcp2_settings settings;
    ngtcp2_transport_params params;
    ngtcp2_cid dcid = {.datalen = 16}, scid = {.datalen = CID_BYTES};
    ngtcp2_path path = {.local = {(ngtcp2_sockaddr *)&e->local.sa, addr_len(&e->local)},
                        .remote = {(ngtcp2_sockaddr *)(uintptr_t)&what->peer.sa, addr_len(&what->peer)}};
    conn_settings(c, &settings, &params);
    if (what->ack_every)
        settings.ack_thresh = what->ack_every;
    if (RAND_bytes(dcid.data, 16) != 1 || RAND_bytes(scid.data, CID_BYTES) != 1)
        return ERR_NOMEM;
    if (ngtcp2_conn_client_new(&c->ng, &dcid, &scid, &path, NGTCP2_PROTO_VER_V1, conn_callbacks(false), &settings, &params, NULL,
                               c))
        return ERR_NOMEM;
    return u64map_put(&e->ids, cid_hash(e, scid.data, scid.datalen), c) ? ERR_NOMEM : conn_tls(c, tls, what->host);
}

static struct quic_endpoint *client_endpoint(struct net_loop *loop, const struct quic_dial *what)
{
    struct quic_endpoint *e = calloc(1, sizeof *e);
    int fd = e ? client_socket(&what->peer, &e->local) : -1;
    if (fd < 0) {
        free(e);
        return NULL;
    }
    pthread_once(&once, init_crypto);
    if (endpoint_init(e, loop, fd, &what->config)) {
        quic_endpoint_del(e);
        return NULL;
    }
    return e;
}

/* The socket of `s` that is not full, or a new one. */
static struct quic_endpoint *shared_endpoint(struct net_loop *loop, const struct quic_dial *what)
{
    struct quic_share *s = what->share;
    struct quic_endpoint *e = s->open;
    if (!e || e->taken == s->most || memcmp(&s->peer, &what->peer, sizeof s->peer) != 0) {
        if (e)
            leave_share(e);
        e = s->open = client_endpoint(loop, what);
        if (!e)
            return NULL;
        s->peer = what->peer;
        e->share = s;
        e->shared = true;
    }
    e->taken++;
    return e;
}

static struct quic_conn *client_conn(struct quic_endpoint *e, SSL_CTX *tls, const struct quic_dial *what)
{
    struct quic_conn *c = conn_new(e, false);
    if (!c)
        return NULL;
    c->verify = what->verify;
    c->peer = what->peer;
    memcpy(c->hash, what->hash, sizeof c->hash);
    if (start_client_conn(c, what, tls)) {
        conn_bury(c);
        return NULL;
    }
    return c;
}

struct quic_conn *quic_dial(struct net_loop *loop, SSL_CTX *tls, const struct quic_dial *what, const struct quic_events *events,
                            void *ctx)
{
    struct quic_endpoint *e = what->share ? shared_endpoint(loop, what) : client_endpoint(loop, what);
    struct quic_conn *c = e ? client_conn(e, tls, what) : NULL;
    if (!c) {
        if (e && !e->conns)
            quic_endpoint_del(e);
        return NULL;
    }
    c->events = events;
    c->ctx = ctx;
    conn_dirty(c);
    return c;
}

static int swap_socket(struct quic_endpoint *e, int fd)
{
    struct loop_io *io = loop_io_new(e->loop, fd, endpoint_ready, e);
    if (!io)
        return ERR_NOMEM;
    loop_io_del(e->io);
    udp_close(&e->udp);
    e->io = io;
    udp_init(&e->udp, fd, e->config.no_gso);
    loop_io_want(io, LOOP_READ);
    return 0;
}

int quic_migrate(struct quic_conn *c)
{
    union addr local;
    bool may = !c->dead && !c->close_wanted && !c->handshaking && !c->server && !c->endpoint->shared;
    int fd = !may ? -1 : client_socket(&c->peer, &local);
    if (fd < 0)
        return ERR_STATE;
    ngtcp2_path path = {.local = {&local.sa, addr_len(&local)}, .remote = {&c->peer.sa, addr_len(&c->peer)}};
    if (ngtcp2_conn_initiate_immediate_migration(c->ng, &path, ng_now()) || swap_socket(c->endpoint, fd)) {
        close(fd);
        return ERR_STATE;
    }
    conn_dirty(c);
    return 0;
}
