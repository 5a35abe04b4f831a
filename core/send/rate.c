/* SPDX-License-Identifier: MIT */
#include "send/rate.h"

#include <string.h>

#define BASE_PERIOD (10 * SEC)
#define MEASURE (250 * MS)        /* rates are taken over at least this */
#define MEASURE_LONG (1 * SEC)    /* a lost packet holds up a stream, then lets a burst through: this evens it out */
#define QUEUE_CONGESTED (40 * MS) /* on a quiet path; more where the delay wavers */
#define QUEUE_CONGESTED_MAX (120 * MS)
#define RAMP_FIRST (3 * SEC)
#define QUEUE_RAMP (60 * MS)      /* of the round trip, that early */
#define QUEUE_HEAVY (150 * MS)    /* congested whatever the trend */
#define QUEUE_CLEAR (5 * MS)
#define STEP_EVERY (300 * MS)     /* a step down has this long to show */
#define DRAIN_MAX (4 * SEC)
#define HEARD_LATELY (250 * MS)  /* Feedback knows better while it comes */
#define DOWN_BLIND 0.6           /* of what was sent, when only the round trip tells */
#define SILENCE (500 * MS)        /* without Feedback for this long the target falls */
#define DOWN 0.85                 /* of the delivered rate */
#define DOWN_LEAST 0.35           /* where the queue is very long */
#define STALL (250 * MS)          /* without anything delivered */
#define DOWN_STALLED 0.7          /* each STEP_EVERY in which nothing arrives */
#define BURST 1.25                /* what came in a burst is at most this much of the path's rate */
#define DOWN_AT_ONCE 0.35         /* of the target, at most this far in one step: what was delivered may be held up, not lost */
#define DRAIN_LEAST 0.5           /* of the last congested rate: with that a queue drains */
#define ARRIVES 0.5               /* of what is sent, or more: nothing but the old queue is in the way */
#define RAMP_ARRIVES 0.85         /* of what is sent must arrive: else a queue is about to show */
#define REJOIN 0.92               /* of the last congested rate, once the queue is gone */
#define FAR_PER_SEC 0.5
#define NEAR_PER_SEC 0.06
#define EASE 0.95                 /* of the target, with each Feedback that shows a queue begin, but not below what arrives */
#define NEAR_GONE 1.08
#define GONE_PER_SEC 0.2
#define NEAR_FROM 0.85            /* of the last congested rate */
#define NEAR_TO 1.2               /* beyond it that rate is history */
#define IN_USE 0.45               /* of the target must be sent for it to climb */
#define LOSS_HIGH 0.15            /* stop climbing */
#define LOSS_TOO_HIGH 0.25        /* go down although nothing queues: a policer */
#define PICTURE_BPS 150e3         /* loss alone never goes below: the least that keeps a picture */

struct rate_config rate_config_default(void)
{
    return (struct rate_config){.start_bps = 300000, .min_bps = 30000, .max_bps = 8000000};
}

void rate_init(struct rate *r, const struct rate_config *config, usec_t now)
{
    memset(r, 0, sizeof *r);
    r->config = *config;
    r->target_bps = config->start_bps;
    r->least_queue = NEVER;
    r->began = r->heard = r->ramped = now;
    r->stepped = now - SEC;
}

void rate_reset(struct rate *r, usec_t now)
{
    double target = r->target_bps;
    struct rate_config config = r->config;
    rate_init(r, &config, now);
    if (target < r->target_bps)
        r->target_bps = target;
}

static double least(double a, double b) { return a < b ? a : b; }
static double most(double a, double b) { return a > b ? a : b; }

static void set_target(struct rate *r, double bps) { r->target_bps = least(r->config.max_bps, most(r->config.min_bps, bps)); }

void rate_on_sent(struct rate *r, uint32_t bytes, usec_t now)
{
    (void)now;
    r->sent += bytes;
}

/* ---- the queue in the path ---- */

