/* SPDX-License-Identifier: MIT */
#include "net/lws_server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "net/listener.h"
#include "net/lws.h"
#include "net/lws_http.h"
#include "net/tls.h"

#define KEEP_ALIVE_S 10       /* an idle HTTP connection */
#define CLOSE_PATIENCE (2 * SEC) /* for WebSockets to take their leave */

struct door {
    struct lws_server *server;
    struct lws_vhost *vhost;
    struct listener listener;
};

struct lws_server {
    struct serving *serving;
    struct lws_home home;
    void *loops[1];
    struct lws_retry_bo idle;
    struct lws_protocols protocols[2];
    struct lws_vhost *secure, *plain;
    SSL_CTX *tls;
    struct door door[LWS_LISTENERS_MAX];
    size_t doors;
    struct session *sessions; /* open WebSockets */
    bool closing;
    struct loop_timer patience;
    struct loop_hook ending;
    int vhosts;
    void (*done)(void *ctx);
    void *done_ctx;
};

/* What libwebsockets keeps for us per connection or HTTP/2 stream, zeroed at first. */
struct session {
    struct http_exchange *exchange;
    struct ws_conn *ws;
    struct session *next, **link;
    uint64_t stranger;
    bool judged;
};

/* A connection that is counted among the visitors: what libwebsockets keeps for us from the first moment. */
struct visitor {
    uint64_t who;
};

static void visitor_leaves(struct lws_server *l, struct visitor *v)
{
    if (v)
        gate_leave(l->serving->gate, v->who);
    free(v);
}

static struct visitor *visitor_comes(struct lws_server *l, const union addr *from)
{
    struct visitor *v = malloc(sizeof *v);
    if (!v || gate_visit(l->serving->gate, &l->serving->limits, addr_stranger(from))) {
        free(v);
        return NULL;
    }
    v->who = addr_stranger(from);
    return v;
}

/* It is over, or a WebSocket, which is counted elsewhere. */
static void end_visit(struct lws_server *l, struct lws *wsi)
{
    visitor_leaves(l, lws_get_opaque_user_data(wsi));
    lws_set_opaque_user_data(wsi, NULL);
}

static struct lws_server *server_of(struct lws *wsi)
{
    struct lws_vhost *vhost = lws_get_vhost(wsi);
    return vhost ? lws_get_vhost_user(vhost) : NULL;
}

/* ---- becoming a WebSocket ---- */

static const char *upgrade_path(struct lws *wsi, char *out, size_t cap)
{
    const char *path = lws_header(wsi, WSI_TOKEN_GET_URI, out, cap);
    return path[0] ? path : lws_header(wsi, WSI_TOKEN_HTTP_COLON_PATH, out, cap);
}

static const char *upgrade_host(struct lws *wsi, char *out, size_t cap)
{
    const char *host = lws_header(wsi, WSI_TOKEN_HOST, out, cap);
    return host[0] ? host : lws_header(wsi, WSI_TOKEN_HTTP_COLON_AUTHORITY, out, cap);
}

/* The HTTP status for a wish to be a WebSocket; admits when it is 200. */
static int judge(struct lws_server *l, struct session *session, struct lws *wsi)
{
    char path[256], host[256], origin[256];
    union addr peer;
    struct serving *s = l->serving;
    int verdict = serving_verdict(s, upgrade_path(wsi, path, sizeof path), s->ws_path,
                                  lws_header(wsi, WSI_TOKEN_ORIGIN, origin, sizeof origin), upgrade_host(wsi, host, sizeof host));
    if (verdict != 200)
        return verdict;
    lws_peer_address(wsi, &peer);
    session->stranger = addr_stranger(&peer);
    if (l->closing || serving_admit(s, session->stranger))
        return 503;
    session->judged = true;
    return 200;
}

