/* SPDX-License-Identifier: MIT */
#include "share.h"

#include "demand.h"
#include "probe.h"
#include "state.h"
#include "sub.h"

#define SHARE_EVERY (200 * MS)
#define MARGIN_PERCENT 115    /* to go up a layer */
#define LARGE_ENOUGH_PERCENT 75 /* a layer of this part of the tile's width need not be larger */
#define GOOD_MILLIBITS 45 /* for one pixel of one frame: from here on a picture looks right; publishers switch by the same */
#define FIRST_OFFER 300000 /* of a track, while nothing is known of the path; publishers begin with as much */
#define LEADS_PERCENT 90 /* of the largest offer: the publisher follows this receiver */
#define RISE_WAIT (15 * SEC) /* after a layer was too much for the path; grows when it is so again: each try costs a freeze */
#define RISE_WAIT_GROWS 4
#define RISE_WAIT_MAX (300 * SEC)
#define RISE_PROVED (10 * SEC) /* a layer that was carried this long was not too much */

/* What the first t + 1 of n temporal layers take of the whole, in percent. */
static const uint8_t temporal_percent[WIRE_LAYERS_MAX][WIRE_LAYERS_MAX] = {{100, 100, 100}, {60, 100, 100}, {45, 65, 100}};

/* What there is to be divided, bits a second. */
struct purse {
    uint64_t budget, left;
    uint64_t proved; /* what goes through for certain */
    uint64_t wished; /* what would have to, for the next larger picture; 0: none is left out for that */
};

/* The choice for one track while it is being made. */
struct pick {
    struct sub *sub;
    uint8_t spatial, temporal, top; /* top: highest temporal layer */
    uint8_t best; /* the layer that fits the tile, or the highest to be tried now */
    bool paused;
    const struct admit_bounds *bounds; /* of everybody */
    bool calm; /* nothing is known against the path: what is there stays */
};

static uint8_t temporal_top(const struct feed *f, uint32_t spatial)
{
    uint32_t n = f->spec[spatial].temporal;
    return (uint8_t)(n < 1 ? 0 : n > WIRE_LAYERS_MAX ? WIRE_LAYERS_MAX - 1 : n - 1);
}

static uint8_t least(uint8_t a, uint8_t b) { return a < b ? a : b; }

static uint8_t top_of(const struct sub *s, uint32_t spatial, const struct admit_bounds *b)
{
    return least(temporal_top(s->from, spatial), b->temporal);
}

/* The publisher makes, or would make, this layer as this receiver asks: no other asks for more. */
static bool leads(const struct sub *s, uint32_t spatial)
{
    const struct feed_layer *l = &s->from->layer[spatial];
    return !l->wanted || (s->spatial == spatial && (uint64_t)s->offer_bps * 100 >= (uint64_t)l->max_bps * LEADS_PERCENT);
}

static uint64_t good_bps(const struct feed_spec *l)
{
    return (uint64_t)l->width_px * l->height_px * l->fps * GOOD_MILLIBITS / 1000;
}

/* A larger layer costs what it needs to look right where the publisher keeps to that, else what it has. */
static uint64_t layer_bps(const struct sub *s, uint32_t spatial)
{
    uint64_t bps = feed_layer_bps(s->from, spatial), good = good_bps(&s->from->spec[spatial]);
    return spatial && good < bps && leads(s, spatial) ? good : bps;
}

static uint64_t cost(const struct sub *s, uint32_t spatial, uint32_t temporal)
{
    return layer_bps(s, spatial) * temporal_percent[temporal_top(s->from, spatial)][temporal] / 100;
}

static uint8_t layer_for_width(const struct sub *s)
{
    uint8_t spatial = 0;
    while (spatial + 1u < s->from->layers &&
           (uint64_t)s->from->spec[spatial].width_px * 100 < (uint64_t)s->width_px * LARGE_ENOUGH_PERCENT)
        spatial++;
    return spatial;
}

/* Whether the choice is more than what the receiver gets now. */
static bool is_rise(const struct sub *s, uint32_t spatial, uint32_t temporal)
{
    return s->paused || spatial > s->spatial || (spatial == s->spatial && temporal > s->lane.temporal_max);
}

