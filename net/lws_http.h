/* SPDX-License-Identifier: MIT */
/* lws_http.h - one HTTP request of a TCP connection and its answer. Inside net/ only. */
#ifndef PARLEY_NET_LWS_HTTP_H
#define PARLEY_NET_LWS_HTTP_H

#include "net/lws.h"
#include "net/serving.h"

/* Copies one header (or the query) as text; "" when missing or longer than `cap`. */
const char *lws_header(struct lws *wsi, enum lws_token_indexes token, char *out, size_t cap);
/* "192.0.2.1:4433" */
void lws_peer_address(struct lws *wsi, union addr *a);

/* The events of one request, in this order; `*exchange` is NULL between requests. Non-zero: hang up. */
int lws_http_begin(struct lws *wsi, struct http_exchange **exchange, struct serving *s, uint8_t *scratch, const char *path,
                   size_t len);
int lws_http_body(struct http_exchange *x, const void *data, size_t len);
int lws_http_body_end(struct http_exchange *x);
int lws_http_writeable(struct http_exchange **exchange);
/* The connection or the request has ended. */
void lws_http_gone(struct http_exchange **exchange);

#endif
