/* SPDX-License-Identifier: MIT */
/* listener.h - accepts TCP connections. When no descriptor is left it refuses them (they are accepted into a spare one and closed) rather
 * than leave them waiting, which would also wake the loop for ever; when even that fails, it looks again a little later. */
#ifndef PARLEY_NET_LISTENER_H
#define PARLEY_NET_LISTENER_H

#include "net/addr.h"
#include "net/loop.h"

struct listener {
    struct net_loop *loop;
    struct loop_io *io;
    struct loop_timer pause;
    int fd, spare; /* spare: -1 while there is none */
    void (*accepted)(void *ctx, int fd, const union addr *from); /* takes `fd` */
    void (*refused)(void *ctx);
    void *ctx;
};

/* Watches `fd`, which listens; the other fields are set before. Takes `fd` unless it gives ERR_NOMEM. */
int listener_start(struct listener *l, struct net_loop *loop, int fd);
void listener_stop(struct listener *l);

#endif
