/* SPDX-License-Identifier: MIT */
/* parleyd: the relay as a program. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "config.h"
#include "daemon.h"
#include "descriptors.h"

static void on_stop(void *ctx, int signum)
{
    struct daemon *d = ctx;
    (void)signum;
    d->again = false; /* this is meant */
    daemon_stop(d);
}

static void on_reload(void *ctx, int signum)
{
    (void)signum;
    daemon_reload(ctx);
}

static void on_done(void *ctx) { loop_stop(ctx); }

static int complain(const char *why)
{
    fprintf(stderr, "parleyd: %s\n", why);
    return EXIT_FAILURE;
}

static void serve(struct daemon *d, struct net_loop *loop)
{
    struct loop_signal *term = loop_signal_new(loop, SIGTERM, on_stop, d), *quit = loop_signal_new(loop, SIGINT, on_stop, d),
                       *hup = loop_signal_new(loop, SIGHUP, on_reload, d);
    d->done = on_done;
    d->done_ctx = loop;
    daemon_greet(d, stdout);
    loop_run(loop);
    loop_signal_del(term);
    loop_signal_del(quit);
    loop_signal_del(hup);
}

static int start_again(char **argv)
{
    execv("/proc/self/exe", argv);
    return complain("It has to be started anew, and could not do so itself.");
}

int main(int argc, char **argv)
{
    static struct config config;
    static struct daemon d;
    char why[512];
    int err = config_read(&config, argc, argv, why, sizeof(why));
    if (err)
        return err > 0 ? EXIT_SUCCESS : complain(why);
    struct descriptors files = descriptors_prepare(&config);
    struct net_loop *loop = loop_new();
    if (!loop)
        return complain("The system gives no event loop.");
    err = daemon_start(&d, &config, loop, stderr, why, sizeof(why));
    if (!err && files.allowed < files.wanted)
        log_event(&d.log, "few_descriptors", "allowed=%llu wanted=%llu", (unsigned long long)files.allowed,
                  (unsigned long long)files.wanted);
    if (!err)
        serve(&d, loop);
    if (!err)
        daemon_del(&d);
    loop_del(loop);
    if (!err && d.again)
        return start_again(argv);
    return err ? complain(why) : EXIT_SUCCESS;
}
