/* SPDX-License-Identifier: MIT */
/* A participant comes back on another shard: the seat is the same, and there is one of it. */
#include "check.h"
#include "cluster_kit.h"

#include <string.h>

enum { HOST = PARLEY__V1__ROLE__ROLE_HOST, MEMBER = PARLEY__V1__ROLE__ROLE_MEMBER, MIC = 1, CAMERA = 2 };

#define DELAY (2 * MS)

static const struct kit_inbox *inbox(const struct cluster *c, uint32_t at, uint64_t sid) { return &c->kit[at].in[sid]; }
static const struct kit_member *seen(const struct cluster *c, uint32_t at, uint64_t sid, uint32_t id)
{
    return kit_member(&c->kit[at], sid, id);
}

/* Somebody with a microphone on shard 0, others on 0, 1 and 2; the token of the first. */
static struct cluster *meeting(uint32_t *id, uint8_t token[WIRE_RESUME_BYTES])
{
    struct cluster *c = cluster_new(3, DELAY);
    *id = cluster_join(c, 0, 1, "m");
    kit_publish(&c->kit[0], 1, 1, MIC, 0);
    kit_publish(&c->kit[0], 1, 2, CAMERA, 1);
    cluster_join(c, 0, 2, "m");
    cluster_join(c, 1, 1, "m");
    cluster_join(c, 2, 1, "m");
    cluster_settle(c);
    memcpy(token, inbox(c, 0, 1)->resume, WIRE_RESUME_BYTES);
    return c;
}

static uint64_t takeovers(const struct cluster *c, uint32_t at)
{
    struct relay_stats s;
    relay_stats(c->kit[at].r, &s);
    return s.takeovers;
}

static void a_seat_is_taken_up_on_another_shard(void)
{
    uint32_t id;
    uint8_t token[WIRE_RESUME_BYTES];
    struct cluster *c = meeting(&id, token);
    kit_close(&c->kit[0], 1);
    cluster_run(c, 500 * MS);
    CHECK_EQ(id, cluster_rejoin(c, 1, 5, "m", token));
    CHECK(inbox(c, 1, 5)->resumed);
    CHECK_EQ(HOST, inbox(c, 1, 5)->role);
    CHECK_EQ(3, inbox(c, 1, 5)->others);
    cluster_run(c, 3 * SEC);
    for (uint32_t at = 0; at < 3; at++) {
        uint64_t sid = at == 0 ? 2 : 1;
        CHECK_EQ(0, inbox(c, at, sid)->gone);
        CHECK(!seen(c, at, sid, id)->away);
        CHECK_EQ(2, seen(c, at, sid, id)->tracks);
        CHECK_EQ(HOST, seen(c, at, sid, id)->role);
    }
    CHECK_EQ(1, takeovers(c, 1));
    kit_audio(&c->kit[1], 5, 1, 50);
    cluster_settle(c);
    CHECK_EQ(id, inbox(c, 0, 2)->last_audio.header.sender);
    CHECK_EQ(1, inbox(c, 0, 2)->audio);
    CHECK_EQ(1, inbox(c, 1, 1)->audio);
    cluster_del(c);
}

static void pictures_follow_the_seat(void)
{
    uint32_t id;
    uint8_t token[WIRE_RESUME_BYTES];
    struct cluster *c = meeting(&id, token);
    kit_subscribe(&c->kit[0], 2, id, 2, 320);
    kit_subscribe(&c->kit[1], 1, id, 2, 320);
    kit_subscribe(&c->kit[2], 1, id, 2, 320);
    cluster_run(c, 200 * MS);
    kit_close(&c->kit[0], 1);
    CHECK_EQ(id, cluster_rejoin(c, 1, 5, "m", token));
    cluster_run(c, 300 * MS);
    CHECK(inbox(c, 1, 5)->wanted[2][0]);
    struct object_header h = {.track = 2, .seq = 90, .key = true, .captured_us = 5};
    uint32_t before = c->link[1][0].media;
    kit_video(&c->kit[1], 5, 1, true, &h, 500);
    cluster_settle(c);
    CHECK_EQ(1, inbox(c, 0, 2)->video);
    CHECK_EQ(1, inbox(c, 1, 1)->video);
    CHECK_EQ(1, inbox(c, 2, 1)->video);
    CHECK_EQ(before + 1, c->link[1][0].media);
    cluster_del(c);
}

