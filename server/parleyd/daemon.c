/* SPDX-License-Identifier: MIT */
#include "daemon.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/err.h"
#include "origins.h"

#define LOAD_EVERY SEC
#define OTHERS_BEAT (400 * MS) /* a relay that has a new number knows all others by then */
#define TURN_CHECK (60 * SEC) /* the wall clock is looked at: it may be set, the monotonic one not */
#define LOOK_EVERY (250 * MS) /* at the memory in use ... */
#define LOOK_AGAIN (1 * SEC)  /* ... and while newcomers are refused */

static void order_all(struct daemon *d, enum worker_stage wanted)
{
    for (uint32_t i = 0; i < d->threads; i++)
        worker_order(&d->worker[i], wanted);
}

/* ---- certificates ---- */

static void on_turn(void *ctx, usec_t now)
{
    struct daemon *d = ctx;
    char why[256] = "";
    if (certs_turn(&d->certs, time(NULL), why, sizeof(why))) {
        credentials_set_own(d->credentials, &d->certs);
        order_all(d, d->worker[0].wanted);
    }
    if (*why)
        log_say(&d->log, "certificate_failed", why);
    loop_timer_set(d->loop, &d->turn, now + TURN_CHECK);
}

static int first_credentials(struct daemon *d, char *why, size_t why_cap)
{
    const struct config *c = &d->config;
    d->credentials = credentials_new();
    if (!d->credentials) {
        snprintf(why, why_cap, "Not enough memory to start.");
        return ERR_NOMEM;
    }
    if (!d->own_cert)
        return credentials_read(d->credentials, c->cert, c->key, why, why_cap);
    int err = certs_init(&d->certs, c->host, c->cert_dir, time(NULL), why, why_cap);
    if (!err)
        credentials_set_own(d->credentials, &d->certs);
    return err;
}

void daemon_reload(struct daemon *d)
{
    char why[256];
    if (d->state >= DAEMON_CLOSING) /* the program is about to end */
        return;
    if (d->own_cert)
        log_say(&d->log, "reload", "The own certificate turns by itself; there is nothing to read again.");
    else if (credentials_read(d->credentials, d->config.cert, d->config.key, why, sizeof(why)) != 0)
        log_say(&d->log, "certificate_failed", why);
    else
        order_all(d, d->worker[0].wanted);
}

/* ---- memory ---- */

static void on_look(void *ctx, usec_t now)
{
    struct daemon *d = ctx;
    if (d->memory.closed)
        memory_give_back();
    size_t used = memory_used();
    if (memory_guard_note(&d->memory, used)) {
        atomic_store(&d->memory_short, d->memory.closed);
        log_event(&d->log, d->memory.closed ? "memory_short" : "memory_enough", "mib=%zu limit_mib=%zu", used >> 20,
                  d->memory.limit >> 20);
    }
    loop_timer_set(d->loop, &d->look, now + (d->memory.closed ? LOOK_AGAIN : LOOK_EVERY));
}

static void start_looking(struct daemon *d)
{
    memory_guard_init(&d->memory, d->config.max_memory_mib);
    d->look = (struct loop_timer){.fire = on_look, .ctx = d};
    loop_timer_set(d->loop, &d->look, loop_now() + LOOK_EVERY);
}

/* ---- seats ---- */

static int read_seal(struct daemon *d, char *why, size_t why_cap)
{
    const struct config *c = &d->config;
    char file[sizeof(d->seal.file)] = "";
    if (*c->seal_file)
        snprintf(file, sizeof(file), "%s", c->seal_file);
    else if (*c->cert_dir)
        snprintf(file, sizeof(file), "%s/seal", c->cert_dir);
    int err = seal_init(&d->seal, file, why, why_cap);
    if (!err || *c->seal_file)
        return err;
    log_say(&d->log, "seal_failed", why); /* the folder is the certificates': it was not asked for seats */
    seal_end(&d->seal);
    return seal_init(&d->seal, "", why, why_cap);
}

/* ---- other relays ---- */

static struct bus_node load_of(struct daemon *d, usec_t now)
{
    struct counters sum;
    daemon_count(&d->worker[0], &sum);
    usec_t spent = (usec_t)(sum.cpu_us - d->load_cpu_us), time = usec_max(now - d->load_at, 1) * (usec_t)d->threads;
    d->load_cpu_us = sum.cpu_us;
    d->load_at = now;
    return (struct bus_node){.sessions = d->sessions,
                             .rooms = (uint32_t)sum.relay.rooms,
                             .cpu_percent = (uint32_t)usec_min(100, usec_max(0, spent * 100 / time)),
                             .draining = d->state != DAEMON_SERVING};
}