/* Upgrades of HTTP/1.1 are asked about twice, those of HTTP/2 once. */
static int confirm(struct lws_server *l, struct session *session, struct lws *wsi)
{
    if (!session || session->judged)
        return 0;
    int verdict = judge(l, session, wsi);
    if (verdict == 200)
        return 0;
    return lws_return_http_status(wsi, (unsigned int)verdict, NULL) ? -1 : 1;
}

static int ws_begin(struct lws_server *l, struct session *session, struct lws *wsi)
{
    char peer[ADDR_TEXT_MAX];
    union addr a;
    struct serving *s = l->serving;
    lws_peer_address(wsi, &a);
    addr_format(&a, peer);
    session->ws = ws_new(&(struct ws_setup){
        .handler = s->handler,
        .ctx = s->ctx,
        .carrier = &lws_carrier,
        .carrier_ctx = wsi,
        .pool = &l->home.pool,
        .queue_bytes = s->limits.queue_bytes,
        .message_bytes = s->limits.message_bytes,
        .peer = peer,
    });
    if (!session->ws)
        return -1;
    session->next = l->sessions;
    session->link = &l->sessions;
    if (l->sessions)
        l->sessions->link = &session->next;
    l->sessions = session;
    s->stats.websocket++;
    s->stats.accepted++;
    end_visit(l, wsi);
    lws_tune_socket(wsi);
    ws_opened(session->ws);
    return 0;
}

static void session_end(struct lws_server *l, struct session *session)
{
    lws_http_gone(&session->exchange);
    if (session->ws) {
        *session->link = session->next;
        if (session->next)
            session->next->link = session->link;
        l->serving->stats.websocket--;
        ws_gone(session->ws);
        session->ws = NULL;
        if (l->closing && !l->sessions && l->patience.slot)
            loop_timer_set(l->serving->loop, &l->patience, 0);
    }
    if (session->judged)
        serving_release(l->serving, session->stranger);
    session->judged = false;
}

/* ---- events ---- */

static int on_ws(struct lws_server *l, struct session *session, struct lws *wsi, enum lws_callback_reasons reason, void *in,
                 size_t len)
{
    switch ((int)reason) {
    case LWS_CALLBACK_ESTABLISHED: return ws_begin(l, session, wsi);
    case LWS_CALLBACK_RECEIVE: return lws_read_piece(wsi, session->ws, in, len);
    case LWS_CALLBACK_SERVER_WRITEABLE: return lws_write_pieces(wsi, session->ws, l->home.scratch);
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE: lws_read_close(session->ws, in, len); return 0;
    case LWS_CALLBACK_TIMER: return lws_on_timer(session->ws);
    case LWS_CALLBACK_CLOSED: session_end(l, session); return 0;
    default: return 0;
    }
}

static int on_http(struct lws_server *l, struct session *session, struct lws *wsi, enum lws_callback_reasons reason, void *in,
                   size_t len)
{
    switch ((int)reason) {
    case LWS_CALLBACK_HTTP: return lws_http_begin(wsi, &session->exchange, l->serving, l->home.scratch, in, len);
    case LWS_CALLBACK_HTTP_BODY: return session->exchange ? lws_http_body(session->exchange, in, len) : 0;
    case LWS_CALLBACK_HTTP_BODY_COMPLETION: return session->exchange ? lws_http_body_end(session->exchange) : 0;
    case LWS_CALLBACK_HTTP_WRITEABLE: return session->exchange ? lws_http_writeable(&session->exchange) : 0;
    case LWS_CALLBACK_CLOSED_HTTP:
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL: lws_http_gone(&session->exchange); return 0;
    default: return 0;
    }
}