/* The old home has nobody left and says so before the new home's word is there, which comes another way. */
static void a_seat_that_moves_is_never_gone(void)
{
    struct cluster *c = cluster_new(3, DELAY);
    uint32_t id = cluster_join(c, 0, 1, "m");
    kit_publish(&c->kit[0], 1, 2, CAMERA, 1);
    cluster_join(c, 1, 1, "m");
    cluster_settle(c);
    c->link[2][1].delay = 50 * MS;
    CHECK_EQ(id, cluster_rejoin(c, 2, 5, "m", inbox(c, 0, 1)->resume));
    cluster_run(c, SEC);
    CHECK_STR("replaced", inbox(c, 0, 1)->closed);
    CHECK_EQ(0, inbox(c, 1, 1)->gone);
    CHECK_EQ(1, seen(c, 1, 1, id)->tracks);
    cluster_del(c);
}

static void a_connection_left_on_the_old_shard_is_replaced(void)
{
    uint32_t id;
    uint8_t token[WIRE_RESUME_BYTES];
    struct cluster *c = meeting(&id, token);
    CHECK_EQ(id, cluster_rejoin(c, 2, 5, "m", token));
    cluster_settle(c);
    CHECK_STR("replaced", inbox(c, 0, 1)->refused);
    CHECK_STR("replaced", inbox(c, 0, 1)->closed);
    cluster_run(c, 3 * SEC);
    CHECK(seen(c, 1, 1, id) && !seen(c, 1, 1, id)->away);
    cluster_del(c);
}

static void a_token_is_used_up_everywhere(void)
{
    uint32_t id;
    uint8_t token[WIRE_RESUME_BYTES];
    struct cluster *c = meeting(&id, token);
    CHECK_EQ(id, cluster_rejoin(c, 1, 4, "m", token));
    CHECK_EQ(id, cluster_rejoin(c, 1, 5, "m", token)); /* nothing was heard since the Welcome: it may be lost */
    kit_audio(&c->kit[1], 5, 1, 50);
    cluster_settle(c);
    for (uint32_t at = 0; at < 3; at++)
        CHECK(id != cluster_rejoin(c, at, 9, "m", token));
    /* the new one works, also where the seat began */
    memcpy(token, inbox(c, 1, 5)->resume, sizeof(token));
    CHECK_EQ(id, cluster_rejoin(c, 0, 10, "m", token));
    cluster_settle(c);
    CHECK_STR("replaced", inbox(c, 1, 5)->refused);
    CHECK_EQ(1, takeovers(c, 0));
    cluster_del(c);
}

static void a_seat_of_a_dead_shard_is_taken_up(void)
{
    uint32_t id;
    uint8_t token[WIRE_RESUME_BYTES];
    struct cluster *c = meeting(&id, token);
    cluster_kill(c, 0);
    cluster_run(c, 700 * MS);
    CHECK_EQ(id, cluster_rejoin(c, 1, 5, "m", token));
    cluster_run(c, 3 * SEC);
    CHECK(seen(c, 2, 1, id) && !seen(c, 2, 1, id)->away);
    CHECK_EQ(2, inbox(c, 2, 1)->others); /* the other one of that shard is gone */
    cluster_del(c);
}

/* The first here in that room: the seat is known only after the others have answered. */
static void a_seat_is_taken_up_where_the_room_is_not_open(void)
{
    struct cluster *c = cluster_new(2, DELAY);
    uint32_t id = cluster_join(c, 0, 1, "m");
    uint8_t token[WIRE_RESUME_BYTES];
    memcpy(token, inbox(c, 0, 1)->resume, sizeof(token));
    kit_close(&c->kit[0], 1);
    CHECK_EQ(id, cluster_rejoin(c, 1, 1, "m", token));
    CHECK(inbox(c, 1, 1)->resumed);
    CHECK_EQ(HOST, inbox(c, 1, 1)->role);
    cluster_run(c, 3 * SEC);
    struct relay_stats s;
    relay_stats(c->kit[0].r, &s);
    CHECK_EQ(0, s.rooms);
    cluster_del(c);
}

static uint64_t restores(const struct cluster *c, uint32_t at)
{
    struct relay_stats s;
    relay_stats(c->kit[at].r, &s);
    return s.restores;
}