static struct rate_track *track_of(struct rate *r, uint32_t key, usec_t now)
{
    struct rate_track *oldest = &r->track[0];
    for (uint32_t i = 0; i < RATE_TRACKS; i++) {
        struct rate_track *t = &r->track[i];
        if (t->used && t->key == key)
            return t;
        if (!t->used || (oldest->used && t->seen < oldest->seen))
            oldest = t;
    }
    *oldest = (struct rate_track){.key = key, .used = true, .base = {NEVER, NEVER}, .since = now};
    return oldest;
}

/* The shortest delay of the last 10 to 20 seconds. */
static usec_t base_of(struct rate_track *t, usec_t delay, usec_t now)
{
    if (now - t->since >= BASE_PERIOD) {
        t->base[1] = t->base[0];
        t->base[0] = NEVER;
        t->since = now;
    }
    t->seen = now;
    t->base[0] = usec_min(t->base[0], delay);
    return usec_min(t->base[0], t->base[1]);
}

void rate_on_delivery(struct rate *r, uint32_t key, const struct delivery *d, usec_t now)
{
    r->delivered += d->bytes;
    r->objects += d->objects;
    r->lost += d->lost;
    if (!d->timed)
        return;
    usec_t delay = d->arrived - d->sent;
    usec_t queue = delay - base_of(track_of(r, key, now), delay, now);
    usec_t own =
        (usec_t)(d->object_bytes * 8.0 / r->target_bps * (double)SEC); /* a large object takes its time on an empty path too */
    r->least_queue = usec_min(r->least_queue, usec_max(0, queue - own));
}

static void push_queue(struct rate *r)
{
    if (r->least_queue == NEVER)
        return;
    usec_t change = r->least_queue - r->queues[0];
    if (r->state == RATE_CLIMB) /* else the queue is our own doing */
        r->noise += ((change < 0 ? -change : change) - r->noise) / 8;
    memmove(&r->queues[1], &r->queues[0], sizeof r->queues - sizeof r->queues[0]);
    r->queues[0] = r->least_queue;
    r->queue = usec_min(r->queues[0], r->queues[1]);
    r->least_queue = NEVER;
}

static usec_t congested_at(const struct rate *r) { return usec_min(QUEUE_CONGESTED + 2 * r->noise, QUEUE_CONGESTED_MAX); }

static bool congested(const struct rate *r)
{
    if (r->queue < congested_at(r))
        return false;
    return r->queue >= QUEUE_HEAVY || r->queue >= usec_min(r->queues[2], r->queues[3]);
}

/* ---- delivered and sent rate, loss ---- */

static double bps(uint64_t bytes, usec_t time) { return time > 0 ? (double)bytes * 8 * (double)SEC / (double)time : 0; }

/* The youngest mark at least `span` old, or the oldest there is. */
static uint32_t mark_before(const struct rate *r, usec_t clock, usec_t span)
{
    uint32_t i = 1;
    while (i + 1 < r->marks && clock - r->mark[i].clock < span)
        i++;
    return i;
}

static void measure(struct rate *r, usec_t clock, usec_t now)
{
    memmove(&r->mark[1], &r->mark[0], sizeof r->mark - sizeof r->mark[0]);
    r->mark[0] = (struct rate_mark){.clock = clock, .now = now, .delivered = r->delivered, .sent = r->sent};
    r->marks += r->marks < RATE_MEMORY;
    if (r->delivered != r->mark[1].delivered)
        r->arrived = now;
    uint32_t i = mark_before(r, clock, MEASURE), k = mark_before(r, clock, MEASURE_LONG);
    if (i >= r->marks)
        return;
    r->steady_bps = bps(r->delivered - r->mark[k].delivered, clock - r->mark[k].clock);
    r->delivered_bps = bps(r->delivered - r->mark[i].delivered, clock - r->mark[i].clock);
    r->sent_bps = bps(r->sent - r->mark[i].sent, now - r->mark[i].now);
}