/* The vhost's SSL_CTX is shown to us once, while the vhost is being made. */
static void keep_tls(void *vhost, void *ssl_ctx)
{
    struct lws_server *l = lws_get_vhost_user(vhost);
    l->tls = ssl_ctx;
    tls_harden(ssl_ctx);
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
    if (reason == LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS) {
        keep_tls(in, user);
        return 0;
    }
    struct lws_server *l = wsi ? server_of(wsi) : NULL;
    if (!l)
        return 0;
    switch ((int)reason) {
    case LWS_CALLBACK_WSI_DESTROY: end_visit(l, wsi); return 0;
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
    case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION: return confirm(l, user, wsi);
    case LWS_CALLBACK_ESTABLISHED:
    case LWS_CALLBACK_RECEIVE:
    case LWS_CALLBACK_SERVER_WRITEABLE:
    case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
    case LWS_CALLBACK_TIMER:
    case LWS_CALLBACK_CLOSED: return on_ws(l, user, wsi, reason, in, len);
    default: return user ? on_http(l, user, wsi, reason, in, len) : 0;
    }
}

/* ---- listening ---- */

static void on_accepted(void *ctx, int fd, const union addr *from)
{
    struct door *at = ctx;
    struct lws_server *l = at->server;
    struct visitor *v = l->closing ? NULL : visitor_comes(l, from);
    if (!v) {
        l->serving->stats.refused_limit++;
        close(fd);
        return;
    }
    struct lws *wsi = lws_adopt_socket_vhost(at->vhost, fd); /* closes `fd` when it fails */
    if (wsi)
        lws_set_opaque_user_data(wsi, v);
    else
        visitor_leaves(l, v);
}

static void on_refused(void *ctx)
{
    struct door *at = ctx;
    at->server->serving->stats.refused_limit++;
}

static int start_listening(struct lws_server *l, int fd, struct lws_vhost *vhost)
{
    struct door *at = &l->door[l->doors];
    *at = (struct door){.server = l, .vhost = vhost};
    at->listener = (struct listener){.accepted = on_accepted, .refused = on_refused, .ctx = at};
    int err = listener_start(&at->listener, l->serving->loop, fd);
    l->doors += !err;
    return err;
}

static void stop_listening(struct lws_server *l)
{
    for (size_t i = 0; i < l->doors; i++)
        listener_stop(&l->door[i].listener);
    l->doors = 0;
}

/* ---- life ---- */

static uint16_t seconds(uint32_t ms) { return (uint16_t)(ms < 1000 ? 1 : ms / 1000); }

static void vhost_gone(struct lws_vhost *vhost, void *arg)
{
    int *vhosts = arg;
    (void)vhost;
    --*vhosts;
}

static void vhost_info(struct lws_server *l, struct lws_context_creation_info *info)
{
    const struct net_limits *limits = &l->serving->limits;
    info->port = CONTEXT_PORT_NO_LISTEN_SERVER;
    info->protocols = l->protocols;
    info->user = l;
    info->log_cx = &l->home.log;
    info->timeout_secs = seconds(limits->handshake_ms);
    info->keepalive_timeout = KEEP_ALIVE_S;
    info->retry_and_idle_policy = &l->idle;
    info->finalize = vhost_gone;
    info->finalize_arg = &l->vhosts;
}

static int new_context(struct lws_server *l)
{
    struct lws_context_creation_info info = {0};
    const struct net_limits *limits = &l->serving->limits;
    l->loops[0] = loop_native(l->serving->loop);
    lws_home_info(&info, &l->home, l->loops);
    info.max_http_header_data2 = limits->header_bytes;
    info.max_http_header_pool = (unsigned short)(limits->http_connections < 60000 ? limits->http_connections : 60000);
    l->home.context = lws_create_context(&info);
    return l->home.context ? 0 : ERR_NOMEM;
}

static struct lws_vhost *new_vhost(struct lws_server *l, const char *name, const char *cert_pem, const char *key_pem)
{
    struct lws_context_creation_info info = {0};
    vhost_info(l, &info);
    info.vhost_name = name;
    if (cert_pem) {
        info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
        info.server_ssl_cert_mem = cert_pem;
        info.server_ssl_cert_mem_len = (unsigned int)strlen(cert_pem);
        info.server_ssl_private_key_mem = key_pem;
        info.server_ssl_private_key_mem_len = (unsigned int)strlen(key_pem);
        /* No HTTP/2: with it libwebsockets 4.3.5 offers WebSockets inside HTTP/2, cannot be told not to, and drops them (1001 bytes pass,
         * 20000 do not). A page has few files. */
        info.alpn = "http/1.1";
    }
    struct lws_vhost *vhost = lws_create_vhost(l->home.context, &info);
    l->vhosts += vhost != NULL;
    return vhost;
}

