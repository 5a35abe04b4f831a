/* SPDX-License-Identifier: MIT */
#include "exchange.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/bytes.h"
#include "base/err.h"
#include "net/loop.h"
#include "ring.h"

#define BATCH_VERSION 1
#define BATCH_HEAD 9        /* version, shard, number */
#define LATE_MAX 16384      /* batches: of some seconds */
#define ENTRY_HEAD_MAX 8    /* two varints of four bytes */
#define BUS EXCHANGE_THREADS_MAX /* the writer of what comes from the bus, after those of the threads */
#define MEDIA_BIT 1u
#define TAG_UP (1u << 30) /* with a shard, of an empty frame */
#define TAG_DOWN (1u << 31)
#define TELL_PATIENCE (2 * SEC)

/* What waits for one other node. */
struct parcel {
    uint32_t node, number;
    uint8_t *data; /* BATCH_HEAD bytes of room first */
    size_t len, cap;
    struct parcel *next; /* all of the port */
};

struct port {
    struct exchange *exchange;
    uint32_t thread;
    struct loop_wake *wake;
    uint32_t touched; /* bit per thread that got something since port_flush() */
    struct parcel *parcels;
    uint8_t *scratch;
    struct port_stats stats;
};

struct exchange {
    uint32_t threads;
    _Atomic uint32_t node;
    struct exchange_bus bus;
    struct port port[EXCHANGE_THREADS_MAX];
    struct ring *ring[EXCHANGE_THREADS_MAX + 1][EXCHANGE_THREADS_MAX]; /* [writer][reader] */
    _Atomic uint32_t expected[EXCHANGE_NODES_MAX][EXCHANGE_THREADS_MAX]; /* number of the next batch; 0: any */
    _Atomic uint64_t batches_in, malformed, gaps, late, media_dropped, control_lost;
};

/* ---- life ---- */

static bool make_rings(struct exchange *x, uint32_t writer)
{
    bool ok = true;
    for (uint32_t reader = 0; reader < x->threads; reader++)
        if (reader != writer)
            ok &= (x->ring[writer][reader] = ring_new(EXCHANGE_RING_BYTES)) != NULL;
    return ok;
}

static bool make_port(struct exchange *x, uint32_t thread)
{
    struct port *p = &x->port[thread];
    *p = (struct port){.exchange = x, .thread = thread, .scratch = malloc(ring_frame_max(EXCHANGE_RING_BYTES))};
    return make_rings(x, thread) && p->scratch;
}

struct exchange *exchange_new(uint32_t threads)
{
    struct exchange *x = calloc(1, sizeof(*x));
    bool ok = x;
    assert(threads >= 1 && threads <= EXCHANGE_THREADS_MAX);
    if (x)
        x->threads = threads;
    for (uint32_t i = 0; x && i < threads; i++)
        ok &= make_port(x, i);
    if (ok)
        return x;
    exchange_del(x);
    return NULL;
}

static void clear_port(struct port *p)
{
    while (p->parcels) {
        struct parcel *next = p->parcels->next;
        free(p->parcels->data);
        free(p->parcels);
        p->parcels = next;
    }
    free(p->scratch);
}

void exchange_del(struct exchange *x)
{
    for (uint32_t i = 0; x && i < x->threads; i++) {
        clear_port(&x->port[i]);
        for (uint32_t writer = 0; writer <= BUS; writer++)
            ring_del(x->ring[writer][i]);
    }
    free(x);
}

struct port *exchange_port(struct exchange *x, uint32_t thread)
{
    assert(thread < x->threads);
    return &x->port[thread];
}

void exchange_attach(struct exchange *x, uint32_t thread, struct loop_wake *wake) { x->port[thread].wake = wake; }

/* ---- to threads of this process ---- */

static void settle(struct port *p, struct ring *r, int err, bool media)
{
    if (!err)
        return;
    p->stats.media_dropped += media;
    p->stats.control_lost += !media;
    if (!media)
        ring_set_lost(r);
}

static int to_thread(struct port *p, uint32_t thread, const void *data, size_t len, bool media)
{
    if (thread >= p->exchange->threads || thread == p->thread)
        return 0;
    struct ring *r = p->exchange->ring[p->thread][thread];
    int err = ring_put(r, shard_of(p->exchange->node, p->thread), data, len);
    settle(p, r, err, media);
    p->touched |= 1u << thread;
    p->stats.frames_out += !err;
    p->stats.bytes_out += err ? 0 : len;
    return err ? ERR_FULL : 0;
}

/* ---- to other nodes ---- */

static struct parcel *parcel_for(struct port *p, uint32_t node)
{
    for (struct parcel *c = p->parcels; c; c = c->next)
        if (c->node == node)
            return c;
    struct parcel *c = calloc(1, sizeof(*c));
    if (!c)
        return NULL;
    *c = (struct parcel){.node = node, .len = BATCH_HEAD, .next = p->parcels};
    return p->parcels = c;
}

