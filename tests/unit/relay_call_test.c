/* SPDX-License-Identifier: MIT */
/* Two or three members in a room: joining, hearing, seeing, leaving. */
#include "check.h"
#include "relay_kit.h"

enum { MIC = 1, CAMERA = 2 };

static const enum relay_transport transports[] = {RELAY_WEBTRANSPORT, RELAY_WEBSOCKET};

static void joining_tells_both_sides(void)
{
    struct kit k = kit_new(NULL);
    CHECK_EQ(1, kit_join(&k, 1, RELAY_WEBTRANSPORT, "m"));
    CHECK_EQ(0, k.in[1].roster_size);
    CHECK_EQ(2, kit_join(&k, 2, RELAY_WEBSOCKET, "m"));
    CHECK_EQ(1, k.in[2].roster_size);
    CHECK_EQ(1, k.in[1].roster_size);
    CHECK_STR("guest 2", k.in[1].last_name);
    CHECK_STR("guest 1", k.in[2].last_name);
    CHECK_EQ(PARLEY__V1__ROLE__ROLE_HOST, k.in[1].role);
    CHECK_EQ(PARLEY__V1__ROLE__ROLE_MEMBER, k.in[2].role);
    kit_del(&k);
}

static void rooms_are_apart(void)
{
    struct kit k = kit_new(NULL);
    kit_join(&k, 1, RELAY_WEBTRANSPORT, "a");
    kit_join(&k, 2, RELAY_WEBTRANSPORT, "b");
    kit_publish(&k, 1, 1, MIC, 0);
    kit_audio(&k, 1, 1, 1);
    kit_drain(&k);
    CHECK_EQ(0, k.in[1].roster_size + k.in[2].roster_size);
    CHECK_EQ(0, k.in[2].audio);
    kit_del(&k);
}

static void voices_reach_everybody_else_stamped(void)
{
    for (size_t i = 0; i < COUNT_OF(transports); i++) {
        struct kit k = kit_new(NULL);
        kit_join(&k, 1, transports[i], "m");
        uint32_t speaker = kit_join(&k, 2, transports[1 - i], "m");
        kit_join(&k, 3, transports[i], "m");
        kit_publish(&k, 2, 1, MIC, 0);
        kit_audio(&k, 2, 1, 7);
        kit_drain(&k);
        CHECK_EQ(1, k.in[1].audio);
        CHECK_EQ(0, k.in[2].audio);
        CHECK_EQ(1, k.in[3].audio);
        CHECK_EQ(speaker, k.in[1].last_audio.header.sender);
        CHECK_EQ(7, k.in[1].last_audio.header.seq);
        CHECK_EQ(90, k.in[1].last_audio.header.level);
        CHECK_EQ(2, k.in[1].last_audio.first);
        kit_del(&k);
    }
}

static void voices_taken_together_are_bundled(void)
{
    struct kit k = kit_new(NULL);
    for (uint64_t sid = 1; sid <= 5; sid++)
        kit_join(&k, sid, RELAY_WEBTRANSPORT, "m");
    for (uint64_t sid = 2; sid <= 5; sid++)
        kit_publish(&k, sid, 1, MIC, 0);
    for (uint64_t sid = 2; sid <= 5; sid++)
        kit_audio(&k, sid, 1, 1);
    kit_drain(&k);
    CHECK_EQ(4, k.in[1].audio);
    CHECK_EQ(1, k.in[1].audio_datagrams);
    CHECK_EQ(3, k.in[2].audio);
    kit_del(&k);
}

/* A publisher at sid 1 with one camera layer and a watcher at sid 2, who asked to see it. */
static struct kit watched(enum relay_transport from, enum relay_transport to)
{
    struct kit k = kit_new(NULL);
    uint32_t publisher = kit_join(&k, 1, from, "m");
    kit_join(&k, 2, to, "m");
    kit_publish(&k, 1, 2, CAMERA, 1);
    kit_subscribe(&k, 2, publisher, 2, 320);
    return k;
}