/* Pays the way from `paid` to the new choice out of `left`, if it can. */
static bool pay(const struct pick *p, uint32_t spatial, uint32_t temporal, uint64_t paid, uint64_t *left)
{
    bool rise = is_rise(p->sub, spatial, temporal);
    uint64_t price = cost(p->sub, spatial, temporal);
    uint64_t asked = rise ? price * MARGIN_PERCENT / 100 : price;
    if (asked > paid + *left && (rise || !p->calm))
        return false;
    *left = price > paid + *left ? 0 : *left + paid - price;
    return true;
}

static void pick_base(struct pick *p, bool first, uint64_t *left)
{
    uint64_t price = cost(p->sub, 0, 0);
    if (pay(p, 0, 0, 0, left))
        return;
    p->paused = !first;
    if (first)
        *left = *left > price ? *left - price : 0;
}

static void pick_temporal(struct pick *p, uint64_t *left)
{
    while (!p->paused && p->temporal < p->top && pay(p, 0, p->temporal + 1u, cost(p->sub, 0, p->temporal), left))
        p->temporal++;
}

/* Another layer begins with a key frame, and one that is too much costs a freeze: it is not tried on an estimate alone. */
static bool needs_proof(const struct pick *p)
{
    return p->sub->told.any && !p->sub->told.paused && p->spatial + 1u > p->sub->spatial;
}

static void pick_spatial(struct pick *p, struct purse *purse)
{
    while (!p->paused && p->temporal == p->top && p->spatial < p->best) {
        uint8_t top = top_of(p->sub, p->spatial + 1u, p->bounds);
        uint64_t left = purse->left;
        if (!pay(p, p->spatial + 1u, top, cost(p->sub, p->spatial, p->temporal), &left))
            return;
        if (needs_proof(p) && purse->budget - left > purse->proved) {
            purse->wished = purse->wished ? purse->wished : purse->budget - left;
            return;
        }
        purse->left = left;
        p->spatial++;
        p->temporal = p->top = top;
    }
}

static void pick_all(struct pick *picks, uint32_t count, struct purse *purse)
{
    for (uint32_t i = 0; i < count; i++)
        if (i < picks[i].bounds->pictures)
            pick_base(&picks[i], i == 0, &purse->left);
        else
            picks[i].paused = true;
    for (uint32_t i = 0; i < count; i++)
        pick_temporal(&picks[i], &purse->left);
    for (uint32_t i = 0; i < count; i++)
        pick_spatial(&picks[i], purse);
}

static uint64_t widths(const struct pick *picks, uint32_t count)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += picks[i].paused ? 0 : picks[i].sub->width_px;
    return sum;
}

static uint32_t share_of(uint64_t budget, uint32_t width_px, uint64_t sum)
{
    uint64_t bps = budget * width_px / sum; /* both below 2^32 */
    return bps ? (uint32_t)bps : 1;
}

/* Parts of the budget by the width of the tiles, for the publishers to aim at. */
static void offer(struct relay *r, struct pick *picks, uint32_t count, uint64_t budget)
{
    uint64_t sum = widths(picks, count);
    for (uint32_t i = 0; i < count; i++) {
        struct sub *s = picks[i].sub;
        uint32_t before = s->offer_bps;
        s->offer_bps = !sum ? 0 : budget == UINT32_MAX ? FIRST_OFFER : share_of(budget, s->width_px, sum);
        if (demand_rate_differs(before, s->offer_bps))
            demand_changed(r, s->from->owner);
    }
}

/* A layer that was too much soon after it was taken is not tried again soon. */
static void note_layer(struct sub *s, uint8_t spatial, usec_t now)
{
    if (!s->told.any || spatial > s->spatial)
        s->risen_at = now;
    if (!s->told.any || spatial >= s->spatial || spatial >= layer_for_width(s))
        return;
    bool again = s->rise_wait && now - s->risen_at < RISE_PROVED;
    s->rise_wait = again ? usec_min(s->rise_wait * RISE_WAIT_GROWS, RISE_WAIT_MAX) : RISE_WAIT;
    s->rise_after = now + s->rise_wait;
}

static void apply(struct relay *r, struct pick *p, usec_t now)
{
    struct sub *s = p->sub;
    note_layer(s, p->spatial, now);
    if (s->paused != p->paused)
        demand_changed(r, s->from->owner);
    bool new_layer = s->spatial != p->spatial || (s->paused && !p->paused) || !s->told.any;
    if (p->paused && !s->paused && s->to->session)
        outq_forget_lane(&s->to->session->out, &s->lane);
    s->spatial = p->spatial;
    s->paused = p->paused;
    s->lane.temporal_max = p->temporal;
    if (new_layer && !p->paused && !cache_serve(r, s, now) && sub_may_ask(r, s, now))
        keyask_or_replay(r, s->from, s->spatial, cache_would_take(r, s), now);
    demand_check(r, s);
}

