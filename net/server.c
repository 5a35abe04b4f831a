/* SPDX-License-Identifier: MIT */
#include "net/server.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "net/group.h"
#include "net/loop.h"
#include "net/lws_server.h"
#include "net/serving.h"
#include "net/wt_server.h"

struct net_server {
    struct serving serving;
    struct net_group *own_group; /* NULL: that of several threads */
    struct wt_server *wt;
    struct lws_server *tcp;
    uint16_t port, plain_port;
    int parts_left;
    struct loop_timer last_word; /* `done` is called from the loop, never from net_server_close() */
    void (*done)(void *ctx);
    void *done_ctx;
};

/* ---- life ---- */

static void copy_text(char *out, size_t cap, const char *text, const char *otherwise)
{
    snprintf(out, cap, "%s", text ? text : otherwise);
}

static void init_serving(struct serving *s, struct net_loop *loop, const struct net_listen *what, const struct net_handler *handler,
                         http_handler http, void *ctx)
{
    *s = (struct serving){.loop = loop, .handler = handler, .http = http, .ctx = ctx, .origin_allowed = what->origin_allowed};
    s->limits = what->limits ? *what->limits : net_limits_default();
    copy_text(s->wt_path, sizeof s->wt_path, what->wt_path, "/wt");
    copy_text(s->ws_path, sizeof s->ws_path, what->ws_path, "/ws");
}

static void say_done(void *ctx, usec_t now)
{
    struct net_server *s = ctx;
    void (*done)(void *ctx) = s->done;
    void *done_ctx = s->done_ctx;
    (void)now;
    net_group_del(s->own_group);
    free(s);
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
    struct net_server *s = calloc(1, sizeof *s);
    if (s && !what->group)
        s->own_group = net_group_new(what, 1, why, why_cap);
    struct net_group *group = s && !what->group ? s->own_group : what->group;
    if (!s || !group) {
        free(s);
        return NULL;
    }
    init_serving(&s->serving, loop, what, handler, http, ctx);
    s->serving.gate = &group->gate;
    s->last_word = (struct loop_timer){.fire = say_done, .ctx = s};
    if (start_parts(s, what, &group->sockets[what->group ? what->thread : 0], why, why_cap)) {
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