static void frame(struct kit *k, uint32_t seq, uint32_t temporal, uint32_t depends)
{
    struct object_header h = {
        .track = 2, .seq = seq, .temporal = temporal, .key = !depends, .depends = depends, .captured_us = seq * 33333};
    kit_video(k, 1, 10, seq == 1, &h, 1000);
    kit_drain(k);
}

static void pictures_reach_those_who_ask(void)
{
    for (size_t i = 0; i < 4; i++) {
        struct kit k = watched(transports[i / 2], transports[i % 2]);
        kit_join(&k, 3, RELAY_WEBTRANSPORT, "m");
        CHECK(k.in[1].wanted[2][0]);
        CHECK_EQ(1, k.in[1].bodies[PARLEY__V1__CONTROL__BODY_KEY_FRAME]);
        frame(&k, 1, 0, 0);
        frame(&k, 2, 2, 1);
        frame(&k, 3, 1, 2);
        CHECK_EQ(3, k.in[2].video);
        CHECK_EQ(1, k.in[2].object[0].header.sender);
        CHECK_EQ(3, k.in[2].object[2].header.seq);
        CHECK_EQ(k.in[2].websocket ? 0 : 1, k.in[2].runs_begun);
        CHECK_EQ(0, k.in[3].video);
        kit_del(&k);
    }
}

static void a_late_watcher_asks_once_and_starts_at_a_key_frame(void)
{
    struct kit k = watched(RELAY_WEBTRANSPORT, RELAY_WEBTRANSPORT);
    frame(&k, 1, 0, 0);
    kit_run(&k, 5 * SEC); /* longer than the relay remembers pictures */
    uint32_t asked = k.in[1].bodies[PARLEY__V1__CONTROL__BODY_KEY_FRAME];
    kit_join(&k, 3, RELAY_WEBTRANSPORT, "m");
    kit_subscribe(&k, 3, 1, 2, 320);
    frame(&k, 2, 0, 1);
    frame(&k, 3, 0, 1);
    CHECK_EQ(asked + 1, k.in[1].bodies[PARLEY__V1__CONTROL__BODY_KEY_FRAME]);
    CHECK_EQ(0, k.in[3].video);
    frame(&k, 4, 0, 0);
    CHECK_EQ(1, k.in[3].video);
    CHECK_EQ(4, k.in[2].video);
    kit_del(&k);
}

static void wanting_no_more_ends_run_and_demand(void)
{
    struct kit k = watched(RELAY_WEBTRANSPORT, RELAY_WEBTRANSPORT);
    frame(&k, 1, 0, 0);
    kit_subscribe(&k, 2, 0, 0, 0);
    kit_run(&k, 200 * MS);
    CHECK_EQ(1, k.in[2].runs_reset);
    CHECK(!k.in[1].wanted[2][0]);
    frame(&k, 2, 0, 1);
    CHECK_EQ(1, k.in[2].video);
    kit_del(&k);
}

static void a_want_outlives_the_track(void)
{
    struct kit k = kit_new(NULL);
    kit_join(&k, 1, RELAY_WEBTRANSPORT, "m");
    kit_join(&k, 2, RELAY_WEBTRANSPORT, "m");
    kit_subscribe(&k, 2, 1, 2, 320); /* before there is such a track */
    kit_publish(&k, 1, 2, CAMERA, 1);
    frame(&k, 1, 0, 0);
    CHECK_EQ(1, k.in[2].video);
    Parley__V1__Unpublish end = PARLEY__V1__UNPUBLISH__INIT;
    end.track = 2;
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_UNPUBLISH;
    m.unpublish = &end;
    kit_control(&k, 1, &m);
    kit_drain(&k);
    CHECK_EQ(1, k.in[2].runs_reset);
    frame(&k, 2, 0, 1);
    CHECK_EQ(1, k.in[2].video);
    kit_publish(&k, 1, 2, CAMERA, 1);
    frame(&k, 3, 0, 0);
    CHECK_EQ(2, k.in[2].video);
    kit_del(&k);
}

