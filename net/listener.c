/* SPDX-License-Identifier: MIT */
#include "net/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/err.h"

#define ACCEPTS_PER_TURN 64
#define PAUSE (100 * MS)

static int spare_descriptor(void) { return open("/dev/null", O_RDONLY | O_CLOEXEC); }

/* One of those that wait is accepted and closed. False: not even that was possible. */
static bool refuse_one(struct listener *l)
{
    if (l->spare < 0)
        return false;
    close(l->spare);
    int fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0)
        close(fd);
    l->spare = spare_descriptor();
    return fd >= 0;
}

static void on_pause_over(void *ctx, usec_t now)
{
    struct listener *l = ctx;
    (void)now;
    if (l->spare < 0)
        l->spare = spare_descriptor();
    loop_io_want(l->io, LOOP_READ);
}

static void take_a_pause(struct listener *l)
{
    loop_io_want(l->io, 0);
    loop_timer_set(l->loop, &l->pause, loop_now() + PAUSE);
}

/* Nothing could be accepted, for the reason `error`. Whether to try the next. */
static bool go_on(struct listener *l, int error)
{
    if (error == EAGAIN)
        return false;
    if (error != EMFILE && error != ENFILE && error != ENOMEM && error != ENOBUFS)
        return true; /* that one is gone already */
    if (refuse_one(l)) {
        l->refused(l->ctx);
        return true;
    }
    take_a_pause(l);
    return false;
}

static void on_connection(void *ctx, int events)
{
    struct listener *l = ctx;
    (void)events;
    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        union addr from = {0};
        socklen_t len = sizeof from;
        int fd = accept4(l->fd, &from.sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0)
            l->accepted(l->ctx, fd, &from);
        else if (!go_on(l, errno))
            return;
    }
}

int listener_start(struct listener *l, struct net_loop *loop, int fd)
{
    l->loop = loop;
    l->fd = fd;
    l->pause = (struct loop_timer){.fire = on_pause_over, .ctx = l};
    l->io = loop_io_new(loop, fd, on_connection, l);
    if (!l->io)
        return ERR_NOMEM;
    l->spare = spare_descriptor();
    loop_io_want(l->io, LOOP_READ);
    return 0;
}

void listener_stop(struct listener *l)
{
    loop_timer_stop(l->loop, &l->pause);
    loop_io_del(l->io);
    close(l->fd);
    if (l->spare >= 0)
        close(l->spare);
}
