/* SPDX-License-Identifier: MIT */
/* loop.h - the event loop of one thread (libuv): time, timers, file descriptors, hooks, wake-ups from other threads, signals.
 *
 * Everything but loop_wake() belongs to the loop's thread. Watches are embedded in their owner, who zeroes them once, keeps them
 * in place while armed and disarms them before freeing. Callbacks may arm and disarm any watch, their own too. */
#ifndef PARLEY_NET_LOOP_H
#define PARLEY_NET_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/units.h"

struct net_loop;

/* Gives a loop, or NULL when the system has no more. Writing to a closed peer no longer kills the process (SIGPIPE is ignored). */
struct net_loop *loop_new(void);
/* All servers, connections and watches must be closed; runs what is left of their closing first. */
void loop_del(struct net_loop *loop);
/* Until loop_stop(). */
void loop_run(struct net_loop *loop);
/* Waits for something to happen, at most `patience_us`, and handles it. For tests and tools. */
void loop_step(struct net_loop *loop, usec_t patience_us);
void loop_stop(struct net_loop *loop);
/* Microseconds on the monotonic clock, read anew. Needs no loop. */
usec_t loop_now(void);
/* The uv_loop_t, for a library that must share it. */
void *loop_native(struct net_loop *loop);

/* A place for what lws_client.c keeps per loop. */
void **loop_dialer(struct net_loop *loop);

/* ---- timers: exact to the microsecond, in a heap ---- */

struct loop_timer {
    void (*fire)(void *ctx, usec_t now);
    void *ctx;
    usec_t at;
    size_t slot; /* place in the heap, from 1; 0 while not armed */
};
/* Calls `fire` once at `at`, or never for NEVER; replaces what was set before. */
void loop_timer_set(struct net_loop *loop, struct loop_timer *t, usec_t at);
void loop_timer_stop(struct net_loop *loop, struct loop_timer *t);

/* ---- hooks: run each time before the loop goes to sleep ---- */

enum loop_phase {
    LOOP_WORK,  /* the application: drain what the input has produced */
    LOOP_FLUSH, /* transports: write what the application queued */
    LOOP_END,   /* loop_del() was called: close what lives as long as the loop ... */
    LOOP_GONE,  /* ... and free it */
    LOOP_PHASES,
};
struct loop_hook {
    void (*run)(void *ctx);
    void *ctx;
    struct loop_hook *next;
};
void loop_hook_add(struct net_loop *loop, enum loop_phase phase, struct loop_hook *hook);
void loop_hook_remove(struct net_loop *loop, enum loop_phase phase, struct loop_hook *hook);

/* ---- file descriptors ---- */

enum { LOOP_READ = 1, LOOP_WRITE = 2 };
struct loop_io;
/* Watches `fd` (kept open by the caller until loop_io_del()); NULL when out of memory. */
struct loop_io *loop_io_new(struct net_loop *loop, int fd, void (*ready)(void *ctx, int events), void *ctx);
void loop_io_want(struct loop_io *io, int events);
void loop_io_del(struct loop_io *io);

/* ---- other threads and signals ---- */

struct loop_wake;
struct loop_wake *loop_wake_new(struct net_loop *loop, void (*woken)(void *ctx), void *ctx);
/* From any thread; several calls may give one `woken`. */
void loop_wake(struct loop_wake *w);
void loop_wake_del(struct loop_wake *w);

struct loop_signal;
struct loop_signal *loop_signal_new(struct net_loop *loop, int signum, void (*caught)(void *ctx, int signum), void *ctx);
void loop_signal_del(struct loop_signal *s);

/* ---- names ---- */

/* Resolves `host` without blocking; calls `done` later, with up to 8 addresses in the order to try (struct sockaddr_storage each,
 * port set) or count 0. Gives a handle for loop_resolve_cancel(), which makes sure that `done` is not called. */
struct loop_resolve;
struct sockaddr_storage;
#define LOOP_ADDRESSES_MAX 8
struct loop_resolve *loop_resolve(struct net_loop *loop, const char *host, uint16_t port,
                                  void (*done)(void *ctx, const struct sockaddr_storage *list, size_t count), void *ctx);
void loop_resolve_cancel(struct loop_resolve *r);

#endif
