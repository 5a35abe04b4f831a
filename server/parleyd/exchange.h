/* SPDX-License-Identifier: MIT */
/* exchange.h - frames between shards: the threads of this process through rings, other nodes in batches over the bus.
 *
 * A shard is `node << 4 | thread`. Each thread has one port, which is its own: ports of two threads share nothing but the rings
 * between them. What finds no room is dropped and counted when it is media; a lost control frame is told to the receiver as a gap.
 * A batch is [version 1] [u32 shard of the sender] [u32 number, per sender and node, from 1], then for each frame
 * [varint: bit 0 media, bit 1 + t for thread t of the node] [varint length] [frame]: carried once, whoever takes it there. */
#ifndef PARLEY_SERVER_EXCHANGE_H
#define PARLEY_SERVER_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXCHANGE_THREADS_MAX 16
#define EXCHANGE_NODES_MAX 1024               /* 0 is a node alone */
#define EXCHANGE_RING_BYTES (2u * 1024 * 1024) /* each; holds the largest object */
#define EXCHANGE_BATCH_BYTES (64u * 1024)     /* a batch leaves once it is larger than this */
#define EXCHANGE_FRAME_MAX (1024u * 1024 + 256) /* of one frame to another node: what the bus carries in one message */
#define EXCHANGE_EVERYBODY UINT32_MAX         /* port_receive(): a gap that concerns every shard of other nodes */

static inline uint32_t shard_of(uint32_t node, uint32_t thread) { return node << 4 | thread; }
static inline uint32_t shard_node(uint32_t shard) { return shard >> 4; }
static inline uint32_t shard_thread(uint32_t shard) { return shard & 15; }

struct exchange;
struct port;
struct loop_wake;

/* Gives an exchange of `threads` ports, or NULL when memory is short. */
struct exchange *exchange_new(uint32_t threads);
void exchange_del(struct exchange *x);
struct port *exchange_port(struct exchange *x, uint32_t thread);
/* What port_flush() of others calls when `thread` got something (may be NULL in tests). Set for all before the first frame. */
void exchange_attach(struct exchange *x, uint32_t thread, struct loop_wake *wake);

/* ---- a thread's own side ---- */

/* Sends a frame to one shard, or to several. 0, or ERR_FULL when somebody will not get it (counted; a gap follows unless media).
 * Shards that do not exist, and the own one, are left out. */
int port_send(struct port *p, uint32_t shard, const void *data, size_t len, bool media);
int port_spread(struct port *p, const uint32_t *to, size_t count, const void *data, size_t len, bool media);
/* Once per turn of the loop: wakes each thread that got something, publishes what waits for each node. */
void port_flush(struct port *p);
/* What `len` says where `data` is NULL. */
enum port_news {
    PORT_GAP = 0, /* frames of `from` were lost (EXCHANGE_EVERYBODY: of any other node) */
    PORT_UP,      /* `from`, a shard of another node, can be reached ... */
    PORT_DOWN,    /* ... and can no more */
};
/* Hands on what was put until now, news among the frames in the order in which they came. Gives their number. */
size_t port_receive(struct port *p, void (*frame)(void *ctx, uint32_t from, const uint8_t *data, size_t len), void *ctx);

struct port_stats {
    uint64_t frames_out, bytes_out, frames_in, bytes_in;
    uint64_t media_dropped, control_lost, batches_out, batches_failed;
};
/* Of the port's own thread. */
void port_stats(const struct port *p, struct port_stats *s);

/* ---- other nodes ---- */

/* Before the threads run. `publish` is called from all of them: 0, or ERR_* when the batch is lost. */
struct exchange_bus {
    int (*publish)(void *ctx, uint32_t node, const void *data, size_t len);
    void *ctx;
};
void exchange_set_bus(struct exchange *x, const struct exchange_bus *bus);
/* The own node's number; 0 while there is none. Before the first session. */
void exchange_set_node(struct exchange *x, uint32_t node);
/* A node came or went: its numbers begin anew. From any thread. */
void exchange_forget(struct exchange *x, uint32_t node);
/* The first `threads` shards of a node came or went: told to every thread before what comes from that node afterwards. On the thread
 * of exchange_on_batch(); waits for a thread that is far behind, two seconds at most. */
void exchange_tell(struct exchange *x, uint32_t node, uint32_t threads, bool up);
/* A batch from the bus, on one thread at a time. ERR_PARSE (dropped): not one of ours. */
int exchange_on_batch(struct exchange *x, const uint8_t *data, size_t len);

struct exchange_bus_stats {
    uint64_t batches_in, malformed, gaps, late, media_dropped, control_lost;
};
void exchange_bus_stats(const struct exchange *x, struct exchange_bus_stats *s);

#endif
