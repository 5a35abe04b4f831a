/* SPDX-License-Identifier: MIT */
/* lws.h - what the files that use libwebsockets share: a context on our loop, moving a WebSocket's bytes. Inside net/ only.
 *
 * lws.c (this), lws_http.c (requests), lws_server.c and lws_client.c are the only files that include libwebsockets.h. */
#ifndef PARLEY_NET_LWS_H
#define PARLEY_NET_LWS_H

#include "net/openssl.h"

#include <libwebsockets.h>

#include "net/loop.h"
#include "net/ws.h"

/* A libwebsockets context and what its connections share. */
struct lws_home {
    struct lws_context *context;
    lws_log_cx_t log; /* its own: libwebsockets counts who uses one, without a lock */
    struct chunk_pool pool;
    uint8_t scratch[LWS_PRE + WS_PIECE_BYTES];
};

/* Fills what every context of ours has in common; `home` and `loops` must outlive the context. */
void lws_home_info(struct lws_context_creation_info *info, struct lws_home *home, void *loops[1]);
/* Keeps libwebsockets from printing. */
void lws_quiet(void);
/* What it would have printed last, since lws_quiet(). */
const char *lws_last_error(void);

/* ---- WebSocket, both sides; `wsi` is the carrier of the ws_conn ---- */

extern const struct ws_carrier lws_carrier;
/* Small messages leave at once; and limits what the kernel queues, so that a late picture can still be dropped by us. */
void lws_tune_socket(struct lws *wsi);
/* Writes until the socket is full; non-zero: hang up. */
int lws_write_pieces(struct lws *wsi, struct ws_conn *w, uint8_t *scratch);
/* LWS_CALLBACK_TIMER; non-zero: hang up. */
int lws_on_timer(const struct ws_conn *w);
/* Hands a received piece on; non-zero: hang up. */
int lws_read_piece(struct lws *wsi, struct ws_conn *w, const void *in, size_t len);
/* The peer's close frame: code and text. */
void lws_read_close(struct ws_conn *w, const void *in, size_t len);

#endif