static void on_load(void *ctx, usec_t now)
{
    struct daemon *d = ctx;
    struct bus_node load = load_of(d, now);
    nodes_tell_load(d->nodes, &load);
    loop_timer_set(d->loop, &d->load, now + LOAD_EVERY);
    if (d->state == DAEMON_SERVING && d->alone_since && now >= d->alone_since + OTHERS_BEAT) {
        d->again = true;
        daemon_stop(d);
    }
}

static int join_others(struct daemon *d, char *why, size_t why_cap)
{
    if (!*d->config.nats)
        return 0;
    d->load = (struct loop_timer){.fire = on_load, .ctx = d};
    d->nodes = nodes_new(d, &d->node, why, why_cap);
    return d->nodes ? 0 : ERR_IO;
}

static void open_to_others(struct daemon *d)
{
    if (!d->nodes)
        return;
    nodes_open(d->nodes);
    loop_timer_set(d->loop, &d->load, loop_now());
}

/* ---- starting ---- */

static bool on_origin(void *ctx, const char *origin, const char *host)
{
    const struct worker *w = ctx;
    const struct daemon *d = w->daemon;
    return origin_allowed(origin, host, d->config.origins) || (d->nodes && nodes_serve(d->nodes, origin));
}

static int start_workers(struct daemon *d, char *why, size_t why_cap)
{
    int err = 0;
    for (uint32_t i = 0; !err && i < d->threads; i++)
        err = worker_init(&d->worker[i], d, i, i ? NULL : d->loop, why, why_cap);
    return err;
}

static int listen_all(struct daemon *d, char *why, size_t why_cap)
{
    const struct config *c = &d->config;
    struct net_listen what = {
        .address = *c->address ? c->address : NULL,
        .port = (uint16_t)c->port,
        .plain = c->plain,
        .plain_port = (uint16_t)c->plain_port,
        .cert_pem = d->credentials->cert_pem,
        .key_pem = d->credentials->key_pem,
        .origin_allowed = on_origin,
        .limits = &c->net,
        .no_udp = c->no_udp,
    };
    what.group = d->group = net_group_new(&what, d->threads, why, why_cap);
    int err = d->group ? 0 : ERR_IO;
    for (uint32_t i = 0; !err && i < d->threads; i++)
        err = worker_listen(&d->worker[i], &what, why, why_cap);
    return err;
}

static int start_threads(struct daemon *d, char *why, size_t why_cap)
{
    for (uint32_t i = 1; i < d->threads; i++)
        if (worker_start(&d->worker[i])) {
            snprintf(why, why_cap, "The system gives no further thread: use fewer (--threads).");
            return ERR_NOMEM;
        }
    return 0;
}

/* A relay without a page is a relay still: pages may live on another host. */
static void load_pages(struct daemon *d)
{
    char why[512];
    d->pages = pages_new(d->config.pages, why, sizeof(why));
    if (!d->pages)
        log_say(&d->log, "no_page", why);
}

static void on_wake(void *ctx);

static int start_shared(struct daemon *d, char *why, size_t why_cap)
{
    d->exchange = exchange_new(d->threads);
    d->wake = loop_wake_new(d->loop, on_wake, d);
    if (d->exchange && d->wake)
        return 0;
    snprintf(why, why_cap, "Not enough memory to start.");
    return ERR_NOMEM;
}

static int start(struct daemon *d, char *why, size_t why_cap)
{
    int err = read_seal(d, why, why_cap);
    if (!err)
        err = first_credentials(d, why, why_cap);
    if (!err)
        err = start_shared(d, why, why_cap);
    if (!err)
        err = join_others(d, why, why_cap);
    if (!err)
        err = start_workers(d, why, why_cap);
    if (!err)
        err = listen_all(d, why, why_cap);
    if (err)
        return err;
    load_pages(d);
    err = start_threads(d, why, why_cap);
    if (!err)
        open_to_others(d);
    return err;
}

static void end_threads(struct daemon *d)
{
    for (uint32_t i = 1; i < d->threads; i++)
        if (d->worker[i].has_thread)
            worker_order(&d->worker[i], WORKER_OVER);
}

