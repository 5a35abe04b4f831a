/* SPDX-License-Identifier: MIT */
#include "net_path.h"

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
    int fd = addr_bind(&a, SOCK_DGRAM, false);
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

static void forward(struct net_path *p, int from_fd, int to_fd, uint16_t *from_port, uint16_t to_port)
{
    uint8_t data[2048];
    union addr from = {0}, to;
    socklen_t len = sizeof from;
    ssize_t n;
    while ((n = recvfrom(from_fd, data, sizeof data, MSG_DONTWAIT, &from.sa, &len)) > 0) {
        if (from_port)
            *from_port = addr_port(&from);
        addr_parse(&to, "127.0.0.1", to_port);
        alter(p, data, (size_t)n);
        if (passes(p))
            sendto(to_fd, data, (size_t)n, 0, &to.sa, addr_len(&to));
    }
}

static void from_client(void *ctx, int events)
{
    struct net_path *p = ctx;
    (void)events;
    forward(p, p->client_side, p->server_side, &p->client_port, p->server_port);
}

static void from_server(void *ctx, int events)
{
    struct net_path *p = ctx;
    (void)events;
    forward(p, p->server_side, p->client_side, NULL, p->client_port);
}

void net_path_start(struct net_path *p, struct net_loop *loop, uint16_t server_port)
{
    *p = (struct net_path){
        .loop = loop, .client_side = new_socket(), .server_side = new_socket(), .server_port = server_port, .seed = 1};
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
    loop_io_del(p->client_io);
    loop_io_del(p->server_io);
    close(p->client_side);
    close(p->server_side);
}
