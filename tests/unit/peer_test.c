/* SPDX-License-Identifier: MIT */
#include "session/peer.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "check.h"
#include "wire/media_info.h"

/* Ann (member 7: microphone 1, camera 2) sends; we receive. */
struct stage {
    struct peers peers;
    struct roster roster;
    struct outbox out;
    struct health health;
    struct sealer ann;
};

static const struct group_secret secret = {(const uint8_t *)"a secret of some length", 23};
static const struct group_secret other_secret = {(const uint8_t *)"another secret", 14};
static uint8_t salt[16] = {1, 2, 3};

static void put_member(struct stage *s, uint32_t id, bool muted)
{
    Parley__V1__Layer layer = PARLEY__V1__LAYER__INIT, *layers[1] = {&layer};
    Parley__V1__Track mic = PARLEY__V1__TRACK__INIT, camera = PARLEY__V1__TRACK__INIT, *tracks[2] = {&mic, &camera};
    Parley__V1__Member m = PARLEY__V1__MEMBER__INIT;
    mic.id = 1;
    mic.kind = PARLEY__V1__KIND__KIND_MIC;
    camera.id = 2;
    camera.kind = PARLEY__V1__KIND__KIND_CAMERA;
    camera.muted = muted;
    camera.n_layers = 1;
    camera.layers = layers;
    m.id = id;
    m.name = (char *)(uintptr_t)"Ann";
    m.salt = (ProtobufCBinaryData){.len = sizeof salt, .data = salt};
    m.n_tracks = 2;
    m.tracks = tracks;
    CHECK_EQ(0, roster_put(&s->roster, &m));
    peers_on_put(&s->peers, id);
}

static void put_ann(struct stage *s, bool muted) { put_member(s, 7, muted); }

static struct stage *raise_curtain(struct group_secret hers)
{
    struct stage *s = calloc(1, sizeof *s);
    roster_init(&s->roster);
    outbox_init(&s->out);
    peers_init(&s->peers, secret, &s->roster, &s->out, &s->health);
    sealer_init(&s->ann, hers, salt, 0);
    put_ann(s, false);
    return s;
}

static void fall(struct stage *s)
{
    peers_reset(&s->peers);
    roster_reset(&s->roster);
    outbox_reset(&s->out);
    free(s);
}

/* An object of Ann's as the relay stamps it; returns its length. */
static size_t object_stamped(struct stage *s, uint8_t *out, size_t cap, struct object_header h, uint32_t sender)
{
    uint8_t plain[64], aad[OBJECT_AAD_BYTES], framed[512];
    struct media_info info = {
        .codec = h.track == 1 ? CODEC_OPUS : CODEC_VP9, .width_px = h.key ? 640 : 0, .height_px = h.key ? 360 : 0};
    int at = media_info_write(plain, sizeof plain, &info);
    memcpy(plain + at, "picture", 7);
    h.sender = 7;
    object_aad(aad, &h);
    h.sender = sender;
    size_t payload = sealer_overhead(&s->ann) + (size_t)at + 7;
    int offset = object_write_framed(framed, sizeof framed, WIRE_VIDEO, &h, payload);
    CHECK(offset > 0);
    int sealed = sealer_seal(&s->ann, (struct sframe_text){aad, sizeof aad}, framed + offset, sizeof framed - (size_t)offset,
                             (struct sframe_text){plain, (size_t)at + 7});
    CHECK_EQ(payload, sealed);
    struct reader r = reader_of(framed + 1, (size_t)(offset + sealed) - 1);
    size_t len = (size_t)read_varint(&r);
    CHECK(len <= cap);
    memcpy(out, read_bytes(&r, len), len);
    return len;
}

static size_t object_of(struct stage *s, uint8_t *out, size_t cap, struct object_header h)
{
    return object_stamped(s, out, cap, h, 7);
}

static void film(struct stage *s, uint32_t seq, bool key, usec_t now)
{
    uint8_t object[512];
    struct object_header h = {.track = 2, .seq = seq, .key = key, .depends = key ? 0 : 1, .captured_us = (usec_t)seq * 33 * MS};
    size_t len = object_of(s, object, sizeof object, h);
    peers_on_object(&s->peers, WIRE_VIDEO, object, len, now);
}

static void speak(struct stage *s, uint32_t seq, usec_t now)
{
    uint8_t object[512];
    size_t len = object_of(s, object, sizeof object,
                           (struct object_header){.track = 1, .seq = seq, .captured_us = (usec_t)seq * 20 * MS, .level = 90});
    peers_on_object(&s->peers, WIRE_AUDIO, object, len, now);
}

