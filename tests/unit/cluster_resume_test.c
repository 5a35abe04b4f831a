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

/* The token of a session, for when its shard is gone. */
static const uint8_t *token_of(const struct cluster *c, uint32_t at, uint64_t sid, uint8_t token[WIRE_RESUME_BYTES])
{
    return memcpy(token, inbox(c, at, sid)->resume, WIRE_RESUME_BYTES);
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
    uint8_t token[WIRE_RESUME_BYTES];
    cluster_settle(c);
    token_of(c, 0, 1, token);
    cluster_kill(c, 0);
    cluster_run(c, 200 * MS);
    CHECK(seen(c, 1, 1, id)->away);
    CHECK_EQ(id, cluster_rejoin(c, 2, 5, "m", token));
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
    uint8_t elders[WIRE_RESUME_BYTES], youngers[WIRE_RESUME_BYTES];
    cluster_settle(c);
    token_of(c, 0, 1, elders);
    token_of(c, 0, 2, youngers);
    cluster_kill(c, 0);
    CHECK_EQ(younger, cluster_rejoin(c, 1, 1, "m", youngers));
    CHECK_EQ(HOST, inbox(c, 1, 1)->role);
    CHECK_EQ(elder, cluster_rejoin(c, 2, 1, "m", elders));
    cluster_settle(c);
    CHECK_EQ(HOST, inbox(c, 2, 1)->role);
    CHECK_EQ(HOST, seen(c, 1, 1, elder)->role);
    CHECK_EQ(MEMBER, seen(c, 2, 1, younger)->role);
    uint32_t newcomer = cluster_join(c, 1, 2, "m");
    CHECK(newcomer != elder && newcomer != younger);
    CHECK(inbox(c, 1, 2)->partial); /* others may be on their way */
    cluster_run(c, 3 * SEC);
    cluster_join(c, 1, 3, "m");
    CHECK(!inbox(c, 1, 3)->partial);
    cluster_del(c);
}

/* The seat was taken up again on its shard, which died before the others heard of the new token. */
static void a_token_of_which_nobody_heard_is_known_by_its_seal(void)
{
    uint32_t id;
    uint8_t token[WIRE_RESUME_BYTES], next[WIRE_RESUME_BYTES];
    struct cluster *c = meeting(&id, token);
    c->link[0][1].cut = c->link[0][2].cut = true;
    CHECK_EQ(id, cluster_rejoin(c, 0, 7, "m", token));
    token_of(c, 0, 7, next);
    CHECK(id != cluster_rejoin(c, 1, 8, "m", next)); /* 0 is up, as far as 1 knows: somebody sits there */
    cluster_kill(c, 0);
    CHECK_EQ(id, cluster_rejoin(c, 1, 9, "m", next));
    cluster_run(c, 3 * SEC);
    CHECK(!seen(c, 2, 1, id)->away);
    CHECK_EQ(1, takeovers(c, 1));
    cluster_del(c);
}

/* A seat that was restored on 1, of which 2 did not hear, and is then taken up on 2: what 1 still says of it counts less. */
static void the_token_tells_of_moves_that_were_not_heard_of(void)
{
    uint32_t id;
    uint8_t token[WIRE_RESUME_BYTES], next[WIRE_RESUME_BYTES];
    struct cluster *c = cluster_new(4, DELAY);
    id = cluster_join(c, 0, 1, "m");
    cluster_join(c, 2, 1, "m");
    cluster_settle(c);
    token_of(c, 0, 1, token);
    cluster_kill(c, 0);
    c->link[1][2].cut = c->link[1][3].cut = true;
    CHECK_EQ(id, cluster_rejoin(c, 1, 5, "m", token));
    token_of(c, 1, 5, next);
    CHECK_EQ(id, cluster_rejoin(c, 2, 5, "m", next));
    c->link[1][2].cut = c->link[1][3].cut = false;
    kit_close(&c->kit[1], 5);
    cluster_run(c, 3 * SEC);
    CHECK_STR("", inbox(c, 2, 5)->refused);
    CHECK(!seen(c, 2, 1, id)->away);
    cluster_del(c);
}

enum { BEFORE = 1, AFTER = 2 };

/* A relay that is the whole system, and the one that was started in its place. */
static void restart(struct kit relay[3], uint32_t seconds_later)
{
    const uint8_t seal[RELAY_SEAL_BYTES] = {1};
    for (uint8_t life = BEFORE; life <= AFTER; life++) {
        relay[life] = kit_new_seeded(NULL, life);
        relay_set_seal(relay[life].r, seal, 100000 + (life == AFTER ? seconds_later : 0));
    }
}

static void a_relay_started_anew_knows_its_people(void)
{
    struct kit relay[3], *before = &relay[BEFORE], *after = &relay[AFTER];
    restart(relay, 1);
    uint32_t first = kit_join(before, 1, RELAY_WEBTRANSPORT, "m"), second = kit_join(before, 2, RELAY_WEBTRANSPORT, "m");
    uint32_t newcomer = kit_join(after, 3, RELAY_WEBTRANSPORT, "m"); /* before them all */
    CHECK_EQ(second, kit_rejoin(after, 2, RELAY_WEBTRANSPORT, "m", before->in[2].resume));
    CHECK(after->in[2].resumed && after->in[2].partial);
    CHECK_EQ(second, kit_rejoin(after, 4, RELAY_WEBSOCKET, "m", before->in[2].resume)); /* the Welcome may be lost */
    CHECK(after->in[4].resumed && after->in[4].partial); /* the first is still on the way */
    kit_audio(after, 4, 1, 50);
    CHECK(second != kit_rejoin(after, 5, RELAY_WEBTRANSPORT, "m", before->in[2].resume)); /* it is there, and has another token */
    CHECK_EQ(first, kit_rejoin(after, 1, RELAY_WEBTRANSPORT, "m", before->in[1].resume));
    CHECK(newcomer != first && newcomer != second);
    CHECK_EQ(HOST, after->in[1].role);
    CHECK_EQ(MEMBER, kit_member(after, 1, second)->role);
    kit_del(before);
    kit_del(after);
}

static void a_seal_vouches_for_a_day(void)
{
    struct kit relay[3];
    restart(relay, 24 * 3600);
    kit_join(&relay[BEFORE], 1, RELAY_WEBTRANSPORT, "m");
    kit_rejoin(&relay[AFTER], 1, RELAY_WEBTRANSPORT, "m", relay[BEFORE].in[1].resume);
    CHECK(relay[AFTER].in[1].resumed);
    kit_del(&relay[BEFORE]);
    kit_del(&relay[AFTER]);
    restart(relay, 25 * 3600);
    kit_join(&relay[BEFORE], 1, RELAY_WEBTRANSPORT, "m");
    kit_rejoin(&relay[AFTER], 1, RELAY_WEBTRANSPORT, "m", relay[BEFORE].in[1].resume);
    CHECK(!relay[AFTER].in[1].resumed);
    kit_del(&relay[BEFORE]);
    kit_del(&relay[AFTER]);
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
        T(the_token_tells_of_moves_that_were_not_heard_of),
        T(a_relay_started_anew_knows_its_people),
        T(a_seal_vouches_for_a_day),
        T(a_token_of_another_system_is_worth_nothing),
        T(a_token_of_another_room_is_worth_nothing),
        T(two_that_take_one_seat_agree),
        T(a_home_that_comes_back_gives_the_seat_up),
    };
    return CHECK_RUN(tests);
}
