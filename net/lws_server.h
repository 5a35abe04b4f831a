/* SPDX-License-Identifier: MIT */
/* lws_server.h - the TCP side of a server: HTTPS, WSS, and their plain forms on the loopback interface. Inside net/ only. */
#ifndef PARLEY_NET_LWS_SERVER_H
#define PARLEY_NET_LWS_SERVER_H

#include "net/serving.h"

struct lws_server;

/* `fds`: bound, listening sockets, taken in any case; the first `secure` of them speak TLS. NULL and a sentence in `why`. */
#define LWS_LISTENERS_MAX 4
struct lws_server *lws_server_new(struct serving *s, const char *cert_pem, const char *key_pem, const int *fds, size_t secure,
                                  size_t count, char *why, size_t why_cap);
int lws_server_certificate(struct lws_server *l, const char *cert_pem, const char *key_pem, char *why, size_t why_cap);
/* Closes every WebSocket in order and every HTTP connection, then calls `done` and frees. */
void lws_server_close(struct lws_server *l, uint32_t code, const char *text, void (*done)(void *ctx), void *ctx);

#endif
