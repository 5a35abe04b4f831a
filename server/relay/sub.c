/* SPDX-License-Identifier: MIT */
#include "sub.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "demand.h"
#include "state.h"

#define LIST_FIRST 4

static int grow(struct sub ***list, uint32_t count, uint32_t *cap)
{
    if (count < *cap)
        return 0;
    uint32_t next = *cap ? *cap * 2 : LIST_FIRST;
    struct sub **grown = realloc(*list, next * sizeof(struct sub *));
    if (!grown)
        return ERR_NOMEM;
    *list = grown;
    *cap = next;
    return 0;
}

struct sub *sub_find(const struct seat *seat, uint32_t member, uint32_t track)
{
    return map_get(&seat->wanted, track_key(member, track));
}

/* ---- what a member was sent is remembered when it stops to watch ---- */

static struct seen *find_seen(struct seat *seat, uint64_t track)
{
    for (uint32_t i = 0; i < SEEN_MAX; i++)
        if (seat->seen[i].track == track)
            return &seat->seen[i];
    return NULL;
}

static void recall(struct sub *s)
{
    const struct seen *seen = find_seen(s->to, track_key(s->member, s->track));
    if (seen)
        memcpy(s->lane.seen, seen->newest, sizeof(s->lane.seen));
}

static void remember(const struct sub *s)
{
    struct seen *seen = find_seen(s->to, track_key(s->member, s->track));
    if (!seen)
        seen = &s->to->seen[s->to->seen_next++ % SEEN_MAX];
    seen->track = track_key(s->member, s->track);
    memcpy(seen->newest, s->lane.seen, sizeof(seen->newest));
}

void sub_wake(struct relay *r, struct sub *s, struct feed *f)
{
    if (grow(&f->subs, f->sub_count, &f->sub_cap) != 0)
        return;
    lane_init(&s->lane, feed_is_screen(f));
    s->lane.priority = s->priority;
    history_init(&s->sent);
    s->told = (struct sub_told){0};
    s->replayed = 0;
    recall(s);
    s->spatial = 0;
    s->paused = false;
    s->from = f;
    s->place = f->sub_count;
    f->subs[f->sub_count++] = s;
    demand_changed(r, f->owner);
}

static void leave_feed(struct sub *s)
{
    struct feed *f = s->from;
    struct sub *last = f->subs[--f->sub_count];
    f->subs[s->place] = last;
    last->place = s->place;
    s->from = NULL;
}

void sub_sleep(struct relay *r, struct sub *s)
{
    struct session *session = s->to->session;
    if (!s->from)
        return;
    remember(s);
    if (session)
        outq_forget_lane(&session->out, &s->lane);
    if (session && session->out.resets.count)
        events_ready(&r->events, session);
    demand_changed(r, s->from->owner);
    leave_feed(s);
}

static struct feed *feed_of(const struct seat *seat, uint32_t member, uint32_t track)
{
    struct seat *owner = room_seat(seat->room, member);
    struct feed *f = owner ? owner->feeds[track] : NULL;
    return f && f->kind != PARLEY__V1__KIND__KIND_SCREEN_AUDIO ? f : NULL; /* of a microphone: pins the voice */
}

static struct sub *make(struct relay *r, struct seat *to, uint32_t member, uint32_t track)
{
    struct sub *s = grow(&to->subs, to->sub_count, &to->sub_cap) == 0 ? calloc(1, sizeof(*s)) : NULL;
    if (!s || map_put(&to->wanted, track_key(member, track), s) != 0) {
        free(s);
        return NULL;
    }
    s->to = to;
    s->member = member;
    s->track = track;
    to->subs[to->sub_count++] = s;
    struct feed *f = feed_of(to, member, track);
    if (f)
        sub_wake(r, s, f);
    return s;
}

static void leave_seat(struct sub *s)
{
    struct seat *to = s->to;
    uint32_t i = 0;
    while (to->subs[i] != s)
        i++;
    memmove(&to->subs[i], &to->subs[i + 1], (--to->sub_count - i) * sizeof(*to->subs));
    map_take(&to->wanted, track_key(s->member, s->track));
}

void sub_del(struct relay *r, struct sub *s)
{
    sub_sleep(r, s);
    leave_seat(s);
    free(s);
}

void sub_clear(struct relay *r, struct seat *seat)
{
    while (seat->sub_count)
        sub_del(r, seat->subs[seat->sub_count - 1]);
}

static void put(struct relay *r, struct seat *seat, const Parley__V1__Want *w)
{
    if (!w->width_px || w->track < 1 || w->track > WIRE_TRACKS_MAX || w->member == seat->id)
        return;
    struct sub *s = sub_find(seat, w->member, w->track);
    if (!s)
        s = make(r, seat, w->member, w->track);
    if (!s)
        return;
    s->kept = true;
    s->width_px = w->width_px;
    s->priority = s->lane.priority = w->priority;
}

static void drop_others(struct relay *r, struct seat *seat)
{
    for (uint32_t i = seat->sub_count; i-- > 0;)
        if (!seat->subs[i]->kept)
            sub_del(r, seat->subs[i]);
}

static int by_priority(const void *a, const void *b)
{
    const struct sub *x = *(struct sub *const *)a, *y = *(struct sub *const *)b;
    return (x->priority > y->priority) - (x->priority < y->priority);
}

void sub_replace(struct relay *r, struct seat *seat, const Parley__V1__Subscribe *m)
{
    for (uint32_t i = 0; i < seat->sub_count; i++)
        seat->subs[i]->kept = false;
    for (size_t i = 0; i < m->n_wants && i < r->limits.wants; i++)
        put(r, seat, m->wants[i]);
    drop_others(r, seat);
    if (seat->sub_count)
        qsort(seat->subs, seat->sub_count, sizeof(*seat->subs), by_priority);
}

bool sub_may_ask(struct relay *r, struct sub *s, usec_t now)
{
    usec_t rtt = s->to->session ? s->to->session->downlink.rtt_us : 0; /* a key frame cannot come sooner */
    return lane_may_ask(&s->lane, usec_max(r->limits.key_frame_ms * MS, rtt), now);
}
