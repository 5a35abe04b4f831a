/* SPDX-License-Identifier: MIT */
#include "session/publish.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "check.h"
#include "wire/media_info.h"
#include "wire/object.h"

#define ME 3 /* member id */

/* A publisher with a microphone (track 1) and a camera (track 2) on WebTransport, and the keyring of somebody who listens. */
struct stage {
    struct publish p;
    struct outbox out;
    struct health health;
    struct keyring keys;
};

static const struct group_secret secret = {(const uint8_t *)"a secret of some length", 23};
static const uint8_t salt[16] = {1, 2, 3};

static void demand(struct stage *s, bool wanted, usec_t now)
{
    Parley__V1__TrackDemand t = PARLEY__V1__TRACK_DEMAND__INIT, *list[1] = {&t};
    Parley__V1__Demand d = PARLEY__V1__DEMAND__INIT;
    t.track = 2;
    t.wanted = wanted;
    d.n_tracks = 1;
    d.tracks = list;
    publish_on_demand(&s->p, &d, now);
}

static struct stage *raise_curtain(enum transport t)
{
    struct stage *s = calloc(1, sizeof *s);
    struct track_spec mic = {.id = 1, .kind = TRACK_MIC};
    struct track_spec camera = {.id = 2,
                                .kind = TRACK_CAMERA,
                                .layers = 1,
                                .layer = {{.width_px = 640, .height_px = 360, .fps = 30, .max_bps = 1000000, .temporal = 3}}};
    outbox_init(&s->out);
    publish_init(&s->p, secret, salt, &s->out, &s->health, 0);
    CHECK_EQ(0, publish_put(&s->p, &mic, 0));
    CHECK_EQ(0, publish_put(&s->p, &camera, 0));
    keyring_init(&s->keys);
    keyring_add(&s->keys, secret, salt, 0);
    publish_on_carry(&s->p, ME, 7, t, t == TRANSPORT_WEBTRANSPORT ? 1200 : 0, WIRE_OBJECT_MAX, 0);
    demand(s, true, 0);
    return s;
}

static void fall(struct stage *s)
{
    publish_wipe(&s->p);
    outbox_reset(&s->out);
    free(s);
}

static int film(struct stage *s, bool key, uint32_t temporal, size_t len, usec_t now)
{
    static uint8_t data[100000];
    memset(data, 0x5a, sizeof data);
    return publish_send(&s->p,
                        &(struct media){.track = 2,
                                        .codec = CODEC_VP9,
                                        .key = key,
                                        .temporal = temporal,
                                        .width_px = 640,
                                        .height_px = 360,
                                        .captured_us = now,
                                        .data = data,
                                        .len = len},
                        now);
}

static int speak(struct stage *s, size_t len, usec_t now)
{
    static const uint8_t data[2000] = {9};
    return publish_send(
        &s->p, &(struct media){.track = 1, .codec = CODEC_OPUS, .level = 80, .captured_us = now, .data = data, .len = len}, now);
}

/* The next output's object, header only; e tells how it was sent. */
static bool sent(struct stage *s, struct client_event *e, struct object *o)
{
    if (!outbox_pop(&s->out, e))
        return false;
    memset(o, 0, sizeof *o);
    if (!e->len)
        return true;
    bool with_kind = e->type == CLIENT_SEND_DATAGRAM || e->run_begin || !e->run;
    struct reader r = reader_of(e->data + with_kind, e->len - with_kind);
    size_t len = (size_t)read_varint(&r);
    CHECK_EQ(reader_left(&r), len);
    CHECK_EQ(0, object_parse(o, read_bytes(&r, len), len));
    return true;
}

static void numbers_frames_and_names_what_they_need(void)
{
    /* of an encoder with three temporal layers; what the ninth needs was left out, and so is it */
    static const struct {
        bool key;
        uint32_t temporal, seq, depends;
    } frame[] = {{true, 0, 1, 0},  {false, 2, 2, 1}, {false, 1, 3, 2}, {false, 2, 4, 1}, {false, 0, 5, 4},
                 {false, 2, 6, 1}, {false, 0, 7, 2}, {true, 0, 8, 0},  {false, 0, 9, 1}};
    struct stage *s = raise_curtain(TRANSPORT_WEBTRANSPORT);
    for (size_t i = 0; i < COUNT_OF(frame); i++) {
        struct client_event e;
        struct object o;
        if (frame[i].key && i) { /* the relay has the first one: another may follow */
            struct feedback f = {.clock_us = 1, .count = 1, .track = {{.track = 2, .newest = 7, .objects = 7, .bytes = 700}}};
            publish_on_feedback(&s->p, &f, (usec_t)i * 100 * MS);
        }
        CHECK_EQ(0, film(s, frame[i].key, frame[i].temporal, 100, (usec_t)i * 100 * MS));
        publish_tick(&s->p, (usec_t)i * 100 * MS + 50 * MS);
        do
            CHECK(sent(s, &e, &o));
        while (!e.len);
        CHECK_EQ(frame[i].seq, o.header.seq);
        CHECK_EQ(frame[i].depends, o.header.depends);
        CHECK_EQ(frame[i].key, o.header.key);
    }
    fall(s);
}

