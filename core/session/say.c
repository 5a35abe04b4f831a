/* SPDX-License-Identifier: MIT */
#include "say.h"

#include "wire/control.h"

#define CODECS 8

static void say(struct mouth m, const Parley__V1__Control *control)
{
    if (!m.carrier)
        return;
    enum control_framing framing = m.carrier->transport == TRANSPORT_WEBSOCKET ? CONTROL_MESSAGE : CONTROL_STREAM;
    size_t size = control_size(control, framing);
    uint8_t *room = outbox_room(m.out, size);
    int len = room ? control_write(room, size, control, framing) : 0;
    if (len > 0)
        outbox_push(m.out, &(struct client_event){.type = CLIENT_SEND_CONTROL, .link = m.carrier->link, .len = (size_t)len}, room,
                    0);
}

/* protobuf-c's messages have members that are not const; they are only read. */
static char *text(const char *s) { return (char *)(uintptr_t)s; }
static ProtobufCBinaryData bytes(const uint8_t *data, size_t len)
{
    return (ProtobufCBinaryData){.len = data ? len : 0, .data = (uint8_t *)(uintptr_t)data};
}

#define SAY(m, case_name, member, message)                                                                                         \
    do {                                                                                                                           \
        Parley__V1__Control control_ = PARLEY__V1__CONTROL__INIT;                                                                  \
        control_.body_case = PARLEY__V1__CONTROL__BODY_##case_name;                                                                \
        control_.member = (message);                                                                                               \
        say(m, &control_);                                                                                                         \
    } while (0)

static size_t codecs_of(Parley__V1__Codec out[CODECS], uint64_t bits)
{
    size_t n = 0;
    for (unsigned i = 1; i < CODECS; i++)
        if (bits >> i & 1)
            out[n++] = (Parley__V1__Codec)i;
    return n;
}

void say_hello(struct mouth m, const struct identity *me, const uint8_t *resume)
{
    Parley__V1__Codec codec[CODECS];
    Parley__V1__Hello hello = PARLEY__V1__HELLO__INIT;
    hello.major = WIRE_MAJOR;
    hello.minor = WIRE_MINOR;
    hello.meeting = text(me->meeting);
    hello.name = text(me->name);
    hello.token = text(me->token);
    hello.client = text(me->program);
    hello.salt = bytes(me->salt, WIRE_SALT_BYTES);
    hello.resume = bytes(resume, WIRE_RESUME_BYTES);
    hello.n_decodes = codecs_of(codec, me->decodes);
    hello.decodes = codec;
    SAY(m, HELLO, hello, &hello);
}

void say_goodbye(struct mouth m)
{
    Parley__V1__Goodbye goodbye = PARLEY__V1__GOODBYE__INIT;
    SAY(m, GOODBYE, goodbye, &goodbye);
}

static Parley__V1__Layer layer_of(const struct layer_spec *spec)
{
    Parley__V1__Layer l = PARLEY__V1__LAYER__INIT;
    l.spatial = spec->spatial;
    l.width_px = spec->width_px;
    l.height_px = spec->height_px;
    l.fps = spec->fps;
    l.max_bps = spec->max_bps;
    l.temporal = spec->temporal;
    return l;
}

void say_publish(struct mouth m, const struct track_spec *spec)
{
    Parley__V1__Layer layer[WIRE_LAYERS_MAX], *layers[WIRE_LAYERS_MAX];
    for (uint32_t i = 0; i < spec->layers; i++) {
        layer[i] = layer_of(&spec->layer[i]);
        layers[i] = &layer[i];
    }
    Parley__V1__Track track = PARLEY__V1__TRACK__INIT;
    track.id = spec->id;
    track.kind = (Parley__V1__Kind)spec->kind;
    track.muted = spec->muted;
    track.n_layers = spec->layers;
    track.layers = layers;
    Parley__V1__Publish publish = PARLEY__V1__PUBLISH__INIT;
    publish.track = &track;
    SAY(m, PUBLISH, publish, &publish);
}

void say_unpublish(struct mouth m, uint32_t track)
{
    Parley__V1__Unpublish unpublish = PARLEY__V1__UNPUBLISH__INIT;
    unpublish.track = track;
    SAY(m, UNPUBLISH, unpublish, &unpublish);
}

void say_subscribe(struct mouth m, const struct want *wants, size_t count)
{
    Parley__V1__Want want[CLIENT_WANTS_MAX], *list[CLIENT_WANTS_MAX];
    for (size_t i = 0; i < count; i++) {
        parley__v1__want__init(&want[i]);
        want[i].member = wants[i].member;
        want[i].track = wants[i].track;
        want[i].width_px = wants[i].width_px;
        want[i].priority = wants[i].priority;
        list[i] = &want[i];
    }
    Parley__V1__Subscribe subscribe = PARLEY__V1__SUBSCRIBE__INIT;
    subscribe.n_wants = count;
    subscribe.wants = list;
    SAY(m, SUBSCRIBE, subscribe, &subscribe);
}

void say_name(struct mouth m, const char *name)
{
    Parley__V1__Profile profile = PARLEY__V1__PROFILE__INIT;
    profile.name = text(name);
    SAY(m, PROFILE, profile, &profile);
}

void say_key_frame(struct mouth m, const struct key_request *r)
{
    Parley__V1__KeyFrameRequest request = PARLEY__V1__KEY_FRAME_REQUEST__INIT;
    request.member = r->member;
    request.track = r->track;
    request.spatial = r->spatial;
    SAY(m, KEY_FRAME, key_frame, &request);
}

void say_chat(struct mouth m, const uint8_t *sealed, size_t len)
{
    Parley__V1__Chat chat = PARLEY__V1__CHAT__INIT;
    chat.sealed = bytes(sealed, len);
    SAY(m, CHAT, chat, &chat);
}

void say_ping(struct mouth m, uint64_t token)
{
    Parley__V1__Ping ping = PARLEY__V1__PING__INIT;
    ping.token = token;
    SAY(m, PING, ping, &ping);
}

void say_pong(struct mouth m, uint64_t token, usec_t clock)
{
    Parley__V1__Pong pong = PARLEY__V1__PONG__INIT;
    pong.token = token;
    pong.clock_us = (uint64_t)clock;
    SAY(m, PONG, pong, &pong);
}