static void goodbye_is_at_once_and_a_lost_session_is_held(void)
{
    struct kit k = kit_new(NULL);
    kit_join(&k, 1, RELAY_WEBTRANSPORT, "m");
    kit_join(&k, 2, RELAY_WEBTRANSPORT, "m");
    kit_join(&k, 3, RELAY_WEBTRANSPORT, "m");
    kit_close(&k, 2);
    kit_run(&k, 1400 * MS);
    CHECK_EQ(1, k.in[1].away);
    CHECK_EQ(0, k.in[1].gone);
    kit_run(&k, 200 * MS);
    CHECK_EQ(1, k.in[1].gone);
    CHECK_EQ(2, k.in[1].last_gone);

    Parley__V1__Goodbye bye = PARLEY__V1__GOODBYE__INIT;
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_GOODBYE;
    m.goodbye = &bye;
    kit_control(&k, 3, &m);
    kit_drain(&k);
    CHECK_EQ(3, k.in[1].last_gone);
    CHECK_STR("left", k.in[3].closed);
    kit_del(&k);
}

static void a_seat_is_taken_up_again(void)
{
    struct kit k = kit_new(NULL);
    kit_join(&k, 1, RELAY_WEBTRANSPORT, "m");
    uint32_t id = kit_join(&k, 2, RELAY_WEBTRANSPORT, "m");
    kit_close(&k, 2);
    kit_run(&k, 1000 * MS);
    CHECK_EQ(id, kit_rejoin(&k, 3, RELAY_WEBSOCKET, "m", k.in[2].resume));
    CHECK(k.in[3].resumed);
    kit_run(&k, 3 * SEC);
    CHECK_EQ(0, k.in[1].gone);
    kit_audio(&k, 3, 1, 1);
    /* the old token is used up once something is heard; while the session lives, its new one moves the seat */
    CHECK_EQ(3, kit_rejoin(&k, 4, RELAY_WEBTRANSPORT, "m", k.in[2].resume));
    CHECK_EQ(id, kit_rejoin(&k, 5, RELAY_WEBTRANSPORT, "m", k.in[3].resume));
    CHECK_STR("replaced", k.in[3].refused);
    CHECK_STR("replaced", k.in[3].closed);
    kit_del(&k);
}

static void who_never_got_the_welcome_has_the_seat_all_the_same(void)
{
    struct kit k = kit_new(NULL);
    kit_join(&k, 1, RELAY_WEBTRANSPORT, "m");
    uint32_t id = kit_join(&k, 2, RELAY_WEBTRANSPORT, "m");
    kit_close(&k, 2);
    for (uint64_t sid = 3; sid < 6; sid++) /* each Welcome is lost */
        CHECK_EQ(id, kit_rejoin(&k, sid, RELAY_WEBTRANSPORT, "m", k.in[2].resume));
    CHECK_STR("replaced", k.in[4].refused);
    kit_close(&k, 5);
    CHECK_EQ(id, kit_rejoin(&k, 6, RELAY_WEBTRANSPORT, "m", k.in[5].resume)); /* one was not */
    CHECK(id != kit_rejoin(&k, 7, RELAY_WEBTRANSPORT, "m", k.in[2].resume));
    CHECK_EQ(0, k.in[1].gone);
    kit_del(&k);
}

static void the_host_passes_on(void)
{
    struct kit k = kit_new(NULL);
    kit_join(&k, 1, RELAY_WEBTRANSPORT, "m");
    kit_join(&k, 2, RELAY_WEBTRANSPORT, "m");
    kit_join(&k, 3, RELAY_WEBTRANSPORT, "m");
    kit_close(&k, 1);
    kit_run(&k, 2 * SEC);
    CHECK_EQ(PARLEY__V1__ROLE__ROLE_HOST, k.in[3].last_role);
    CHECK_STR("guest 2", k.in[3].last_name);
    kit_del(&k);
}

