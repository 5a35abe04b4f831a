/* SPDX-License-Identifier: MIT */
#include "inbound.h"

#include <stdlib.h>

#include "base/err.h"
#include "report.h"
#include "requests.h"
#include "route.h"
#include "seat.h"
#include "state.h"

/* ---- control: a stream of messages ---- */

static void hear(struct relay *r, struct session *s, size_t len, usec_t now)
{
    s->heard_at = now;
    r->stats.bytes_in += len;
    if (s->seat)
        seat_confirm(r, s->seat);
}

void inbound_control(struct relay *r, struct session *s, const uint8_t *data, size_t len, usec_t now)
{
    hear(r, s, len, now);
    if (s->state == SESSION_CLOSING)
        return;
    struct framed m;
    int n = 0;
    framer_feed(&s->control, data, len);
    while (s->state != SESSION_CLOSING && (n = framer_next(&s->control, &m)) > 0)
        request_handle(r, s, m.data, m.len, now);
    if (n < 0)
        session_violated(r, s, "A message is too long.", now);
}

/* ---- datagrams and messages: a kind byte, then one or more things ---- */

static void on_feedback(struct relay *r, struct session *s, const uint8_t *data, size_t len, usec_t now)
{
    if (!bucket_take(&s->objects, 1, now))
        session_over_rate(r, s, now);
    else
        report_read(r, s, data, len, now);
}

/* Before Welcome nothing but control is allowed: dropped, for it may also be older than a refusal. */
static void on_media(struct relay *r, struct session *s, const uint8_t *data, size_t len, usec_t now)
{
    if (s->state != SESSION_LIVE) {
        r->stats.dropped_forbidden++;
        return;
    }
    switch (data[0]) {
    case WIRE_AUDIO:
    case WIRE_VIDEO: route_objects(r, s, data[0], data + 1, len - 1, now); break;
    case WIRE_FEEDBACK: on_feedback(r, s, data + 1, len - 1, now); break;
    default: r->stats.dropped_malformed++;
    }
}

void inbound_datagram(struct relay *r, struct session *s, const uint8_t *data, size_t len, usec_t now)
{
    hear(r, s, len, now);
    if (len && data[0] != WIRE_VIDEO)
        on_media(r, s, data, len, now);
    else
        r->stats.dropped_malformed++;
}

void inbound_message(struct relay *r, struct session *s, const uint8_t *data, size_t len, usec_t now)
{
    hear(r, s, len, now);
    if (!len)
        r->stats.dropped_malformed++;
    else if (data[0] != WIRE_CONTROL)
        on_media(r, s, data, len, now);
    else if (s->state != SESSION_CLOSING)
        request_handle(r, s, data + 1, len - 1, now);
}

/* ---- runs ---- */

static struct inrun *run_new(struct relay *r, struct session *s, uint64_t id, usec_t now)
{
    if (s->runs.count >= r->limits.runs) {
        session_violated(r, s, "Too many runs are open.", now);
        return NULL;
    }
    struct inrun *run = calloc(1, sizeof(*run));
    if (!run || map_put(&s->runs, id, run) != 0) {
        free(run);
        return NULL;
    }
    framer_init(&run->framer, r->limits.object_bytes, true);
    run->dead = s->state != SESSION_LIVE;
    if (!bucket_take(&s->objects, 1, now)) { /* to begin one costs as much as an object, even if none comes */
        run->dead = true;
        session_over_rate(r, s, now);
    }
    return run;
}

static void run_del(struct session *s, uint64_t id)
{
    struct inrun *run = map_take(&s->runs, id);
    s->held_bytes -= run->held;
    framer_free(&run->framer);
    free(run);
}

/* All objects of a run are of one layer. */
static bool belongs(struct inrun *run, const struct framed *m)
{
    uint32_t layer = route_layer(m->data, m->len);
    if (!run->layer)
        run->layer = layer;
    return run->layer && layer == run->layer;
}

static void kill_run(struct relay *r, struct inrun *run)
{
    run->dead = true;
    framer_free(&run->framer);
    r->stats.dropped_malformed++;
}

static void read_run(struct relay *r, struct session *s, struct inrun *run, const uint8_t *data, size_t len, usec_t now)
{
    struct framed m;
    int n = 0;
    framer_feed(&run->framer, data, len);
    while (!run->dead && s->state == SESSION_LIVE && (n = framer_next(&run->framer, &m)) > 0) {
        if (framer_kind(&run->framer) != WIRE_VIDEO || !belongs(run, &m))
            kill_run(r, run);
        else
            route_object(r, s, WIRE_VIDEO, m.data, m.len, now);
    }
    if (n < 0)
        session_violated(r, s, "An object is too large.", now);
}

/* Unfinished objects of all runs together: one can be large, but not all of them. */
static void account(struct relay *r, struct session *s, struct inrun *run, usec_t now)
{
    size_t held = run->dead ? 0 : framer_memory(&run->framer);
    s->held_bytes += held - run->held;
    run->held = held;
    if (s->held_bytes > 2 * (size_t)r->limits.object_bytes + r->limits.request_bytes)
        session_violated(r, s, "Too many objects were begun and not finished.", now);
}

void inbound_run(struct relay *r, struct session *s, uint64_t id, const uint8_t *data, size_t len, enum relay_run_end end,
                 usec_t now)
{
    hear(r, s, len, now);
    if (s->state == SESSION_CLOSING)
        return;
    struct inrun *run = map_get(&s->runs, id);
    if (!run)
        run = run_new(r, s, id, now);
    if (!run)
        return;
    if (run->dead)
        r->stats.dropped_forbidden++;
    else
        read_run(r, s, run, data, len, now);
    account(r, s, run, now);
    if (end != RELAY_RUN_MORE)
        run_del(s, id);
}
