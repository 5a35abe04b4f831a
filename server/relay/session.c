/* SPDX-License-Identifier: MIT */
#include "session.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "state.h"
#include "wire/control.h"

#define PING_AFTER (2 * SEC)
#define EXCESS_SECONDS 10 /* of the rate of objects: what is borne over it */
#define TALK_BURST 4

static void init_buckets(struct session *s, const struct relay_limits *l, usec_t now)
{
    int64_t bytes = l->session_bps / 8;
    s->bytes = bucket_of(bytes, bytes > l->object_bytes ? bytes : l->object_bytes, now);
    s->objects = bucket_of(l->session_objects, l->session_objects, now);
    s->requests = bucket_of(l->session_requests, 2 * (int64_t)l->session_requests, now);
    s->talk = bucket_of(l->session_talk_bytes, TALK_BURST * (int64_t)l->session_talk_bytes, now);
    s->excess = bucket_of(l->session_objects, EXCESS_SECONDS * (int64_t)l->session_objects, now);
}

struct session *session_new(struct relay *r, uint64_t sid, enum relay_transport t, size_t datagram_bytes, usec_t now)
{
    struct session *s = calloc(1, sizeof(*s));
    if (!s)
        return NULL;
    s->sid = sid;
    s->transport = t;
    s->heard_at = now;
    framer_init(&s->control, r->limits.request_bytes, false);
    outq_init(&s->out, &r->env, t, datagram_bytes);
    downlink_init(&s->downlink, now);
    init_buckets(s, &r->limits, now);
    return s;
}

static void on_late_hello(struct relay *r, void *owner, usec_t now)
{
    session_refuse(r, owner, "protocol", "Hello did not come in time.", 1000, now);
}

/* Asks for a sign of life after some silence; after long silence nobody is there. */
static void on_silence(struct relay *r, void *owner, usec_t now)
{
    struct session *s = owner;
    usec_t silent = now - s->heard_at;
    if (silent >= r->limits.silence_ms * MS) {
        session_refuse(r, s, "silent", "Nothing was heard from this connection.", 1000, now);
        return;
    }
    timer_set(&r->timers, &s->patience, silent < PING_AFTER ? s->heard_at + PING_AFTER : now + PING_AFTER);
    if (silent < PING_AFTER)
        return;
    Parley__V1__Ping ping = PARLEY__V1__PING__INIT;
    ping.token = (uint64_t)now;
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_PING;
    m.ping = &ping;
    session_send(r, s, &m, now);
}

void session_opened(struct relay *r, struct session *s, usec_t now)
{
    s->patience = (struct timer){.fire = on_late_hello, .owner = s};
    timer_set(&r->timers, &s->patience, now + r->limits.hello_ms * MS);
}

void session_waits(struct relay *r, struct session *s) { timer_stop(&r->timers, &s->patience); }

void session_joined(struct relay *r, struct session *s, usec_t now)
{
    s->patience.fire = on_silence;
    timer_set(&r->timers, &s->patience, now + PING_AFTER);
}

static void free_runs(struct session *s)
{
    size_t at = 0;
    for (struct inrun *run; (run = map_next(&s->runs, &at));) {
        framer_free(&run->framer);
        free(run);
    }
    map_free(&s->runs);
}

void session_del(struct relay *r, struct session *s)
{
    events_forget(&r->events, s);
    timer_stop(&r->timers, &s->patience);
    outq_free(&s->out);
    framer_free(&s->control);
    free_runs(s);
    free(s);
}

static void queue(struct relay *r, struct session *s, struct pkt *p, usec_t now)
{
    int err = p ? outq_control(&s->out, p, now) : ERR_NOMEM;
    if (!err)
        events_ready(&r->events, s);
    else
        session_refuse(r, s, "slow", "This connection does not keep up with what it is sent.", 1000, now);
}

static enum control_framing framing_of(const struct session *s)
{
    return s->transport == RELAY_WEBSOCKET ? CONTROL_MESSAGE : CONTROL_STREAM;
}

void session_send(struct relay *r, struct session *s, const Parley__V1__Control *m, usec_t now)
{
    if (s->state == SESSION_CLOSING)
        return;
    struct pkt *p = control_pack(m, framing_of(s));
    queue(r, s, p, now);
    pkt_unref(p);
}

void session_send_shared(struct relay *r, struct session *s, struct shared_message *m, usec_t now)
{
    if (s->state == SESSION_CLOSING)
        return;
    enum control_framing f = framing_of(s);
    if (!m->packed[f])
        m->packed[f] = control_pack(m->m, f);
    queue(r, s, m->packed[f], now);
}

void shared_message_free(struct shared_message *m)
{
    pkt_unref(m->packed[CONTROL_STREAM]);
    pkt_unref(m->packed[CONTROL_MESSAGE]);
}

/* The last thing that the session gets; if it does not fit, hanging up has to do. */
static void queue_refused(struct session *s, const char *relay, uint32_t retry_ms, usec_t now)
{
    Parley__V1__Refused refused = PARLEY__V1__REFUSED__INIT;
    refused.code = (char *)(uintptr_t)s->close_code; /* protobuf-c has no const; packing only reads */
    refused.text = s->close_text;
    refused.retry_ms = retry_ms;
    refused.relay = (char *)(uintptr_t)relay;
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_REFUSED;
    m.refused = &refused;
    struct pkt *p = control_pack(&m, framing_of(s));
    if (p)
        outq_control(&s->out, p, now);
    pkt_unref(p);
}

void session_hang_up(struct relay *r, struct session *s, const char *code, const char *text)
{
    s->state = SESSION_CLOSING;
    timer_stop(&r->timers, &s->patience);
    outq_only_control(&s->out);
    s->close_code = code;
    snprintf(s->close_text, sizeof(s->close_text), "%s", text);
    events_ready(&r->events, s);
    events_closing(&r->events, s);
}

void session_refuse_for(struct relay *r, struct session *s, const char *code, const char *text, const char *relay,
                        uint32_t retry_ms, usec_t now)
{
    if (s->state == SESSION_CLOSING)
        return;
    session_hang_up(r, s, code, text);
    queue_refused(s, relay, retry_ms, now);
    r->stats.refusals++;
    events_log(&r->events, s->sid, "refused", "code=%s", code);
}

void session_refuse(struct relay *r, struct session *s, const char *code, const char *text, uint32_t retry_ms, usec_t now)
{
    session_refuse_for(r, s, code, text, "", retry_ms, now);
}

void session_over_rate(struct relay *r, struct session *s, usec_t now)
{
    r->stats.dropped_rate++;
    if (!bucket_take(&s->excess, 1, now))
        session_refuse(r, s, "rate", "This connection sends far more than it may.", 5000, now);
}

void session_violated(struct relay *r, struct session *s, const char *text, usec_t now)
{
    session_refuse(r, s, "protocol", text, 0, now);
}
