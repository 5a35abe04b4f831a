/* SPDX-License-Identifier: MIT */
#include "load.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>

#include "../meeting.h"
#include "base/err.h"
#include "crowd.h"
#include "result.h"

#define DIAL_PATIENCE (20 * SEC) /* thousands join through one core */
#define FILES_BESIDE 64          /* descriptors that are no connection */

struct load {
    struct load_options options;
    struct meeting relay[LOAD_RELAYS_MAX];
    struct net_dial dial[LOAD_RELAYS_MAX * 2];
    struct net_sharing *sharing[LOAD_RELAYS_MAX]; /* one for each relay */
    struct crowd crowd;
    struct net_loop *loop;
    struct loop_timer second;
    struct loop_signal *interrupted, *terminated;
};

/* ---- where to ---- */

static struct net_dial dial_to(const struct load *l, uint32_t relay, enum net_transport t)
{
    const struct meeting *m = &l->relay[relay];
    struct net_dial d = {.url = t == NET_WEBTRANSPORT ? m->webtransport : m->websocket,
                         .transport = t,
                         .verify = m->verify,
                         .timeout_us = DIAL_PATIENCE,
                         .sharing = l->sharing[relay],
                         .ack_every = l->options.ack_every};
    memcpy(d.hash, m->hash, sizeof d.hash);
    return d;
}

static int find_relay(struct load *l, uint32_t i)
{
    struct meeting *m = &l->relay[i];
    char link[MEETING_URL_MAX];
    const char *why = "", *url = l->options.relay[i];
    snprintf(link, sizeof link, "%.900s%sm/load", url, *url && url[strlen(url) - 1] == '/' ? "" : "/");
    if (meeting_parse(m, link) != ERR_NO_KEY || (l->options.cert_hash && meeting_trust_hash(m, l->options.cert_hash))) {
        fprintf(stderr,
                "parley load: \"%s\" is no address of a relay: https://HOST[:PORT], and --cert-hash 32 bytes in hex or base64\n",
                url);
        return EX_USAGE;
    }
    if (l->options.insecure)
        m->verify = NET_VERIFY_NONE;
    if (meeting_ask(m, &why)) {
        fprintf(stderr, "parley load: %s: %s\n", m->origin, why);
        return EX_UNAVAILABLE;
    }
    l->sharing[i] = net_sharing_new(l->options.per_socket);
    l->dial[i * 2] = dial_to(l, i, NET_WEBTRANSPORT);
    l->dial[i * 2 + 1] = dial_to(l, i, NET_WEBSOCKET);
    return l->sharing[i] ? 0 : EX_OSERR;
}

/* ---- descriptors ---- */

static uint32_t sockets_needed(const struct load_options *o)
{
    uint32_t people = shape_people(&o->shape), shared = people / o->per_socket + o->relays;
    switch (o->transport) {
    case LOAD_WEBTRANSPORT: return shared;
    case LOAD_MIXED: return people / 2 + shared;
    case LOAD_WEBSOCKET: break;
    }
    return people;
}

static int raise_files(uint32_t sockets)
{
    struct rlimit r;
    rlim_t need = sockets + FILES_BESIDE;
    if (getrlimit(RLIMIT_NOFILE, &r) || r.rlim_cur >= need)
        return 0;
    r.rlim_cur = r.rlim_max;
    if (r.rlim_max >= need && setrlimit(RLIMIT_NOFILE, &r) == 0)
        return 0;
    fprintf(
        stderr,
        "parley load: this needs %u sockets, and this program may open %llu files. Raise the limit (ulimit -Hn) or give --scale.\n",
        sockets, (unsigned long long)r.rlim_max);
    return EX_OSERR;
}

/* ---- the run ---- */

static void on_second(void *ctx, usec_t now)
{
    struct load *l = ctx;
    result_live(&l->crowd, now);
    loop_timer_set(l->loop, &l->second, now + SEC);
}

static void on_signal(void *ctx, int signum)
{
    struct load *l = ctx;
    (void)signum;
    crowd_interrupt(&l->crowd);
}

static int run(struct load *l)
{
    if (crowd_start(&l->crowd, l->loop, &l->options, l->dial)) {
        fprintf(stderr, "parley load: out of memory\n");
        return EX_OSERR;
    }
    l->second = (struct loop_timer){.fire = on_second, .ctx = l};
    loop_timer_set(l->loop, &l->second, loop_now() + SEC);
    l->interrupted = loop_signal_new(l->loop, SIGINT, on_signal, l);
    l->terminated = loop_signal_new(l->loop, SIGTERM, on_signal, l);
    loop_run(l->loop);
    result_print(&l->crowd);
    return result_judge(&l->crowd);
}

static void clean_up(struct load *l)
{
    loop_timer_stop(l->loop, &l->second);
    loop_signal_del(l->interrupted);
    loop_signal_del(l->terminated);
    bool all_gone = !l->crowd.people || !crowd_connected(&l->crowd);
    if (!all_gone)
        return; /* connections that do not end hold the loop; the program ends anyway */
    crowd_free(&l->crowd);
    loop_del(l->loop);
    for (uint32_t i = 0; i < l->options.relays; i++)
        net_sharing_del(l->sharing[i]);
}

int load_main(int argc, char **argv)
{
    static struct load l;
    load_options_read(&l.options, argc, argv);
    int status = raise_files(sockets_needed(&l.options));
    for (uint32_t i = 0; !status && i < l.options.relays; i++)
        status = find_relay(&l, i);
    if (status)
        return status;
    l.loop = loop_new();
    if (!l.loop)
        return EX_OSERR;
    status = run(&l);
    clean_up(&l);
    return status;
}