static void what_is_sealed_can_be_opened_and_only_then_read(void)
{
    struct stage *s = raise_curtain(TRANSPORT_WEBSOCKET);
    struct client_event e;
    struct object o;
    CHECK_EQ(0, film(s, true, 0, 300, 0));
    CHECK(sent(s, &e, &o));
    CHECK(!memmem(e.data, e.len, "ZZZZZZZZ", 8)); /* 0x5a */
    uint8_t aad[OBJECT_AAD_BYTES], plain[1000];
    CHECK_EQ(0, o.header.sender); /* the relay stamps it */
    o.header.sender = ME;
    object_aad(aad, &o.header);
    int len = keyring_open(&s->keys, (struct sframe_text){aad, sizeof aad}, plain, sizeof plain,
                           (struct sframe_text){o.payload, o.payload_len});
    struct media_info info;
    int at = media_info_parse(&info, plain, (size_t)len);
    CHECK_EQ(300, len - at);
    CHECK_EQ(CODEC_VP9, info.codec);
    CHECK_EQ(640, info.width_px);
    CHECK_EQ(0x5a, plain[at]);
    fall(s);
}

static void sound_leaves_at_once_as_a_datagram(void)
{
    struct stage *s = raise_curtain(TRANSPORT_WEBTRANSPORT);
    struct client_event e;
    struct object o;
    CHECK_EQ(0, film(s, true, 0, 20000, 0));
    CHECK_EQ(0, speak(s, 80, 1 * MS));
    CHECK(sent(s, &e, &o));
    CHECK_EQ(CLIENT_SEND_RUN, e.type);
    CHECK(sent(s, &e, &o));
    CHECK_EQ(CLIENT_SEND_DATAGRAM, e.type);
    CHECK_EQ(80, o.header.level);
    CHECK_EQ(WIRE_AUDIO, e.data[0]);
    CHECK_EQ(ERR_LIMIT, speak(s, 1200, 2 * MS)); /* no datagram holds it */
    fall(s);
}

static void a_key_frame_begins_a_run_and_the_end_of_the_track_ends_it(void)
{
    struct stage *s = raise_curtain(TRANSPORT_WEBTRANSPORT);
    struct client_event e;
    struct object o;
    film(s, true, 0, 100, 0);
    CHECK(sent(s, &e, &o));
    CHECK(e.run_begin && e.run == 1);
    film(s, false, 0, 100, 50 * MS);
    CHECK(sent(s, &e, &o));
    CHECK(!e.run_begin && e.run == 1);
    struct feedback f = {.clock_us = 1, .count = 1, .track = {{.track = 2, .newest = 2, .objects = 2, .bytes = 200}}};
    publish_on_feedback(&s->p, &f, 80 * MS);
    film(s, true, 0, 100, 100 * MS);
    CHECK(sent(s, &e, &o));
    CHECK(e.run == 1 && e.run_end == RUN_END && !e.len);
    CHECK(sent(s, &e, &o));
    CHECK(e.run_begin && e.run == 2);
    CHECK_EQ(0, publish_remove(&s->p, 2, 150 * MS));
    CHECK(sent(s, &e, &o));
    CHECK(e.run == 2 && e.run_end == RUN_END);
    CHECK_EQ(ERR_UNKNOWN, film(s, true, 0, 100, 200 * MS));
    fall(s);
}

static bool asks_for_key(struct stage *s, usec_t now)
{
    struct client_event e;
    bool asked = false;
    publish_tick(&s->p, now);
    while (publish_next_encoder(&s->p, &e, now))
        asked |= e.track == 2 && e.key_wanted;
    return asked;
}

