/* SPDX-License-Identifier: MIT */
#include "net/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/err.h"
#include "net/loop.h"
#include "net/lws_server.h"
#include "net/serving.h"
#include "net/wt_server.h"

#define PORT_TRIES 50 /* to find a number that is free for UDP and TCP */

struct net_server {
    struct serving serving;
    struct wt_server *wt;
    struct lws_server *tcp;
    uint16_t port, plain_port;
    int parts_left;
    struct loop_timer last_word; /* `done` is called from the loop, never from net_server_close() */
    void (*done)(void *ctx);
    void *done_ctx;
};

/* ---- sockets ---- */

struct sockets {
    int udp, tcp[LWS_LISTENERS_MAX];
    size_t secure, count;
    int error; /* errno of the last failure */
};

static int explain_errno(struct sockets *k, char *why, size_t why_cap, const char *what, const union addr *a)
{
    char text[ADDR_TEXT_MAX];
    k->error = errno;
    addr_format(a, text);
    snprintf(why, why_cap, "cannot listen on %s %s: %s", what, text, strerror(k->error));
    return ERR_IO;
}

static void close_sockets(struct sockets *k)
{
    if (k->udp >= 0)
        close(k->udp);
    for (size_t i = 0; i < k->count; i++)
        close(k->tcp[i]);
}

static int bind_tcp(struct sockets *k, union addr *a, char *why, size_t why_cap)
{
    int fd = addr_bind(a, SOCK_STREAM, false);
    if (fd < 0)
        return explain_errno(k, why, why_cap, "TCP", a);
    k->tcp[k->count++] = fd;
    addr_set_port(a, addr_bound_port(fd));
    return 0;
}

static int bind_pair(struct sockets *k, union addr a, bool udp, char *why, size_t why_cap)
{
    if (bind_tcp(k, &a, why, why_cap))
        return ERR_IO;
    k->secure = 1;
    if (udp && (k->udp = addr_bind(&a, SOCK_DGRAM, false)) < 0) {
        explain_errno(k, why, why_cap, "UDP", &a);
        close(k->tcp[--k->count]);
        return ERR_IO;
    }
    return 0;
}

static int bind_main(struct sockets *k, const struct net_listen *what, char *why, size_t why_cap)
{
    union addr a;
    if (!what->address)
        addr_any(&a, what->port);
    else if (addr_parse(&a, what->address, what->port)) {
        snprintf(why, why_cap, "not a numeric address: %s", what->address);
        return ERR_PARSE;
    }
    int err = ERR_IO;
    for (int i = 0; err && i < (what->port ? 1 : PORT_TRIES); i++)
        err = bind_pair(k, a, !what->no_udp, why, why_cap);
    if (err && !what->address && k->error == EAFNOSUPPORT) { /* a kernel without IPv6 */
        addr_parse(&a, "0.0.0.0", what->port);
        err = bind_pair(k, a, !what->no_udp, why, why_cap);
    }
    return err;
}

/* IPv4 must work; a machine without IPv6 loopback does without it. */
static int bind_plain(struct sockets *k, uint16_t port, char *why, size_t why_cap)
{
    union addr v4, v6;
    char ignored[128];
    addr_parse(&v4, "127.0.0.1", port);
    if (bind_tcp(k, &v4, why, why_cap))
        return ERR_IO;
    addr_parse(&v6, "::1", addr_port(&v4));
    bind_tcp(k, &v6, ignored, sizeof ignored);
    return 0;
}

static int bind_all(struct sockets *k, const struct net_listen *what, char *why, size_t why_cap)
{
    *k = (struct sockets){.udp = -1};
    if (bind_main(k, what, why, why_cap))
        return ERR_IO;
    if (what->plain && bind_plain(k, what->plain_port, why, why_cap)) {
        close_sockets(k);
        return ERR_IO;
    }
    return 0;
}

/* ---- life ---- */

static void copy_text(char *out, size_t cap, const char *text, const char *otherwise)
{
    snprintf(out, cap, "%s", text ? text : otherwise);
}

