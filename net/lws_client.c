/* SPDX-License-Identifier: MIT */
/* Dials WebSockets: resolves, tries the addresses in turn, checks the certificate before a byte of ours is sent. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "net/addr.h"
#include "net/dial.h"
#include "net/lws.h"
#include "net/serving.h"
#include "net/tls.h"

/* What all dialled connections of one loop share. */
struct dialer {
    struct lws_home home;
    void *loops[1];
    struct lws_protocols protocols[2];
    struct lws_retry_bo idle;
    struct lws_vhost *vhost;
    struct loop_hook end, gone;
};

struct dial {
    struct net_loop *loop;
    struct dialer *dialer;
    struct ws_conn *ws;
    struct lws *wsi; /* NULL while there is no attempt */
    struct url url;
    enum net_verify verify;
    uint8_t hash[TLS_HASH_BYTES];
    char origin[256];
    struct loop_resolve *resolving;
    union addr list[LOOP_ADDRESSES_MAX];
    size_t count, tried;
    struct loop_timer timer; /* the whole attempt's end; once `failed`, the moment to go on or give up */
    usec_t give_up_at;
    bool established, failed;
};

/* ---- one attempt after the other ---- */

static void end(struct dial *d)
{
    loop_timer_stop(d->loop, &d->timer);
    loop_resolve_cancel(d->resolving);
    ws_gone(d->ws);
    free(d);
}

/* Goes on outside of libwebsockets' callbacks. */
static void fail_soon(struct dial *d, const char *why, size_t len)
{
    d->wsi = NULL;
    d->failed = true;
    if (!d->ws->closing)
        snprintf(d->ws->close_text, sizeof d->ws->close_text, "%.*s", (int)(len < WS_TEXT_MAX ? len : WS_TEXT_MAX), why);
    loop_timer_set(d->loop, &d->timer, 0);
}

static int tls_flags(const struct dial *d)
{
    if (!d->url.secure)
        return 0;
    if (d->verify == NET_VERIFY_ROOTS)
        return LCCSCF_USE_SSL;
    return LCCSCF_USE_SSL | LCCSCF_ALLOW_SELFSIGNED | LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK | LCCSCF_ALLOW_EXPIRED |
           LCCSCF_ALLOW_INSECURE;
}

static void try_next(struct dial *d)
{
    char text[ADDR_TEXT_MAX], *port;
    union addr *a = &d->list[d->tried++];
    addr_format(a, text);
    if ((port = strrchr(text, ':')))
        *port = 0;
    char *host = text[0] == '[' ? text + 1 : text;
    host[strcspn(host, "]")] = 0;
    d->failed = false;
    struct lws_client_connect_info info = {
        .context = d->dialer->home.context,
        .vhost = d->dialer->vhost,
        .address = host,
        .port = d->url.port,
        .ssl_connection = tls_flags(d),
        .path = d->url.path,
        .host = d->url.authority,
        .origin = d->origin[0] ? d->origin : NULL,
        .local_protocol_name = "ws",
        .userdata = d,
        .pwsi = &d->wsi,
        .alpn = "http/1.1",
        .retry_and_idle_policy = &d->dialer->idle,
    };
    loop_timer_set(d->loop, &d->timer, d->give_up_at);
    if (!lws_client_connect_via_info(&info) && !d->failed)
        fail_soon(d, "cannot connect", 14);
}

static void abandon(struct dial *d)
{
    if (d->wsi)
        lws_set_timeout(d->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC); /* ends in on_failed() */
    else
        end(d);
}

static void on_timer(void *ctx, usec_t now)
{
    struct dial *d = ctx;
    if (d->failed && d->tried < d->count && now < d->give_up_at && !d->ws->closing)
        try_next(d);
    else if (d->failed)
        end(d);
    else {
        if (!d->ws->closing)
            ws_peer_closed(d->ws, 0, "timeout", 7);
        abandon(d);
    }
}

static void on_resolved(void *ctx, const struct sockaddr_storage *list, size_t count)
{
    struct dial *d = ctx;
    d->resolving = NULL;
    for (size_t i = 0; i < count; i++)
        d->list[i].storage = list[i];
    d->count = count;
    if (d->ws->closing)
        return; /* closed meanwhile: the timer ends it */
    if (count)
        try_next(d);
    else
        fail_soon(d, "no such host", 12);
}

/* ---- events ---- */

static int on_established(struct dial *d, struct lws *wsi)
{
    if (d->ws->closing)
        return -1; /* closed before it was open */
    if (d->verify == NET_VERIFY_HASH && d->url.secure && !tls_peer_is(lws_get_ssl(wsi), d->hash)) {
        ws_peer_closed(d->ws, 0, "other certificate", 17);
        return -1;
    }
    union addr *a = &d->list[d->tried - 1];
    addr_format(a, d->ws->peer);
    d->established = true;
    loop_timer_stop(d->loop, &d->timer);
    lws_tune_socket(wsi);
    ws_opened(d->ws);
    return 0;
}

/* `wsi` lives on for a while, `d` perhaps not. */
static int on_failed(struct dial *d, struct lws *wsi, const char *why, size_t len)
{
    lws_set_wsi_user(wsi, NULL);
    fail_soon(d, why ? why : "cannot connect", why ? len : 14);
    return 0;
}

