/* SPDX-License-Identifier: MIT */
/* relay.h - rooms, members, tracks, subscriptions and queues: decides what goes to whom. No I/O; the shells send.
 *
 * The contract: give one input (relay_on_*, relay_tick), drain relay_poll() until it returns 0, sleep until relay_deadline().
 * relay_poll() also names sessions that have something to send (RELAY_READY): the shell then calls relay_take() for that session
 * for as long as its transport has room, and again when the transport becomes writable. What is taken is sent now; what waits is
 * held in the session's own queue, where it ages and is dropped in dependency order. Nothing a session sends is trusted.
 *
 * A session is one connection that the shell numbers (`sid`, never reused). One thread at a time. */
#ifndef PARLEY_RELAY_RELAY_H
#define PARLEY_RELAY_RELAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/pkt.h"
#include "base/units.h"

struct relay;

/* Each limit has a flag of parleyd; relay_limits_default() gives the defaults. */
#define VOICES_MAX 32 /* of `speakers` */
struct relay_limits {
    uint32_t sessions;          /* 4000 */
    uint32_t rooms;             /* 4000: as many as sessions, or one address could take them all */
    uint32_t members;           /* per room: 1000 */
    uint32_t tracks;            /* per member: 8 */
    uint32_t wants;             /* per Subscribe: 200 */
    uint32_t request_bytes;     /* one Control from a client: 64 KiB */
    uint32_t object_bytes;      /* one object: 1 MiB */
    uint32_t runs;              /* open runs of one session: 64 */
    uint32_t queue_age_ms;      /* oldest video object in a receiver's queue: 500 */
    uint32_t queue_bytes;       /* bytes in a receiver's queue: 2 MiB */
    uint32_t audio_age_ms;      /* oldest audio object in a receiver's queue: 200 */
    uint32_t session_bps;       /* what a session may send, averaged over a second: 20 Mbit/s */
    uint32_t session_objects;   /* objects a second: 1000 */
    uint32_t session_requests;  /* control messages a second, burst twice that: 50 */
    uint32_t session_talk_bytes; /* of chat and news, which go to a whole room, a second, burst four times that: 16 KiB */
    uint32_t cache_bytes;       /* kept of one layer since its last key frame: 256 KiB */
    uint32_t cache_objects;     /* and objects: 40; 0: no cache */
    uint32_t cache_age_ms;      /* and time since that key frame: 4000 */
    uint32_t cache_total_bytes; /* kept of all layers: 64 MiB */
    uint32_t cache_burst_ms;    /* a newcomer gets it when its path carries it within: 200 */
    uint32_t max_cpu;           /* percent of a core, over which newcomers are refused and layers cut: 90; 100: never */
    uint32_t max_mbps;          /* Mbit/s out to all sessions, likewise; 0: no bound */
    uint32_t speakers;          /* loudest microphones forwarded to everybody in a room: 5 */
    uint32_t voice_packets;     /* of sound, a second, to all listeners of one room: 40000; what comes meanwhile shares one */
    uint32_t key_frame_ms;      /* at most one key-frame request per track in: 300 */
    uint32_t hold_ms;           /* a lost session's seat is kept for: 1500 */
    uint32_t hello_ms;          /* from open to Hello: 5000 */
    uint32_t silence_ms;        /* a session that says nothing for so long, not even Pong, is closed: 10000 */
};
struct relay_limits relay_limits_default(void);

/* Gives a relay, or NULL when memory is short. `seed`: 32 random bytes. */
struct relay *relay_new(const struct relay_limits *limits, const uint8_t seed[32], usec_t now);
void relay_del(struct relay *r);

enum relay_transport { RELAY_WEBTRANSPORT = 1, RELAY_WEBSOCKET = 2 };