static int make_room(struct parcel *c, size_t more)
{
    size_t cap = c->cap ? c->cap : 4096;
    while (cap < c->len + more)
        cap *= 2;
    if (cap == c->cap)
        return 0;
    uint8_t *data = realloc(c->data, cap);
    if (!data)
        return ERR_NOMEM;
    c->data = data;
    c->cap = cap;
    return 0;
}

static void publish(struct port *p, struct parcel *c)
{
    struct exchange *x = p->exchange;
    if (c->len == BATCH_HEAD)
        return;
    struct writer w = writer_of(c->data, BATCH_HEAD);
    write_u8(&w, BATCH_VERSION);
    write_u32(&w, shard_of(x->node, p->thread));
    write_u32(&w, ++c->number ? c->number : ++c->number);
    int err = x->bus.publish ? x->bus.publish(x->bus.ctx, c->node, c->data, c->len) : ERR_STATE;
    p->stats.batches_out += !err;
    p->stats.batches_failed += err != 0; /* its number is missing there, which is how they know */
    c->len = BATCH_HEAD;
}

/* A control frame that does not even get into a batch: a number that is never sent. */
static int lose(struct port *p, struct parcel *c, bool media)
{
    p->stats.media_dropped += media;
    p->stats.control_lost += !media;
    if (c && !media)
        c->number++;
    return ERR_FULL;
}

static int to_node(struct port *p, uint32_t node, uint32_t threads, const void *data, size_t len, bool media)
{
    struct parcel *c = node < EXCHANGE_NODES_MAX ? parcel_for(p, node) : NULL;
    if (!c || len > EXCHANGE_FRAME_MAX || make_room(c, ENTRY_HEAD_MAX + len))
        return lose(p, c, media);
    if (c->len > BATCH_HEAD && c->len + len > EXCHANGE_BATCH_BYTES)
        publish(p, c);
    struct writer w = writer_of(c->data + c->len, c->cap - c->len);
    write_varint(&w, (uint64_t)threads << 1 | (media ? MEDIA_BIT : 0));
    write_varint(&w, len);
    write_bytes(&w, data, len);
    c->len += (size_t)writer_done(&w);
    p->stats.frames_out++;
    p->stats.bytes_out += len;
    return 0;
}

/* ---- sending ---- */

/* The threads of that node in the rest of the list; 0 when it was dealt with at an earlier place. */
static uint32_t threads_of(const uint32_t *to, size_t count, size_t at)
{
    uint32_t threads = 0;
    for (size_t i = 0; i < at; i++)
        if (shard_node(to[i]) == shard_node(to[at]))
            return 0;
    for (size_t i = at; i < count; i++)
        if (shard_node(to[i]) == shard_node(to[at]))
            threads |= 1u << shard_thread(to[i]);
    return threads;
}

int port_spread(struct port *p, const uint32_t *to, size_t count, const void *data, size_t len, bool media)
{
    int result = 0;
    assert(len); /* an empty frame stands for a gap */
    for (size_t i = 0; i < count; i++) {
        int err = 0;
        uint32_t node = shard_node(to[i]);
        uint32_t threads = node == p->exchange->node ? 0 : threads_of(to, count, i);
        if (threads)
            err = to_node(p, node, threads, data, len, media);
        else if (node == p->exchange->node)
            err = to_thread(p, shard_thread(to[i]), data, len, media);
        result = err ? err : result;
    }
    return result;
}

int port_send(struct port *p, uint32_t shard, const void *data, size_t len, bool media)
{
    return port_spread(p, &shard, 1, data, len, media);
}

static void wake_all(struct exchange *x, uint32_t threads)
{
    for (uint32_t i = 0; i < x->threads; i++)
        if (threads & 1u << i && x->port[i].wake)
            loop_wake(x->port[i].wake);
}

void port_flush(struct port *p)
{
    wake_all(p->exchange, p->touched);
    p->touched = 0;
    for (struct parcel *c = p->parcels; c; c = c->next)
        publish(p, c);
}

/* ---- receiving ---- */

static void hand_on(const struct ring_frame *f, void (*frame)(void *, uint32_t, const uint8_t *, size_t), void *ctx)
{
    if (f->len)
        frame(ctx, f->tag, f->data, f->len);
    else
        frame(ctx, f->tag & ~(TAG_UP | TAG_DOWN), NULL, f->tag & TAG_UP ? PORT_UP : f->tag & TAG_DOWN ? PORT_DOWN : PORT_GAP);
}

static size_t drain(struct port *p, struct ring *r, uint32_t whose, void (*frame)(void *, uint32_t, const uint8_t *, size_t),
                    void *ctx)
{
    struct ring_frame f;
    size_t count = 0;
    for (uint64_t mark = ring_mark(r); ring_peek(r, mark, p->scratch, &f); count++) {
        hand_on(&f, frame, ctx);
        p->stats.bytes_in += f.len;
        ring_drop(r);
    }
    if (ring_take_lost(r))
        frame(ctx, whose, NULL, 0);
    return count;
}