static void chat_is_stamped_and_goes_to_all(void)
{
    struct kit k = kit_new(NULL);
    for (uint64_t sid = 1; sid <= 3; sid++)
        kit_join(&k, sid, RELAY_WEBTRANSPORT, "m");
    uint8_t sealed[] = {1, 2, 3};
    Parley__V1__Chat chat = PARLEY__V1__CHAT__INIT;
    chat.member = 1; /* a lie */
    chat.sealed = (ProtobufCBinaryData){.data = sealed, .len = sizeof(sealed)};
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_CHAT;
    m.chat = &chat;
    kit_control(&k, 2, &m);
    kit_drain(&k);
    CHECK_EQ(2, k.in[1].chat_member);
    CHECK_EQ(2, k.in[3].chat_member);
    chat.to = 3;
    kit_control(&k, 2, &m);
    kit_drain(&k);
    CHECK_EQ(1, k.in[1].bodies[PARLEY__V1__CONTROL__BODY_CHAT]);
    CHECK_EQ(2, k.in[3].bodies[PARLEY__V1__CONTROL__BODY_CHAT]);
    kit_del(&k);
}

static void publishers_get_reports(void)
{
    struct kit k = watched(RELAY_WEBTRANSPORT, RELAY_WEBTRANSPORT);
    frame(&k, 1, 0, 0);
    frame(&k, 2, 0, 1);
    frame(&k, 5, 0, 3);
    kit_run(&k, 110 * MS);
    CHECK_EQ(1, k.in[1].feedbacks);
    CHECK_EQ(5, k.in[1].report_newest);
    CHECK_EQ(3, k.in[1].report_missing); /* 4 and 3 */
    CHECK_EQ(3, k.in[1].report_objects);
    kit_run(&k, SEC);
    CHECK_EQ(1, k.in[1].feedbacks);
    kit_del(&k);
}

static void draining_tells_all_and_lets_nobody_in(void)
{
    struct kit k = kit_new(NULL);
    kit_join(&k, 1, RELAY_WEBTRANSPORT, "m");
    relay_drain(k.r, 700, "https://two.example", k.now);
    kit_drain(&k);
    CHECK_EQ(1, k.in[1].bodies[PARLEY__V1__CONTROL__BODY_DRAIN]);
    CHECK_STR("https://two.example", k.in[1].drain_relay);
    kit_join(&k, 2, RELAY_WEBTRANSPORT, "m");
    CHECK_STR("draining", k.in[2].refused);
    CHECK_EQ(700, k.in[2].retry_ms);
    kit_del(&k);
}

static void a_relay_short_of_memory_keeps_whom_it_has(void)
{
    struct kit k = kit_new(NULL);
    kit_join(&k, 1, RELAY_WEBTRANSPORT, "m");
    relay_set_short(k.r, true);
    kit_join(&k, 2, RELAY_WEBTRANSPORT, "m");
    CHECK_STR("busy", k.in[2].refused);
    CHECK_BETWEEN(1000, 10000, k.in[2].retry_ms);
    kit_close(&k, 1);
    kit_rejoin(&k, 3, RELAY_WEBTRANSPORT, "m", k.in[1].resume);
    CHECK(k.in[3].resumed);
    relay_set_short(k.r, false);
    kit_join(&k, 4, RELAY_WEBTRANSPORT, "m");
    CHECK(k.in[4].member);
    kit_del(&k);
}

int main(void)
{
    static const struct check_test tests[] = {
        T(joining_tells_both_sides),
        T(rooms_are_apart),
        T(voices_reach_everybody_else_stamped),
        T(voices_taken_together_are_bundled),
        T(pictures_reach_those_who_ask),
        T(a_late_watcher_asks_once_and_starts_at_a_key_frame),
        T(wanting_no_more_ends_run_and_demand),
        T(a_want_outlives_the_track),
        T(goodbye_is_at_once_and_a_lost_session_is_held),
        T(a_seat_is_taken_up_again),
        T(who_never_got_the_welcome_has_the_seat_all_the_same),
        T(the_host_passes_on),
        T(chat_is_stamped_and_goes_to_all),
        T(publishers_get_reports),
        T(draining_tells_all_and_lets_nobody_in),
        T(a_relay_short_of_memory_keeps_whom_it_has),
    };
    return CHECK_RUN(tests);
}