static void init_serving(struct serving *s, struct net_loop *loop, const struct net_listen *what, const struct net_handler *handler,
                         http_handler http, void *ctx)
{
    uint64_t seed = 0;
    if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
        abort();
    *s = (struct serving){.loop = loop, .handler = handler, .http = http, .ctx = ctx, .origin_allowed = what->origin_allowed};
    s->limits = what->limits ? *what->limits : net_limits_default();
    copy_text(s->wt_path, sizeof s->wt_path, what->wt_path, "/wt");
    copy_text(s->ws_path, sizeof s->ws_path, what->ws_path, "/ws");
    strangers_init(&s->strangers, seed);
    strangers_init(&s->joining, seed);
    openings_init(&s->openings, seed);
}

static void free_server(struct net_server *s)
{
    strangers_free(&s->serving.strangers);
    strangers_free(&s->serving.joining);
    free(s);
}

static void say_done(void *ctx, usec_t now)
{
    struct net_server *s = ctx;
    void (*done)(void *ctx) = s->done;
    void *done_ctx = s->done_ctx;
    (void)now;
    free_server(s);
    if (done)
        done(done_ctx);
}

static void part_gone(void *ctx)
{
    struct net_server *s = ctx;
    if (--s->parts_left == 0)
        loop_timer_set(s->serving.loop, &s->last_word, 0);
}

static int start_parts(struct net_server *s, const struct net_listen *what, struct sockets *k, char *why, size_t why_cap)
{
    s->port = addr_bound_port(k->tcp[0]);
    s->plain_port = k->count > k->secure ? addr_bound_port(k->tcp[k->secure]) : 0;
    if (k->udp >= 0) {
        s->wt = wt_server_new(&s->serving, what, k->udp, why, why_cap);
        k->udp = -1;
        if (!s->wt)
            return ERR_IO;
    }
    size_t count = k->count;
    k->count = 0;
    s->tcp = lws_server_new(&s->serving, what->cert_pem, what->key_pem, k->tcp, k->secure, count, why, why_cap);
    return s->tcp ? 0 : ERR_IO;
}

struct net_server *net_listen(struct net_loop *loop, const struct net_listen *what, const struct net_handler *handler,
                              http_handler http, void *ctx, char *why, size_t why_cap)
{
    struct sockets sockets;
    struct net_server *s = calloc(1, sizeof *s);
    if (!s || bind_all(&sockets, what, why, why_cap)) {
        free(s);
        return NULL;
    }
    init_serving(&s->serving, loop, what, handler, http, ctx);
    s->last_word = (struct loop_timer){.fire = say_done, .ctx = s};
    if (start_parts(s, what, &sockets, why, why_cap)) {
        close_sockets(&sockets);
        net_server_close(s, 0, "", NULL, NULL);
        return NULL;
    }
    return s;
}

uint16_t net_server_port(const struct net_server *s) { return s->port; }

uint16_t net_server_plain_port(const struct net_server *s) { return s->plain_port; }

int net_server_certificate(struct net_server *s, const char *cert_pem, const char *key_pem, char *why, size_t why_cap)
{
    int err = lws_server_certificate(s->tcp, cert_pem, key_pem, why, why_cap);
    return !err && s->wt ? wt_server_certificate(s->wt, cert_pem, key_pem, why, why_cap) : err;
}

void net_server_drain(struct net_server *s) { s->serving.draining = true; }

void net_server_close(struct net_server *s, uint32_t code, const char *text, void (*done)(void *ctx), void *ctx)
{
    s->done = done;
    s->done_ctx = ctx;
    s->parts_left = 1;
    if (s->wt) {
        s->parts_left++;
        wt_server_close(s->wt, code, text, part_gone, s);
    }
    if (s->tcp) {
        s->parts_left++;
        lws_server_close(s->tcp, code, text, part_gone, s);
    }
    part_gone(s);
}

void net_server_stats(const struct net_server *s, struct net_server_stats *stats) { *stats = s->serving.stats; }
