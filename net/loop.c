/* SPDX-License-Identifier: MIT */
#include "net/loop.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include <uv.h>

#define TIMERS_FIRST 4096  /* so that few relays ever need more, for what cannot be had ends the program */
#define CLOSING_TURNS 1000 /* of the loop, for handles to close in loop_del() */

/* The time stands here too: sifting does not touch the timers themselves but for their place. */
struct heap_entry {
    usec_t at;
    struct loop_timer *timer;
};

struct net_loop {
    uv_loop_t uv;
    uv_prepare_t before_sleep;
    uv_poll_t alarm; /* uv's own timers count milliseconds; pacing needs better */
    int alarm_fd;
    usec_t alarm_at; /* what the alarm is set to */
    struct heap_entry *heap; /* heap[1] is the next; heap[0] unused */
    size_t timers, timers_cap;
    struct loop_hook *hook[LOOP_PHASES], *hook_next;
    void *dialer;
    bool stopped;
};

usec_t loop_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (usec_t)t.tv_sec * SEC + t.tv_nsec / 1000;
}

void *loop_native(struct net_loop *loop) { return &loop->uv; }

void **loop_dialer(struct net_loop *loop) { return &loop->dialer; }

/* ---- timers ---- */

static void heap_place(struct net_loop *loop, size_t slot, struct heap_entry e)
{
    loop->heap[slot] = e;
    e.timer->slot = slot;
}

static void heap_up(struct net_loop *loop, size_t slot, struct heap_entry e)
{
    for (; slot > 1 && e.at < loop->heap[slot / 2].at; slot /= 2)
        heap_place(loop, slot, loop->heap[slot / 2]);
    heap_place(loop, slot, e);
}

static void heap_down(struct net_loop *loop, size_t slot, struct heap_entry e)
{
    for (size_t child; (child = slot * 2) <= loop->timers; slot = child) {
        if (child < loop->timers && loop->heap[child + 1].at < loop->heap[child].at)
            child++;
        if (loop->heap[child].at >= e.at)
            break;
        heap_place(loop, slot, loop->heap[child]);
    }
    heap_place(loop, slot, e);
}

static void heap_settle(struct net_loop *loop, size_t slot, struct heap_entry e)
{
    if (slot > 1 && e.at < loop->heap[slot / 2].at)
        heap_up(loop, slot, e);
    else
        heap_down(loop, slot, e);
}

static void heap_grow(struct net_loop *loop)
{
    if (loop->timers + 1 < loop->timers_cap)
        return;
    size_t cap = loop->timers_cap ? loop->timers_cap * 2 : TIMERS_FIRST;
    struct heap_entry *grown = realloc(loop->heap, cap * sizeof *grown);
    if (!grown)
        abort(); /* a timer that silently never fires would be worse */
    loop->heap = grown;
    loop->timers_cap = cap;
}

void loop_timer_set(struct net_loop *loop, struct loop_timer *t, usec_t at)
{
    if (at == NEVER) {
        loop_timer_stop(loop, t);
        return;
    }
    t->at = at;
    if (!t->slot) {
        heap_grow(loop);
        heap_up(loop, ++loop->timers, (struct heap_entry){at, t});
    } else {
        heap_settle(loop, t->slot, (struct heap_entry){at, t});
    }
}

void loop_timer_stop(struct net_loop *loop, struct loop_timer *t)
{
    size_t slot = t->slot;
    if (!slot)
        return;
    t->slot = 0;
    struct heap_entry last = loop->heap[loop->timers--];
    if (last.timer != t)
        heap_settle(loop, slot, last);
}

static void set_alarm(struct net_loop *loop, usec_t at)
{
    struct itimerspec when = {.it_value = {at / SEC, at % SEC * 1000}};
    if (at <= 0)
        when.it_value.tv_nsec = 1; /* 0 would disarm */
    timerfd_settime(loop->alarm_fd, TFD_TIMER_ABSTIME, &when, NULL);
    loop->alarm_at = at;
}

/* Sets the alarm only when it is needed earlier than it stands: one system call per alarm rather than one per timer change. */
static void arm_alarm(struct net_loop *loop)
{
    usec_t next = loop->timers ? loop->heap[1].at : NEVER;
    if (next < loop->alarm_at)
        set_alarm(loop, next);
}

/* Fires what is due now; timers set to the past by their callbacks wait for the next turn, so that input is never starved. */
static void fire_due(struct net_loop *loop)
{
    usec_t now = loop_now();
    for (size_t turns = loop->timers; turns && loop->timers && loop->heap[1].at <= now; turns--) {
        struct loop_timer *t = loop->heap[1].timer;
        loop_timer_stop(loop, t);
        t->fire(t->ctx, now);
    }
}