#define RELAY_SPARE 16 /* sessions over the limit that are opened to be told so */
/* ERR_FULL: far over the session limit; the shell closes with `busy`. A few over it are opened to be told so. `datagram_bytes`: largest payload, 0 for WebSocket. */
int relay_on_open(struct relay *r, uint64_t sid, enum relay_transport t, size_t datagram_bytes, usec_t now);
/* The connection is gone, whatever the reason. No more calls with this sid. */
void relay_on_closed(struct relay *r, uint64_t sid, usec_t now);
void relay_on_control(struct relay *r, uint64_t sid, const uint8_t *data, size_t len, usec_t now);
void relay_on_datagram(struct relay *r, uint64_t sid, const uint8_t *data, size_t len, usec_t now);
enum relay_run_end { RELAY_RUN_MORE = 0, RELAY_RUN_END = 1, RELAY_RUN_RESET = 2 };
void relay_on_run(struct relay *r, uint64_t sid, uint64_t run, const uint8_t *data, size_t len, enum relay_run_end end, usec_t now);
void relay_on_message(struct relay *r, uint64_t sid, const uint8_t *data, size_t len, usec_t now);
/* What the transport knows of the path to this receiver; 0 where it knows nothing. */
struct relay_path {
    uint32_t rtt_us;
    uint64_t delivery_bps;
};
void relay_on_path(struct relay *r, uint64_t sid, const struct relay_path *path, usec_t now);
/* A run of ours could not go on (the receiver refused it): the next object of that layer begins a new one at a key frame. */
void relay_on_run_stopped(struct relay *r, uint64_t sid, uint64_t run, usec_t now);
/* Tells every client to come back after `retry_ms`, at `relay` (the address of another one; NULL or "": here), and refuses new ones. */
void relay_drain(struct relay *r, uint32_t retry_ms, const char *relay, usec_t now);

/* Twice a second: the share of a core that this relay's thread used since the last time. Over limits.max_cpu newcomers are refused and what is
 * forwarded is cut step by step. */
void relay_on_load(struct relay *r, uint32_t cpu_percent, usec_t now);
/* Where those who are refused as `busy` had better go; "" when no relay is known to have less to do. Copies. */
void relay_set_lighter(struct relay *r, const char *address);

/* Other relays that take the same meetings, best first (proto/README.md has their form): named to members in Welcome, for the day when
 * this one is gone. At most RELAY_OTHERS are kept; copies. */
#define RELAY_OTHERS 4
void relay_set_others(struct relay *r, const char *const *addresses, size_t count);
/* The relays of all threads together have as many sessions as may be, or no longer: whoever says Hello now is told so. */
void relay_set_full(struct relay *r, bool full);
/* Memory is short, or no longer: newcomers are refused as `busy`; who is here stays, and may come back to a seat that is held. */
void relay_set_short(struct relay *r, bool memory_short);

void relay_tick(struct relay *r, usec_t now);
usec_t relay_deadline(const struct relay *r);

enum relay_event_type {
    RELAY_READY = 1, /* `sid` has something to take */
    RELAY_CLOSE, /* take what is left of `sid`, whatever the room (a last message), then close with `code` (a stable word)
                        and `text` once that is sent; no input of it counts any more */
    RELAY_LOG, /* `sid`, `code` is the event's name, `text` its details as "key=value ..." */
};
struct relay_event {
    enum relay_event_type type;
    uint64_t sid;
    const char *code, *text; /* valid until the next call */
};
int relay_poll(struct relay *r, struct relay_event *e, usec_t now);

enum relay_channel { RELAY_CONTROL = 1, RELAY_DATAGRAM, RELAY_RUN };
struct relay_out {
    enum relay_channel channel;
    struct pkt *pkt; /* given: the shell unrefs it when sent and acknowledged */
    size_t offset, len; /* the part of pkt->data to send */
    uint64_t run; /* RELAY_RUN on WebTransport: our number of the stream, unique for the session */
    bool run_begin; /* open it */
    bool run_reset; /* nothing to send: reset stream `run` (pkt is NULL) */
    uint32_t priority; /* 0 first */
};
/* The next thing to send to `sid`, in order of priority: 1, or 0 when nothing is due. */
int relay_take(struct relay *r, uint64_t sid, struct relay_out *out, usec_t now);

/* ---- several relays as one system ----
 *
 * A shard is one relay of a system, with a number of its own; a room spans the shards on which its members are. What passes between
 * them is a frame, of which this relay only knows who it is for: the shell carries it, in order for each pair of shards, whole or not
 * at all. A relay that hears of no other shard is one alone, and waits for nobody. proto/bus.proto says what is inside. */

