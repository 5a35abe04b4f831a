/* SPDX-License-Identifier: MIT */
#include "voices.h"

#include <assert.h>
#include <string.h>

#include "base/bytes.h"
#include "seat.h"
#include "state.h"
#include "sub.h"

#define DECIBEL 1000 /* levels are counted in thousandths */
#define FALL_PER_SEC (15 * DECIBEL)
#define MARGIN (6 * DECIBEL)      /* a voice must be louder by this to take a place */
#define FRESH (600 * MS)          /* and a place that was just taken is kept */
#define FRESH_MARGIN (3 * DECIBEL) /* against what is not louder by this more */
#define SPEAKS 57                 /* -70 dBov: below it nobody speaks */
#define PAUSE (500 * MS)          /* in speech; after it a place is held no longer */
#define HOST_BONUS (40 * DECIBEL)

/* ---- whose voice ---- */

/* Rises at once, falls slowly. */
static uint32_t level_now(const struct voice *v, usec_t now)
{
    uint64_t fallen = (uint64_t)usec_max(0, now - v->at) * FALL_PER_SEC / (uint64_t)SEC;
    return v->at && fallen < v->level ? v->level - (uint32_t)fallen : 0;
}

static void note_level(struct voice *v, uint32_t level, usec_t now)
{
    uint32_t fallen = level_now(v, now);
    v->level = level * DECIBEL > fallen ? level * DECIBEL : fallen;
    v->at = now;
    if (level >= SPEAKS)
        v->spoke_at = now;
}

static bool speaks(const struct voice *v, usec_t now) { return v->spoke_at && now - v->spoke_at < PAUSE; }

/* 0: says nothing, and takes nobody's place. */
static uint32_t strength(const struct feed *f, usec_t now)
{
    if (!speaks(&f->voice, now))
        return 0;
    return level_now(&f->voice, now) + (f->owner->role == PARLEY__V1__ROLE__ROLE_HOST ? HOST_BONUS : 0);
}

static uint32_t strength_in_place(const struct feed *f, usec_t now)
{
    if (!speaks(&f->voice, now))
        return 0;
    return strength(f, now) + MARGIN + (now - f->voice.since < FRESH ? FRESH_MARGIN : 0);
}

static void take_place(struct voices *v, struct feed *f, uint32_t place, usec_t now)
{
    v->in[place] = f;
    f->voice.place = place + 1;
    f->voice.since = now;
}

static uint32_t weakest(const struct voices *v, usec_t now)
{
    uint32_t place = 0, least = UINT32_MAX;
    for (uint32_t i = 0; i < v->count; i++) {
        uint32_t s = strength_in_place(v->in[i], now);
        if (s >= least)
            continue;
        least = s;
        place = i;
    }
    return place;
}

static void give_place_up(struct voices *v, uint32_t place)
{
    struct feed *last = v->in[v->count - 1];
    v->in[place]->voice.place = 0;
    v->count--;
    if (place == v->count)
        return;
    v->in[place] = last;
    last->voice.place = place + 1;
}

static uint32_t places(const struct relay *r)
{
    uint32_t n = r->limits.speakers < r->admit.bounds.speakers ? r->limits.speakers : r->admit.bounds.speakers;
    return n < VOICES_MAX ? n : VOICES_MAX;
}

bool voices_admit(struct relay *r, struct feed *f, uint32_t level, usec_t now)
{
    struct voices *v = &f->owner->room->voices;
    note_level(&f->voice, level, now);
    while (v->count > places(r))
        give_place_up(v, weakest(v, now));
    if (f->voice.place)
        return true;
    if (v->count < places(r)) {
        take_place(v, f, v->count++, now);
        return true;
    }
    uint32_t place = weakest(v, now);
    if (strength(f, now) <= strength_in_place(v->in[place], now)) {
        r->stats.dropped_quiet++;
        return false;
    }
    v->in[place]->voice.place = 0;
    take_place(v, f, place, now);
    r->stats.speakers_changed++;
    return true;
}

void voices_leave(struct feed *f)
{
    struct voices *v = &f->owner->room->voices;
    if (f->voice.place)
        give_place_up(v, f->voice.place - 1);
}

/* ---- the packet for all ---- */

static void list(struct relay *r, struct room *room)
{
    struct voices *v = &room->voices;
    if (v->listed)
        return;
    v->listed = true;
    v->next = r->talking;
    r->talking = room;
}