/* The plain one always exists, so that a vhost is there to tell that the context is closing. */
static int new_vhosts(struct lws_server *l, const char *cert_pem, const char *key_pem)
{
    l->plain = new_vhost(l, "plain", NULL, NULL);
    l->secure = l->plain ? new_vhost(l, "secure", cert_pem, key_pem) : NULL;
    return l->secure ? 0 : ERR_IO;
}

static int start(struct lws_server *l, const char *cert_pem, const char *key_pem, const int *fds, size_t secure, size_t count)
{
    if (new_context(l) || new_vhosts(l, cert_pem, key_pem))
        return ERR_IO;
    for (size_t i = 0; i < count; i++)
        if (start_listening(l, fds[i], i < secure ? l->secure : l->plain))
            return ERR_NOMEM;
    return 0;
}

/* On a loop that is not its own, libwebsockets closes its handles over several turns, then its vhosts, and leaves the context for a
 * second call. */
static void end_when_gone(void *ctx)
{
    struct lws_server *l = ctx;
    if (l->vhosts)
        return;
    if (l->home.context)
        lws_context_destroy(l->home.context);
    void (*done)(void *ctx) = l->done;
    void *done_ctx = l->done_ctx;
    loop_hook_remove(l->serving->loop, LOOP_FLUSH, &l->ending);
    chunk_pool_free(&l->home.pool);
    free(l);
    if (done)
        done(done_ctx);
}

static void destroy(struct lws_server *l)
{
    loop_timer_stop(l->serving->loop, &l->patience);
    l->ending = (struct loop_hook){.run = end_when_gone, .ctx = l};
    loop_hook_add(l->serving->loop, LOOP_FLUSH, &l->ending);
    if (l->home.context)
        lws_context_destroy(l->home.context);
}

static void out_of_patience(void *ctx, usec_t now)
{
    (void)now;
    destroy(ctx);
}

struct lws_server *lws_server_new(struct serving *s, const char *cert_pem, const char *key_pem, const int *fds, size_t secure,
                                  size_t count, char *why, size_t why_cap)
{
    struct lws_server *l = calloc(1, sizeof *l);
    const struct net_limits *limits = &s->limits;
    if (!l)
        return NULL;
    l->serving = s;
    l->protocols[0] = (struct lws_protocols){.name = "http", .callback = on_event, .per_session_data_size = sizeof(struct session)};
    l->idle = (struct lws_retry_bo){.secs_since_valid_ping = seconds(limits->keep_alive_ms),
                                    .secs_since_valid_hangup = seconds(limits->idle_ms)};
    lws_quiet();
    if (start(l, cert_pem, key_pem, fds, secure, count)) {
        snprintf(why, why_cap, "cannot start the web server: %s", lws_last_error());
        stop_listening(l);
        destroy(l);
        return NULL;
    }
    return l;
}

int lws_server_certificate(struct lws_server *l, const char *cert_pem, const char *key_pem, char *why, size_t why_cap)
{
    return l->tls ? tls_use_certificate(l->tls, cert_pem, key_pem, why, why_cap) : 0;
}

void lws_server_close(struct lws_server *l, uint32_t code, const char *text, void (*done)(void *ctx), void *ctx)
{
    l->closing = true;
    l->done = done;
    l->done_ctx = ctx;
    stop_listening(l);
    for (struct session *s = l->sessions; s; s = s->next)
        net_close(&s->ws->base, code, text);
    l->patience = (struct loop_timer){.fire = out_of_patience, .ctx = l};
    loop_timer_set(l->serving->loop, &l->patience, l->sessions ? loop_now() + CLOSE_PATIENCE : 0);
}
