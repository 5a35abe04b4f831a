/* SPDX-License-Identifier: MIT */
/* quic_state.h - what the files of the QUIC part share: endpoint, connection and stream, when a connection is looked at, and how it ends. */
#ifndef PARLEY_NET_QUIC_STATE_H
#define PARLEY_NET_QUIC_STATE_H

#include "net/openssl.h"

#include <ngtcp2/ngtcp2.h>
#include <ngtcp2/ngtcp2_crypto.h>
#include <ngtcp2/ngtcp2_crypto_ossl.h>

#include "net/chunks.h"
#include "net/quic.h"
#include "net/u64map.h"
#include "net/udp.h"

#define CID_BYTES 8
#define OUT_ENTRIES 64
#define OUT_BYTES (256 * 1024)
#define SECRET_BYTES 32

struct datagram {
    struct pkt *pkt;
    uint32_t offset, len;
    uint8_t prefix[QUIC_PREFIX_MAX];
    uint8_t prefix_len;
    usec_t queued_at;
};

struct quic_stream {
    uint64_t id;
    void *user;
    struct quic_conn *conn;
    struct chunks chunks; /* sent and not acknowledged, then not sent */
    struct chunk *next_chunk; /* the first with bytes to send; NULL: none */
    uint32_t next_offset; /* within it */
    uint64_t unsent, acked_in_head;
    uint32_t priority;
    bool fin, fin_sent, blocked, in_lane, sent_any;
    bool reset; /* by us */
    bool shut; /* the peer wants no more */
    bool unused; /* on the connection's list of that name */
    struct quic_stream *lane_next; /* also the list of spare ones */
    struct quic_stream *next, **link; /* all of the connection */
};

struct lane {
    struct quic_stream *head, *tail;
};

struct quic_conn {
    struct quic_endpoint *endpoint;
    ngtcp2_conn *ng;
    ngtcp2_crypto_conn_ref ref;
    ngtcp2_crypto_ossl_ctx *crypto;
    SSL *ssl;
    const struct quic_events *events;
    void *ctx;
    struct loop_timer timer;
    struct quic_conn *next, **link; /* all of the endpoint */
    struct quic_conn *dirty_next, **dirty_link; /* those with something to write */
    struct quic_conn *dead_next;
    struct lane lane[QUIC_LANES];
    struct quic_stream *streams;
    struct quic_stream *unused; /* opened by us and reset before a byte left */
    uint64_t unsent, unacked; /* bytes of all streams */
    struct datagram *datagram; /* ring of limits.datagram_queue, made when first needed */
    uint32_t datagram_head, datagram_count;
    size_t datagram_bytes;
    union addr peer;
    uint64_t first_dcid; /* hash of the id that the client chose; 0: none */
    uint64_t delivered_bytes;
    uint64_t withheld; /* credit that is given back after a pause */
    bool paused;
    usec_t due; /* when ngtcp2 wants to be called; the timer may be set to an earlier time */
    ngtcp2_tstamp paced_until; /* the pacer's end of the last burst when nothing waited for it; else 0 */
    uint64_t lost; /* packets, as far as they were noted */
    bool server, handshaking, ready, starved, idle_wanted, close_wanted, dead, credit_blocked;
    ngtcp2_ccerr error; /* why we close */
    struct {
        bool app;
        uint64_t code;
        char text[128];
    } end; /* what `closed` will tell */
    enum net_verify verify;
    uint8_t hash[TLS_HASH_BYTES];
};

struct quic_endpoint {
    struct net_loop *loop;
    struct udp udp;
    struct loop_io *io;
    struct loop_hook flush;
    SSL_CTX *tls;
    struct quic_config config;
    const struct quic_server_calls *calls; /* NULL: a client's */
    void *ctx;
    struct net_server_stats *stats, own_stats;
    struct u64map ids;
    struct quic_conn *conns, *dirty, **dirty_tail, *dead;
    size_t count, handshakes;
    union addr local; /* a client's */
    struct quic_share *share; /* whose open socket this is */
    uint32_t taken; /* connections it was ever given */
    bool shared;
    bool refusing, full;
    uint8_t secret[SECRET_BYTES];
    struct chunk_pool chunks;
    struct quic_stream *spare_streams;
    uint32_t reset_budget;
    usec_t reset_budget_at;
    struct udp_send out[OUT_ENTRIES];
    size_t out_count, out_first, out_bytes;
    uint8_t *out_data;
};