/* As long as the room's listeners together get no more packets a second than they may. */
static usec_t wait_of(const struct relay *r, const struct room *room)
{
    usec_t wait = (usec_t)room->local_count * SEC / r->limits.voice_packets;
    return wait < VOICES_WAIT_LEAST ? 0 : usec_min(wait, VOICES_WAIT_MAX);
}

static void fire(struct relay *r, void *room, usec_t now)
{
    (void)now;
    list(r, room);
}

static void plan(struct relay *r, struct room *room, usec_t now)
{
    struct voices *v = &room->voices;
    usec_t at = v->sent_at + wait_of(r, room);
    v->timer.fire = fire;
    v->timer.owner = room;
    if (at <= now)
        list(r, room);
    else
        timer_set(&r->timers, &v->timer, at);
}

static bool is_live(const struct seat *seat) { return seat->session && seat->session->state == SESSION_LIVE; }

static void send(struct relay *r, struct seat *to, struct pkt *p, uint32_t objects, usec_t now)
{
    outq_audio(&to->session->out, p, objects, now);
    events_ready(&r->events, to->session);
}

/* What the others said, for one who is in the packet. */
static void send_others(struct relay *r, struct seat *to, usec_t now)
{
    const struct voices *v = &to->room->voices;
    struct pkt *p = pkt_new(v->packet->len);
    struct writer w = writer_of(p ? p->data : NULL, p ? p->cap : 0);
    uint32_t objects = 0;
    write_u8(&w, WIRE_AUDIO);
    for (uint32_t i = 0; i < v->pieces; i++) {
        if (v->piece[i].member == to->id)
            continue;
        write_bytes(&w, v->packet->data + v->piece[i].at, v->piece[i].len);
        objects++;
    }
    if (p && objects) {
        p->len = (uint32_t)writer_done(&w);
        send(r, to, p, objects, now);
    }
    pkt_unref(p);
}

static void flush(struct relay *r, struct room *room, usec_t now)
{
    struct voices *v = &room->voices;
    timer_stop(&r->timers, &v->timer);
    if (!v->packet)
        return;
    for (uint32_t i = 0; i < room->local_count; i++) {
        struct seat *to = room->local[i];
        if (!is_live(to))
            continue;
        if (to->spoke_in == v->serial)
            send_others(r, to, now);
        else
            send(r, to, v->packet, v->pieces, now);
    }
    pkt_unref(v->packet);
    v->packet = NULL;
    v->sent_at = now;
}

void voices_flush_all(struct relay *r, usec_t now)
{
    while (r->talking) {
        struct room *room = r->talking;
        r->talking = room->voices.next;
        room->voices.listed = false;
        flush(r, room, now);
    }
}

static bool begin(struct voices *v)
{
    v->packet = pkt_new(WIRE_DATAGRAM_MAX);
    if (!v->packet)
        return false;
    v->packet->data[0] = WIRE_AUDIO;
    v->packet->len = 1;
    v->pieces = 0;
    v->serial++;
    return true;
}

void voices_put(struct relay *r, struct feed *f, const struct pkt *p, usec_t now)
{
    struct room *room = f->owner->room;
    struct voices *v = &room->voices;
    uint32_t more = p->len - 1; /* without the kind */
    assert(p->len <= WIRE_DATAGRAM_MAX);
    if (v->packet && (v->packet->len + more > WIRE_DATAGRAM_MAX || v->pieces == VOICES_PIECES))
        flush(r, room, now);
    if (!v->packet && !begin(v))
        return;
    v->piece[v->pieces++] = (struct voice_piece){.member = f->owner->id, .at = (uint16_t)v->packet->len, .len = (uint16_t)more};
    memcpy(v->packet->data + v->packet->len, p->data + 1, more);
    v->packet->len += more;
    f->owner->spoke_in = v->serial;
    if (v->pieces == 1)
        plan(r, room, now);
}

void voices_put_pinned(struct relay *r, struct feed *f, struct pkt *p, usec_t now)
{
    for (uint32_t i = 0; i < f->sub_count; i++)
        if (is_live(f->subs[i]->to))
            send(r, f->subs[i]->to, p, 1, now);
}

void voices_free(struct relay *r, struct room *room)
{
    struct room **at = &r->talking;
    timer_stop(&r->timers, &room->voices.timer);
    pkt_unref(room->voices.packet);
    if (!room->voices.listed)
        return;
    while (*at != room)
        at = &(*at)->voices.next;
    *at = room->voices.next;
}
