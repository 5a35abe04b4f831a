/* SPDX-License-Identifier: MIT */
#include "web.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "daemon.h"
#include "metrics.h"
#include "origins.h"
#include "page_config.h"

#define POLICY_MAX 1024

/* One answer while it is put together; header values live here until http_respond(). */
struct answer {
    struct worker *w;
    const struct daemon *d;
    const struct http_request *request;
    struct http_response response;
    struct page_addresses addresses;
    char policy[POLICY_MAX];
};

/* ---- headers ---- */

/* Everything from here, nothing from elsewhere; connections only to this relay, or, where relays are joined, to any that it may name. */
static void add_policy(struct answer *a)
{
    page_addresses(&a->addresses, a->w, a->request);
    snprintf(
        a->policy, sizeof(a->policy),
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        "font-src 'self'; media-src 'self' blob:; manifest-src 'self'; connect-src 'self' %s %s%s; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'",
        a->addresses.wt_origin, a->addresses.ws_origin, *a->d->config.nats ? " https: wss:" : "");
    http_header(&a->response, "content-security-policy", a->policy);
}

static void add_isolation(struct http_response *r)
{
    http_header(r, "cross-origin-opener-policy", "same-origin");
    http_header(r, "cross-origin-embedder-policy", "require-corp");
    http_header(r, "cross-origin-resource-policy", "same-origin");
}

static void add_common(struct http_response *r)
{
    http_header(r, "x-content-type-options", "nosniff");
    http_header(r, "referrer-policy", "no-referrer");
}

static void add_cors(struct answer *a)
{
    http_header(&a->response, "vary", "origin");
    if (!*a->request->origin || !origin_allowed(a->request->origin, a->request->host, a->d->config.origins))
        return;
    http_header(&a->response, "access-control-allow-origin", a->request->origin);
    http_header(&a->response, "cross-origin-resource-policy", "cross-origin");
}

/* ---- answers ---- */

static void text(struct http_response *r, int status, const char *body)
{
    r->status = status;
    http_header(r, "content-type", "text/plain; charset=utf-8");
    http_header(r, "cache-control", "no-store");
    r->data = body;
    r->data_len = strlen(body);
}

static void packet(struct http_response *r, struct pkt *p, const char *type)
{
    if (!p) {
        text(r, 503, "out of memory\n");
        return;
    }
    r->status = 200;
    http_header(r, "content-type", type);
    http_header(r, "cache-control", "no-store");
    r->pkt = p;
}

static void health(struct answer *a) { text(&a->response, 200, "ok\n"); }

static void ready(struct answer *a)
{
    if (a->d->state == DAEMON_SERVING)
        text(&a->response, 200, "ready\n");
    else
        text(&a->response, 503, "draining\n");
}

static bool is_local(const char *peer) { return strncmp(peer, "127.", 4) == 0 || strncmp(peer, "[::1]", 5) == 0; }

/* A page from elsewhere whose name was made to lead here (DNS rebinding), or a proxy on this machine, asks by another name. */
static bool is_named_local(const char *host)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        size_t len = strlen(names[i]);
        if (strncasecmp(host, names[i], len) == 0 && (!host[len] || host[len] == ':'))
            return true;
    }
    return false;
}

static void metrics(struct answer *a)
{
    const char *mode = a->d->config.metrics;
    if (strcmp(mode, "off") == 0)
        text(&a->response, 404, "not found\n");
    else if (strcmp(mode, "local") == 0 && !(is_local(a->request->peer) && is_named_local(a->request->host)))
        text(&a->response, 403, "only for this machine, by the name localhost, 127.0.0.1 or [::1]\n");
    else
        packet(&a->response, metrics_text(a->w), "text/plain; version=0.0.4; charset=utf-8");
}

static void config(struct answer *a)
{
    add_cors(a);
    page_addresses(&a->addresses, a->w, a->request);
    packet(&a->response, page_config(&a->addresses, a->w), "application/json");
}

static void page(struct answer *a)
{
    if (!a->d->pages || !pages_answer(a->d->pages, a->request, &a->response)) {
        text(&a->response, 404, "not found\n");
        return;
    }
    add_isolation(&a->response);
    add_policy(a);
    http_header(&a->response, "permissions-policy", "camera=(self), microphone=(self), display-capture=(self), geolocation=()");
}

static void route(struct answer *a)
{
    static const struct {
        const char *path;
        void (*answer)(struct answer *a);
    } routes[] = {{"/healthz", health}, {"/readyz", ready}, {"/metrics", metrics}, {"/config.json", config}};
    for (size_t i = 0; i < COUNT_OF(routes); i++)
        if (strcmp(a->request->path, routes[i].path) == 0) {
            routes[i].answer(a);
            return;
        }
    page(a);
}

void web_handle(void *ctx, struct http_exchange *exchange, const struct http_request *request)
{
    struct worker *w = ctx;
    struct answer a = {.w = w, .d = w->daemon, .request = request};
    add_common(&a.response);
    if (strcmp(request->method, "GET") == 0 || strcmp(request->method, "HEAD") == 0) {
        route(&a);
    } else {
        text(&a.response, 405, "only GET and HEAD\n");
        http_header(&a.response, "allow", "GET, HEAD");
    }
    http_respond(exchange, &a.response);
}
