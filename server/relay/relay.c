/* SPDX-License-Identifier: MIT */
#include "relay.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "frame.h"
#include "hello.h"
#include "inbound.h"
#include "reach.h"
#include "seating.h"
#include "share.h"
#include "state.h"
#include "sub.h"
#include "wire/control.h"

#define ROSTER_ARENA_MAX (64 * 1024 * 1024)
#define CHOICE_ARENA_MAX (4 * 1024 * 1024) /* some 20,000 wants of one receiver */

#define REPLAY_SETTLES (400 * MS) /* what is remembered of a picture is sent at once, and has left the path by then */

struct relay_limits relay_limits_default(void)
{
    return (struct relay_limits){
        .sessions = 4000,
        .rooms = 4000,
        .members = 1000,
        .tracks = WIRE_TRACKS_MAX,
        .wants = 200,
        .request_bytes = WIRE_REQUEST_MAX,
        .object_bytes = WIRE_OBJECT_MAX,
        .runs = 64,
        .queue_age_ms = 500,
        .queue_bytes = 2 * 1024 * 1024,
        .audio_age_ms = 200,
        .session_bps = 20000000,
        .session_objects = 1000,
        .session_requests = 50,
        .session_talk_bytes = 16 * 1024,
        .cache_bytes = 256 * 1024,
        .cache_objects = 40,
        .cache_age_ms = 4000,
        .cache_total_bytes = 64 * 1024 * 1024,
        .cache_burst_ms = 200,
        .max_cpu = 90,
        .speakers = 5,
        .voice_packets = 40000,
        .key_frame_ms = 300,
        .hold_ms = 1500,
        .hello_ms = 5000,
        .silence_ms = 10000,
    };
}

struct relay *relay_new(const struct relay_limits *limits, const uint8_t seed[32], usec_t now)
{
    (void)now;
    struct relay *r = calloc(1, sizeof(*r));
    if (!r)
        return NULL;
    r->limits = *limits;
    r->env = (struct outq_env){.limits = &r->limits, .stats = &r->stats, .pool = &r->pool};
    tokens_init(&r->tokens, seed);
    admit_init(&r->admit);
    arena_init_growing(&r->parsed, CONTROL_ARENA_MAX);
    arena_init_growing(&r->built, ROSTER_ARENA_MAX);
    arena_init_growing(&r->choice, CHOICE_ARENA_MAX);
    if (events_init(&r->events) != 0) {
        free(r);
        return NULL;
    }
    return r;
}

/* ---- sessions come and go ---- */

static struct session *session_of(const struct relay *r, uint64_t sid) { return map_get(&r->sessions, sid); }

int relay_on_open(struct relay *r, uint64_t sid, enum relay_transport t, size_t datagram_bytes, usec_t now)
{
    assert(!session_of(r, sid));
    if (!admit_opens(r))
        return ERR_FULL;
    struct session *s = session_new(r, sid, t, datagram_bytes, now);
    if (!s || map_put(&r->sessions, sid, s) != 0) {
        if (s)
            session_del(r, s);
        return ERR_FULL;
    }
    session_opened(r, s, now);
    return 0;
}

void relay_on_closed(struct relay *r, uint64_t sid, usec_t now)
{
    struct session *s = map_take(&r->sessions, sid);
    if (!s)
        return;
    if (s->seat)
        seating_lost(r, s->seat, s->state == SESSION_LIVE, now);
    hello_forget(r, s);
    session_del(r, s);
}

void relay_del(struct relay *r)
{
    if (!r)
        return;
    size_t at = 0;
    for (struct session *s; (s = map_next(&r->sessions, &at));) {
        if (s->seat)
            seating_leave(r, s->seat, 0);
        hello_forget(r, s);
        session_del(r, s);
    }
    for (struct seat *seat; at = 0, (seat = map_next(&r->seats, &at));)
        seating_leave(r, seat, 0);
    map_free(&r->sessions);
    map_free(&r->rooms);
    map_free(&r->seats);
    map_free(&r->elsewhere);
    shards_free(r);
    frames_free(&r->frames);
    arena_free(&r->parsed);
    arena_free(&r->built);
    arena_free(&r->choice);
    events_free(&r->events);
    slot_pool_free(&r->pool);
    free(r);
}

/* ---- bytes in ---- */

void relay_on_control(struct relay *r, uint64_t sid, const uint8_t *data, size_t len, usec_t now)
{
    struct session *s = session_of(r, sid);
    if (s)
        inbound_control(r, s, data, len, now);
}

void relay_on_datagram(struct relay *r, uint64_t sid, const uint8_t *data, size_t len, usec_t now)
{
    struct session *s = session_of(r, sid);
    if (s)
        inbound_datagram(r, s, data, len, now);
}

void relay_on_run(struct relay *r, uint64_t sid, uint64_t run, const uint8_t *data, size_t len, enum relay_run_end end, usec_t now)
{
    struct session *s = session_of(r, sid);
    if (s)
        inbound_run(r, s, run, data, len, end, now);
}

void relay_on_message(struct relay *r, uint64_t sid, const uint8_t *data, size_t len, usec_t now)
{
    struct session *s = session_of(r, sid);
    if (s)
        inbound_message(r, s, data, len, now);
}

void relay_on_path(struct relay *r, uint64_t sid, const struct relay_path *path, usec_t now)
{
    struct session *s = session_of(r, sid);
    if (!s)
        return;
    s->downlink.rtt_us = path->rtt_us;
    if (path->rtt_us && s->seat && rate_on_round_trip(&s->downlink.rate, path->rtt_us, now))
        share_now(r, s->seat, now);
}

