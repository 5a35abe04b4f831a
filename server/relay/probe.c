/* SPDX-License-Identifier: MIT */
#include "probe.h"

#include <string.h>

#include "state.h"

#define EVERY (50 * MS)
#define RISE (800 * MS) /* from what is sent to the goal, */
#define HOLD (600 * MS) /* and so long at it: several Feedbacks */
#define VALID (5 * SEC)
#define WAIT_FIRST (5 * SEC) /* after one in vain */
#define WAIT_MAX (120 * SEC)
#define QUEUE_MAX (25 * MS) /* besides what the delay wavers by */
#define GOAL_MAX 20000000   /* beyond it one does not try */
#define MORE_PERCENT 110    /* of what is sent may be sent without proof */
#define PADDING_BYTES 1000

static void fire(struct relay *r, void *owner, usec_t now);

void probe_init(struct seat *seat) { seat->probe = (struct probe){.timer = {.fire = fire, .owner = seat}}; }

static const struct rate *rate_of(const struct seat *seat) { return &seat->session->downlink.rate; }

uint64_t probe_proved_bps(const struct seat *seat, usec_t now)
{
    const struct rate *rate = rate_of(seat);
    if (!seat->session->downlink.known || rate->state == RATE_RAMP)
        return UINT64_MAX;
    uint64_t sent = (uint64_t)rate_delivered_bps(rate) * MORE_PERCENT / 100;
    bool valid = seat->probe.proved_bps && now - seat->probe.proved_at < VALID;
    return valid && seat->probe.proved_bps > sent ? seat->probe.proved_bps : sent;
}

void probe_begin(struct relay *r, struct seat *seat, uint64_t goal_bps, usec_t now)
{
    struct probe *p = &seat->probe;
    if (p->timer.set || now < p->after || goal_bps > GOAL_MAX)
        return;
    p->goal_bps = (uint32_t)goal_bps;
    p->began = now;
    timer_set(&r->timers, &p->timer, now + EVERY);
}

void probe_stop(struct relay *r, struct seat *seat)
{
    timer_stop(&r->timers, &seat->probe.timer);
    seat->probe.proved_bps = 0;
}

static bool is_too_much(const struct rate *rate)
{
    return rate->state == RATE_DRAIN || rate->queues[0] > QUEUE_MAX + 2 * rate->noise;
}

static void give_up(struct probe *p, usec_t now)
{
    p->wait = p->wait ? usec_min(2 * p->wait, WAIT_MAX) : WAIT_FIRST;
    p->after = now + p->wait;
    p->proved_bps = 0;
}

static void succeed(struct relay *r, struct seat *seat, usec_t now)
{
    seat->probe.proved_bps = seat->probe.goal_bps;
    seat->probe.proved_at = now;
    seat->probe.wait = 0;
    timer_set_earlier(&r->timers, &seat->share, now);
}

/* What is sent of pictures, and padding, are together what is asked at this moment. */
static void pad(struct relay *r, struct seat *seat, usec_t elapsed)
{
    const struct probe *p = &seat->probe;
    double sent = rate_of(seat)->sent_bps, more = (double)p->goal_bps - sent;
    double bps = more * (double)usec_min(elapsed, RISE) / (double)RISE;
    if (bps <= 0)
        return;
    struct pkt *padding = pkt_new(PADDING_BYTES);
    if (!padding)
        return;
    memset(padding->data, 0, PADDING_BYTES);
    padding->data[0] = WIRE_PADDING;
    padding->len = PADDING_BYTES;
    outq_padding(&seat->session->out, padding, (uint32_t)(bps * (double)EVERY / (double)SEC / 8 / PADDING_BYTES + 1));
    events_ready(&r->events, seat->session);
}

static void fire(struct relay *r, void *owner, usec_t now)
{
    struct seat *seat = owner;
    usec_t elapsed = now - seat->probe.began;
    if (!seat->session || seat->session->state != SESSION_LIVE)
        return;
    if (is_too_much(rate_of(seat))) {
        give_up(&seat->probe, now);
    } else if (elapsed >= RISE + HOLD) {
        succeed(r, seat, now);
    } else {
        pad(r, seat, elapsed);
        timer_set(&r->timers, &seat->probe.timer, now + EVERY);
    }
}