static void too_much_costs_upper_layers_first_and_then_a_key_frame(void)
{
    struct stage *s = raise_curtain(TRANSPORT_WEBTRANSPORT);
    CHECK(asks_for_key(s, 0));
    CHECK_EQ(0, film(s, true, 0, 7000, 0)); /* 125 ms at 450 kbit/s */
    CHECK(!asks_for_key(s, 0));
    uint64_t counter = s->p.sealer.counter;
    CHECK_EQ(ERR_LATE, film(s, false, 2, 500, 10 * MS));
    CHECK_EQ(counter, s->p.sealer.counter); /* nothing was spent on it */
    CHECK_EQ(0, film(s, false, 1, 6500, 20 * MS));
    CHECK_EQ(ERR_LATE, film(s, false, 1, 500, 30 * MS));
    CHECK_EQ(ERR_LATE, film(s, false, 2, 500, 40 * MS)); /* needs the one before */
    CHECK(!asks_for_key(s, 40 * MS));
    CHECK_EQ(0, film(s, false, 0, 30000, 50 * MS));
    CHECK_EQ(ERR_LATE, film(s, false, 0, 500, 60 * MS));
    CHECK(asks_for_key(s, 60 * MS));
    publish_tick(&s->p, 4 * SEC);
    CHECK_EQ(ERR_LATE, film(s, false, 0, 500, 5 * SEC)); /* nothing but a key frame */
    CHECK_EQ(0, film(s, true, 0, 500, 6 * SEC));
    CHECK_EQ(5, s->health.dropped_out);
    fall(s);
}

static void one_key_frame_answers_all_who_ask_while_it_is_under_way(void)
{
    struct stage *s = raise_curtain(TRANSPORT_WEBTRANSPORT);
    CHECK(asks_for_key(s, 0));
    CHECK(!asks_for_key(s, 499 * MS));
    CHECK(asks_for_key(s, 500 * MS)); /* none came: again */
    CHECK_EQ(0, film(s, true, 0, 500, 510 * MS));
    publish_on_key_request(&s->p, 2, 0, 600 * MS);
    CHECK(!asks_for_key(s, 600 * MS));
    struct feedback f = {.clock_us = 1, .count = 1, .track = {{.track = 2, .newest = 1, .objects = 1, .bytes = 600}}};
    publish_on_feedback(&s->p, &f, 700 * MS);
    publish_on_key_request(&s->p, 2, 0, 800 * MS); /* it has arrived since */
    CHECK(asks_for_key(s, 800 * MS));
    publish_on_key_request(&s->p, 9, 0, 900 * MS);
    publish_on_key_request(&s->p, 2, 9, 900 * MS);
    fall(s);
}

static void nothing_is_encoded_that_nobody_wants(void)
{
    struct stage *s = raise_curtain(TRANSPORT_WEBTRANSPORT);
    struct client_event e;
    bool wanted = false;
    while (publish_next_encoder(&s->p, &e, 0))
        if (e.track == 2)
            wanted = e.wanted;
    CHECK(wanted);
    demand(s, false, 1 * SEC);
    CHECK_EQ(1, publish_next_encoder(&s->p, &e, 1 * SEC));
    CHECK(e.track == 2 && !e.wanted && !e.key_wanted);
    demand(s, true, 2 * SEC);
    CHECK_EQ(1, publish_next_encoder(&s->p, &e, 2 * SEC));
    CHECK(e.wanted && e.key_wanted && e.target_bps > 100000);
    publish_on_lost(&s->p);
    CHECK_EQ(ERR_STATE, film(s, true, 0, 100, 3 * SEC));
    fall(s);
}

static void counters_and_numbers_go_on_after_a_reconnect(void)
{
    struct stage *s = raise_curtain(TRANSPORT_WEBTRANSPORT);
    struct client_event e;
    struct object o;
    film(s, true, 0, 100, 0);
    film(s, false, 0, 100, 50 * MS);
    while (sent(s, &e, &o))
        ;
    uint64_t counter = s->p.sealer.counter;
    publish_on_lost(&s->p);
    publish_on_carry(&s->p, ME, 9, TRANSPORT_WEBSOCKET, 1200, WIRE_OBJECT_MAX, 1 * SEC);
    CHECK_EQ(ERR_LATE, film(s, false, 0, 100, 1 * SEC));
    CHECK(asks_for_key(s, 1 * SEC));
    CHECK_EQ(0, film(s, true, 0, 100, 1100 * MS));
    CHECK(sent(s, &e, &o));
    CHECK_EQ(9, e.link);
    CHECK_EQ(3, o.header.seq);
    CHECK_EQ(counter + 1, s->p.sealer.counter);
    fall(s);
}

int main(void)
{
    static const struct check_test tests[] = {
        T(numbers_frames_and_names_what_they_need),
        T(what_is_sealed_can_be_opened_and_only_then_read),
        T(sound_leaves_at_once_as_a_datagram),
        T(a_key_frame_begins_a_run_and_the_end_of_the_track_ends_it),
        T(too_much_costs_upper_layers_first_and_then_a_key_frame),
        T(one_key_frame_answers_all_who_ask_while_it_is_under_way),
        T(nothing_is_encoded_that_nobody_wants),
        T(counters_and_numbers_go_on_after_a_reconnect),
    };
    return CHECK_RUN(tests);
}