static void sound_comes_out_at_once(void)
{
    struct stage *s = raise_curtain(secret);
    struct client_event e;
    speak(s, 1, 10 * MS);
    CHECK_EQ(1, outbox_pop(&s->out, &e));
    CHECK_EQ(CLIENT_AUDIO, e.type);
    CHECK_EQ(7, e.member);
    CHECK_EQ(90, e.media.level);
    CHECK_EQ(7, e.media.len);
    CHECK_MEM("picture", e.media.data, 7);
    CHECK_EQ(1, outbox_pop(&s->out, &e));
    CHECK(e.type == CLIENT_KEYS && e.ok);
    CHECK_EQ(0, outbox_pop(&s->out, &e));
    fall(s);
}

static void pictures_come_out_in_order_when_due(void)
{
    struct stage *s = raise_curtain(secret);
    struct client_event e;
    uint32_t seen = 0;
    film(s, 1, true, 50 * MS);
    film(s, 3, false, 117 * MS);
    film(s, 2, false, 118 * MS);
    for (usec_t now = 50 * MS; now < 500 * MS; now += 5 * MS)
        while (peers_next_video(&s->peers, &e, now)) {
            CHECK_EQ(++seen, e.seq);
            CHECK(e.due >= now);
        }
    CHECK_EQ(3, seen);
    fall(s);
}

static uint32_t requests(struct stage *s, usec_t from, usec_t to)
{
    uint32_t n = 0;
    struct client_event e;
    struct key_request r;
    for (usec_t now = from; now < to; now += 10 * MS) {
        while (peers_next_video(&s->peers, &e, now))
            ;
        while (peers_next_key_request(&s->peers, &r, now)) {
            CHECK(r.member == 7 && r.track == 2);
            n++;
        }
    }
    return n;
}

static void key_frames_are_asked_for_ever_more_rarely(void)
{
    struct stage *s = raise_curtain(secret);
    film(s, 1, true, 50 * MS);
    CHECK_EQ(0, requests(s, 50 * MS, 100 * MS));
    film(s, 3, false, 117 * MS); /* the second never comes */
    CHECK_EQ(0, requests(s, 120 * MS, 150 * MS));
    CHECK_EQ(2, requests(s, 150 * MS, 600 * MS)); /* at once, and 300 ms later */
    CHECK_EQ(1, requests(s, 600 * MS, 1200 * MS));
    CHECK_EQ(1, requests(s, 1200 * MS, 2300 * MS));
    film(s, 70, true, 2360 * MS);
    CHECK_EQ(0, requests(s, 2360 * MS, 3 * SEC));
    peers_need_key(&s->peers, 7, 2, 3 * SEC);
    CHECK_EQ(1, requests(s, 3 * SEC, 3 * SEC + 290 * MS));
    fall(s);
}

static void another_secret_is_found_out_after_five(void)
{
    struct stage *s = raise_curtain(other_secret);
    struct client_event e;
    for (uint32_t i = 1; i <= 4; i++)
        speak(s, i, 10 * MS);
    CHECK_EQ(0, outbox_pop(&s->out, &e));
    for (uint32_t i = 5; i <= 20; i++)
        speak(s, i, 10 * MS);
    CHECK_EQ(1, outbox_pop(&s->out, &e));
    CHECK(e.type == CLIENT_KEYS && !e.ok && e.member == 7);
    CHECK_EQ(0, outbox_pop(&s->out, &e));
    CHECK_EQ(20, s->health.auth_failed);
    sealer_init(&s->ann, secret, salt, 0);
    speak(s, 21, 10 * MS);
    CHECK_EQ(1, outbox_pop(&s->out, &e));
    CHECK_EQ(CLIENT_AUDIO, e.type);
    CHECK_EQ(1, outbox_pop(&s->out, &e));
    CHECK(e.type == CLIENT_KEYS && e.ok);
    fall(s);
}

static void what_is_altered_repeated_or_unknown_is_dropped_and_counted(void)
{
    struct stage *s = raise_curtain(secret);
    struct client_event e;
    uint8_t object[512];
    size_t len = object_of(s, object, sizeof object, (struct object_header){.track = 1, .seq = 1, .captured_us = 1});
    peers_on_object(&s->peers, WIRE_AUDIO, object, len, 10 * MS);
    peers_on_object(&s->peers, WIRE_AUDIO, object, len, 20 * MS);
    CHECK_EQ(1, s->health.replayed);
    object[len - 1] ^= 1;
    peers_on_object(&s->peers, WIRE_AUDIO, object, len, 30 * MS);
    peers_on_object(&s->peers, WIRE_AUDIO, object, 3, 30 * MS);
    len = object_of(s, object, sizeof object, (struct object_header){.track = 2, .seq = 1, .key = true, .captured_us = 1});
    peers_on_object(&s->peers, WIRE_AUDIO, object, len, 30 * MS); /* a picture is no sound */
    CHECK_EQ(2, s->health.malformed);
    len = object_of(s, object, sizeof object, (struct object_header){.track = 5, .seq = 1, .captured_us = 1});
    peers_on_object(&s->peers, WIRE_AUDIO, object, len, 30 * MS);
    CHECK_EQ(1, s->health.objects_in);
    outbox_pop(&s->out, &e);
    outbox_pop(&s->out, &e);
    CHECK_EQ(0, outbox_pop(&s->out, &e));
    fall(s);
}

