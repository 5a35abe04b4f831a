/* SPDX-License-Identifier: MIT */
/* The whole engine before a relay and members who send anything in any order. The input is a list of steps: what (one byte), what
 * with (one byte), a length (one byte, times eight) and bytes. Some steps are honest, so that the deep parts are reached: a Welcome with a member and its tracks,
 * objects sealed with that member's key. After each step the outputs are drained, and deadlines must move on. */
#include <string.h>

#include "crypto/keys.h"
#include "fuzz/fuzz.h"
#include "session/client.h"
#include "wire/control.h"
#include "wire/media_info.h"
#include "wire/object.h"

#define STEPS_MAX 300
#define MEMBER 3
#define POLLS_MAX 20000

static const uint8_t salt[KEYS_SALT_BYTES] = "salt of a member";
static const struct group_secret secret = {(const uint8_t *)"secret", 6};

struct world {
    struct client *client;
    struct sealer sealer; /* the member's */
    usec_t now;
    uint32_t link;      /* the last one that the client wants open */
    enum transport kind;
    uint32_t seq[2];
};

struct step {
    uint8_t what, with;
    const uint8_t *data;
    size_t len;
};

/* ---- what comes out ---- */

static void check_event(struct world *w, const struct client_event *e)
{
    MUST(e->type >= CLIENT_DIAL && e->type <= CLIENT_SOUND);
    MUST(!e->data || e->len <= WIRE_OBJECT_MAX + 64);
    if (e->type == CLIENT_DIAL)
        w->link = e->link;
    if (e->type == CLIENT_AUDIO || e->type == CLIENT_VIDEO)
        MUST(e->member == MEMBER && (e->media.data || !e->media.len));
    volatile uint8_t touched = 0; /* the bytes are there */
    for (size_t i = 0; e->data && i < e->len; i++)
        touched ^= e->data[i];
    for (size_t i = 0; e->media.data && i < e->media.len; i++)
        touched ^= e->media.data[i];
}

static void drain(struct world *w)
{
    struct client_event e;
    for (int i = 0; client_poll(w->client, &e, w->now); i++) {
        MUST(i < POLLS_MAX);
        check_event(w, &e);
    }
}

/* ---- what goes in ---- */

static void control(struct world *w, const Parley__V1__Control *m)
{
    struct pkt *p = control_pack(m, w->kind == TRANSPORT_WEBSOCKET ? CONTROL_MESSAGE : CONTROL_STREAM);
    MUST(p);
    if (w->kind == TRANSPORT_WEBSOCKET)
        client_on_message(w->client, w->link, p->data, p->len, w->now);
    else
        client_on_control(w->client, w->link, p->data, p->len, w->now);
    pkt_unref(p);
}

static void welcome(struct world *w)
{
    Parley__V1__Track mic = PARLEY__V1__TRACK__INIT, camera = PARLEY__V1__TRACK__INIT, *tracks[] = {&mic, &camera};
    Parley__V1__Layer layer = PARLEY__V1__LAYER__INIT, *layers[] = {&layer};
    mic.id = 1;
    mic.kind = PARLEY__V1__KIND__KIND_MIC;
    camera.id = 2;
    camera.kind = PARLEY__V1__KIND__KIND_CAMERA;
    layer.width_px = layer.height_px = 320;
    layer.temporal = 3;
    camera.n_layers = 1;
    camera.layers = layers;
    Parley__V1__Member member = PARLEY__V1__MEMBER__INIT, *put[] = {&member};
    member.id = MEMBER;
    member.name = (char *)(uintptr_t)"Ann";
    member.salt = (ProtobufCBinaryData){sizeof salt, (uint8_t *)(uintptr_t)salt};
    member.n_tracks = 2;
    member.tracks = tracks;
    Parley__V1__Roster roster = PARLEY__V1__ROSTER__INIT;
    roster.n_put = 1;
    roster.put = put;
    Parley__V1__Welcome body = PARLEY__V1__WELCOME__INIT;
    body.member = 9;
    body.roster = &roster;
    body.resume = (ProtobufCBinaryData){WIRE_RESUME_BYTES, (uint8_t *)(uintptr_t)"0123456789abcdef0123456789abcdef0123456789ab"};
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_WELCOME;
    m.welcome = &body;
    control(w, &m);
}