int daemon_start(struct daemon *d, const struct config *config, struct net_loop *loop, FILE *log, char *why, size_t why_cap)
{
    *d = (struct daemon){.config = *config, .loop = loop, .started = loop_now(), .threads = config->threads};
    d->log = (struct log){.out = log, .json = strcmp(config->log, "json") == 0, .dropped = &d->log_dropped};
    d->own_cert = !*config->cert;
    int err = start(d, why, why_cap);
    if (err) {
        nodes_del(d->nodes);
        d->nodes = NULL;
        end_threads(d);
        daemon_del(d);
        return err;
    }
    start_looking(d);
    d->turn = (struct loop_timer){.fire = on_turn, .ctx = d};
    if (d->own_cert)
        loop_timer_set(d->loop, &d->turn, loop_now() + TURN_CHECK);
    log_event(&d->log, "started", "version=%s port=%u plain_port=%u files=%zu threads=%u", PARLEY_VERSION,
              net_server_port(d->worker[0].server), net_server_plain_port(d->worker[0].server),
              d->pages ? pages_count(d->pages) : 0, d->threads);
    return 0;
}

/* ---- running ---- */

void daemon_count(struct worker *asking, struct counters *sum)
{
    struct daemon *d = asking->daemon;
    struct counters one;
    worker_publish(asking);
    *sum = (struct counters){0};
    for (uint32_t i = 0; i < d->threads; i++) {
        counters_read(&one, &d->worker[i].published);
        counters_add(sum, &one);
    }
}

/* ---- stopping ---- */

static bool all_closed(const struct daemon *d)
{
    for (uint32_t i = 0; i < d->threads; i++)
        if (d->worker[i].reached < WORKER_CLOSED)
            return false;
    return true;
}

/* Nobody sends to another thread any more: each can end. */
static void end_if_closed(struct daemon *d)
{
    if (d->state != DAEMON_CLOSING || !all_closed(d))
        return;
    d->state = DAEMON_DONE;
    loop_timer_stop(d->loop, &d->turn);
    loop_timer_stop(d->loop, &d->look);
    loop_timer_stop(d->loop, &d->load);
    nodes_del(d->nodes);
    d->nodes = NULL;
    end_threads(d);
    for (uint32_t i = 0; i < d->threads; i++)
        worker_del(&d->worker[i]);
    net_group_del(d->group);
    d->group = NULL;
    loop_wake_del(d->wake);
    d->wake = NULL;
    log_event(&d->log, "stopped", "%s", "");
    if (d->done)
        d->done(d->done_ctx);
}

static void close_all(struct daemon *d)
{
    d->state = DAEMON_CLOSING;
    loop_timer_stop(d->loop, &d->leave);
    order_all(d, WORKER_CLOSED);
}

/* Leaves as soon as the last member has left. */
static void on_leave(void *ctx, usec_t now)
{
    struct daemon *d = ctx;
    if (d->sessions && now < d->drain_end)
        loop_timer_set(d->loop, &d->leave, usec_min(now + 20 * MS, d->drain_end));
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
    if (d->nodes) {
        nodes_lightest(d->nodes, d->elsewhere);
        on_load(d, loop_now());
    }
    log_event(&d->log, "draining", "members=%u ms=%u to=%s", d->sessions, d->config.drain_ms, d->elsewhere);
    order_all(d, WORKER_DRAINING);
    d->leave = (struct loop_timer){.fire = on_leave, .ctx = d};
    loop_timer_set(d->loop, &d->leave, loop_now());
}

static void on_wake(void *ctx)
{
    struct daemon *d = ctx;
    if (d->state == DAEMON_SERVING && !d->alone_since && d->nodes && nodes_is_alone(d->nodes)) {
        d->alone_since = loop_now();
        loop_timer_set(d->loop, &d->load, d->alone_since + OTHERS_BEAT);
    }
    end_if_closed(d);
}

void daemon_del(struct daemon *d)
{
    for (uint32_t i = 0; i < d->threads; i++)
        worker_del(&d->worker[i]);
    net_group_del(d->group);
    loop_wake_del(d->wake);
    exchange_del(d->exchange);
    credentials_del(d->credentials);
    pages_del(d->pages);
    seal_end(&d->seal);
    d->group = NULL;
    d->wake = NULL;
    d->exchange = NULL;
    d->credentials = NULL;
    d->pages = NULL;
}

void daemon_greet(const struct daemon *d, FILE *out)
{
    const struct net_server *s = d->worker[0].server;
    if (!d->pages)
        fprintf(out, "Parley relays on port %u; it serves no page.\n", net_server_port(s));
    else if (net_server_plain_port(s))
        fprintf(out, "Open http://localhost:%u/ on this machine", net_server_plain_port(s));
    else
        fprintf(out, "Open https://localhost:%u/", net_server_port(s));
    if (d->pages)
        fprintf(out, net_server_plain_port(s) ? ", or https://HOST:%u/ on another.\n" : ".\n", net_server_port(s));
    fflush(out);
}