size_t port_receive(struct port *p, void (*frame)(void *ctx, uint32_t from, const uint8_t *data, size_t len), void *ctx)
{
    struct exchange *x = p->exchange;
    size_t count = 0;
    for (uint32_t i = 0; i < x->threads; i++)
        if (i != p->thread)
            count += drain(p, x->ring[i][p->thread], shard_of(x->node, i), frame, ctx);
    if (x->ring[BUS][p->thread])
        count += drain(p, x->ring[BUS][p->thread], EXCHANGE_EVERYBODY, frame, ctx);
    p->stats.frames_in += count;
    return count;
}

void port_stats(const struct port *p, struct port_stats *s) { *s = p->stats; }

/* ---- the bus ---- */

void exchange_set_bus(struct exchange *x, const struct exchange_bus *bus)
{
    x->bus = *bus;
    if (!x->ring[BUS][0] && !make_rings(x, BUS))
        abort(); /* at the start, with nothing to fall back on */
}

void exchange_set_node(struct exchange *x, uint32_t node)
{
    assert(node < EXCHANGE_NODES_MAX);
    x->node = node;
}

void exchange_forget(struct exchange *x, uint32_t node)
{
    for (uint32_t i = 0; node < EXCHANGE_NODES_MAX && i < EXCHANGE_THREADS_MAX; i++)
        x->expected[node][i] = 0;
}

static void deliver(struct exchange *x, uint32_t thread, uint32_t from, const uint8_t *data, size_t len, bool media)
{
    struct ring *r = x->ring[BUS][thread];
    if (ring_put(r, from, data, len) == 0)
        return;
    if (media) {
        x->media_dropped++;
        return;
    }
    x->control_lost++;
    ring_set_lost(r);
}

/* A server that was frozen hands on what it held when others have carried what came after it. It was found missing then, and the
 * state that was asked for is newer. A number much further back is no late one: somebody counts anew. */
static bool is_late(const struct exchange *x, uint32_t from, uint32_t number)
{
    uint32_t expected = x->expected[shard_node(from)][shard_thread(from)];
    uint32_t behind = expected - number;
    return expected && behind && behind <= LATE_MAX;
}

/* An empty frame stands for a gap. */
static void check_number(struct exchange *x, uint32_t from, uint32_t number)
{
    _Atomic uint32_t *expected = &x->expected[shard_node(from)][shard_thread(from)];
    if (*expected && *expected != number) {
        x->gaps++;
        for (uint32_t i = 0; i < x->threads; i++)
            deliver(x, i, from, NULL, 0, false);
    }
    *expected = number + 1 ? number + 1 : 1;
}

static int read_entry(struct exchange *x, struct reader *r, uint32_t from, uint32_t *touched)
{
    uint64_t what = read_varint(r), len = read_varint(r);
    const uint8_t *frame = read_bytes(r, len);
    if (!frame || !len || what >> (EXCHANGE_THREADS_MAX + 1))
        return ERR_PARSE;
    for (uint32_t i = 0; i < x->threads; i++)
        if (what & 2u << i)
            deliver(x, i, from, frame, len, what & MEDIA_BIT);
    *touched |= (uint32_t)(what >> 1);
    return 0;
}

static int read_batch(struct exchange *x, struct reader *r, uint32_t *touched)
{
    uint8_t version = read_u8(r);
    uint32_t from = read_u32(r), number = read_u32(r);
    if (reader_ok(r) || version != BATCH_VERSION || !number || !shard_node(from) || shard_node(from) >= EXCHANGE_NODES_MAX ||
        shard_node(from) == x->node)
        return ERR_PARSE;
    if (is_late(x, from, number)) {
        x->late++;
        return 0;
    }
    check_number(x, from, number);
    while (reader_left(r))
        if (read_entry(x, r, from, touched))
            return ERR_PARSE;
    return 0;
}

/* News must not be lost: what follows has no meaning without them. */
static void insist(struct exchange *x, uint32_t thread, uint32_t tag)
{
    usec_t end = loop_now() + TELL_PATIENCE;
    while (ring_put(x->ring[BUS][thread], tag, NULL, 0) != 0 && loop_now() < end) {
        wake_all(x, 1u << thread);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
}

void exchange_tell(struct exchange *x, uint32_t node, uint32_t threads, bool up)
{
    exchange_forget(x, node);
    for (uint32_t i = 0; i < x->threads; i++)
        for (uint32_t t = 0; t < threads && t < EXCHANGE_THREADS_MAX; t++)
            insist(x, i, shard_of(node, t) | (up ? TAG_UP : TAG_DOWN));
    wake_all(x, UINT32_MAX);
}

int exchange_on_batch(struct exchange *x, const uint8_t *data, size_t len)
{
    struct reader r = reader_of(data, len);
    uint64_t gaps = x->gaps;
    uint32_t touched = 0;
    int err = read_batch(x, &r, &touched);
    x->batches_in++;
    x->malformed += err != 0;
    wake_all(x, x->gaps != gaps ? UINT32_MAX : touched);
    return err;
}

void exchange_bus_stats(const struct exchange *x, struct exchange_bus_stats *s)
{
    *s = (struct exchange_bus_stats){x->batches_in, x->malformed, x->gaps, x->late, x->media_dropped, x->control_lost};
}
