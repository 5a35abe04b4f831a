/* SPDX-License-Identifier: MIT */
#include "worker.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/err.h"
#include "daemon.h"
#include "links.h"
#include "web.h"

#define PATHS_EVERY (500 * MS)
#define PUBLISH_AFTER (20 * MS) /* counters of a thread that others may be asked for are older by this at most */

/* ---- each turn ---- */

static void on_frame(void *ctx, uint32_t from, const uint8_t *data, size_t len)
{
    struct worker *w = ctx;
    if (data)
        relay_on_frame(w->relay, from, data, len, loop_now());
    else if (len == PORT_GAP)
        relay_on_gap(w->relay, from, loop_now());
    else
        relay_on_shard(w->relay, from, len == PORT_UP, loop_now());
}

static void send_frames(struct worker *w)
{
    struct relay_frame f;
    while (relay_take_frame(w->relay, &f)) {
        port_spread(w->port, f.to, f.to_count, f.pkt->data, f.pkt->len, f.media);
        pkt_unref(f.pkt);
    }
    port_flush(w->port);
}

void worker_work(struct worker *w)
{
    port_receive(w->port, on_frame, w);
    links_work(w);
    send_frames(w);
}

/* The turn in which it published is no reason to publish again. */
static void publish_soon(struct worker *w)
{
    if (w->daemon->threads > 1 && !w->fresh && !w->show.slot)
        loop_timer_set(w->loop, &w->show, loop_now() + PUBLISH_AFTER);
    w->fresh = false;
}

static void on_show(void *ctx, usec_t now)
{
    struct worker *w = ctx;
    (void)now;
    worker_publish(w);
    w->fresh = true;
}

static void on_work(void *ctx)
{
    worker_work(ctx);
    publish_soon(ctx);
}

static void on_tick(void *ctx, usec_t now)
{
    struct worker *w = ctx;
    relay_tick(w->relay, now);
    links_schedule(w);
}

static usec_t thread_time(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (usec_t)t.tv_sec * SEC + t.tv_nsec / 1000;
}

/* Of a core, since the last time. */
static uint32_t cpu_percent(struct worker *w)
{
    usec_t used = thread_time(), now = loop_now();
    usec_t percent = w->cpu_at && now > w->cpu_at ? (used - w->cpu_used) * 100 / (now - w->cpu_at) : 0;
    w->cpu_used = used;
    w->cpu_at = now;
    return (uint32_t)usec_min(percent, 100);
}

_Static_assert(RELAY_SEAL_BYTES == BUS_SEAL_BYTES, "one seal");

/* Another relay may have had an elder one. */
static void take_seal(struct worker *w)
{
    struct bus_seal seal = seal_now(&w->daemon->seal);
    relay_set_seal(w->relay, seal.key, (uint32_t)time(NULL));
    explicit_bzero(&seal, sizeof(seal));
}

/* Where newcomers are sent to while they are refused here, and members go when this relay is gone. */
static void note_others(struct worker *w)
{
    struct bus_node others[RELAY_OTHERS];
    const char *addresses[RELAY_OTHERS];
    if (!w->daemon->nodes)
        return;
    size_t count = nodes_others(w->daemon->nodes, others, RELAY_OTHERS);
    for (size_t i = 0; i < count; i++)
        addresses[i] = others[i].address;
    relay_set_others(w->relay, addresses, count);
    relay_set_lighter(w->relay, count ? addresses[0] : "");
}

static void on_paths(void *ctx, usec_t now)
{
    struct worker *w = ctx;
    links_note_paths(w);
    relay_set_short(w->relay, atomic_load(&w->daemon->memory_short));
    note_others(w);
    take_seal(w);
    relay_on_load(w->relay, cpu_percent(w), loop_now());
    worker_publish(w);
    loop_timer_set(w->loop, &w->paths, now + PATHS_EVERY);
}

void worker_publish(struct worker *w)
{
    struct counters c;
    if (!w->server)
        return; /* what was published last stands */
    relay_stats(w->relay, &c.relay);
    net_server_stats(w->server, &c.net);
    port_stats(w->port, &c.port);
    c.cpu_us = (uint64_t)thread_time();
    counters_publish(&w->published, &c);
}

/* ---- orders ---- */

/* The certificate of the daemon, when it is another than before. */
static void take_credentials(struct worker *w)
{
    struct credentials *c = w->daemon->credentials;
    char why[256];
    pthread_mutex_lock(&c->lock);
    bool other = c->generation != w->credentials;
    int err = other && w->server ? net_server_certificate(w->server, c->cert_pem, c->key_pem, why, sizeof(why)) : 0;
    if (other && !err)
        memcpy(w->hash, c->hash, sizeof(w->hash));
    w->credentials = c->generation;
    pthread_mutex_unlock(&c->lock);
    if (w->index || !other || !w->server)
        return; /* all threads have the same to say */
    if (err)
        log_say(&w->daemon->log, "certificate_failed", why);
    else
        log_event(&w->daemon->log, "certificate", "own=%d", w->daemon->own_cert);
}

static void reach(struct worker *w, enum worker_stage stage)
{
    w->stage = stage;
    atomic_store(&w->reached, stage);
    loop_wake(w->daemon->wake);
}