/* libwebsockets frees it without having told of an end: so it is when a connection dies at some points of its handshake. */
static int on_destroyed(struct dial *d, const struct lws *wsi)
{
    if (d->wsi == wsi)
        fail_soon(d, "cannot connect", 14);
    return 0;
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    struct dial *d = user;
    if (!d)
        return 0;
    switch ((int)reason) {
    case LWS_CALLBACK_CLIENT_ESTABLISHED: return on_established(d, wsi);
    case LWS_CALLBACK_CLIENT_CONNECTION_ERROR: return on_failed(d, wsi, in, len);
    case LWS_CALLBACK_CLIENT_RECEIVE: return lws_read_piece(wsi, d->ws, in, len);
    case LWS_CALLBACK_CLIENT_WRITEABLE: return lws_write_pieces(wsi, d->ws, d->dialer->home.scratch);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE: lws_read_close(d->ws, in, len); return 0;
    case LWS_CALLBACK_TIMER: return lws_on_timer(d->ws);
    case LWS_CALLBACK_CLIENT_CLOSED: return on_failed(d, wsi, "", 0);
    case LWS_CALLBACK_WSI_DESTROY: return on_destroyed(d, wsi);
    default: return 0;
    }
}

static void want_write(void *carrier)
{
    struct dial *d = carrier;
    if (d->established && d->wsi)
        lws_callback_on_writable(d->wsi);
    else if (d->ws->closing && !d->failed)
        loop_timer_set(d->loop, &d->timer, 0); /* closed before it was open */
}

static void want_end(void *carrier)
{
    struct dial *d = carrier;
    if (d->established && d->wsi)
        lws_carrier.want_end(d->wsi);
}

static void dial_stats(void *carrier, struct net_stats *s)
{
    struct dial *d = carrier;
    if (d->established && d->wsi)
        lws_carrier.stats(d->wsi, s);
}

static void dial_pause(void *carrier, bool paused)
{
    struct dial *d = carrier;
    if (d->established && d->wsi)
        lws_carrier.pause(d->wsi, paused);
}

static const struct ws_carrier dial_carrier = {want_write, want_end, dial_stats, dial_pause};

/* ---- what the dials of a loop share ---- */

static void destroy_context(void *ctx)
{
    struct dialer *all = ctx;
    lws_context_destroy(all->home.context);
}

static void free_dialer(void *ctx)
{
    struct dialer *all = ctx;
    lws_context_destroy(all->home.context); /* on a loop that is not its own, libwebsockets leaves the end for a second call */
    chunk_pool_free(&all->home.pool);
    free(all);
}

static int start_dialer(struct dialer *all, struct net_loop *loop)
{
    struct net_limits limits = net_limits_default();
    struct lws_context_creation_info info = {0};
    all->loops[0] = loop_native(loop);
    all->protocols[0] = (struct lws_protocols){.name = "ws", .callback = on_event};
    all->idle = (struct lws_retry_bo){.secs_since_valid_ping = (uint16_t)(limits.keep_alive_ms / 1000),
                                      .secs_since_valid_hangup = (uint16_t)(limits.idle_ms / 1000)};
    lws_quiet();
    lws_home_info(&info, &all->home, all->loops);
    all->home.context = lws_create_context(&info);
    if (!all->home.context)
        return ERR_NOMEM;
    info =
        (struct lws_context_creation_info){.port = CONTEXT_PORT_NO_LISTEN,
                                           .protocols = all->protocols,
                                           .vhost_name = "dial",
                                           .log_cx = &all->home.log,
                                           .options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT | LWS_SERVER_OPTION_JUST_USE_RAW_ORIGIN |
                                                      LWS_SERVER_OPTION_DISABLE_TLS_SESSION_CACHE,
                                           .retry_and_idle_policy = &all->idle};
    all->vhost = lws_create_vhost(all->home.context, &info);
    return all->vhost ? 0 : ERR_NOMEM;
}

static struct dialer *dialer_of(struct net_loop *loop)
{
    void **slot = loop_dialer(loop);
    struct dialer *all = *slot;
    if (all)
        return all;
    all = calloc(1, sizeof *all);
    if (!all || start_dialer(all, loop)) {
        free(all);
        return NULL;
    }
    all->end = (struct loop_hook){.run = destroy_context, .ctx = all};
    all->gone = (struct loop_hook){.run = free_dialer, .ctx = all};
    loop_hook_add(loop, LOOP_END, &all->end);
    loop_hook_add(loop, LOOP_GONE, &all->gone);
    return *slot = all;
}

static struct ws_conn *new_ws(struct dial *d, const struct net_handler *handler, void *ctx)
{
    struct net_limits limits = net_limits_default();
    return ws_new(&(struct ws_setup){.handler = handler,
                                     .ctx = ctx,
                                     .carrier = &dial_carrier,
                                     .carrier_ctx = d,
                                     .pool = &d->dialer->home.pool,
                                     .queue_bytes = limits.queue_bytes,
                                     .message_bytes = limits.message_bytes,
                                     .peer = d->url.authority});
}

struct net_conn *lws_dial(struct net_loop *loop, const struct net_dial *what, const struct url *url,
                          const struct net_handler *handler, void *ctx)
{
    struct dialer *all = dialer_of(loop);
    struct dial *d = all ? calloc(1, sizeof *d) : NULL;
    if (!d)
        return NULL;
    *d = (struct dial){.loop = loop, .dialer = all, .url = *url, .verify = what->verify, .timer = {.fire = on_timer, .ctx = d}};
    memcpy(d->hash, what->hash, sizeof d->hash);
    snprintf(d->origin, sizeof d->origin, "%s", what->origin ? what->origin : "");
    d->ws = new_ws(d, handler, ctx);
    d->resolving = d->ws ? loop_resolve(loop, url->host, url->port, on_resolved, d) : NULL;
    if (!d->resolving) {
        free(d->ws);
        free(d);
        return NULL;
    }
    d->give_up_at = loop_now() + (what->timeout_us ? what->timeout_us : DIAL_TIMEOUT_DEFAULT);
    loop_timer_set(loop, &d->timer, d->give_up_at);
    return &d->ws->base;
}
