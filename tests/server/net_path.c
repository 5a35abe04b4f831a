/* SPDX-License-Identifier: MIT */
#include "net_path.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/rand.h"
#include "check.h"
#include "net/addr.h"

static int new_socket(void)
{
    union addr a;
    addr_parse(&a, "127.0.0.1", 0);
    int fd = addr_bind(&a, SOCK_DGRAM, ADDR_ALONE);
    CHECK(fd >= 0);
    return fd;
}

static bool passes(struct net_path *p)
{
    struct rng r = {p->seed++};
    bool lost = p->dead || rng_below(&r, 100) < p->lose_percent;
    p->lost += lost;
    p->forwarded += !lost;
    return !lost;
}

static void alter(struct net_path *p, uint8_t *data, size_t len)
{
    struct rng r = {p->seed++ ^ 77};
    if (rng_below(&r, 100) < p->alter_percent)
        data[rng_below(&r, len)] ^= (uint8_t)(1 + rng_below(&r, 255));
}

struct net_path_packet {
    struct net_path_packet *next;
    usec_t at;
    bool to_client;
    size_t len;
    uint8_t data[];
};

static void deliver(struct net_path *p, bool to_client, const uint8_t *data, size_t len)
{
    union addr to;
    addr_parse(&to, "127.0.0.1", to_client ? p->client_port : p->server_port);
    sendto(to_client ? p->client_side : p->server_side, data, len, 0, &to.sa, addr_len(&to));
}

static void arm(struct net_path *p)
{
    usec_t next = NEVER;
    for (struct net_path_packet *k = p->first; k; k = k->next)
        next = usec_min(next, k->at);
    loop_timer_set(p->loop, &p->arrival, next);
}

static void on_arrival(void *ctx, usec_t now)
{
    struct net_path *p = ctx;
    struct net_path_packet **at = &p->first;
    while (*at) {
        struct net_path_packet *k = *at;
        if (k->at > now) {
            at = &k->next;
            continue;
        }
        *at = k->next;
        deliver(p, k->to_client, k->data, k->len);
        free(k);
    }
    p->last = at;
    arm(p);
}

/* When a packet that leaves now has passed the bottleneck; NEVER when its queue is full. */
static usec_t through_bottleneck(struct net_path *p, bool to_client, size_t len, usec_t now)
{
    if (!to_client || !p->bottleneck_bps)
        return now;
    usec_t begins = usec_max(now, p->busy_until);
    if ((uint64_t)(begins - now) * p->bottleneck_bps / 8000000 > p->queue_bytes)
        return NEVER;
    return p->busy_until = begins + (usec_t)(len * 8000000 / p->bottleneck_bps);
}

static void send_later(struct net_path *p, bool to_client, const uint8_t *data, size_t len)
{
    usec_t at = through_bottleneck(p, to_client, len, loop_now());
    struct net_path_packet *k = at == NEVER ? NULL : malloc(sizeof *k + len);
    p->lost += k == NULL;
    if (!k)
        return;
    *k = (struct net_path_packet){.at = at + p->delay_us, .to_client = to_client, .len = len};
    memcpy(k->data, data, len);
    *p->last = k;
    p->last = &k->next;
    if (!p->arrival.slot || k->at < p->arrival.at)
        loop_timer_set(p->loop, &p->arrival, k->at);
}

static void pass_on(struct net_path *p, bool to_client, const uint8_t *data, size_t len)
{
    if (p->delay_us || p->bottleneck_bps)
        send_later(p, to_client, data, len);
    else
        deliver(p, to_client, data, len);
}

static void forward(struct net_path *p, bool to_client)
{
    uint8_t data[2048];
    union addr from = {0};
    socklen_t len = sizeof from;
    ssize_t n;
    while ((n = recvfrom(to_client ? p->server_side : p->client_side, data, sizeof data, MSG_DONTWAIT, &from.sa, &len)) > 0) {
        if (!to_client)
            p->client_port = addr_port(&from);
        alter(p, data, (size_t)n);
        if (passes(p))
            pass_on(p, to_client, data, (size_t)n);
    }
}

static void from_client(void *ctx, int events)
{
    struct net_path *p = ctx;
    (void)events;
    forward(p, false);
}

static void from_server(void *ctx, int events)
{
    struct net_path *p = ctx;
    (void)events;
    forward(p, true);
}

void net_path_start(struct net_path *p, struct net_loop *loop, uint16_t server_port)
{
    *p = (struct net_path){
        .loop = loop, .client_side = new_socket(), .server_side = new_socket(), .server_port = server_port, .seed = 1};
    p->last = &p->first;
    p->arrival = (struct loop_timer){.fire = on_arrival, .ctx = p};
    p->port = addr_bound_port(p->client_side);
    p->client_io = loop_io_new(loop, p->client_side, from_client, p);
    p->server_io = loop_io_new(loop, p->server_side, from_server, p);
    loop_io_want(p->client_io, LOOP_READ);
    loop_io_want(p->server_io, LOOP_READ);
}

void net_path_rebind(struct net_path *p)
{
    loop_io_del(p->server_io);
    close(p->server_side);
    p->server_side = new_socket();
    p->server_io = loop_io_new(p->loop, p->server_side, from_server, p);
    loop_io_want(p->server_io, LOOP_READ);
}

void net_path_stop(struct net_path *p)
{
    loop_timer_stop(p->loop, &p->arrival);
    while (p->first) {
        struct net_path_packet *next = p->first->next;
        free(p->first);
        p->first = next;
    }
    loop_io_del(p->client_io);
    loop_io_del(p->server_io);
    close(p->client_side);
    close(p->server_side);
}
