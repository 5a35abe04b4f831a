/* SPDX-License-Identifier: MIT */
#include "daemon.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/err.h"
#include "links.h"
#include "origins.h"
#include "web.h"

#define PATHS_EVERY (500 * MS)
#define TURN_CHECK (60 * SEC) /* the wall clock is looked at: it may be set, the monotonic one not */

/* ---- timers and hooks ---- */

static void on_work(void *ctx) { links_work(ctx); }

static void on_tick(void *ctx, usec_t now)
{
    struct daemon *d = ctx;
    relay_tick(d->relay, now);
    links_schedule(d);
}

static void on_paths(void *ctx, usec_t now)
{
    struct daemon *d = ctx;
    links_note_paths(d);
    loop_timer_set(d->loop, &d->paths, now + PATHS_EVERY);
}

static void use_certificate(struct daemon *d, const char *cert_pem, const char *key_pem)
{
    char why[256];
    if (net_server_certificate(d->server, cert_pem, key_pem, why, sizeof(why)) != 0)
        log_say(&d->log, "certificate_failed", why);
    else
        log_event(&d->log, "certificate", "own=%d", d->own_cert);
}

static void on_turn(void *ctx, usec_t now)
{
    struct daemon *d = ctx;
    char why[256] = "";
    if (certs_turn(&d->certs, time(NULL), why, sizeof(why)))
        use_certificate(d, d->certs.now.cert_pem, d->certs.now.key_pem);
    if (*why)
        log_say(&d->log, "certificate_failed", why);
    loop_timer_set(d->loop, &d->turn, now + TURN_CHECK);
}

static void start_timers(struct daemon *d)
{
    usec_t now = loop_now();
    d->work = (struct loop_hook){.run = on_work, .ctx = d};
    d->tick = (struct loop_timer){.fire = on_tick, .ctx = d};
    d->paths = (struct loop_timer){.fire = on_paths, .ctx = d};
    d->turn = (struct loop_timer){.fire = on_turn, .ctx = d};
    loop_hook_add(d->loop, LOOP_WORK, &d->work);
    loop_timer_set(d->loop, &d->paths, now + PATHS_EVERY);
    if (d->own_cert)
        loop_timer_set(d->loop, &d->turn, now + TURN_CHECK);
}

static void stop_timers(struct daemon *d)
{
    if (d->work.run)
        loop_hook_remove(d->loop, LOOP_WORK, &d->work);
    loop_timer_stop(d->loop, &d->tick);
    loop_timer_stop(d->loop, &d->paths);
    loop_timer_stop(d->loop, &d->turn);
    loop_timer_stop(d->loop, &d->leave);
}

/* ---- starting ---- */

static bool on_origin(void *ctx, const char *origin, const char *host)
{
    const struct daemon *d = ctx;
    return origin_allowed(origin, host, d->config.origins);
}

#define CHAIN_MAX (64 * 1024)
struct chain {
    char cert[CHAIN_MAX], key[CHAIN_MAX];
};

static int read_chain(struct chain *c, const struct config *config, char *why, size_t why_cap)
{
    int err = cert_read_file(config->cert, c->cert, sizeof(c->cert), why, why_cap);
    return err ? err : cert_read_file(config->key, c->key, sizeof(c->key), why, why_cap);
}

static int listen_with(struct daemon *d, const char *cert_pem, const char *key_pem, char *why, size_t why_cap)
{
    const struct config *c = &d->config;
    struct net_listen what = {
        .address = *c->address ? c->address : NULL,
        .port = (uint16_t)c->port,
        .plain = c->plain,
        .plain_port = (uint16_t)c->plain_port,
        .cert_pem = cert_pem,
        .key_pem = key_pem,
        .origin_allowed = on_origin,
        .limits = &c->net,
        .no_udp = c->no_udp,
    };
    d->server = net_listen(d->loop, &what, &links_handler, web_handle, d, why, why_cap);
    return d->server ? 0 : ERR_IO;
}

static int listen_own(struct daemon *d, char *why, size_t why_cap)
{
    int err = certs_init(&d->certs, d->config.host, d->config.cert_dir, time(NULL), why, why_cap);
    return err ? err : listen_with(d, d->certs.now.cert_pem, d->certs.now.key_pem, why, why_cap);
}

static int listen_chain(struct daemon *d, char *why, size_t why_cap)
{
    struct chain *c = malloc(sizeof(*c));
    int err = c ? read_chain(c, &d->config, why, why_cap) : ERR_NOMEM;
    if (!err)
        err = listen_with(d, c->cert, c->key, why, why_cap);
    free(c);
    return err;
}

