/* SPDX-License-Identifier: MIT */
#include "keyask.h"

#include "bus.h"
#include "seat.h"
#include "state.h"

static void send(struct relay *r, struct feed *f, uint32_t spatial, usec_t now)
{
    struct session *s = f->owner->session;
    if (f->owner->elsewhere) {
        r->stats.key_frame_requests_out++;
        bus_key_frame(r, f, spatial, f->key.replay_bytes[spatial]);
    }
    if (!s)
        return;
    Parley__V1__KeyFrameRequest request = PARLEY__V1__KEY_FRAME_REQUEST__INIT;
    request.member = f->owner->id;
    request.track = f->id;
    request.spatial = spatial;
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_KEY_FRAME;
    m.key_frame = &request;
    r->stats.key_frame_requests_out++;
    session_send(r, s, &m, now);
}

static void fire(struct relay *r, void *owner, usec_t now);

/* One request per interval: the smallest layer that waits goes first. */
static void flush(struct relay *r, struct feed *f, usec_t now)
{
    struct keyask *k = &f->key;
    if (!k->pending)
        return;
    if (now >= k->next_at) {
        uint32_t spatial = (uint32_t)__builtin_ctz(k->pending);
        k->pending &= k->pending - 1;
        k->next_at = now + r->limits.key_frame_ms * MS;
        send(r, f, spatial, now);
    }
    k->timer.fire = fire;
    k->timer.owner = f;
    if (k->pending)
        timer_set(&r->timers, &k->timer, k->next_at);
}

static void fire(struct relay *r, void *owner, usec_t now) { flush(r, owner, now); }

void keyask_or_replay(struct relay *r, struct feed *f, uint32_t spatial, uint32_t bytes, usec_t now)
{
    struct keyask *k = &f->key;
    bool waits = k->pending & 1u << spatial;
    if (!waits || bytes < k->replay_bytes[spatial])
        k->replay_bytes[spatial] = bytes;
    k->pending |= 1u << spatial;
    flush(r, f, now);
}

void keyask(struct relay *r, struct feed *f, uint32_t spatial, usec_t now) { keyask_or_replay(r, f, spatial, 0, now); }

void keyask_came(struct feed *f, uint32_t spatial) { f->key.pending &= ~(1u << spatial); }
