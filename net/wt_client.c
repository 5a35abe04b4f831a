/* SPDX-License-Identifier: MIT */
/* Dials WebTransport: resolves, tries the addresses in turn, then leaves the session to wt.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/dial.h"
#include "net/sharing.h"
#include "net/wt.h"

#define ATTEMPT_MS 1500 /* for one address when there are others */

struct attempt {
    struct url url;
    struct quic_dial dial;
    struct net_sharing *sharing;
    struct loop_resolve *resolving;
    union addr list[LOOP_ADDRESSES_MAX];
    size_t count, tried;
    usec_t give_up_at;
};

static void fail_soon(struct wt_conn *w, const char *why)
{
    snprintf(w->text, sizeof w->text, "%s", why);
    w->state = WT_OVER;
    loop_timer_set(w->loop, &w->timer, 0);
}

static uint32_t patience_ms(const struct attempt *a)
{
    usec_t left = (a->give_up_at - loop_now()) / MS;
    if (a->tried < a->count && left > ATTEMPT_MS)
        return ATTEMPT_MS;
    return left > 1 ? (uint32_t)left : 1;
}

static bool try_next(struct wt_conn *w)
{
    struct attempt *a = w->owner;
    while (a->tried < a->count && loop_now() < a->give_up_at) {
        a->dial.peer = a->list[a->tried++];
        a->dial.config.limits.handshake_ms = patience_ms(a);
        SSL_CTX *tls = a->sharing ? sharing_tls(a->sharing, a->dial.verify) : tls_quic_client(a->dial.verify);
        struct quic_conn *c = tls ? quic_dial(w->loop, tls, &a->dial, &wt_events, w) : NULL;
        if (!a->sharing)
            tls_free(tls); /* the connection holds its own reference */
        if (c) {
            wt_attach(w, c, a->give_up_at);
            return true;
        }
    }
    return false;
}

static void on_resolved(void *ctx, const struct sockaddr_storage *list, size_t count)
{
    struct wt_conn *w = ctx;
    struct attempt *a = w->owner;
    a->resolving = NULL;
    for (size_t i = 0; i < count; i++)
        a->list[i].storage = list[i];
    a->count = count;
    if (w->state == WT_CONNECTING && !try_next(w)) /* else: closed meanwhile */
        fail_soon(w, count ? "cannot connect" : "no such host");
}

static void on_gone(struct wt_conn *w)
{
    struct attempt *a = w->owner;
    loop_resolve_cancel(a->resolving);
    free(a);
}

/* As much as fits. */
static void copy(char *out, size_t cap, const char *text)
{
    size_t len = text ? strnlen(text, cap - 1) : 0;
    if (len)
        memcpy(out, text, len);
    out[len] = 0;
}

static struct wt_conn *new_session(struct net_loop *loop, const struct net_dial *what, const struct url *url,
                                   const struct net_handler *handler, void *ctx)
{
    struct net_limits limits = net_limits_default();
    struct h3_config h3 = {.header_bytes = limits.header_bytes,
                           .frame_bytes = limits.frame_bytes,
                           .early_bytes = limits.early_bytes,
                           .early_streams = limits.early_streams};
    copy(h3.request.authority, sizeof h3.request.authority, url->authority);
    copy(h3.request.path, sizeof h3.request.path, url->path);
    copy(h3.request.origin, sizeof h3.request.origin, what->origin);
    return wt_new(loop, handler, ctx, &h3);
}

static struct attempt *new_attempt(const struct net_dial *what, const struct url *url)
{
    struct attempt *a = calloc(1, sizeof *a);
    if (!a)
        return NULL;
    a->url = *url;
    a->sharing = what->sharing;
    a->dial = (struct quic_dial){.host = a->url.host,
                                 .verify = what->verify,
                                 .config = {.limits = net_limits_default(), .no_gso = what->no_gso},
                                 .share = what->sharing ? &what->sharing->sockets : NULL,
                                 .ack_every = what->ack_every};
    memcpy(a->dial.hash, what->hash, sizeof a->dial.hash);
    a->give_up_at = loop_now() + (what->timeout_us ? what->timeout_us : DIAL_TIMEOUT_DEFAULT);
    return a;
}

struct net_conn *wt_dial(struct net_loop *loop, const struct net_dial *what, const struct url *url,
                         const struct net_handler *handler, void *ctx)
{
    struct attempt *a = new_attempt(what, url);
    struct wt_conn *w = a ? new_session(loop, what, url, handler, ctx) : NULL;
    struct loop_resolve *resolving = w ? loop_resolve(loop, url->host, url->port, on_resolved, w) : NULL;
    if (!resolving) {
        if (w)
            h3_del(w->h3);
        free(w);
        free(a);
        return NULL;
    }
    a->resolving = resolving;
    copy(w->peer, sizeof w->peer, url->authority);
    w->owner = a;
    w->retry = try_next;
    w->gone = on_gone;
    loop_timer_set(loop, &w->timer, a->give_up_at);
    return &w->base;
}
