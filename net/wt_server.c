/* SPDX-License-Identifier: MIT */
#include "net/wt_server.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/err.h"
#include "net/wt.h"

struct wt_server {
    struct serving *serving;
    struct quic_endpoint *endpoint;
    SSL_CTX *tls; /* the endpoint's */
    struct wt_conn *sessions;
    bool closing;
    struct loop_timer ending;
    void (*done)(void *ctx);
    void *done_ctx;
};

static void end_when_empty(struct wt_server *s)
{
    if (s->closing && !s->sessions)
        loop_timer_set(s->serving->loop, &s->ending, 0);
}

static void on_gone(struct wt_conn *w)
{
    struct wt_server *s = w->owner;
    *w->link = w->next;
    if (w->next)
        w->next->link = w->link;
    if (w->counted)
        s->serving->stats.webtransport--;
    wt_arrived(w);
    serving_release(s->serving, w->stranger);
    end_when_empty(s);
}

static void join(struct wt_server *s, struct wt_conn *w, const union addr *peer)
{
    w->serving = s->serving;
    w->stranger = addr_stranger(peer);
    w->joining = true;
    w->told = false; /* nobody knows of it before `opened` */
    w->owner = s;
    w->gone = on_gone;
    w->next = s->sessions;
    w->link = &s->sessions;
    if (s->sessions)
        s->sessions->link = &w->next;
    s->sessions = w;
}

/* One address shall not hold all the handshakes that may be in progress. */
static int admit(struct serving *s, uint64_t who)
{
    if (gate_join(s->gate, &s->limits, who)) {
        s->stats.refused_limit++;
        return ERR_LIMIT;
    }
    int err = serving_admit(s, who);
    if (err)
        gate_joined(s->gate, who);
    return err;
}

static void *on_accept(void *ctx, struct quic_conn *c, const union addr *peer)
{
    struct wt_server *s = ctx;
    const struct net_limits *limits = &s->serving->limits;
    struct h3_config h3 = {.server = true,
                           .header_bytes = limits->header_bytes,
                           .frame_bytes = limits->frame_bytes,
                           .early_bytes = limits->early_bytes,
                           .early_streams = limits->early_streams};
    if (s->closing || admit(s->serving, addr_stranger(peer)))
        return NULL;
    struct wt_conn *w = wt_new(s->serving->loop, s->serving->handler, s->serving->ctx, &h3);
    if (!w) {
        gate_joined(s->serving->gate, addr_stranger(peer));
        serving_release(s->serving, addr_stranger(peer));
        return NULL;
    }
    join(s, w, peer);
    wt_attach(w, c, loop_now() + (usec_t)limits->handshake_ms * MS);
    return w;
}

static const struct quic_server_calls calls = {on_accept, &wt_events};

static void on_end(void *ctx, usec_t now)
{
    struct wt_server *s = ctx;
    void (*done)(void *ctx) = s->done;
    void *done_ctx = s->done_ctx;
    (void)now;
    if (quic_connections(s->endpoint)) { /* one that was refused is still to be buried, this turn */
        loop_timer_set(s->serving->loop, &s->ending, 0);
        return;
    }
    quic_endpoint_del(s->endpoint);
    free(s);
    done(done_ctx);
}

struct wt_server *wt_server_new(struct serving *serving, const struct net_listen *what, int fd, char *why, size_t why_cap)
{
    struct quic_config config = {.limits = serving->limits,
                                 .thread = (uint8_t)what->thread,
                                 .handshakes = &serving->gate->handshakes,
                                 .no_gso = what->no_gso};
    struct wt_server *s = calloc(1, sizeof *s);
    SSL_CTX *tls = s ? tls_quic_server(what->cert_pem, what->key_pem, why, why_cap) : NULL;
    if (!tls) {
        close(fd);
        free(s);
        return NULL;
    }
    s->serving = serving;
    s->tls = tls;
    s->ending = (struct loop_timer){.fire = on_end, .ctx = s};
    s->endpoint = quic_listen(serving->loop, fd, tls, &config, &calls, s, &serving->stats);
    if (!s->endpoint) {
        free(s);
        return NULL;
    }
    return s;
}

int wt_server_certificate(struct wt_server *s, const char *cert_pem, const char *key_pem, char *why, size_t why_cap)
{
    return tls_use_certificate(s->tls, cert_pem, key_pem, why, why_cap);
}

void wt_server_close(struct wt_server *s, uint32_t code, const char *text, void (*done)(void *ctx), void *ctx)
{
    s->closing = true;
    s->done = done;
    s->done_ctx = ctx;
    quic_refuse_new(s->endpoint);
    for (struct wt_conn *w = s->sessions; w; w = w->next)
        net_close(&w->base, code, text);
    end_when_empty(s);
}
