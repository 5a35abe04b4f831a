/* SPDX-License-Identifier: MIT */
/* A client that lies, floods or stops reading harms itself only. In each test session 1 misbehaves, and then session 2 is still heard
 * by session 3. */
#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "relay_kit.h"

enum { MIC = 1, CAMERA = 2 };

static struct kit three(const struct relay_limits *limits)
{
    struct kit k = kit_new(limits);
    for (uint64_t sid = 1; sid <= 3; sid++) {
        kit_join(&k, sid, RELAY_WEBTRANSPORT, "m");
        kit_publish(&k, sid, 1, MIC, 0);
    }
    return k;
}

static void others_go_on(struct kit *k)
{
    uint32_t before = k->in[3].audio;
    kit_audio(k, 2, 1, 1000);
    kit_drain(k);
    CHECK_EQ(before + 1, k->in[3].audio);
    CHECK_STR("", k->in[2].closed);
    CHECK_STR("", k->in[3].closed);
    kit_del(k);
}

static struct relay_stats stats_of(const struct kit *k)
{
    struct relay_stats s;
    relay_stats(k->r, &s);
    return s;
}

static void send_header(struct kit *k, uint64_t sid, uint64_t run, struct object_header h)
{
    kit_video(k, sid, run, true, &h, 100);
}

static void claims_anothers_identity(void)
{
    struct kit k = three(NULL);
    uint8_t bytes[256];
    struct object_header h = {.sender = 2, .track = 1, .seq = 1};
    size_t len = kit_object(bytes, sizeof(bytes), WIRE_AUDIO, &h, 50, 9);
    relay_on_datagram(k.r, 1, bytes, len, k.now);
    kit_drain(&k);
    CHECK_EQ(0, k.in[3].audio);
    CHECK_EQ(1, stats_of(&k).dropped_forbidden);
    others_go_on(&k);
}

static void sends_on_tracks_it_never_announced(void)
{
    struct kit k = three(NULL);
    kit_audio(&k, 1, 5, 1);
    send_header(&k, 1, 4, (struct object_header){.track = 5, .seq = 1, .key = true});
    send_header(&k, 1, 8, (struct object_header){.track = 1, .seq = 1, .key = true}); /* a microphone is no picture */
    kit_publish(&k, 1, 2, CAMERA, 1);
    send_header(&k, 1, 12, (struct object_header){.track = 2, .seq = 1, .spatial = 2, .key = true}); /* one layer was announced */
    kit_drain(&k);
    CHECK_EQ(4, stats_of(&k).dropped_forbidden);
    CHECK_EQ(0, k.in[3].audio + k.in[3].video);
    others_go_on(&k);
}

static void sends_media_before_hello(void)
{
    struct kit k = kit_new(NULL);
    kit_open(&k, 1, RELAY_WEBTRANSPORT);
    kit_audio(&k, 1, 1, 1);
    send_header(&k, 1, 4, (struct object_header){.track = 2, .seq = 1, .key = true});
    CHECK_EQ(2, stats_of(&k).dropped_forbidden);
    for (uint64_t sid = 2; sid <= 3; sid++)
        kit_join(&k, sid, RELAY_WEBTRANSPORT, "m");
    kit_publish(&k, 2, 1, MIC, 0);
    kit_hello(&k, 1, "m", WIRE_MAJOR, NULL);
    CHECK_EQ(3, k.in[1].member);
    kit_publish(&k, 1, 2, CAMERA, 1);
    kit_subscribe(&k, 3, 3, 2, 320);
    struct object_header h = {.track = 2, .seq = 2, .key = true};
    kit_video(&k, 1, 4, false, &h, 100); /* the run that began too early stays dead */
    kit_drain(&k);
    CHECK_EQ(0, k.in[3].video);
    others_go_on(&k);
}