static void drain(struct worker *w)
{
    w->stage = WORKER_DRAINING;
    relay_drain(w->relay, w->daemon->config.drain_ms + 500, w->daemon->elsewhere, loop_now());
    worker_work(w);
    net_server_drain(w->server);
}

static void stop_timers(struct worker *w)
{
    loop_hook_remove(w->loop, LOOP_WORK, &w->work);
    loop_timer_stop(w->loop, &w->tick);
    loop_timer_stop(w->loop, &w->paths);
    loop_timer_stop(w->loop, &w->show);
}

/* From here it sends nothing to other threads, which it may still hear of. */
static void on_closed(void *ctx)
{
    struct worker *w = ctx;
    w->server = NULL;
    stop_timers(w);
    reach(w, WORKER_CLOSED);
}

static void obey(struct worker *w)
{
    enum worker_stage wanted = atomic_load(&w->wanted);
    take_credentials(w);
    if (wanted == WORKER_DRAINING && w->stage < WORKER_DRAINING)
        drain(w);
    if (wanted == WORKER_CLOSED && w->stage < WORKER_CLOSED && !w->closing) {
        w->closing = true;
        net_server_close(w->server, 0, "the relay stops", on_closed, w);
    }
    if (wanted == WORKER_OVER && w->has_thread)
        loop_stop(w->loop);
}

static void on_wake(void *ctx) { obey(ctx); }

void worker_order(struct worker *w, enum worker_stage wanted)
{
    atomic_store(&w->wanted, wanted);
    if (w->has_thread)
        loop_wake(w->wake);
    else
        obey(w);
}

/* ---- life ---- */

static int start_relay(struct worker *w, char *why, size_t why_cap)
{
    const struct daemon *d = w->daemon;
    uint8_t seed[32];
    struct relay_limits limits = d->config.relay;
    limits.rooms = (limits.rooms + d->threads - 1) / d->threads; /* sessions are counted for all threads, in links.c */
    limits.cache_total_bytes /= d->threads;
    limits.max_mbps = (limits.max_mbps + d->threads - 1) / d->threads;
    if (getrandom(seed, sizeof(seed), 0) == sizeof(seed))
        w->relay = relay_new(&limits, seed, loop_now());
    if (!w->relay || !w->wake) {
        snprintf(why, why_cap, "Not enough memory to start.");
        return ERR_NOMEM;
    }
    take_seal(w);
    if (d->threads > 1 || d->node)
        relay_set_place(w->relay, &(struct relay_place){.shard = shard_of(d->node, w->index), .bits = d->node ? 14 : 4});
    return 0;
}

static void start_timers(struct worker *w)
{
    w->work = (struct loop_hook){.run = on_work, .ctx = w};
    w->tick = (struct loop_timer){.fire = on_tick, .ctx = w};
    w->paths = (struct loop_timer){.fire = on_paths, .ctx = w};
    w->show = (struct loop_timer){.fire = on_show, .ctx = w};
    loop_hook_add(w->loop, LOOP_WORK, &w->work);
    loop_timer_set(w->loop, &w->paths, loop_now() + PATHS_EVERY);
}

int worker_init(struct worker *w, struct daemon *d, uint32_t index, struct net_loop *loop, char *why, size_t why_cap)
{
    w->daemon = d;
    w->index = index;
    w->port = exchange_port(d->exchange, index);
    w->loop = loop ? loop : loop_new();
    w->wake = w->loop ? loop_wake_new(w->loop, on_wake, w) : NULL;
    exchange_attach(d->exchange, index, w->wake);
    return start_relay(w, why, why_cap);
}

static void meet_others(struct worker *w)
{
    for (uint32_t i = 0; i < w->daemon->threads; i++)
        if (i != w->index)
            relay_on_shard(w->relay, shard_of(w->daemon->node, i), true, loop_now());
}

int worker_listen(struct worker *w, const struct net_listen *what, char *why, size_t why_cap)
{
    struct net_listen mine = *what;
    mine.thread = w->index;
    meet_others(w);
    take_credentials(w);
    w->server = net_listen(w->loop, &mine, &links_handler, web_handle, w, why, why_cap);
    if (!w->server)
        return ERR_IO;
    start_timers(w);
    return 0;
}

static void *run(void *ctx)
{
    struct worker *w = ctx;
    loop_run(w->loop);
    pkt_trim();
    return NULL;
}

int worker_start(struct worker *w)
{
    char name[16];
    sigset_t all, before;
    sigfillset(&all); /* signals are for the first thread */
    w->has_thread = true;
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int err = pthread_create(&w->thread, NULL, run, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (err)
        w->has_thread = false;
    snprintf(name, sizeof(name), "parleyd-%u", w->index);
    if (!err)
        pthread_setname_np(w->thread, name);
    return err ? ERR_NOMEM : 0;
}

static void end_server(struct worker *w)
{
    if (!w->server)
        return;
    net_server_close(w->server, 0, "", NULL, NULL);
    stop_timers(w);
    w->server = NULL;
}

void worker_del(struct worker *w)
{
    if (w->has_thread)
        pthread_join(w->thread, NULL);
    if (w->loop)
        end_server(w);
    loop_wake_del(w->wake);
    if (w->index)
        loop_del(w->loop);
    relay_del(w->relay);
    map_free(&w->links);
    *w = (struct worker){0};
}
