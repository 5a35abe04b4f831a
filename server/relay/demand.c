/* SPDX-License-Identifier: MIT */
#include "demand.h"

#include "bus.h"
#include "state.h"
#include "sub.h"

#define DEMAND_EVERY (100 * MS)
#define RATE_STEP_PERCENT 10 /* smaller changes of a rate are not worth a message */

struct wish {
    bool wanted;
    uint8_t temporal; /* the highest */
    uint32_t max_bps; /* 0: no opinion */
};

static bool uses(const struct sub *s, uint32_t spatial)
{
    if (s->paused)
        return false;
    return s->spatial == spatial || (s->lane.whole && s->lane.spatial == spatial);
}

static void add_wish(struct wish *w, uint32_t temporal, uint32_t max_bps)
{
    bool unbounded = (w->wanted && !w->max_bps) || !max_bps;
    w->wanted = true;
    w->temporal = temporal > w->temporal ? (uint8_t)temporal : w->temporal;
    w->max_bps = unbounded ? 0 : max_bps > w->max_bps ? max_bps : w->max_bps;
}

static uint8_t temporal_of(const struct sub *s)
{
    return s->lane.temporal_max < WIRE_LAYERS_MAX ? s->lane.temporal_max : WIRE_LAYERS_MAX - 1;
}

static struct wish wish_for(const struct feed *f, uint32_t spatial, usec_t now)
{
    struct wish w = {0};
    for (uint32_t i = 0; i < f->sub_count; i++)
        if (uses(f->subs[i], spatial))
            add_wish(&w, temporal_of(f->subs[i]), f->subs[i]->offer_bps);
    for (uint32_t i = 0; i < f->interest_count; i++) {
        const struct interest_layer *l = &f->interests[i].layer[spatial];
        if (l->wanted)
            add_wish(&w, l->temporal, l->max_bps);
    }
    if (!w.wanted && feed_is_expected(f, spatial, now))
        add_wish(&w, WIRE_LAYERS_MAX - 1, 0);
    return w;
}

bool demand_rate_differs(uint32_t a, uint32_t b)
{
    uint32_t apart = a > b ? a - b : b - a;
    return !a != !b || (uint64_t)apart * 100 > (uint64_t)b * RATE_STEP_PERCENT;
}

static bool is_news(const struct feed *f, const struct feed_layer *l, const struct wish *w)
{
    bool elsewhere = f->owner->elsewhere;
    return !f->told || l->wanted != w->wanted || (w->wanted && demand_rate_differs(w->max_bps, l->max_bps)) ||
           (elsewhere && w->wanted && w->temporal != l->temporal);
}

/* ---- what is new ---- */

struct news {
    struct feed *feed;
    uint32_t spatial;
    struct wish wish;
};

static void note_told(struct feed_layer *l, const struct wish *w)
{
    l->wanted = w->wanted;
    l->temporal = w->temporal;
    l->max_bps = w->max_bps;
}

static uint32_t gather_feed(struct feed *f, struct news *news, usec_t now)
{
    uint32_t count = 0;
    uint32_t layers = feed_is_audio(f) && f->owner->elsewhere ? 1 : f->layers; /* of a voice: somebody pinned it */
    for (uint32_t spatial = 0; spatial < layers; spatial++) {
        struct wish w = wish_for(f, spatial, now);
        if (!is_news(f, &f->layer[spatial], &w))
            continue;
        note_told(&f->layer[spatial], &w);
        news[count++] = (struct news){f, spatial, w};
    }
    f->told = true;
    return count;
}

static uint32_t gather(struct seat *seat, struct news news[WIRE_DEMANDS_MAX], usec_t now)
{
    uint32_t count = 0;
    for (uint32_t i = 1; i <= WIRE_TRACKS_MAX; i++)
        if (seat->feeds[i])
            count += gather_feed(seat->feeds[i], news + count, now);
    return count;
}

/* ---- telling ---- */