static int start_relay(struct daemon *d, char *why, size_t why_cap)
{
    uint8_t seed[32];
    if (getrandom(seed, sizeof(seed), 0) == sizeof(seed))
        d->relay = relay_new(&d->config.relay, seed, loop_now());
    if (!d->relay)
        snprintf(why, why_cap, "Not enough memory to start.");
    return d->relay ? 0 : ERR_NOMEM;
}

/* A relay without a page is a relay still: pages may live on another host. */
static void load_pages(struct daemon *d)
{
    char why[512];
    d->pages = pages_new(d->config.pages, why, sizeof(why));
    if (!d->pages)
        log_say(&d->log, "no_page", why);
}

int daemon_start(struct daemon *d, const struct config *config, struct net_loop *loop, FILE *log, char *why, size_t why_cap)
{
    *d = (struct daemon){.config = *config, .loop = loop, .started = loop_now()};
    d->log = (struct log){.out = log, .json = strcmp(config->log, "json") == 0};
    d->own_cert = !*config->cert;
    int err = start_relay(d, why, why_cap);
    if (!err)
        err = d->own_cert ? listen_own(d, why, why_cap) : listen_chain(d, why, why_cap);
    if (err) {
        daemon_del(d);
        return err;
    }
    load_pages(d);
    start_timers(d);
    log_event(&d->log, "started", "version=%s port=%u plain_port=%u files=%zu", PARLEY_VERSION, net_server_port(d->server),
              net_server_plain_port(d->server), d->pages ? pages_count(d->pages) : 0);
    return 0;
}

/* ---- running ---- */

void daemon_reload(struct daemon *d)
{
    char why[256];
    if (!d->server) /* it is gone, the program about to end */
        return;
    struct chain *c = d->own_cert ? NULL : malloc(sizeof(*c));
    if (d->own_cert)
        log_say(&d->log, "reload", "The own certificate turns by itself; there is nothing to read again.");
    else if (!c || read_chain(c, &d->config, why, sizeof(why)) != 0)
        log_say(&d->log, "certificate_failed", c ? why : "Out of memory.");
    else
        use_certificate(d, c->cert, c->key);
    free(c);
}

static void on_all_closed(void *ctx)
{
    struct daemon *d = ctx;
    d->state = DAEMON_DONE;
    d->server = NULL;
    stop_timers(d);
    log_event(&d->log, "stopped", "%s", "");
    if (d->done)
        d->done(d->done_ctx);
}

static void close_all(struct daemon *d)
{
    d->state = DAEMON_CLOSING;
    loop_timer_stop(d->loop, &d->leave);
    net_server_close(d->server, 0, "the relay stops", on_all_closed, d);
}

/* Leaves as soon as the last member has left. */
static void on_leave(void *ctx, usec_t now)
{
    struct daemon *d = ctx;
    usec_t end = d->drain_end;
    if (d->links.count && now < end)
        loop_timer_set(d->loop, &d->leave, usec_min(now + 20 * MS, end));
    else
        close_all(d);
}

void daemon_stop(struct daemon *d)
{
    if (d->state == DAEMON_DRAINING)
        close_all(d);
    if (d->state != DAEMON_SERVING)
        return;
    d->state = DAEMON_DRAINING;
    d->drain_end = loop_now() + d->config.drain_ms * MS;
    log_event(&d->log, "draining", "members=%zu ms=%u", d->links.count, d->config.drain_ms);
    relay_drain(d->relay, d->config.drain_ms + 500, NULL, loop_now());
    links_work(d);
    net_server_drain(d->server);
    d->leave = (struct loop_timer){.fire = on_leave, .ctx = d};
    loop_timer_set(d->loop, &d->leave, loop_now());
}

void daemon_del(struct daemon *d)
{
    relay_del(d->relay);
    pages_del(d->pages);
    map_free(&d->links);
    d->relay = NULL;
    d->pages = NULL;
}

void daemon_greet(const struct daemon *d, FILE *out)
{
    if (!d->pages)
        fprintf(out, "Parley relays on port %u; it serves no page.\n", net_server_port(d->server));
    else if (net_server_plain_port(d->server))
        fprintf(out, "Open http://localhost:%u/ on this machine", net_server_plain_port(d->server));
    else
        fprintf(out, "Open https://localhost:%u/", net_server_port(d->server));
    if (d->pages)
        fprintf(out, net_server_plain_port(d->server) ? ", or https://HOST:%u/ on another.\n" : ".\n", net_server_port(d->server));
    fflush(out);
}