static void on_alarm(uv_poll_t *handle, int status, int events)
{
    struct net_loop *loop = handle->data;
    uint64_t count;
    (void)status, (void)events;
    if (read(loop->alarm_fd, &count, sizeof count) < 0 && errno != EAGAIN)
        abort();
    loop->alarm_at = NEVER;
    fire_due(loop);
}

/* ---- hooks ---- */

void loop_hook_add(struct net_loop *loop, enum loop_phase phase, struct loop_hook *hook)
{
    struct loop_hook **at = &loop->hook[phase];
    while (*at)
        at = &(*at)->next;
    hook->next = NULL;
    *at = hook;
}

void loop_hook_remove(struct net_loop *loop, enum loop_phase phase, struct loop_hook *hook)
{
    if (loop->hook_next == hook)
        loop->hook_next = hook->next;
    for (struct loop_hook **at = &loop->hook[phase]; *at; at = &(*at)->next)
        if (*at == hook) {
            *at = hook->next;
            return;
        }
}

static void run_hooks(struct net_loop *loop, enum loop_phase phase)
{
    for (struct loop_hook *h = loop->hook[phase]; h; h = loop->hook_next) {
        loop->hook_next = h->next;
        h->run(h->ctx);
    }
    loop->hook_next = NULL;
}

static void on_before_sleep(uv_prepare_t *handle)
{
    struct net_loop *loop = handle->data;
    run_hooks(loop, LOOP_WORK);
    run_hooks(loop, LOOP_FLUSH);
    arm_alarm(loop);
}

/* ---- life ---- */

static int start_alarm(struct net_loop *loop)
{
    loop->alarm_at = NEVER;
    loop->alarm_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (loop->alarm_fd < 0)
        return -1;
    loop->alarm.data = loop;
    return uv_poll_init(&loop->uv, &loop->alarm, loop->alarm_fd) || uv_poll_start(&loop->alarm, UV_READABLE, on_alarm);
}

struct net_loop *loop_new(void)
{
    struct net_loop *loop = calloc(1, sizeof *loop);
    if (!loop)
        return NULL;
    signal(SIGPIPE, SIG_IGN);
    if (uv_loop_init(&loop->uv) || start_alarm(loop)) {
        free(loop);
        return NULL;
    }
    uv_prepare_init(&loop->uv, &loop->before_sleep);
    loop->before_sleep.data = loop;
    uv_prepare_start(&loop->before_sleep, on_before_sleep);
    return loop;
}

static void name_leftover(uv_handle_t *handle, void *ctx)
{
    (void)ctx;
    fprintf(stderr, "loop_del: a %s is still open%s\n", uv_handle_type_name(handle->type),
            uv_is_closing(handle) ? " (closing)" : "");
}

void loop_del(struct net_loop *loop)
{
    if (!loop)
        return;
    run_hooks(loop, LOOP_END);
    uv_close((uv_handle_t *)&loop->before_sleep, NULL);
    uv_close((uv_handle_t *)&loop->alarm, NULL);
    for (int turn = 0; turn < CLOSING_TURNS && uv_loop_alive(&loop->uv); turn++)
        uv_run(&loop->uv, UV_RUN_NOWAIT);
    run_hooks(loop, LOOP_GONE);
    if (uv_loop_close(&loop->uv)) {
        uv_walk(&loop->uv, name_leftover, NULL);
        assert(false && "loop_del: everything must be closed first");
    }
    close(loop->alarm_fd);
    free(loop->heap);
    free(loop);
}

void loop_run(struct net_loop *loop)
{
    loop->stopped = false;
    while (!loop->stopped)
        uv_run(&loop->uv, UV_RUN_ONCE);
}

void loop_stop(struct net_loop *loop) { loop->stopped = true; }

static void step_over(void *ctx, usec_t now) { (void)ctx, (void)now; }

void loop_step(struct net_loop *loop, usec_t patience_us)
{
    struct loop_timer patience = {.fire = step_over};
    loop_timer_set(loop, &patience, loop_now() + patience_us);
    uv_run(&loop->uv, UV_RUN_ONCE);
    loop_timer_stop(loop, &patience);
}

/* ---- file descriptors ---- */

struct loop_io {
    uv_poll_t poll;
    void (*ready)(void *ctx, int events);
    void *ctx;
    int wanted;
};

static void free_watch(uv_handle_t *handle) { free(handle->data); }

static void on_ready(uv_poll_t *handle, int status, int events)
{
    struct loop_io *io = handle->data;
    int ready = (events & UV_READABLE ? LOOP_READ : 0) | (events & UV_WRITABLE ? LOOP_WRITE : 0);
    io->ready(io->ctx, status < 0 ? io->wanted : ready);
}