/* An object of the member's, sealed as it should be; `with` chooses header fields, the bytes are MediaInfo and media. */
static void sealed_object(struct world *w, const struct step *s)
{
    bool audio = s->with & 1;
    uint32_t *seq = &w->seq[audio];
    *seq += 1 + (s->with >> 6);
    struct object_header h = {.sender = MEMBER, .track = audio ? 1 : 2, .seq = *seq, .captured_us = w->now + 1000 * s->with};
    h.key = !audio && s->with & 2;
    h.temporal = audio ? 0 : s->with >> 2 & 1;
    h.depends = audio || h.key || *seq < 2 ? 0 : 1;
    uint8_t aad[OBJECT_AAD_BYTES], sealed[4096], out[4200];
    object_aad(aad, &h);
    int len = sealer_seal(&w->sealer, (struct sframe_text){aad, sizeof aad}, sealed, sizeof sealed,
                          (struct sframe_text){s->data, s->len});
    MUST(len > 0);
    int at = object_write_framed(out, sizeof out, audio ? WIRE_AUDIO : WIRE_VIDEO, &h, (size_t)len);
    MUST(at > 0);
    memcpy(out + at, sealed, (size_t)len);
    if (w->kind == TRANSPORT_WEBSOCKET)
        client_on_message(w->client, w->link, out, (size_t)(at + len), w->now);
    else if (audio)
        client_on_datagram(w->client, w->link, out, (size_t)(at + len), w->now);
    else
        client_on_run(w->client, w->link, *seq, out, (size_t)(at + len), s->with & 4 ? RUN_END : RUN_MORE, w->now);
}

static void publish(struct world *w, const struct step *s)
{
    struct track_spec t = {.id = s->with & 15, .kind = (enum track_kind)(1 + (s->with >> 4 & 3)), .layers = s->with >> 6};
    for (uint32_t i = 0; i < t.layers && i < WIRE_LAYERS_MAX; i++)
        t.layer[i] = (struct layer_spec){i, 320u << i, 180u << i, 30, 150000u << 2 * i, 3};
    client_publish(w->client, &t, w->now);
}

static void send(struct world *w, const struct step *s)
{
    struct media m = {.track = s->with & 15, .codec = CODEC_VP9, .spatial = s->with >> 4 & 3, .key = s->with & 64};
    m.captured_us = w->now;
    m.data = s->data;
    m.len = s->len;
    client_send(w->client, &m, w->now);
}

static void subscribe(struct world *w, const struct step *s)
{
    struct want want = {MEMBER, s->with & 3, 320, 0};
    client_subscribe(w->client, &want, s->with & 1, w->now);
}

static void tick(struct world *w, const struct step *s)
{
    usec_t due = client_deadline(w->client);
    w->now += s->with & 128 ? 100 * MS * (s->with & 127) : MS * s->with;
    if (s->with == 0 && due != NEVER && due > w->now)
        w->now = due;
    client_tick(w->client, w->now);
}

static void take_step(struct world *w, const struct step *s)
{
    struct client *c = w->client;
    switch (s->what % 17) {
    case 0: tick(w, s); break;
    case 1:
        w->kind = s->with & 1 ? TRANSPORT_WEBSOCKET : TRANSPORT_WEBTRANSPORT;
        client_on_open(c, w->link, w->kind, w->kind == TRANSPORT_WEBSOCKET ? 0 : 1200, w->now);
        break;
    case 2: client_on_closed(c, w->link, w->now); break;
    case 3: welcome(w); break;
    case 4: client_on_control(c, w->link, s->data, s->len, w->now); break;
    case 5: client_on_datagram(c, w->link, s->data, s->len, w->now); break;
    case 6: client_on_run(c, w->link, s->with >> 2, s->data, s->len, (enum run_end)(s->with % 3), w->now); break;
    case 7: client_on_message(c, w->link, s->data, s->len, w->now); break;
    case 8: sealed_object(w, s); break;
    case 9: publish(w, s); break;
    case 10: send(w, s); break;
    case 11: subscribe(w, s); break;
    case 12: client_chat(c, (const char *)s->data, s->len, w->now); break;
    case 13: client_unpublish(c, s->with & 15, w->now); break;
    case 14: client_need_key_frame(c, MEMBER, s->with & 3, w->now); break;
    case 15: client_reconnect(c, w->now); break;
    case 16: s->with == 255 ? client_leave(c, w->now) : client_on_playout(c, MEMBER, s->with % 8u, s->with * 1000u, w->now); break;
    }
}

static struct step next_step(const uint8_t **data, size_t *len)
{
    struct step s = {.what = take_u8(data, len), .with = take_u8(data, len)};
    size_t want = 8u * take_u8(data, len);
    s.len = want < *len ? want : *len;
    s.data = *data;
    *data += s.len;
    *len -= s.len;
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct client_config config = {
        .meeting = "tea", .name = "Bob", .program = "fuzz", .secret_len = secret.len, .seed = 7, .decodes = 6};
    memcpy(config.secret, secret.data, secret.len);
    struct world w = {.now = SEC};
    w.client = client_new(&config, w.now);
    MUST(w.client);
    sealer_init(&w.sealer, secret, salt, 0);
    drain(&w);
    for (int i = 0; len && i < STEPS_MAX; i++) {
        struct step s = next_step(&data, &len);
        take_step(&w, &s);
        drain(&w);
    }
    client_del(w.client);
    return 0;
}
