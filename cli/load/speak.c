/* SPDX-License-Identifier: MIT */
#include "speak.h"

#include <stdio.h>
#include <string.h>

#include "wire/control.h"
#include "wire/feedback.h"

#define PROGRAM "parley load"
#define GOODBYE_TEXT "load"

typedef Parley__V1__Control Control;

/* ---- messages ---- */

static void say(struct person *p, const Control *m)
{
    bool ws = net_transport_of(p->conn) == NET_WEBSOCKET;
    struct pkt *k = control_pack(m, ws ? CONTROL_MESSAGE : CONTROL_STREAM);
    if (k)
        net_send(p->conn, &(struct net_send){.channel = NET_CONTROL, .pkt = k, .len = k->len});
}

void speak_hello(struct person *p)
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

void speak_publish(struct person *p)
{
    Parley__V1__Track voice = PARLEY__V1__TRACK__INIT;
    voice.id = TRACK_VOICE;
    voice.kind = PARLEY__V1__KIND__KIND_MIC;
    if (p->world->shape->audio.interval_ms)
        say_publish(p, &voice);
    if (p->world->shape->video.fps)
        publish_picture(p);
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

void speak_subscribe(struct person *p)
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

void speak_key_frame(struct person *p, uint32_t member)
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

void speak_pong(struct person *p, uint64_t token)
{
    Parley__V1__Pong pong = PARLEY__V1__PONG__INIT;
    pong.token = token;
    Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_PONG;
    m.pong = &pong;
    say(p, &m);
}

void speak_goodbye(struct person *p)
{
    Parley__V1__Goodbye bye = PARLEY__V1__GOODBYE__INIT;
    bye.reason = (char *)(uintptr_t)GOODBYE_TEXT;
    Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_GOODBYE;
    m.goodbye = &bye;
    say(p, &m);
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

void speak_report(struct person *p, usec_t now)
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
