/* SPDX-License-Identifier: MIT */
#include "attend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "listen.h"
#include "speak.h"
#include "wire/control.h"

#define AGAIN_AFTER (300 * MS)
#define AGAIN_RANGE (500 * MS)

typedef Parley__V1__Control Control;

/* ---- what the relay says ---- */

static void publish(struct person *p)
{
    speak_publish(p);
    p->mouth.world = p->world;
    p->mouth.room = p->room;
    p->mouth.who = p->place;
    mouth_start(&p->mouth, p->conn);
}

static void on_welcome(struct person *p, const Parley__V1__Welcome *w, usec_t now)
{
    if (p->state != PERSON_JOINING)
        return;
    p->state = PERSON_LIVE;
    p->member = w->member;
    p->can_resume = w->resume.len == sizeof p->resume;
    if (p->can_resume)
        memcpy(p->resume, w->resume.data, sizeof p->resume);
    hist_add(&p->world->join, now - p->dialled_at);
    p->world->joins++;
    p->world->live++;
    p->room->people++;
    if (p->place == 0)
        room_on_roster(p->room, w->roster, true);
    if (p->place == 0)
        room_scout(p->room, p->member, p->publishes, p->world->shape->video.fps);
    if (p->publishes)
        publish(p);
    speak_subscribe(p);
}

static void on_refused(struct person *p, const Parley__V1__Refused *r)
{
    p->world->refused++;
    p->can_resume = false;
    snprintf(p->world->complaint, sizeof p->world->complaint, "refused, %s: %s", r->code, r->text);
}

static void on_forwarding(struct person *p, const Parley__V1__Forwarding *f)
{
    for (size_t i = 0; i < f->n_tracks; i++) {
        const struct source *s = room_source(p->room, f->tracks[i]->member);
        p->world->paused += p->world->measuring && f->tracks[i]->paused;
        if (s && s->index < p->ears_cap && f->tracks[i]->paused)
            ear_pause(&p->ears[s->index]);
    }
}

static void handle(struct person *p, const Control *m, usec_t now)
{
    switch (m->body_case) {
    case PARLEY__V1__CONTROL__BODY_WELCOME: on_welcome(p, m->welcome, now); break;
    case PARLEY__V1__CONTROL__BODY_REFUSED: on_refused(p, m->refused); break;
    case PARLEY__V1__CONTROL__BODY_ROSTER: room_on_roster(p->room, m->roster, false); break;
    case PARLEY__V1__CONTROL__BODY_DEMAND: mouth_on_demand(&p->mouth, m->demand); break;
    case PARLEY__V1__CONTROL__BODY_KEY_FRAME: mouth_on_key_frame(&p->mouth, m->key_frame); break;
    case PARLEY__V1__CONTROL__BODY_FORWARDING: on_forwarding(p, m->forwarding); break;
    case PARLEY__V1__CONTROL__BODY_PING: speak_pong(p, m->ping->token); break;
    default: break;
    }
}

static void read_control(struct person *p, const uint8_t *data, size_t len, usec_t now)
{
    int err;
    if (control_body(data, len) == PARLEY__V1__CONTROL__BODY_ROSTER) {
        p->world->rosters += p->world->measuring;
        if (p->place) /* the scout reads for all */
            return;
    }
    const Control *m = control_parse(&p->world->parsed, data, len, WIRE_CONTROL_MAX, &err);
    if (m)
        handle(p, m, now);
    else
        p->world->malformed++;
}

/* ---- ten times a second ---- */

static void read_on(struct person *p)
{
    p->budget = p->world->slow_bps / 80;
    if (p->stuck)
        net_pause(p->conn, false);
    p->stuck = false;
}

void attend_tick(struct person *p, usec_t now)
{
    if (p->state == PERSON_OUT && p->stays && now >= p->again_at)
        attend_join(p, now);
    if (p->state != PERSON_LIVE || p->leaving)
        return;
    if (p->pace == PACE_SLOW)
        read_on(p);
    if (p->heard || p->pace == PACE_STALLED)
        speak_report(p, now);
}

/* ---- the connection ---- */