static void says_nothing(void)
{
    struct kit k = three(NULL);
    kit_open(&k, 4, RELAY_WEBTRANSPORT);
    kit_run(&k, 4900 * MS);
    CHECK_STR("", k.in[4].closed);
    kit_run(&k, 200 * MS);
    CHECK_STR("protocol", k.in[4].refused);
    CHECK_STR("protocol", k.in[4].closed);
    CHECK_EQ(3, stats_of(&k).sessions);
    kit_del(&k);
}

static void falls_silent(void)
{
    struct kit k = kit_new(NULL);
    kit_join(&k, 1, RELAY_WEBTRANSPORT, "m");
    kit_run(&k, 60 * SEC);
    CHECK_STR("", k.in[1].closed);
    CHECK_BETWEEN(14, 30, k.in[1].bodies[PARLEY__V1__CONTROL__BODY_PING]);
    k.in[1].mute = true;
    kit_run(&k, 7900 * MS);
    CHECK_STR("", k.in[1].closed);
    kit_run(&k, 4100 * MS);
    CHECK_STR("silent", k.in[1].closed);
    CHECK_EQ(0, stats_of(&k).members);
    kit_del(&k);
}

static void sends_garbage(void)
{
    static const struct {
        const char *what;
        uint8_t bytes[8];
        size_t len;
        enum relay_channel channel;
        bool closes;
    } row[] = {
        {"control that is no protobuf", {3, 0xff, 0xff, 0xff}, 4, RELAY_CONTROL, true},
        {"control of 16 MB", {0x81, 0, 0, 0}, 4, RELAY_CONTROL, true},
        {"datagram of an unknown kind", {9, 1, 2, 3}, 4, RELAY_DATAGRAM, false},
        {"datagram with a wrong length", {2, 0x40, 0xff, 1}, 4, RELAY_DATAGRAM, false},
        {"feedback that is none", {4, 0xff, 0xff}, 3, RELAY_DATAGRAM, false},
        {"video by datagram", {3, 1, 1}, 3, RELAY_DATAGRAM, false},
        {"run of an unknown kind", {7, 1, 0}, 3, RELAY_RUN, false},
        {"run with an object that is none", {3, 2, 0xff, 0xff}, 4, RELAY_RUN, false},
        {"run with an object of 1 GB", {3, 0xc0, 0, 0, 0, 0x40, 0, 0}, 8, RELAY_RUN, false},
        {"run with an object over the limit", {3, 0x80, 0x20, 0, 0}, 5, RELAY_RUN, true},
    };
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        struct kit k = three(NULL);
        if (row[i].channel == RELAY_CONTROL)
            relay_on_control(k.r, 1, row[i].bytes, row[i].len, k.now);
        else if (row[i].channel == RELAY_DATAGRAM)
            relay_on_datagram(k.r, 1, row[i].bytes, row[i].len, k.now);
        else
            relay_on_run(k.r, 1, 4, row[i].bytes, row[i].len, RELAY_RUN_END, k.now);
        kit_drain(&k);
        if (row[i].closes != (k.in[1].closed[0] != 0))
            print_error("%s\n", row[i].what);
        CHECK_STR(row[i].closes ? "protocol" : "", k.in[1].closed);
        others_go_on(&k);
    }
}

static void opens_a_thousand_runs(void)
{
    struct kit k = three(NULL);
    kit_publish(&k, 1, 2, CAMERA, 1);
    for (uint64_t run = 0; run < 1000; run++)
        relay_on_run(k.r, 1, run, (const uint8_t[]){WIRE_VIDEO, 0x40}, 2, RELAY_RUN_MORE, k.now);
    kit_drain(&k);
    CHECK_STR("protocol", k.in[1].closed);
    others_go_on(&k);
}

static void begins_many_large_objects(void)
{
    struct kit k = three(NULL);
    kit_publish(&k, 1, 2, CAMERA, 1);
    static uint8_t bytes[400 * 1024] = {WIRE_VIDEO, 0x80, 0x0f, 0xff, 0xff};
    for (uint64_t run = 0; run < 10 && !k.in[1].closed[0]; run++) {
        relay_on_run(k.r, 1, run, bytes, sizeof(bytes), RELAY_RUN_MORE, k.now);
        kit_drain(&k);
    }
    CHECK_STR("protocol", k.in[1].closed);
    others_go_on(&k);
}