/* ---- telling the receiver ---- */

static bool is_news(struct sub *s)
{
    struct sub_told now_told = {true, s->paused, s->spatial, s->lane.temporal_max};
    bool news = !s->told.any || s->told.paused != s->paused || s->told.spatial != s->spatial ||
                s->told.temporal != s->lane.temporal_max || s->replayed;
    s->told = now_told;
    return news;
}

static void fill(Parley__V1__TrackForwarding *t, struct sub *s)
{
    parley__v1__track_forwarding__init(t);
    t->member = s->member;
    t->track = s->track;
    t->spatial = s->spatial;
    t->temporal = s->lane.temporal_max;
    t->paused = s->paused;
    t->replayed = s->replayed;
    s->replayed = 0;
}

static void tell_forwarding(struct relay *r, struct seat *seat, usec_t now)
{
    Parley__V1__TrackForwarding *list = arena_alloc(&r->choice, seat->sub_count * sizeof(*list)),
                                **pointers = arena_alloc(&r->choice, seat->sub_count * sizeof(*pointers));
    Parley__V1__Forwarding f = PARLEY__V1__FORWARDING__INIT;
    f.tracks = pointers;
    for (uint32_t i = 0; i < seat->sub_count; i++)
        if (seat->subs[i]->from && !feed_is_audio(seat->subs[i]->from) && is_news(seat->subs[i])) {
            pointers[f.n_tracks] = &list[f.n_tracks];
            fill(&list[f.n_tracks++], seat->subs[i]);
        }
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_FORWARDING;
    m.forwarding = &f;
    if (f.n_tracks)
        session_send(r, seat->session, &m, now);
}

/* For one choice and what is told of it. */
static int reserve(struct relay *r, const struct seat *seat)
{
    size_t each = sizeof(struct pick) + sizeof(Parley__V1__TrackForwarding) + sizeof(Parley__V1__TrackForwarding *);
    return arena_reserve(&r->choice, seat->sub_count * each + 3 * ARENA_ALIGN);
}

static uint64_t budget_of(const struct session *s)
{
    uint32_t bps = downlink_bps(&s->downlink);
    return bps ? bps : UINT32_MAX;
}

static uint8_t best_now(const struct sub *s, usec_t now)
{
    uint8_t fits = layer_for_width(s);
    return now < s->rise_after && s->spatial < fits ? s->spatial : fits;
}

static uint32_t gather(const struct seat *seat, const struct admit_bounds *b, struct pick *picks, usec_t now)
{
    uint32_t count = 0;
    bool calm = seat->session->downlink.rate.state == RATE_RAMP;
    for (uint32_t i = 0; i < seat->sub_count; i++) {
        struct sub *s = seat->subs[i];
        if (s->from && !feed_is_audio(s->from))
            picks[count++] = (struct pick){
                .sub = s, .top = top_of(s, 0, b), .best = least(best_now(s, now), b->spatial), .bounds = b, .calm = calm};
    }
    return count;
}

void share_now(struct relay *r, struct seat *seat, usec_t now)
{
    timer_stop(&r->timers, &seat->share);
    if (!seat->session || seat->session->state != SESSION_LIVE || !seat->sub_count)
        return;
    if (reserve(r, seat) != 0)
        return;
    struct pick *picks = arena_alloc(&r->choice, seat->sub_count * sizeof(*picks));
    uint32_t count = gather(seat, &r->admit.bounds, picks, now);
    uint64_t budget = budget_of(seat->session);
    struct purse purse = {.budget = budget, .left = budget, .proved = probe_proved_bps(seat, now)};
    pick_all(picks, count, &purse);
    if (purse.wished)
        probe_begin(r, seat, purse.wished, now);
    offer(r, picks, count, budget);
    for (uint32_t i = 0; i < count; i++)
        apply(r, &picks[i], now);
    tell_forwarding(r, seat, now);
}

void share_soon(struct relay *r, struct seat *seat, usec_t now)
{
    if (seat->sub_count)
        timer_set_earlier(&r->timers, &seat->share, now + SHARE_EVERY);
}

void share_fire(struct relay *r, void *seat, usec_t now) { share_now(r, seat, now); }