static void on_opened(void *ctx, struct net_conn *conn)
{
    struct person *p = ctx;
    (void)conn;
    p->state = PERSON_JOINING;
    speak_hello(p);
}

static void forget(struct person *p)
{
    if (p->mouth.world)
        mouth_stop(&p->mouth);
    framer_free(&p->control);
    listen_forget(p);
    p->conn = NULL;
    p->stuck = p->heard = p->leaving = false;
    p->state = PERSON_OUT;
}

static void note_end(struct person *p, uint32_t code, const char *text)
{
    struct world *w = p->world;
    if (p->state == PERSON_LIVE) {
        w->live--;
        p->room->people--;
    }
    if (p->leaving)
        return;
    *(p->state == PERSON_LIVE ? &w->lost : &w->failed) += 1;
    if (*text || code)
        snprintf(w->complaint, sizeof w->complaint, "%s, code %u: %.100s", p->state == PERSON_LIVE ? "lost" : "no session", code,
                 text);
}

static void on_closed(void *ctx, struct net_conn *conn, uint32_t code, const char *text)
{
    struct person *p = ctx;
    (void)conn;
    note_end(p, code, text);
    forget(p);
    p->stays &= p->pace == PACE_NORMAL; /* one who does not read and was put out stays out */
    p->again_at = loop_now() + AGAIN_AFTER + (usec_t)rng_below(&p->world->rng, AGAIN_RANGE);
}

static void on_control(void *ctx, struct net_conn *conn, const uint8_t *data, size_t len)
{
    struct person *p = ctx;
    struct framed m;
    (void)conn;
    listen_count(p, len);
    framer_feed(&p->control, data, len);
    while (p->conn && framer_next(&p->control, &m) > 0)
        read_control(p, m.data, m.len, loop_now());
}

static void on_message(void *ctx, struct net_conn *conn, const uint8_t *data, size_t len)
{
    struct person *p = ctx;
    if (!len || data[0] != WIRE_CONTROL) {
        listen_datagram(ctx, conn, data, len);
        return;
    }
    listen_count(p, len);
    read_control(p, data + 1, len - 1, loop_now());
}

static const struct net_handler handler = {
    .opened = on_opened,
    .control = on_control,
    .datagram = listen_datagram,
    .run = listen_run,
    .message = on_message,
    .closed = on_closed,
};

void attend_join(struct person *p, usec_t now)
{
    p->stays = true;
    p->got_first = false;
    if (!p->can_resume && p->ears) /* not a lost connection: nothing was missed */
        memset(p->ears, 0, p->ears_cap * sizeof *p->ears);
    p->dialled_at = now;
    framer_init(&p->control, WIRE_CONTROL_MAX, false);
    p->conn = net_dial(p->world->loop, p->dial, &handler, p);
    p->state = p->conn ? PERSON_DIALING : PERSON_OUT;
    p->again_at = now + SEC;
    if (p->conn)
        return;
    p->world->failed++;
    snprintf(p->world->complaint, sizeof p->world->complaint, "a connection could not be begun: out of memory or descriptors");
}

static void keep_numbers(struct person *p)
{
    struct net_stats s;
    net_stats(p->conn, &s);
    p->world->ended_packets += s.packets_in;
    p->world->ended_bytes += s.bytes_in;
}

void attend_leave(struct person *p)
{
    p->stays = p->can_resume = false;
    p->leaving = p->conn != NULL;
    if (p->state == PERSON_LIVE) {
        keep_numbers(p);
        speak_goodbye(p);
    }
    if (p->mouth.world)
        mouth_stop(&p->mouth);
    if (p->conn)
        net_close(p->conn, 0, "");
}

void attend_settle(const struct person *p, struct ear_tally *t, usec_t now)
{
    uint32_t count = p->room->count < p->ears_cap ? p->room->count : p->ears_cap;
    for (uint32_t i = 0; p->state == PERSON_LIVE && i < count; i++)
        if (p->room->list[i]->live && p->ears[i].member == p->room->list[i]->member)
            ear_close(&p->ears[i], t, now);
}

void attend_free(struct person *p)
{
    forget(p);
    free(p->ears);
}