static void tell_publisher(struct relay *r, struct seat *seat, const struct news *news, uint32_t count, usec_t now)
{
    Parley__V1__TrackDemand *pointers[WIRE_DEMANDS_MAX], list[WIRE_DEMANDS_MAX];
    for (uint32_t i = 0; i < count; i++) {
        parley__v1__track_demand__init(pointers[i] = &list[i]);
        list[i].track = news[i].feed->id;
        list[i].spatial = news[i].spatial;
        list[i].wanted = news[i].wish.wanted;
        list[i].max_bps = news[i].wish.max_bps;
    }
    Parley__V1__Demand demand = PARLEY__V1__DEMAND__INIT;
    demand.tracks = pointers;
    demand.n_tracks = count;
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_DEMAND;
    m.demand = &demand;
    session_send(r, seat->session, &m, now);
}

static void tell_home(struct relay *r, const struct seat *seat, const struct news *news, uint32_t count)
{
    Parley__Bus__V1__Interest__Layer *pointers[WIRE_DEMANDS_MAX], list[WIRE_DEMANDS_MAX];
    for (uint32_t i = 0; i < count; i++) {
        parley__bus__v1__interest__layer__init(pointers[i] = &list[i]);
        list[i].track = news[i].feed->id;
        list[i].spatial = news[i].spatial;
        list[i].wanted = news[i].wish.wanted;
        list[i].temporal = news[i].wish.temporal;
        list[i].max_bps = news[i].wish.max_bps;
    }
    Parley__Bus__V1__Interest interest = PARLEY__BUS__V1__INTEREST__INIT;
    interest.member = seat->id;
    interest.layers = pointers;
    interest.n_layers = count;
    bus_interest(r, seat, &interest);
}

/* What is only expected may not have been asked for in the end. */
static void look_again(struct relay *r, struct seat *seat, usec_t now)
{
    for (uint32_t i = 1; i <= WIRE_TRACKS_MAX; i++)
        if (seat->feeds[i] && seat->feeds[i]->expected_until > now)
            timer_set_earlier(&r->timers, &seat->demand, seat->feeds[i]->expected_until);
}

void demand_fire(struct relay *r, void *publisher, usec_t now)
{
    struct seat *seat = publisher;
    struct news news[WIRE_DEMANDS_MAX];
    if (!seat->elsewhere && (!seat->session || seat->session->state != SESSION_LIVE))
        return;
    uint32_t count = gather(seat, news, now);
    look_again(r, seat, now);
    if (!count)
        return;
    seat->demand_after = now + DEMAND_EVERY;
    if (seat->elsewhere)
        tell_home(r, seat, news, count);
    else
        tell_publisher(r, seat, news, count, now);
}

void demand_changed(struct relay *r, struct seat *publisher)
{
    timer_set_earlier(&r->timers, &publisher->demand, publisher->demand_after);
}

void demand_check(struct relay *r, struct sub *s)
{
    const struct feed_layer *l = &s->from->layer[s->spatial];
    struct seat *owner = s->from->owner;
    if (!s->paused && (!l->wanted || (owner->elsewhere && temporal_of(s) != l->temporal)))
        demand_changed(r, owner);
}

void demand_forget_told(struct seat *publisher)
{
    for (uint32_t i = 1; i <= WIRE_TRACKS_MAX; i++)
        if (publisher->feeds[i])
            publisher->feeds[i]->told = false;
}

static bool was_or_is_wanted(const struct feed *f)
{
    bool any = f->sub_count > 0;
    for (uint32_t spatial = 0; spatial < f->layers; spatial++)
        any |= f->layer[spatial].wanted;
    return any;
}

void demand_again(struct relay *r, struct seat *publisher)
{
    bool any = false;
    for (uint32_t i = 1; i <= WIRE_TRACKS_MAX; i++) {
        struct feed *f = publisher->feeds[i];
        if (!f || !was_or_is_wanted(f))
            continue;
        f->told = false;
        any = true;
    }
    if (any)
        demand_changed(r, publisher);
}