static void reports_say_what_is_missing(void)
{
    static const struct {
        uint32_t seq, newest, missing;
    } step[] = {{10, 10, 0}, {11, 11, 0}, {13, 13, 1}, {12, 13, 0}, {16, 16, 3}, {14, 16, 1}, {50, 50, 0xffffffff}};
    struct stage *s = raise_curtain(secret);
    for (size_t i = 0; i < COUNT_OF(step); i++) {
        struct feedback f = {0};
        speak(s, step[i].seq, (usec_t)i * MS);
        peers_report(&s->peers, &f, 8);
        CHECK_EQ(1, f.count);
        CHECK_EQ(step[i].newest, f.track[0].newest);
        CHECK_EQ(step[i].missing, f.track[0].missing);
        CHECK_EQ(i + 1, f.track[0].objects);
        f.count = 0;
        peers_report(&s->peers, &f, 8);
        CHECK_EQ(0, f.count); /* nothing new */
    }
    fall(s);
}

static void a_muted_or_departed_member_leaves_nothing_behind(void)
{
    struct stage *s = raise_curtain(secret);
    struct client_event e;
    film(s, 1, true, 50 * MS);
    put_ann(s, true);
    for (usec_t now = 50 * MS; now < 500 * MS; now += 5 * MS)
        CHECK_EQ(0, peers_next_video(&s->peers, &e, now));
    peers_on_gone(&s->peers, 7);
    roster_gone(&s->roster, 7);
    speak(s, 1, 600 * MS);
    CHECK_EQ(0, s->peers.by_member.count);
    CHECK_EQ(0, s->peers.videos);
    fall(s);
}

static uint32_t hold_told(struct stage *s)
{
    struct client_event e;
    uint32_t hold = UINT32_MAX;
    while (outbox_pop(&s->out, &e))
        if (e.type == CLIENT_SOUND) {
            CHECK(e.member == 7 && e.track == 1);
            hold = e.hold_us;
        }
    return hold;
}

/* Ann's picture takes 150 ms more than her sound, which is heard 30 ms after it came; no camera, no reason to wait. */
static void sound_waits_for_a_later_picture(void)
{
    struct stage *s = raise_curtain(secret);
    uint32_t hold = 0, told;
    for (uint32_t i = 1; i <= 120; i++) {
        usec_t now = (usec_t)i * 33 * MS;
        film(s, i, i == 1, now + 150 * MS);
        speak(s, i, (usec_t)i * 20 * MS);
        peers_on_playout(&s->peers, 7, 1, 30 * MS, now + 150 * MS);
        told = hold_told(s);
        hold = told != UINT32_MAX ? told : hold;
    }
    CHECK_BETWEEN(75 * MS, 95 * MS, hold); /* 150 + 10 - 30 - 45: the slack */
    put_ann(s, true);
    peers_on_playout(&s->peers, 7, 1, 30 * MS, 5 * SEC);
    CHECK_EQ(0, hold_told(s));
    peers_on_playout(&s->peers, 7, 1, 30 * MS, 6 * SEC);
    CHECK_EQ(UINT32_MAX, hold_told(s)); /* nothing changed */
    peers_on_playout(&s->peers, 7, 2, 30 * MS, 7 * SEC); /* no sound */
    peers_on_playout(&s->peers, 8, 1, 30 * MS, 7 * SEC); /* nobody */
    CHECK_EQ(UINT32_MAX, hold_told(s));
    fall(s);
}

static void who_copies_a_salt_cannot_send_on_what_its_owner_said(void)
{
    struct stage *s = raise_curtain(secret);
    uint8_t object[512];
    put_member(s, 8, false); /* with Ann's salt: hence with her key */
    size_t len = object_stamped(s, object, sizeof object, (struct object_header){.track = 1, .seq = 1, .captured_us = 1}, 8);
    peers_on_object(&s->peers, WIRE_AUDIO, object, len, 0);
    CHECK_EQ(0, s->health.objects_in);
    CHECK_EQ(1, s->health.auth_failed);
    fall(s);
}

int main(void)
{
    static const struct check_test tests[] = {
        T(sound_comes_out_at_once),
        T(pictures_come_out_in_order_when_due),
        T(key_frames_are_asked_for_ever_more_rarely),
        T(another_secret_is_found_out_after_five),
        T(what_is_altered_repeated_or_unknown_is_dropped_and_counted),
        T(reports_say_what_is_missing),
        T(sound_waits_for_a_later_picture),
        T(who_copies_a_salt_cannot_send_on_what_its_owner_said),
        T(a_muted_or_departed_member_leaves_nothing_behind),
    };
    return CHECK_RUN(tests);
}
