/* SPDX-License-Identifier: MIT */
#include "admit.h"

#include <stdio.h>
#include <string.h>

#include "seat.h"
#include "share.h"
#include "state.h"

#define STEP_EVERY SEC         /* a step needs time to show */
#define LASTS (3 * SEC)        /* over a bound for so long is more than many who join at once */
#define CALM_PERCENT 80        /* of a bound: below it the load is well below */
#define PATIENCE (3 * SEC)
#define PATIENCE_MAX (60 * SEC)
#define TOO_EARLY (10 * SEC)   /* a step back that had to be undone within this */
#define SPREAD 16              /* receivers choose anew in so many parts of STEP_EVERY */
#define RETRY_MS 5000
#define NONE UINT32_MAX

static const struct admit_bounds bounds[] = {
    [ADMIT_ALL] = {UINT8_MAX, UINT8_MAX, NONE, NONE},
    [ADMIT_NO_TOP] = {1, UINT8_MAX, NONE, NONE},
    [ADMIT_BASE] = {0, UINT8_MAX, NONE, NONE},
    [ADMIT_SMALL] = {0, 0, NONE, NONE},
    [ADMIT_ONE] = {0, 0, 1, NONE},
    [ADMIT_NO_PICTURES] = {0, 0, 0, NONE},
    [ADMIT_FEW_VOICES] = {0, 0, 0, 2},
};

void admit_init(struct admit *a)
{
    *a = (struct admit){
        .bounds = bounds[ADMIT_ALL], .calm_since = NEVER, .over_since = NEVER, .patience = PATIENCE, .eased_at = -TOO_EARLY};
}

/* ---- how busy ---- */

/* Of the bound that is nearest, in percent. */
static uint64_t load_percent(const struct relay *r)
{
    const struct admit *a = &r->admit;
    uint64_t cpu = (uint64_t)a->cpu_percent * 100 / r->limits.max_cpu;
    uint64_t out = r->limits.max_mbps ? a->out_bps / 10000 / r->limits.max_mbps : 0;
    return cpu > out ? cpu : out;
}

static void measure(struct relay *r, uint32_t cpu_percent, usec_t now)
{
    struct admit *a = &r->admit;
    usec_t elapsed = now - a->measured_at;
    a->cpu_percent = (cpu_percent + a->cpu_told) / 2;
    a->cpu_told = cpu_percent;
    if (a->measured_at && elapsed > 0)
        a->out_bps = (r->stats.bytes_out - a->bytes_out) * 8 * SEC / (uint64_t)elapsed;
    a->bytes_out = r->stats.bytes_out;
    a->measured_at = now;
}

/* ---- steps ---- */

/* All receivers choose their layers anew, not all at the same moment. */
static void reshare_all(struct relay *r, usec_t now)
{
    size_t at = 0;
    uint32_t i = 0;
    for (struct session *s; (s = map_next(&r->sessions, &at));)
        if (s->seat && s->seat->sub_count)
            timer_set_earlier(&r->timers, &s->seat->share, now + i++ % SPREAD * STEP_EVERY / SPREAD);
}

static void enter(struct relay *r, enum admit_step step, usec_t now)
{
    struct admit *a = &r->admit;
    a->step = step;
    a->bounds = bounds[step];
    a->stepped_at = now;
    a->calm_since = NEVER;
    events_log(&r->events, 0, "load", "step=%d cpu=%u mbps=%u", (int)step, a->cpu_percent, (unsigned)(a->out_bps / 1000000));
    reshare_all(r, now);
}

static void cut(struct relay *r, usec_t now)
{
    struct admit *a = &r->admit;
    if (a->step == ADMIT_FEW_VOICES || (a->step && now - a->stepped_at < STEP_EVERY))
        return;
    if (now - a->eased_at < TOO_EARLY)
        a->patience = usec_min(2 * a->patience, PATIENCE_MAX);
    a->eased_at = -TOO_EARLY;
    enter(r, a->step + 1, now);
}

static void ease(struct relay *r, usec_t now)
{
    struct admit *a = &r->admit;
    if (a->calm_since == NEVER)
        a->calm_since = now;
    if (a->step == ADMIT_ALL && now - a->calm_since > PATIENCE_MAX)
        a->patience = PATIENCE;
    if (a->step == ADMIT_ALL || now - a->calm_since < a->patience)
        return;
    a->eased_at = now;
    enter(r, a->step - 1, now);
}

void admit_on_load(struct relay *r, uint32_t cpu_percent, usec_t now)
{
    measure(r, cpu_percent, now);
    uint64_t load = load_percent(r);
    if (load <= 100)
        r->admit.over_since = NEVER;
    else if (r->admit.over_since == NEVER)
        r->admit.over_since = now;
    if (load > 100)
        cut(r, now);
    else if (load < CALM_PERCENT)
        ease(r, now);
    else
        r->admit.calm_since = NEVER;
}

/* ---- at the door ---- */

bool admit_opens(struct relay *r)
{
    if (r->sessions.count < (size_t)r->limits.sessions + RELAY_SPARE)
        return true;
    r->stats.refused_sessions++;
    return false;
}

static bool refuse(struct relay *r, struct session *s, uint64_t *counter, usec_t now)
{
    const char *lighter = r->admit.lighter;
    char text[CLOSE_TEXT_MAX];
    (*counter)++;
    snprintf(text, sizeof(text), "This relay has as much to do as it can.%s%.64s%s", *lighter ? " Try " : "", lighter,
             *lighter ? "." : "");
    session_refuse_for(r, s, "busy", text, lighter, RETRY_MS, now);
    return false;
}

bool admit_joins(struct relay *r, struct session *s, usec_t now)
{
    if (r->admit.full || r->sessions.count > r->limits.sessions)
        return refuse(r, s, &r->stats.refused_sessions, now);
    if (r->admit.memory_short)
        return refuse(r, s, &r->stats.refused_memory, now);
    if (r->admit.over_since == NEVER || now - r->admit.over_since < LASTS)
        return true;
    bool cpu = r->admit.cpu_percent > r->limits.max_cpu;
    return refuse(r, s, cpu ? &r->stats.refused_cpu : &r->stats.refused_bandwidth, now);
}
