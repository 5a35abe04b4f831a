/* SPDX-License-Identifier: MIT */
#include "net/group.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/err.h"

#define PORT_TRIES 50 /* to find a number that is free for UDP and TCP */

/* One attempt to bind everything. */
struct binding {
    const struct net_listen *what;
    struct net_group *group;
    struct sockets *k; /* of the thread whose turn it is */
    enum addr_share share;
    int error; /* errno of the last failure */
    char *why;
    size_t why_cap;
};

void sockets_close(struct sockets *k)
{
    if (k->udp >= 0)
        close(k->udp);
    for (size_t i = 0; i < k->count; i++)
        close(k->tcp[i]);
    *k = (struct sockets){.udp = -1};
}

static int explain_errno(struct binding *b, const char *what, const union addr *a)
{
    char text[ADDR_TEXT_MAX];
    b->error = errno;
    addr_format(a, text);
    snprintf(b->why, b->why_cap, "cannot listen on %s %s: %s", what, text, strerror(b->error));
    return ERR_IO;
}

static int bind_tcp(struct binding *b, union addr *a)
{
    int fd = addr_bind(a, SOCK_STREAM, b->share);
    if (fd < 0)
        return explain_errno(b, "TCP", a);
    b->k->tcp[b->k->count++] = fd;
    addr_set_port(a, addr_bound_port(fd));
    return 0;
}

static int bind_pair(struct binding *b, union addr *a)
{
    union addr at = *a;
    if (bind_tcp(b, &at))
        return ERR_IO;
    b->k->secure = 1;
    if (!b->what->no_udp && (b->k->udp = addr_bind(&at, SOCK_DGRAM, b->share)) < 0) {
        explain_errno(b, "UDP", &at);
        sockets_close(b->k);
        return ERR_IO;
    }
    *a = at;
    return 0;
}

static int main_address(struct binding *b, union addr *a)
{
    if (!b->what->address)
        addr_any(a, b->what->port);
    else if (addr_parse(a, b->what->address, b->what->port)) {
        snprintf(b->why, b->why_cap, "not a numeric address: %s", b->what->address);
        return ERR_PARSE;
    }
    return 0;
}

/* The first thread finds the port: `a` is what it was then. */
static int bind_main(struct binding *b, union addr *a)
{
    int err = ERR_IO;
    for (int i = 0; err && i < (addr_port(a) ? 1 : PORT_TRIES); i++)
        err = bind_pair(b, a);
    if (err && !b->what->address && b->error == EAFNOSUPPORT) { /* a kernel without IPv6 */
        addr_parse(a, "0.0.0.0", addr_port(a));
        err = bind_pair(b, a);
    }
    return err;
}

/* IPv4 must work; a machine without IPv6 loopback does without it. */
static int bind_plain(struct binding *b, uint16_t *port)
{
    union addr v4, v6;
    char ignored[128];
    addr_parse(&v4, "127.0.0.1", *port);
    if (bind_tcp(b, &v4))
        return ERR_IO;
    addr_parse(&v6, "::1", *port = addr_port(&v4));
    struct binding second = *b;
    second.why = ignored;
    second.why_cap = sizeof ignored;
    bind_tcp(&second, &v6);
    return 0;
}

/* ---- steering ---- */

/* Long headers have the bit 0x80, and the first byte of their connection id at 6; short ones at 1. */
static int steer(int fd, uint32_t threads)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, 0x80, 0, 2),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 6), BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0),
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 1), BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, threads),
        BPF_STMT(BPF_RET | BPF_A, 0),
    };
    struct sock_fprog program = {.len = sizeof code / sizeof code[0], .filter = code};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program);
}

static int steer_group(struct net_group *g, char *why, size_t why_cap)
{
    if (g->sockets[0].udp < 0 || !steer(g->sockets[0].udp, g->threads))
        return 0;
    snprintf(why, why_cap, "this kernel cannot steer packets to threads (%s): use one thread", strerror(errno));
    return ERR_UNSUPPORTED;
}

/* ---- all of it ---- */

static int bind_all(struct net_group *g, const struct net_listen *what, char *why, size_t why_cap)
{
    union addr main;
    uint16_t plain_port = what->plain_port;
    struct binding b = {.what = what, .group = g, .why = why, .why_cap = why_cap};
    int err = main_address(&b, &main);
    for (uint32_t i = 0; !err && i < g->threads; i++) {
        b.k = &g->sockets[i];
        b.share = g->threads == 1 ? ADDR_ALONE : i ? ADDR_FURTHER : ADDR_FIRST;
        err = bind_main(&b, &main);
        if (!err && what->plain)
            err = bind_plain(&b, &plain_port);
        if (!err && i == 1) /* a group begins with its second socket */
            err = steer_group(g, why, why_cap);
    }
    return err;
}

static void hold(struct net_group *g)
{
    for (uint32_t i = 0; g->threads > 1 && i < g->threads; i++)
        if (g->sockets[i].udp >= 0)
            g->held[i] = fcntl(g->sockets[i].udp, F_DUPFD_CLOEXEC, 0);
}

struct net_group *net_group_new(const struct net_listen *what, uint32_t threads, char *why, size_t why_cap)
{
    uint64_t seed = 0;
    struct net_group *g = calloc(1, sizeof *g);
    if (!g || getrandom(&seed, sizeof seed, 0) != sizeof seed) {
        snprintf(why, why_cap, "not enough memory to listen");
        free(g);
        return NULL;
    }
    gate_init(&g->gate, seed);
    g->threads = threads < NET_THREADS_MAX ? threads : NET_THREADS_MAX;
    for (uint32_t i = 0; i < NET_THREADS_MAX; i++) {
        g->sockets[i].udp = -1;
        g->held[i] = -1;
    }
    if (bind_all(g, what, why, why_cap)) {
        net_group_del(g);
        return NULL;
    }
    hold(g);
    return g;
}

void net_group_del(struct net_group *g)
{
    for (uint32_t i = 0; g && i < g->threads; i++) {
        sockets_close(&g->sockets[i]);
        if (g->held[i] >= 0)
            close(g->held[i]);
    }
    if (g)
        gate_free(&g->gate);
    free(g);
}
