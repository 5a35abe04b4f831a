/* SPDX-License-Identifier: MIT */
/* A participant's life: connection, control messages, reports. What it receives is in listen.c. */
#include "person.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "listen.h"
#include "wire/control.h"
#include "wire/feedback.h"

#define PROGRAM "parley load"
#define AGAIN_AFTER (300 * MS)
#define AGAIN_RANGE (500 * MS)
#define GOODBYE_TEXT "load"

typedef Parley__V1__Control Control;

/* ---- saying ---- */

static void say(struct person *p, const Control *m)
{
    bool ws = net_transport_of(p->conn) == NET_WEBSOCKET;
    struct pkt *k = control_pack(m, ws ? CONTROL_MESSAGE : CONTROL_STREAM);
    if (k)
        net_send(p->conn, &(struct net_send){.channel = NET_CONTROL, .pkt = k, .len = k->len});
}

static void say_hello(struct person *p)
{
    char name[32];
    uint8_t salt[WIRE_SALT_BYTES];
    uint64_t noise[2] = {rng_next(&p->world->rng), rng_next(&p->world->rng)};
    memcpy(salt, noise, sizeof salt);
    snprintf(name, sizeof name, "load %u", p->number);
    Parley__V1__Hello h = PARLEY__V1__HELLO__INIT;
    h.major = WIRE_MAJOR;
    h.minor = WIRE_MINOR;
    h.meeting = p->room->meeting;
    h.name = name;
    h.client = (char *)(uintptr_t)PROGRAM;
    h.salt = (ProtobufCBinaryData){sizeof salt, salt};
    if (p->can_resume)
        h.resume = (ProtobufCBinaryData){sizeof p->resume, p->resume};
    Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_HELLO;
    m.hello = &h;
    say(p, &m);
}

static void say_publish(struct person *p, Parley__V1__Track *t)
{
    Parley__V1__Publish publish = PARLEY__V1__PUBLISH__INIT;
    publish.track = t;
    Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_PUBLISH;
    m.publish = &publish;
    say(p, &m);
}

static void publish_picture(struct person *p)
{
    const struct shape_video *v = &p->world->shape->video;
    Parley__V1__Layer layer[SHAPE_LAYERS_MAX], *list[SHAPE_LAYERS_MAX];
    Parley__V1__Track t = PARLEY__V1__TRACK__INIT;
    t.id = TRACK_PICTURE;
    t.kind = PARLEY__V1__KIND__KIND_CAMERA;
    t.layers = list;
    for (; t.n_layers < v->layers; t.n_layers++) {
        Parley__V1__Layer *l = list[t.n_layers] = &layer[t.n_layers];
        parley__v1__layer__init(l);
        l->spatial = (uint32_t)t.n_layers;
        l->width_px = v->layer[t.n_layers].width_px;
        l->height_px = v->layer[t.n_layers].height_px;
        l->fps = v->fps;
        l->max_bps = v->layer[t.n_layers].bps;
        l->temporal = v->temporal;
    }
    say_publish(p, &t);
}

static void publish(struct person *p)
{
    Parley__V1__Track voice = PARLEY__V1__TRACK__INIT;
    voice.id = TRACK_VOICE;
    voice.kind = PARLEY__V1__KIND__KIND_MIC;
    if (p->world->shape->audio.interval_ms)
        say_publish(p, &voice);
    if (p->world->shape->video.fps)
        publish_picture(p);
    p->mouth.world = p->world;
    p->mouth.room = p->room;
    p->mouth.who = p->place;
    mouth_start(&p->mouth, p->conn);
}

/* Sources with a picture, each watcher beginning at another one, so that all are seen by as many. */
static size_t choose(const struct person *p, Parley__V1__Want *want, Parley__V1__Want **list, size_t max)
{
    const struct room *r = p->room;
    size_t n = 0;
    for (uint32_t i = 0; i < r->count && n < max; i++) {
        const struct source *s = r->list[(p->place + i) % r->count];
        if (!s->live || !s->picture || s->member == p->member)
            continue;
        list[n] = &want[n];
        parley__v1__want__init(&want[n]);
        want[n].member = s->member;
        want[n].track = TRACK_PICTURE;
        want[n++].width_px = p->world->shape->tile_px;
    }
    return n;
}

void person_subscribe(struct person *p)
{
    Parley__V1__Want want[WIRE_WANTS_MAX], *list[WIRE_WANTS_MAX];
    size_t tiles = p->world->shape->tiles;
    if (p->state != PERSON_LIVE || !p->watches || !tiles)
        return;
    Parley__V1__Subscribe s = PARLEY__V1__SUBSCRIBE__INIT;
    s.wants = list;
    s.n_wants = choose(p, want, list, tiles < WIRE_WANTS_MAX ? tiles : WIRE_WANTS_MAX);
    Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_SUBSCRIBE;
    m.subscribe = &s;
    say(p, &m);
}