static void measure_loss(struct rate *r)
{
    if (r->objects == 0)
        return;
    double share = (double)r->lost / r->objects, weight = least(0.3, r->objects / 60.0);
    r->loss += (share - r->loss) * weight;
    r->judged += r->objects;
    r->objects = r->lost = 0;
}

/* ---- deciding ---- */

/* Much less leaves than may: nothing is learned about how much more the path takes. */
static bool idle(const struct rate *r) { return r->sent_bps < IN_USE * r->target_bps; }

static bool stalled(const struct rate *r, usec_t now) { return r->delivered && now - r->arrived >= STALL && !idle(r); }

static void begin_drain(struct rate *r, usec_t now)
{
    if (r->state != RATE_DRAIN)
        r->drained = now;
    r->state = RATE_DRAIN;
    r->stepped = now;
}

static void step_down(struct rate *r, usec_t now)
{
    double share = most(DOWN_LEAST, DOWN - most(0, (double)(r->queue - 100 * MS)) / (double)SEC * 0.5);
    double carried = least(r->delivered_bps, BURST * r->steady_bps);
    double below = most(share * carried, DOWN_AT_ONCE * r->target_bps);
    bool draining = r->state == RATE_DRAIN && now - r->drained < DRAIN_MAX;
    if (idle(r))
        below = most(below, 0.7 * r->target_bps); /* the queue is not ours alone */
    else if (draining && carried > ARRIVES * r->sent_bps)
        below = most(below, DRAIN_LEAST * r->ceiling_bps); /* what arrives now is what we send now, not what the path carries */
    else
        r->ceiling_bps = draining ? most(carried, DOWN_AT_ONCE * r->ceiling_bps) : carried;
    if (below < r->target_bps)
        set_target(r, below);
    begin_drain(r, now);
}

/* Nothing arrives: a lost packet holds up the stream. What the path carries is as it was; what is sent now only waits behind it. */
static void step_down_stalled(struct rate *r, usec_t now)
{
    if (r->state == RATE_DRAIN)
        r->ceiling_bps *= DOWN_STALLED; /* for longer than one loss explains */
    double below = most(DOWN_STALLED * r->target_bps, DRAIN_LEAST * r->ceiling_bps);
    if (below < r->target_bps)
        set_target(r, below);
    begin_drain(r, now);
}

static void step_down_by_loss(struct rate *r, usec_t now)
{
    double below = most(most(0.9 * r->delivered_bps, 0.8 * r->target_bps), PICTURE_BPS);
    if (below < r->target_bps)
        set_target(r, below);
    r->state = RATE_CLIMB;
    r->stepped = now;
}

static void drain(struct rate *r, usec_t now)
{
    if ((r->queue > congested_at(r) / 2 || stalled(r, now)) && now - r->stepped < DRAIN_MAX)
        return;
    r->state = RATE_CLIMB;
    if (r->ceiling_bps > 0)
        set_target(r, most(r->target_bps, REJOIN * r->ceiling_bps));
}

static void ramp(struct rate *r, usec_t now)
{
    if (r->queue > QUEUE_CONGESTED / 2 || (r->loss > LOSS_HIGH && r->judged > 30)) {
        r->state = RATE_CLIMB;
        return;
    }
    if (r->delivered_bps < 0.6 * r->target_bps || r->delivered_bps < RAMP_ARRIVES * r->sent_bps)
        return;
    set_target(r, 2 * r->target_bps);
    r->ramped = now;
}

/* Carefully up to the ceiling; beyond it and still no queue: it is gone. */
static double near_per_sec(const struct rate *r)
{
    bool gone = r->target_bps > NEAR_GONE * r->ceiling_bps && r->queue < QUEUE_CLEAR;
    return (gone ? GONE_PER_SEC : NEAR_PER_SEC) * r->ceiling_bps;
}