void relay_on_run_stopped(struct relay *r, uint64_t sid, uint64_t run, usec_t now)
{
    struct session *s = session_of(r, sid);
    if (!s || !s->seat)
        return;
    for (uint32_t i = 0; i < s->seat->sub_count; i++) {
        struct sub *sub = s->seat->subs[i];
        if (!outq_run_stopped(&s->out, &sub->lane, run))
            continue;
        if (sub_may_ask(r, sub, now))
            keyask(r, sub->from, sub->spatial, now);
        return;
    }
}

/* ---- other shards ---- */

_Static_assert(RELAY_SEAL_BYTES == TOKENS_SEAL_BYTES, "one seal");

void relay_set_seal(struct relay *r, const uint8_t seal[RELAY_SEAL_BYTES], uint32_t second)
{
    tokens_set_seal(&r->tokens, seal, second);
}

void relay_set_place(struct relay *r, const struct relay_place *p)
{
    assert(r->sessions.count == 0 && p->bits <= 14 && p->shard >> p->bits == 0);
    r->place = *p;
    r->ids = (uint32_t)(tokens_number(&r->tokens) % ROOM_FIRST_IDS);
}

void relay_on_shard(struct relay *r, uint32_t shard, bool up, usec_t now)
{
    assert(shard != r->place.shard);
    if (up)
        reach_up(r, shard, now);
    else
        reach_down(r, shard, now);
}

void relay_on_frame(struct relay *r, uint32_t from, const uint8_t *data, size_t len, usec_t now)
{
    frame_handle(r, from, data, len, now);
}

void relay_on_gap(struct relay *r, uint32_t from, usec_t now)
{
    r->stats.gaps++;
    reach_gap(r, from, now);
}

int relay_take_frame(struct relay *r, struct relay_frame *out) { return frames_take(&r->frames, out); }

/* ---- time ---- */

void relay_set_others(struct relay *r, const char *const *addresses, size_t count)
{
    r->others = count < RELAY_OTHERS ? count : RELAY_OTHERS;
    for (size_t i = 0; i < r->others; i++)
        strncpy(r->other[i], addresses[i], WIRE_ADDRESS_MAX);
}

void relay_set_short(struct relay *r, bool memory_short) { r->admit.memory_short = memory_short; }

void relay_drain(struct relay *r, uint32_t retry_ms, const char *relay, usec_t now)
{
    r->draining = true;
    r->drain_retry_ms = retry_ms;
    strncpy(r->drain_relay, relay ? relay : "", WIRE_ADDRESS_MAX);
    Parley__V1__Drain drain = PARLEY__V1__DRAIN__INIT;
    drain.retry_ms = retry_ms;
    drain.relay = r->drain_relay;
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_DRAIN;
    m.drain = &drain;
    struct shared_message shared = {.m = &m};
    size_t at = 0;
    for (struct session *s; (s = map_next(&r->sessions, &at));)
        if (s->state == SESSION_LIVE)
            session_send_shared(r, s, &shared, now);
    shared_message_free(&shared);
}

void relay_on_load(struct relay *r, uint32_t cpu_percent, usec_t now) { admit_on_load(r, cpu_percent, now); }

void relay_set_full(struct relay *r, bool full) { r->admit.full = full; }

void relay_set_lighter(struct relay *r, const char *address)
{
    snprintf(r->admit.lighter, sizeof(r->admit.lighter), "%s", address);
}

void relay_tick(struct relay *r, usec_t now)
{
    for (struct timer *t; (t = timers_due(&r->timers, now));)
        t->fire(r, t->owner, now);
}

usec_t relay_deadline(const struct relay *r) { return timers_deadline(&r->timers); }

/* ---- out ---- */

int relay_poll(struct relay *r, struct relay_event *e, usec_t now)
{
    struct session *closing;
    voices_flush_all(r, now);
    int any = events_poll(&r->events, e, &closing);
    if (closing && closing->seat)
        seating_lost(r, closing->seat, false, now);
    return any;
}

static void note_sent(struct session *s, const struct relay_out *out, usec_t now)
{
    if (!s->out.taken) /* the rate is that of pictures: only of those the receiver's reports are read */
        return;
    downlink_sent(&s->downlink, out->len, now);
    struct sub *sub = (struct sub *)((char *)s->out.taken - offsetof(struct sub, lane));
    sub->sent.spatial = s->out.taken->spatial;
    if (s->out.taken_again) {
        history_sent_untimed(&sub->sent, s->out.taken_seq, (uint32_t)out->len, now);
        rate_burst(&s->downlink.rate, now + REPLAY_SETTLES);
    } else {
        history_sent(&sub->sent, s->out.taken_seq, (uint32_t)out->len, now);
    }
}

int relay_take(struct relay *r, uint64_t sid, struct relay_out *out, usec_t now)
{
    struct session *s = session_of(r, sid);
    int any = s ? outq_take(&s->out, out, now) : 0;
    if (any && out->pkt)
        note_sent(s, out, now);
    return any;
}

void relay_stats(const struct relay *r, struct relay_stats *s)
{
    *s = r->stats;
    s->sessions = r->sessions.count;
    s->rooms = r->rooms.count;
    s->cache_bytes = r->pictures.bytes;
    s->overload_step = (uint64_t)r->admit.step;
    s->cpu_percent = r->admit.cpu_percent;
    s->out_bps = r->admit.out_bps;
}