/* ---- what the relay says ---- */

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
    person_subscribe(p);
}

static void on_refused(struct person *p, const Parley__V1__Refused *r)
{
    p->world->refused++;
    p->can_resume = false;
    snprintf(p->world->complaint, sizeof p->world->complaint, "refused, %s: %s", r->code, r->text);
}

static void on_ping(struct person *p, const Parley__V1__Ping *ping)
{
    Parley__V1__Pong pong = PARLEY__V1__PONG__INIT;
    pong.token = ping->token;
    Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_PONG;
    m.pong = &pong;
    say(p, &m);
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
    case PARLEY__V1__CONTROL__BODY_PING: on_ping(p, m->ping); break;
    default: break;
    }
}

void person_on_control(struct person *p, const uint8_t *data, size_t len, usec_t now)
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

void person_ask_key(struct person *p, uint32_t member)
{
    Parley__V1__KeyFrameRequest k = PARLEY__V1__KEY_FRAME_REQUEST__INIT;
    k.member = member;
    k.track = TRACK_PICTURE;
    Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_KEY_FRAME;
    m.key_frame = &k;
    say(p, &m);
    p->world->key_asks += p->world->measuring;
}

/* ---- reports ---- */

static void gather(struct person *p, struct feedback *f)
{
    uint32_t count = p->room->count < p->ears_cap ? p->room->count : p->ears_cap;
    for (uint32_t i = 0; i < count && f->count < FEEDBACK_TRACKS_MAX; i++) {
        if (p->report_from >= count)
            p->report_from = 0;
        if (p->ears[p->report_from].member)
            ear_report(&p->ears[p->report_from], TRACK_VOICE, TRACK_PICTURE, f);
        p->report_from++;
    }
}

static void report(struct person *p, usec_t now)
{
    struct feedback f;
    echo_begin(&p->echo, &f, now);
    f.count = 0;
    gather(p, &f);
    size_t most = net_transport_of(p->conn) == NET_WEBSOCKET ? WIRE_DATAGRAM_MAX : net_datagram_max(p->conn);
    struct pkt *k = pkt_new(WIRE_DATAGRAM_MAX);
    int len = k ? feedback_write(k->data, most < k->cap ? most : k->cap, &f, NULL) : -1;
    if (len < 0) {
        pkt_unref(k);
        return;
    }
    k->len = (uint32_t)len;
    p->heard = false;
    net_send(p->conn, &(struct net_send){.channel = NET_DATAGRAM, .pkt = k, .len = k->len, .priority = 1});
}

static void read_on(struct person *p)
{
    p->budget = p->world->slow_bps / 80;
    if (p->stuck)
        net_pause(p->conn, false);
    p->stuck = false;
}

void person_tick(struct person *p, usec_t now)
{
    if (p->state == PERSON_OUT && p->stays && now >= p->again_at)
        person_join(p, now);
    if (p->state != PERSON_LIVE || p->leaving)
        return;
    if (p->pace == PACE_SLOW)
        read_on(p);
    if (p->heard || p->pace == PACE_STALLED)
        report(p, now);
}

/* ---- the connection ---- */

static void on_opened(void *ctx, struct net_conn *conn)
{
    struct person *p = ctx;
    (void)conn;
    p->state = PERSON_JOINING;
    say_hello(p);
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

static const struct net_handler handler = {
    .opened = on_opened,
    .control = listen_control,
    .datagram = listen_datagram,
    .run = listen_run,
    .message = listen_message,
    .closed = on_closed,
};

void person_join(struct person *p, usec_t now)
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

void person_leave(struct person *p)
{
    Parley__V1__Goodbye bye = PARLEY__V1__GOODBYE__INIT;
    bye.reason = (char *)(uintptr_t)GOODBYE_TEXT;
    Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_GOODBYE;
    m.goodbye = &bye;
    p->stays = p->can_resume = false;
    p->leaving = p->conn != NULL;
    if (p->state == PERSON_LIVE) {
        keep_numbers(p);
        say(p, &m);
    }
    if (p->mouth.world)
        mouth_stop(&p->mouth);
    if (p->conn)
        net_close(p->conn, 0, "");
}

void person_settle(const struct person *p, struct ear_tally *t, usec_t now)
{
    uint32_t count = p->room->count < p->ears_cap ? p->room->count : p->ears_cap;
    for (uint32_t i = 0; p->state == PERSON_LIVE && i < count; i++)
        if (p->room->list[i]->live && p->ears[i].member == p->room->list[i]->member)
            ear_close(&p->ears[i], t, now);
}

void person_free(struct person *p)
{
    forget(p);
    free(p->ears);
}