static inline ngtcp2_tstamp to_ng(usec_t us) { return (ngtcp2_tstamp)us * 1000; }
static inline usec_t from_ng(ngtcp2_tstamp ns) { return ns == UINT64_MAX ? NEVER : (usec_t)((ns + 999) / 1000); }
static inline ngtcp2_tstamp ng_now(void) { return to_ng(loop_now()); }

/* quic_ids.c */
/* Of an id of at most 20 bytes: strangers choose ids, so it is keyed. */
uint64_t cid_hash(const struct quic_endpoint *e, const uint8_t *data, size_t len);

/* quic_state.c */
/* Something may be written: it is looked at when the turn ends. */
void conn_dirty(struct quic_conn *c);
void conn_clean(struct quic_conn *c);
void conn_arm(struct quic_conn *c, usec_t at);
/* Lets the pacer's time pass for a connection that had nothing to send: it earns no credit for it. */
void conn_settle_pacer(struct quic_conn *c, ngtcp2_tstamp now);
void conn_handshake_over(struct quic_conn *c);
/* The connection is over: no more packets; `closed` is told and memory freed at the end of the turn. */
void conn_die(struct quic_conn *c, bool app, uint64_t code, const char *text, size_t text_len);
/* What is in c->error is said to the peer first. */
void conn_close_with(struct quic_conn *c, const char *text);
/* After an error of ngtcp2's: closes with what it stands for. */
void conn_fail(struct quic_conn *c, int liberr);
/* Bytes that may be queued now. */
uint64_t conn_room(const struct quic_conn *c);
void conn_tell_room(struct quic_conn *c);

/* quic_stream.c */
struct quic_stream *stream_new(struct quic_conn *c, uint64_t id);
void stream_del(struct quic_stream *s);
/* Ends those that are left, telling the owner of each. */
void streams_free(struct quic_conn *c);
void stream_acked(struct quic_stream *s, uint64_t bytes);
void stream_sent(struct quic_stream *s, uint64_t bytes, bool fin);
/* Queues it for writing when it has something and is not blocked. */
void stream_schedule(struct quic_stream *s);
void stream_unblock(struct quic_stream *s);
struct quic_stream *lane_first(struct quic_conn *c, int from, int to);
void lane_take(struct quic_stream *s);
void lane_rotate(struct quic_stream *s);
#define STREAM_VECS 16
size_t stream_vecs(const struct quic_stream *s, ngtcp2_vec vec[STREAM_VECS], size_t *bytes);
/* Drops what waits to be sent and all that is held. */
void stream_clear(struct quic_stream *s);
void datagrams_clear(struct quic_conn *c);
void datagram_pop(struct quic_conn *c);

/* quic_write.c */
/* Writes what may be written now into the endpoint's outgoing batch. False: the socket is full. */
bool conn_write(struct quic_conn *c);
void conn_write_close(struct quic_conn *c);
bool out_flush(struct quic_endpoint *e);
/* Room for one more entry of `len` bytes at most, or NULL when the socket is full. */
uint8_t *out_room(struct quic_endpoint *e, size_t len);
void out_add(struct quic_endpoint *e, const ngtcp2_path *path, uint8_t ecn, size_t len, size_t segment);

/* quic_callbacks.c */
const ngtcp2_callbacks *conn_callbacks(bool server);

/* quic_conn.c */
struct quic_conn *conn_new(struct quic_endpoint *e, bool server);
/* Sets up TLS for c->ng. */
int conn_tls(struct quic_conn *c, SSL_CTX *tls, const char *host);
void conn_settings(const struct quic_conn *c, ngtcp2_settings *settings, ngtcp2_transport_params *params);
void conn_read(struct quic_conn *c, const ngtcp2_path *path, uint8_t ecn, const uint8_t *data, size_t len);
void conn_bury(struct quic_conn *c);

/* quic_endpoint.c */
int endpoint_init(struct quic_endpoint *e, struct net_loop *loop, int fd, const struct quic_config *config);
void endpoint_flush(void *ctx);
void endpoint_ready(void *ctx, int events);

#endif