/* The seal of the system, RELAY_SEAL_BYTES: who shows a resume token that bears it has the seat of which it tells, at each relay that has the
 * same seal. Until it is set, and again when another is set, this relay knows its own tokens only and those under the last. */
#define RELAY_SEAL_BYTES 32
/* `second`: since 1970, now, again and again; a seal says nothing of a token that is more than a day old. */
void relay_set_seal(struct relay *r, const uint8_t seal[RELAY_SEAL_BYTES], uint32_t second);

/* Member ids given here are count << bits | shard, so that two shards never give the same; {0, 0} for a relay alone. */
struct relay_place {
    uint32_t shard; /* below 1 << bits */
    uint32_t bits; /* at most 14 */
};
/* Before the first session. All shards of a system have the same `bits`. */
void relay_set_place(struct relay *r, const struct relay_place *p);
/* Another shard can be reached, or cannot any more. Its members are shown as away at once, and given up after hold_ms. */
void relay_on_shard(struct relay *r, uint32_t shard, bool up, usec_t now);
/* One frame of another shard's, borrowed. Dropped and counted when it is malformed, or from a shard that is not up. */
void relay_on_frame(struct relay *r, uint32_t from, const uint8_t *data, size_t len, usec_t now);
/* Frames of that shard were lost: its state is asked for again. */
void relay_on_gap(struct relay *r, uint32_t from, usec_t now);

struct relay_frame {
    struct pkt *pkt; /* given */
    const uint32_t *to; /* shards; valid until the next call on the relay */
    uint32_t to_count;
    bool media; /* may be lost: nothing has to be asked for again */
};
/* The next frame for other shards: 1, or 0 when there is none. Drained by the shell after relay_poll(). */
int relay_take_frame(struct relay *r, struct relay_frame *out);

/* What passed, by kind of track and by layer. */
enum relay_media { RELAY_SOUND = 0, RELAY_CAMERA, RELAY_SCREEN, RELAY_MEDIA };
#define RELAY_TEMPORALS 3
#define RELAY_LAYERS (3 * RELAY_TEMPORALS) /* spatial * RELAY_TEMPORALS + temporal; sound: 0 */
struct relay_flow {
    uint64_t objects, bytes;
};
#define RELAY_WAITS 9
extern const uint32_t relay_wait_ms[RELAY_WAITS]; /* upper bounds of the buckets of `waited`; one more is for the rest */

/* Counters for /metrics; plain numbers that only grow, but for the first three and what is held now. */
struct relay_stats {
    uint64_t sessions, rooms, members;
    uint64_t objects_in, bytes_in, objects_out, bytes_out;
    uint64_t dropped_age, dropped_full, dropped_layer, dropped_rate, dropped_malformed, dropped_forbidden;
    uint64_t dropped_quiet, speakers_changed;
    uint64_t key_frame_requests_in, key_frame_requests_out;
    uint64_t refused_sessions, refused_cpu, refused_bandwidth, refused_memory, dropped_overload;
    uint64_t overload_step, cpu_percent, out_bps; /* now; overload_step: see admit.h */
    uint64_t cache_hits, cache_misses, cache_bytes; /* cache_bytes: held now */
    uint64_t queued_bytes; /* pictures that wait for receivers, now */
    uint64_t joins, refusals, resumes;
    uint64_t frames_in, frames_out; /* of and for other shards */
    uint64_t frame_bytes_in, frame_bytes_out;
    uint64_t frames_malformed, frames_foreign,
        frames_full; /* dropped: unreadable; of no room, member or shard known here; too many wait */
    uint64_t takeovers; /* seats of other shards that were taken up here */
    uint64_t restores; /* seats of which nothing was known but what the token said */
    uint64_t gaps;
    struct relay_flow in[RELAY_MEDIA][RELAY_LAYERS], out[RELAY_MEDIA][RELAY_LAYERS];
    uint64_t waited[RELAY_WAITS + 1], waited_us; /* objects by the time that they lay in a receiver's queue; its sum */
};
void relay_stats(const struct relay *r, struct relay_stats *s);

#endif