static void floods_with_objects(void)
{
    struct kit k = three(NULL);
    for (uint32_t seq = 1; seq <= 3000; seq++)
        kit_audio(&k, 1, 1, seq);
    kit_drain(&k);
    CHECK_EQ(1000, k.in[3].audio);
    CHECK_EQ(2000, stats_of(&k).dropped_rate);
    k.now += SEC;
    kit_audio(&k, 1, 1, 3001);
    kit_drain(&k);
    CHECK_EQ(1001, k.in[3].audio);
    others_go_on(&k);
}

static void floods_with_bytes(void)
{
    struct relay_limits limits = relay_limits_default();
    limits.session_bps = 8000000;
    struct kit k = three(&limits);
    kit_publish(&k, 1, 2, CAMERA, 1);
    kit_subscribe(&k, 3, 1, 2, 320);
    for (uint32_t seq = 1; seq <= 40; seq++) {
        struct object_header h = {.track = 2, .seq = seq, .key = true};
        kit_video(&k, 1, 4, seq == 1, &h, 100000);
        kit_drain(&k);
    }
    CHECK_EQ(10, k.in[3].video); /* the bucket holds one largest object: 1 MiB */
    others_go_on(&k);
}

static void floods_with_requests(void)
{
    struct kit k = three(NULL);
    for (int i = 0; i < 200 && !k.in[1].closed[0]; i++)
        kit_ask_key(&k, 1, 2, 1);
    CHECK_STR("rate", k.in[1].refused);
    CHECK_STR("rate", k.in[1].closed);
    others_go_on(&k);
}

/* Dropping is cheap, not free: it has an end. */
static void floods_without_end(void)
{
    struct kit k = three(NULL);
    for (uint32_t seq = 1; seq <= 12000; seq++)
        kit_audio(&k, 1, 1, seq);
    kit_drain(&k);
    CHECK_STR("rate", k.in[1].closed);
    CHECK_BETWEEN(10000, 10001, stats_of(&k).dropped_rate);
    others_go_on(&k);
}

static void fills_a_message_with_empty_objects(void)
{
    static uint8_t bytes[1000000] = {WIRE_AUDIO};
    struct kit k = three(NULL);
    relay_on_message(k.r, 1, bytes, sizeof(bytes), k.now);
    kit_drain(&k);
    CHECK_STR("rate", k.in[1].closed);
    CHECK_BETWEEN(10000, 10001, stats_of(&k).dropped_rate);
    others_go_on(&k);
}

static void begins_and_ends_runs_all_the_time(void)
{
    struct kit k = three(NULL);
    for (uint64_t run = 0; run < 12000; run++)
        relay_on_run(k.r, 1, run, (const uint8_t[]){WIRE_VIDEO}, 1, RELAY_RUN_END, k.now);
    kit_drain(&k);
    CHECK_STR("rate", k.in[1].closed);
    others_go_on(&k);
}

/* Chat leaves before media: 160 kB a second of it would be more than a narrow path carries. */
static void talks_without_end(void)
{
    static uint8_t sealed[4000];
    struct kit k = three(NULL);
    Parley__V1__Chat chat = PARLEY__V1__CHAT__INIT;
    chat.sealed = (ProtobufCBinaryData){.data = sealed, .len = sizeof(sealed)};
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_CHAT;
    m.chat = &chat;
    int said = 0;
    for (; said < 400 && !k.in[1].closed[0]; said++) {
        kit_control(&k, 1, &m);
        kit_run(&k, 25 * MS);
    }
    CHECK_STR("rate", k.in[1].refused);
    CHECK_BETWEEN(15, 25, said);
    CHECK_EQ(said - 1, k.in[3].bodies[PARLEY__V1__CONTROL__BODY_CHAT]);
    others_go_on(&k);
}

