/* SPDX-License-Identifier: MIT */
/* wt_server.h - the UDP side of a server: QUIC connections that carry one WebTransport session each. Inside net/ only. */
#ifndef PARLEY_NET_WT_SERVER_H
#define PARLEY_NET_WT_SERVER_H

#include "net/serving.h"

struct wt_server;

/* `fd` is a bound UDP socket, taken in any case. NULL and a sentence in `why`. */
struct wt_server *wt_server_new(struct serving *s, const struct net_listen *what, int fd, char *why, size_t why_cap);
int wt_server_certificate(struct wt_server *s, const char *cert_pem, const char *key_pem, char *why, size_t why_cap);
/* Closes every session in order, then calls `done` and frees. */
void wt_server_close(struct wt_server *s, uint32_t code, const char *text, void (*done)(void *ctx), void *ctx);

#endif