/* Nobody of the meeting is on the new shard, so nothing is known there of the dead one's people; elsewhere they are awaited. */
static void a_seat_of_a_dead_shard_is_taken_up_where_the_room_is_not_open(void)
{
    struct cluster *c = cluster_new(3, DELAY);
    uint32_t id = cluster_join(c, 0, 1, "m");
    kit_publish(&c->kit[0], 1, 1, MIC, 0);
    uint32_t other = cluster_join(c, 1, 1, "m");
    cluster_settle(c);
    cluster_kill(c, 0);
    cluster_run(c, 200 * MS);
    CHECK(seen(c, 1, 1, id)->away);
    CHECK_EQ(id, cluster_rejoin(c, 2, 5, "m", inbox(c, 0, 1)->resume));
    kit_publish(&c->kit[2], 5, 1, MIC, 0);
    cluster_run(c, 3 * SEC);
    CHECK(inbox(c, 2, 5)->resumed && inbox(c, 2, 5)->partial);
    CHECK_EQ(HOST, inbox(c, 2, 5)->role);
    CHECK(seen(c, 2, 5, other));
    CHECK_EQ(0, inbox(c, 1, 1)->gone);
    CHECK_EQ(1, inbox(c, 1, 1)->others);
    CHECK(!seen(c, 1, 1, id)->away);
    CHECK_EQ(HOST, seen(c, 1, 1, id)->role);
    CHECK_EQ(1, seen(c, 1, 1, id)->tracks);
    CHECK_EQ(1, restores(c, 2));
    cluster_del(c);
}

/* All were on the shard that died. The younger arrives first, and is the host until the elder is back. */
static void a_meeting_whose_only_shard_died_goes_on_elsewhere(void)
{
    struct cluster *c = cluster_new(3, DELAY);
    uint32_t elder = cluster_join(c, 0, 1, "m"), younger = cluster_join(c, 0, 2, "m");
    cluster_settle(c);
    cluster_kill(c, 0);
    CHECK_EQ(younger, cluster_rejoin(c, 1, 1, "m", inbox(c, 0, 2)->resume));
    CHECK_EQ(HOST, inbox(c, 1, 1)->role);
    CHECK_EQ(elder, cluster_rejoin(c, 2, 1, "m", inbox(c, 0, 1)->resume));
    cluster_settle(c);
    CHECK_EQ(HOST, inbox(c, 2, 1)->role);
    CHECK_EQ(HOST, seen(c, 1, 1, elder)->role);
    CHECK_EQ(MEMBER, seen(c, 2, 1, younger)->role);
    uint32_t newcomer = cluster_join(c, 1, 2, "m");
    CHECK(newcomer != elder && newcomer != younger);
    CHECK(!inbox(c, 1, 2)->partial);
    cluster_del(c);
}

/* The seat was taken up again on its shard, which died before the others heard of the new token. */
static void a_token_of_which_nobody_heard_is_known_by_its_seal(void)
{
    uint32_t id;
    uint8_t token[WIRE_RESUME_BYTES];
    struct cluster *c = meeting(&id, token);
    c->link[0][1].cut = c->link[0][2].cut = true;
    CHECK_EQ(id, cluster_rejoin(c, 0, 7, "m", token));
    CHECK(id != cluster_rejoin(c, 1, 8, "m", inbox(c, 0, 7)->resume)); /* 0 is up, as far as 1 knows: somebody sits there */
    cluster_kill(c, 0);
    CHECK_EQ(id, cluster_rejoin(c, 1, 9, "m", inbox(c, 0, 7)->resume));
    cluster_run(c, 3 * SEC);
    CHECK(!seen(c, 2, 1, id)->away);
    CHECK_EQ(1, takeovers(c, 1));
    cluster_del(c);
}

/* A relay that is the whole system, started anew. */
static void a_relay_started_anew_knows_its_people(void)
{
    const uint8_t seal[RELAY_SEAL_BYTES] = {1};
    struct kit before = kit_new_seeded(NULL, 1), after = kit_new_seeded(NULL, 2);
    relay_set_seal(before.r, seal);
    relay_set_seal(after.r, seal);
    uint32_t first = kit_join(&before, 1, RELAY_WEBTRANSPORT, "m"), second = kit_join(&before, 2, RELAY_WEBTRANSPORT, "m");
    CHECK_EQ(second, kit_rejoin(&after, 2, RELAY_WEBTRANSPORT, "m", before.in[2].resume));
    uint32_t newcomer = kit_join(&after, 3, RELAY_WEBTRANSPORT, "m");
    CHECK(newcomer != first && newcomer != second);
    CHECK_EQ(first, kit_rejoin(&after, 1, RELAY_WEBTRANSPORT, "m", before.in[1].resume));
    CHECK_EQ(HOST, after.in[1].role);
    CHECK_EQ(MEMBER, kit_member(&after, 1, second)->role);
    /* who sits there is not driven out by an older token */
    CHECK(first != kit_rejoin(&after, 4, RELAY_WEBTRANSPORT, "m", before.in[1].resume));
    kit_del(&before);
    kit_del(&after);
}