static void renames_itself_all_the_time(void)
{
    struct kit k = three(NULL);
    Parley__V1__Profile profile = PARLEY__V1__PROFILE__INIT;
    profile.name = "x";
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_PROFILE;
    m.profile = &profile;
    for (int i = 0; i < 400 && !k.in[1].closed[0]; i++) {
        kit_control(&k, 1, &m);
        kit_run(&k, 25 * MS); /* 40 a second: fewer requests than it may make */
    }
    CHECK_STR("rate", k.in[1].closed);
    others_go_on(&k);
}

static void never_reads(void)
{
    struct relay_limits limits = relay_limits_default();
    limits.session_objects = 100000;
    limits.session_bps = 2000000000;
    struct kit k = three(&limits);
    kit_publish(&k, 2, 2, CAMERA, 1);
    kit_subscribe(&k, 1, 2, 2, 320);
    kit_subscribe(&k, 3, 2, 2, 320);
    uint32_t asked = k.in[2].bodies[PARLEY__V1__CONTROL__BODY_KEY_FRAME];
    k.in[1].stalled = true;
    for (uint32_t seq = 1; seq <= 300; seq++) {
        struct object_header h = {.track = 2, .seq = seq, .key = seq == 1, .depends = seq == 1 ? 0 : 1};
        kit_video(&k, 2, 4, seq == 1, &h, 50000);
        kit_audio(&k, 2, 1, seq);
        kit_run(&k, 33 * MS);
    }
    CHECK_EQ(300, k.in[3].video);
    CHECK_EQ(300, k.in[3].audio);
    k.in[1].stalled = false;
    kit_audio(&k, 2, 1, 301);
    kit_drain(&k);
    CHECK_BETWEEN(1, 8, k.in[1].audio); /* 200 ms */
    CHECK_BETWEEN(0, 16, k.in[1].video); /* 500 ms */
    CHECK_EQ(asked, k.in[2].bodies[PARLEY__V1__CONTROL__BODY_KEY_FRAME]); /* its trouble makes no key frames for the others */
    others_go_on(&k);
}

static void never_reads_control(void)
{
    struct relay_limits limits = relay_limits_default();
    limits.session_talk_bytes = 1 << 24; /* so that one talker suffices */
    struct kit k = three(&limits);
    static uint8_t sealed[4000];
    Parley__V1__Chat chat = PARLEY__V1__CHAT__INIT;
    chat.sealed = (ProtobufCBinaryData){.data = sealed, .len = sizeof(sealed)};
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_CHAT;
    m.chat = &chat;
    k.in[1].stalled = true;
    for (int i = 0; i < 1200 && !k.in[1].closed[0]; i++) {
        kit_control(&k, 2, &m);
        kit_run(&k, 25 * MS);
        if (i % 80 == 79) { /* it lives, it only does not read */
            Parley__V1__Control alive = PARLEY__V1__CONTROL__INIT;
            kit_control(&k, 1, &alive);
        }
    }
    CHECK_STR("slow", k.in[1].closed);
    others_go_on(&k);
}

static void speaks_for_the_relay(void)
{
    struct kit k = three(NULL);
    Parley__V1__Roster roster = PARLEY__V1__ROSTER__INIT;
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_ROSTER;
    m.roster = &roster;
    kit_control(&k, 1, &m);
    kit_drain(&k);
    CHECK_STR("protocol", k.in[1].closed);
    others_go_on(&k);
}

static void says_hello_twice(void)
{
    struct kit k = three(NULL);
    kit_hello(&k, 1, "other", WIRE_MAJOR, NULL);
    CHECK_STR("protocol", k.in[1].closed);
    others_go_on(&k);
}