static void climb(struct rate *r, usec_t elapsed)
{
    if (idle(r) || r->loss > LOSS_HIGH)
        return;
    if (r->queue > congested_at(r) / 2) {
        set_target(r, least(r->target_bps, most(EASE * r->target_bps, r->delivered_bps)));
        return;
    }
    if (r->target_bps > NEAR_TO * r->ceiling_bps)
        r->ceiling_bps = 0;
    bool near = r->target_bps > NEAR_FROM * r->ceiling_bps && r->ceiling_bps > 0;
    double per_sec = near ? near_per_sec(r) : FAR_PER_SEC * r->target_bps;
    set_target(r, r->target_bps + per_sec * (double)usec_min(elapsed, 200 * MS) / (double)SEC);
}

static void decide(struct rate *r, usec_t elapsed, usec_t now)
{
    if (stalled(r, now) && now - r->stepped >= STEP_EVERY)
        step_down_stalled(r, now);
    else if (congested(r) && now - r->stepped >= STEP_EVERY)
        step_down(r, now);
    else if (r->loss > LOSS_TOO_HIGH && r->judged > 30 && now - r->stepped >= STEP_EVERY)
        step_down_by_loss(r, now);
    else if (r->state == RATE_DRAIN)
        drain(r, now);
    else if (r->state == RATE_RAMP)
        ramp(r, now);
    else
        climb(r, elapsed);
}

void rate_on_feedback(struct rate *r, usec_t clock, usec_t now)
{
    if (r->marks && clock <= r->mark[0].clock) /* came twice, or out of order */
        return;
    push_queue(r);
    measure(r, clock, now);
    measure_loss(r);
    if (r->marks > 1)
        decide(r, now - r->heard, now);
    r->heard = now;
}

/* ---- silence ---- */

void rate_burst(struct rate *r, usec_t until) { r->burst_until = until; }

/* The first delays seen are those of a queue already, where the first picture filled it: only the round trip from before it tells. */
static bool end_ramp(struct rate *r, usec_t now)
{
    r->ceiling_bps = r->delivered_bps;
    set_target(r, least(r->target_bps, DOWN * r->delivered_bps));
    begin_drain(r, now);
    return true;
}

bool rate_on_round_trip(struct rate *r, usec_t rtt, usec_t now)
{
    if (!r->round_trip.used)
        r->round_trip = (struct rate_track){.used = true, .base = {NEVER, NEVER}, .since = now};
    usec_t wait = rtt - base_of(&r->round_trip, rtt, now);
    if (r->state == RATE_RAMP && now - r->began < RAMP_FIRST && now >= r->burst_until && r->delivered_bps > 0 && wait >= QUEUE_RAMP)
        return end_ramp(r, now);
    if (!r->marks || wait < QUEUE_HEAVY || now - r->heard < HEARD_LATELY || now - r->stepped < STEP_EVERY)
        return false;
    double sent = bps(r->sent - r->mark[0].sent, now - r->mark[0].now);
    set_target(r, least(r->target_bps, DOWN_BLIND * least(r->target_bps, sent)));
    begin_drain(r, now);
    return true;
}

/* Nothing left since the last Feedback: then nothing can be heard either. */
static bool expects_feedback(const struct rate *r) { return r->marks && r->sent != r->mark[0].sent; }

void rate_tick(struct rate *r, usec_t now)
{
    if (!expects_feedback(r) || now < rate_deadline(r))
        return;
    set_target(r, most(r->target_bps / 2, least(r->target_bps, r->config.start_bps / 4.0)));
    r->state = RATE_CLIMB;
    r->stepped = now;
}

usec_t rate_deadline(const struct rate *r) { return expects_feedback(r) ? usec_max(r->heard, r->stepped) + SILENCE : NEVER; }

uint32_t rate_target_bps(const struct rate *r) { return (uint32_t)r->target_bps; }
uint32_t rate_delivered_bps(const struct rate *r) { return (uint32_t)r->delivered_bps; }
usec_t rate_queue(const struct rate *r) { return r->queue; }
uint32_t rate_loss_permille(const struct rate *r) { return (uint32_t)(r->loss * 1000); }