static void a_token_of_another_system_is_worth_nothing(void)
{
    struct kit before = kit_new_seeded(NULL, 1), after = kit_new_seeded(NULL, 2);
    kit_join(&before, 1, RELAY_WEBTRANSPORT, "m");
    kit_join(&before, 2, RELAY_WEBTRANSPORT, "m");
    kit_rejoin(&after, 2, RELAY_WEBTRANSPORT, "m", before.in[2].resume);
    CHECK(!after.in[2].resumed && !after.in[2].partial);
    kit_del(&before);
    kit_del(&after);
}

static void a_token_of_another_room_is_worth_nothing(void)
{
    uint32_t id;
    uint8_t token[WIRE_RESUME_BYTES];
    struct cluster *c = meeting(&id, token);
    cluster_join(c, 1, 3, "other");
    CHECK(id != cluster_rejoin(c, 1, 5, "other", token));
    CHECK_EQ(1, inbox(c, 1, 5)->others);
    CHECK_EQ(0, takeovers(c, 1));
    cluster_del(c);
}

/* Two take the same seat up while they cannot hear each other: one keeps it. */
static void two_that_take_one_seat_agree(void)
{
    uint32_t id;
    uint8_t token[WIRE_RESUME_BYTES];
    struct cluster *c = meeting(&id, token);
    cluster_part(c, 1, 2, false);
    CHECK_EQ(id, cluster_rejoin(c, 1, 5, "m", token));
    c->link[2][0].cut = c->link[0][2].cut = true; /* 2 has not heard of it */
    c->link[2][0].cut = false;
    CHECK_EQ(id, cluster_rejoin(c, 2, 5, "m", token));
    c->link[0][2].cut = false;
    cluster_part(c, 1, 2, true);
    cluster_run(c, 3 * SEC);
    CHECK_STR("", inbox(c, 1, 5)->refused);
    CHECK_STR("replaced", inbox(c, 2, 5)->refused);
    for (uint32_t at = 0; at < 3; at++) {
        uint64_t sid = at == 0 ? 2 : 1;
        CHECK(seen(c, at, sid, id) && !seen(c, at, sid, id)->away);
        CHECK_EQ(3, inbox(c, at, sid)->others);
    }
    cluster_del(c);
}

/* The old home was away while the seat moved: it learns so when it is back, and does not fight for it. */
static void a_home_that_comes_back_gives_the_seat_up(void)
{
    uint32_t id;
    uint8_t token[WIRE_RESUME_BYTES];
    struct cluster *c = meeting(&id, token);
    cluster_part(c, 0, 1, false);
    cluster_part(c, 0, 2, false);
    cluster_run(c, 300 * MS);
    CHECK_EQ(id, cluster_rejoin(c, 1, 5, "m", token));
    cluster_run(c, 5 * SEC);
    cluster_part(c, 0, 1, true);
    cluster_part(c, 0, 2, true);
    cluster_run(c, SEC);
    CHECK_STR("replaced", inbox(c, 0, 1)->refused);
    CHECK_STR("", inbox(c, 1, 5)->refused);
    CHECK(seen(c, 0, 2, id) && !seen(c, 0, 2, id)->away);
    CHECK_EQ(3, inbox(c, 2, 1)->others);
    cluster_del(c);
}

int main(void)
{
    static const struct check_test tests[] = {
        T(a_seat_is_taken_up_on_another_shard),
        T(pictures_follow_the_seat),
        T(a_seat_that_moves_is_never_gone),
        T(a_connection_left_on_the_old_shard_is_replaced),
        T(a_token_is_used_up_everywhere),
        T(a_seat_of_a_dead_shard_is_taken_up),
        T(a_seat_is_taken_up_where_the_room_is_not_open),
        T(a_seat_of_a_dead_shard_is_taken_up_where_the_room_is_not_open),
        T(a_meeting_whose_only_shard_died_goes_on_elsewhere),
        T(a_token_of_which_nobody_heard_is_known_by_its_seal),
        T(a_relay_started_anew_knows_its_people),
        T(a_token_of_another_system_is_worth_nothing),
        T(a_token_of_another_room_is_worth_nothing),
        T(two_that_take_one_seat_agree),
        T(a_home_that_comes_back_gives_the_seat_up),
    };
    return CHECK_RUN(tests);
}
