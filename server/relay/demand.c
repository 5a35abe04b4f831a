/* SPDX-License-Identifier: MIT */
#include "demand.h"

#include "state.h"
#include "sub.h"

#define DEMAND_EVERY (100 * MS)
#define RATE_STEP_PERCENT 10 /* smaller changes of a rate are not worth a message */

struct wish {
    bool wanted;
    uint32_t max_bps; /* 0: no opinion */
};

static bool uses(const struct sub *s, uint32_t spatial)
{
    if (s->paused)
        return false;
    return s->spatial == spatial || (s->lane.whole && s->lane.spatial == spatial);
}

static struct wish wish_for(const struct feed *f, uint32_t spatial)
{
    struct wish w = {0};
    bool unbounded = false;
    for (uint32_t i = 0; i < f->sub_count; i++) {
        const struct sub *s = f->subs[i];
        if (!uses(s, spatial))
            continue;
        w.wanted = true;
        unbounded |= !s->offer_bps;
        if (s->offer_bps > w.max_bps)
            w.max_bps = s->offer_bps;
    }
    if (unbounded)
        w.max_bps = 0;
    return w;
}

bool demand_rate_differs(uint32_t a, uint32_t b)
{
    uint32_t apart = a > b ? a - b : b - a;
    return !a != !b || (uint64_t)apart * 100 > (uint64_t)b * RATE_STEP_PERCENT;
}

static bool is_news(const struct feed *f, const struct feed_layer *l, const struct wish *w)
{
    return !f->told || l->wanted != w->wanted || (w->wanted && demand_rate_differs(w->max_bps, l->max_bps));
}

struct demand_message {
    Parley__V1__Demand demand;
    Parley__V1__TrackDemand *pointers[WIRE_DEMANDS_MAX], list[WIRE_DEMANDS_MAX];
};

static void add(struct demand_message *m, struct feed *f, uint32_t spatial, const struct wish *w)
{
    Parley__V1__TrackDemand *t = &m->list[m->demand.n_tracks];
    parley__v1__track_demand__init(t);
    t->track = f->id;
    t->spatial = spatial;
    t->wanted = w->wanted;
    t->max_bps = w->max_bps;
    m->pointers[m->demand.n_tracks++] = t;
    f->layer[spatial].wanted = w->wanted;
    f->layer[spatial].max_bps = w->max_bps;
}

static void add_feed(struct demand_message *m, struct feed *f)
{
    for (uint32_t spatial = 0; spatial < f->layers; spatial++) {
        struct wish w = wish_for(f, spatial);
        if (is_news(f, &f->layer[spatial], &w))
            add(m, f, spatial, &w);
    }
    f->told = true;
}

void demand_fire(struct relay *r, void *publisher, usec_t now)
{
    struct seat *seat = publisher;
    if (!seat->session || seat->session->state != SESSION_LIVE)
        return;
    struct demand_message d = {.demand = PARLEY__V1__DEMAND__INIT};
    d.demand.tracks = d.pointers;
    for (uint32_t i = 1; i <= WIRE_TRACKS_MAX; i++)
        if (seat->feeds[i])
            add_feed(&d, seat->feeds[i]);
    if (!d.demand.n_tracks)
        return;
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_DEMAND;
    m.demand = &d.demand;
    seat->demand_after = now + DEMAND_EVERY;
    session_send(r, seat->session, &m, now);
}

void demand_changed(struct relay *r, struct seat *publisher)
{
    timer_set_earlier(&r->timers, &publisher->demand, publisher->demand_after);
}

void demand_check(struct relay *r, struct sub *s)
{
    if (!s->paused && !s->from->layer[s->spatial].wanted)
        demand_changed(r, s->from->owner);
}

void demand_forget_told(struct seat *publisher)
{
    for (uint32_t i = 1; i <= WIRE_TRACKS_MAX; i++)
        if (publisher->feeds[i])
            publisher->feeds[i]->told = false;
}