static void comes_with_the_wrong_hello(void)
{
    struct kit k = three(NULL);
    static const struct {
        const char *meeting, *code;
        uint32_t major;
    } row[] = {{"m", "version", 2}, {"", "meeting", 1}, {"a b", "meeting", 1}, {"../x", "meeting", 1}};
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        uint64_t sid = 10 + i;
        kit_open(&k, sid, i % 2 ? RELAY_WEBSOCKET : RELAY_WEBTRANSPORT);
        kit_hello(&k, sid, row[i].meeting, row[i].major, NULL);
        CHECK_STR(row[i].code, k.in[sid].refused);
        CHECK_STR(row[i].code, k.in[sid].closed);
    }
    CHECK_EQ(1, stats_of(&k).rooms);
    others_go_on(&k);
}

static void guesses_resume_tokens(void)
{
    struct kit k = three(NULL);
    uint8_t token[WIRE_RESUME_BYTES];
    memcpy(token, k.in[2].resume, sizeof(token));
    token[15] ^= 1;
    CHECK_EQ(4, kit_rejoin(&k, 4, RELAY_WEBTRANSPORT, "m", token));
    CHECK(!k.in[4].resumed);
    CHECK_EQ(1, kit_rejoin(&k, 5, RELAY_WEBTRANSPORT, "other", k.in[2].resume)); /* right, but of another meeting */
    CHECK(!k.in[5].resumed);
    others_go_on(&k);
}

static void asks_for_key_frames_all_the_time(void)
{
    struct kit k = three(NULL);
    kit_publish(&k, 2, 2, CAMERA, 1);
    kit_subscribe(&k, 1, 2, 2, 320);
    uint32_t before = k.in[2].bodies[PARLEY__V1__CONTROL__BODY_KEY_FRAME];
    for (int i = 0; i < 100; i++) {
        kit_ask_key(&k, 1, 2, 2);
        kit_run(&k, 100 * MS);
    }
    CHECK_BETWEEN(2, 6, k.in[2].bodies[PARLEY__V1__CONTROL__BODY_KEY_FRAME] - before); /* in 10 s: 0.3, 0.6, 1.2, 2.4, 4 s apart */
    others_go_on(&k);
}

static void exceeds_the_limits_of_the_relay(void)
{
    struct relay_limits limits = relay_limits_default();
    limits.sessions = 4;
    limits.members = 3;
    limits.rooms = 1;
    struct kit k = three(&limits);
    kit_join(&k, 4, RELAY_WEBTRANSPORT, "m");
    CHECK_STR("full", k.in[4].refused);
    kit_join(&k, 5, RELAY_WEBTRANSPORT, "n");
    CHECK_STR("busy", k.in[5].refused);
    for (uint64_t sid = 6; sid < 8; sid++)
        kit_open(&k, sid, RELAY_WEBTRANSPORT);
    kit_hello(&k, 7, "m", WIRE_MAJOR, NULL);
    CHECK_STR("busy", k.in[7].refused);
    for (uint64_t sid = 8; sid < 24; sid++)
        kit_open(&k, sid, RELAY_WEBTRANSPORT);
    CHECK_EQ(ERR_FULL, relay_on_open(k.r, 24, RELAY_WEBTRANSPORT, 1200, k.now));
    others_go_on(&k);
}

int main(void)
{
    static const struct check_test tests[] = {
        T(claims_anothers_identity),
        T(sends_on_tracks_it_never_announced),
        T(sends_media_before_hello),
        T(says_nothing),
        T(falls_silent),
        T(sends_garbage),
        T(opens_a_thousand_runs),
        T(begins_many_large_objects),
        T(floods_with_objects),
        T(floods_with_bytes),
        T(floods_with_requests),
        T(floods_without_end),
        T(fills_a_message_with_empty_objects),
        T(begins_and_ends_runs_all_the_time),
        T(talks_without_end),
        T(renames_itself_all_the_time),
        T(never_reads),
        T(never_reads_control),
        T(speaks_for_the_relay),
        T(says_hello_twice),
        T(comes_with_the_wrong_hello),
        T(guesses_resume_tokens),
        T(asks_for_key_frames_all_the_time),
        T(exceeds_the_limits_of_the_relay),
    };
    return CHECK_RUN(tests);
}