struct loop_io *loop_io_new(struct net_loop *loop, int fd, void (*ready)(void *ctx, int events), void *ctx)
{
    struct loop_io *io = calloc(1, sizeof *io);
    if (!io || uv_poll_init(&loop->uv, &io->poll, fd)) {
        free(io);
        return NULL;
    }
    io->poll.data = io;
    io->ready = ready;
    io->ctx = ctx;
    return io;
}

void loop_io_want(struct loop_io *io, int events)
{
    if (events == io->wanted)
        return;
    io->wanted = events;
    int uv_events = (events & LOOP_READ ? UV_READABLE : 0) | (events & LOOP_WRITE ? UV_WRITABLE : 0);
    if (uv_events)
        uv_poll_start(&io->poll, uv_events, on_ready);
    else
        uv_poll_stop(&io->poll);
}

void loop_io_del(struct loop_io *io)
{
    if (io)
        uv_close((uv_handle_t *)&io->poll, free_watch);
}

/* ---- other threads and signals ---- */

struct loop_wake {
    uv_async_t async;
    void (*woken)(void *ctx);
    void *ctx;
};

static void on_wake(uv_async_t *handle)
{
    struct loop_wake *w = handle->data;
    w->woken(w->ctx);
}

struct loop_wake *loop_wake_new(struct net_loop *loop, void (*woken)(void *ctx), void *ctx)
{
    struct loop_wake *w = calloc(1, sizeof *w);
    if (!w || uv_async_init(&loop->uv, &w->async, on_wake)) {
        free(w);
        return NULL;
    }
    w->async.data = w;
    w->woken = woken;
    w->ctx = ctx;
    return w;
}

void loop_wake(struct loop_wake *w) { uv_async_send(&w->async); }

void loop_wake_del(struct loop_wake *w)
{
    if (w)
        uv_close((uv_handle_t *)&w->async, free_watch);
}

struct loop_signal {
    uv_signal_t signal;
    void (*caught)(void *ctx, int signum);
    void *ctx;
};

static void on_signal(uv_signal_t *handle, int signum)
{
    struct loop_signal *s = handle->data;
    s->caught(s->ctx, signum);
}

struct loop_signal *loop_signal_new(struct net_loop *loop, int signum, void (*caught)(void *ctx, int signum), void *ctx)
{
    struct loop_signal *s = calloc(1, sizeof *s);
    if (!s || uv_signal_init(&loop->uv, &s->signal)) {
        free(s);
        return NULL;
    }
    s->signal.data = s;
    s->caught = caught;
    s->ctx = ctx;
    if (uv_signal_start(&s->signal, on_signal, signum)) {
        loop_signal_del(s);
        return NULL;
    }
    return s;
}

void loop_signal_del(struct loop_signal *s)
{
    if (s)
        uv_close((uv_handle_t *)&s->signal, free_watch);
}

/* ---- names ---- */

struct loop_resolve {
    uv_getaddrinfo_t request;
    void (*done)(void *ctx, const struct sockaddr_storage *list, size_t count);
    void *ctx;
};

static size_t copy_addresses(struct sockaddr_storage *list, const struct addrinfo *info)
{
    size_t count = 0;
    for (; info && count < LOOP_ADDRESSES_MAX; info = info->ai_next)
        if (info->ai_addrlen <= sizeof list[0])
            memcpy(&list[count++], info->ai_addr, info->ai_addrlen);
    return count;
}

static void on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *info)
{
    struct loop_resolve *r = request->data;
    struct sockaddr_storage list[LOOP_ADDRESSES_MAX] = {0};
    size_t count = status ? 0 : copy_addresses(list, info);
    uv_freeaddrinfo(info);
    if (r->done)
        r->done(r->ctx, list, count);
    free(r);
}

struct loop_resolve *loop_resolve(struct net_loop *loop, const char *host, uint16_t port,
                                  void (*done)(void *ctx, const struct sockaddr_storage *list, size_t count), void *ctx)
{
    struct loop_resolve *r = calloc(1, sizeof *r);
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    char service[8];
    snprintf(service, sizeof service, "%u", port);
    if (!r)
        return NULL;
    r->request.data = r;
    r->done = done;
    r->ctx = ctx;
    if (uv_getaddrinfo(&loop->uv, &r->request, on_resolved, host, service, &hints)) {
        free(r);
        return NULL;
    }
    return r;
}

void loop_resolve_cancel(struct loop_resolve *r)
{
    if (r) {
        r->done = NULL;
        uv_cancel((uv_req_t *)&r->request);
    }
}
