/* SPDX-License-Identifier: MIT */
/* A place holder: the UDP socket is held and nothing answers on it. */
#include "net/wt_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "net/dial.h"

struct wt_server {
    int fd;
};

struct wt_server *wt_server_new(struct serving *s, const struct net_listen *what, int fd, char *why, size_t why_cap)
{
    struct wt_server *w = malloc(sizeof *w);
    (void)s, (void)what, (void)why, (void)why_cap;
    w->fd = fd;
    return w;
}

int wt_server_certificate(struct wt_server *w, const char *cert_pem, const char *key_pem, char *why, size_t why_cap)
{
    (void)w, (void)cert_pem, (void)key_pem, (void)why, (void)why_cap;
    return 0;
}

void wt_server_close(struct wt_server *w, uint32_t code, const char *text, void (*done)(void *ctx), void *ctx)
{
    (void)code, (void)text;
    close(w->fd);
    free(w);
    done(ctx);
}

struct net_conn *wt_dial(struct net_loop *loop, const struct net_dial *what, const struct url *url, const struct net_handler *handler,
                         void *ctx)
{
    (void)loop, (void)what, (void)url, (void)handler, (void)ctx;
    return NULL;
}
