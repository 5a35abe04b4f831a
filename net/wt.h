/* SPDX-License-Identifier: MIT */
/* wt.h - a WebTransport session as a net_conn: one session on one QUIC connection, server or client side. Inside net/ only.
 *
 *   control   the session's one bidirectional stream, which the client opens; what a server sends before is queued for it
 *   run       one unidirectional stream each
 *   datagram  a datagram of the session's
 *
 * Closing in order: what was queued is awaited until acknowledged (at most WT_LINGER), then the close capsule leaves, then the peer's
 * end or WT_FAREWELL later the connection is closed: browsers keep it open and silent. */
#ifndef PARLEY_NET_WT_H
#define PARLEY_NET_WT_H

#include "net/chunks.h"
#include "net/conn.h"
#include "net/dial.h"
#include "net/h3.h"
#include "net/quic.h"
#include "net/serving.h"
#include "net/u64map.h"

#define WT_LINGER (1 * SEC)
#define WT_FAREWELL (100 * MS)
#define WT_EARLY_CONTROL_BYTES (64 * 1024) /* queued by a server before the client opened the control stream */

enum wt_state { WT_CONNECTING, WT_LIVE, WT_LINGERING, WT_LEAVING, WT_OVER };

struct wt_conn {
    struct net_conn base;
    struct net_loop *loop;
    struct quic_conn *quic; /* NULL before and after */
    struct h3 *h3;
    enum wt_state state;
    bool told;               /* `opened` was called and `closed` was not */
    bool counted;            /* in the statistics of open sessions */
    bool ready;              /* the QUIC connection was good enough for streams */
    bool control_seen;       /* the client opened its control stream */
    struct loop_timer timer; /* session not open in time; lingering; farewell */
    struct quic_stream *connect; /* client */
    struct quic_stream *control; /* NULL until it is open, and after */
    struct chunks early_control;
    struct chunk_pool early_pool;
    struct u64map runs; /* the caller's number: struct quic_stream of ours */
    uint32_t code;
    char text[257];
    char peer[ADDR_TEXT_MAX];
    struct serving *serving; /* server; NULL: client */
    uint64_t stranger;
    bool joining;     /* counted as such at the gate */
    struct wt_conn *next, **link;
    void *owner;
    /* The connection failed before it was good for anything: true when another is being tried. NULL: never. */
    bool (*retry)(struct wt_conn *w);
    void (*gone)(struct wt_conn *w); /* before it is freed */
};

extern const struct quic_events wt_events;
extern const struct h3_calls wt_h3_calls;

/* Gives a session in state WT_CONNECTING. */
struct wt_conn *wt_new(struct net_loop *loop, const struct net_handler *handler, void *ctx, const struct h3_config *h3);
/* Its QUIC connection; the session must be open by `deadline`. */
void wt_attach(struct wt_conn *w, struct quic_conn *quic, usec_t deadline);
/* Server: it is no newcomer any more. */
void wt_arrived(struct wt_conn *w);
/* Tells the handler and frees. */
void wt_gone(struct wt_conn *w);

#endif
