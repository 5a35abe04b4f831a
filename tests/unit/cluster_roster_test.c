/* SPDX-License-Identifier: MIT */
/* A room over several shards: who is seen where, who is the host, and what is left when shards and frames get lost. */
#include "check.h"
#include "cluster_kit.h"

#include <string.h>

enum { HOST = PARLEY__V1__ROLE__ROLE_HOST, MEMBER = PARLEY__V1__ROLE__ROLE_MEMBER, MIC = 1 };

#define DELAY (2 * MS)

static const struct kit_member *seen(const struct cluster *c, uint32_t at, uint64_t sid, uint32_t id)
{
    return kit_member(&c->kit[at], sid, id);
}

static void say(struct cluster *c, uint32_t at, uint64_t sid, Parley__V1__Control__BodyCase body, void *message)
{
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = body;
    m.goodbye = message; /* any of the union's pointers */
    kit_control(&c->kit[at], sid, &m);
    cluster_run(c, 2 * DELAY);
}

static void leave(struct cluster *c, uint32_t at, uint64_t sid)
{
    Parley__V1__Goodbye bye = PARLEY__V1__GOODBYE__INIT;
    say(c, at, sid, PARLEY__V1__CONTROL__BODY_GOODBYE, &bye);
}

static void members_are_seen_on_all_shards(void)
{
    struct cluster *c = cluster_new(3, DELAY);
    uint32_t a = cluster_join(c, 0, 1, "m"), b = cluster_join(c, 1, 1, "m"), d = cluster_join(c, 2, 1, "m");
    cluster_settle(c);
    CHECK_EQ(0, a & 15);
    CHECK_EQ(1, b & 15);
    CHECK_EQ(2, d & 15);
    const uint32_t id[] = {a, b, d};
    for (uint32_t at = 0; at < 3; at++) {
        CHECK_EQ(2, c->kit[at].in[1].others);
        CHECK(seen(c, at, 1, id[(at + 1) % 3]) && seen(c, at, 1, id[(at + 2) % 3]));
    }
    CHECK_STR("guest 1", seen(c, 2, 1, a)->name);
    cluster_del(c);
}

static void the_roster_is_whole_with_the_welcome(void)
{
    struct cluster *c = cluster_new(2, DELAY);
    uint32_t a = cluster_join(c, 0, 1, "m");
    kit_publish(&c->kit[0], 1, 1, MIC, 0);
    cluster_settle(c);
    cluster_join(c, 1, 1, "m");
    CHECK_EQ(1, c->kit[1].in[1].bodies[PARLEY__V1__CONTROL__BODY_WELCOME]);
    CHECK_EQ(0, c->kit[1].in[1].bodies[PARLEY__V1__CONTROL__BODY_ROSTER]);
    CHECK_EQ(1, seen(c, 1, 1, a)->tracks);
    CHECK_EQ(MEMBER, c->kit[1].in[1].role);
    CHECK_EQ(HOST, seen(c, 1, 1, a)->role);
    cluster_del(c);
}

static void a_second_member_here_does_not_wait(void)
{
    struct cluster *c = cluster_new(2, DELAY);
    cluster_join(c, 0, 1, "m");
    usec_t before = c->now;
    cluster_join(c, 0, 2, "m");
    CHECK_EQ(before, c->now);
    cluster_del(c);
}

static void nobody_waits_long_for_a_shard_that_does_not_answer(void)
{
    struct cluster *c = cluster_new(2, DELAY);
    c->link[0][1].cut = true; /* and nobody has noticed */
    usec_t before = c->now;
    kit_open(&c->kit[0], 1, RELAY_WEBTRANSPORT);
    kit_hello(&c->kit[0], 1, "m", WIRE_MAJOR, NULL);
    cluster_run(c, 249 * MS);
    CHECK_EQ(0, c->kit[0].in[1].member);
    cluster_run(c, 2 * MS);
    CHECK(c->kit[0].in[1].member);
    CHECK_EQ(before + 251 * MS, c->now);
    cluster_del(c);
}

static void a_shard_that_goes_down_is_not_waited_for(void)
{
    struct cluster *c = cluster_new(2, DELAY);
    c->link[0][1].cut = true;
    kit_open(&c->kit[0], 1, RELAY_WEBTRANSPORT);
    kit_hello(&c->kit[0], 1, "m", WIRE_MAJOR, NULL);
    cluster_run(c, 50 * MS);
    relay_on_shard(c->kit[0].r, 1, false, c->now);
    cluster_run(c, 0);
    CHECK(c->kit[0].in[1].member);
    cluster_del(c);
}

static void who_hangs_up_while_waiting_leaves_no_trace(void)
{
    struct cluster *c = cluster_new(2, DELAY);
    struct relay_stats s;
    kit_open(&c->kit[0], 1, RELAY_WEBTRANSPORT);
    kit_open(&c->kit[0], 2, RELAY_WEBTRANSPORT);
    kit_hello(&c->kit[0], 1, "m", WIRE_MAJOR, NULL);
    kit_hello(&c->kit[0], 2, "m", WIRE_MAJOR, NULL);
    kit_close(&c->kit[0], 2);
    relay_stats(c->kit[0].r, &s);
    CHECK_EQ(1, s.rooms);
    kit_close(&c->kit[0], 1);
    relay_stats(c->kit[0].r, &s);
    CHECK_EQ(0, s.rooms);
    cluster_run(c, SEC);
    relay_stats(c->kit[1].r, &s);
    CHECK_EQ(0, s.rooms);
    cluster_del(c);
}

static void who_is_left_alone_in_opening_a_room_waits_no_longer(void)
{
    struct cluster *c = cluster_new(2, 50 * MS);
    for (uint32_t at = 0; at < 2; at++) {
        kit_open(&c->kit[at], 1, RELAY_WEBTRANSPORT);
        kit_hello(&c->kit[at], 1, "m", WIRE_MAJOR, NULL);
    }
    kit_close(&c->kit[1], 1);
    cluster_run(c, 60 * MS);
    CHECK(c->kit[0].in[1].member);
    cluster_del(c);
}

static void a_hello_said_twice_while_waiting_ends_the_session(void)
{
    struct cluster *c = cluster_new(2, DELAY);
    kit_open(&c->kit[0], 1, RELAY_WEBTRANSPORT);
    kit_hello(&c->kit[0], 1, "m", WIRE_MAJOR, NULL);
    kit_hello(&c->kit[0], 1, "m", WIRE_MAJOR, NULL);
    cluster_run(c, SEC);
    CHECK_STR("protocol", c->kit[0].in[1].refused);
    CHECK_EQ(0, c->kit[0].in[1].member);
    struct relay_stats s;
    relay_stats(c->kit[0].r, &s);
    CHECK_EQ(0, s.rooms);
    cluster_del(c);
}

static void changes_and_leaving_cross(void)
{
    struct cluster *c = cluster_new(2, DELAY);
    uint32_t a = cluster_join(c, 0, 1, "m"), b = cluster_join(c, 1, 1, "m");
    Parley__V1__Profile p = PARLEY__V1__PROFILE__INIT;
    p.name = "Ann";
    say(c, 0, 1, PARLEY__V1__CONTROL__BODY_PROFILE, &p);
    CHECK_STR("Ann", seen(c, 1, 1, a)->name);
    kit_publish(&c->kit[0], 1, 1, MIC, 0);
    cluster_settle(c);
    CHECK_EQ(1, seen(c, 1, 1, a)->tracks);
    leave(c, 0, 1);
    CHECK(!seen(c, 1, 1, a));
    CHECK_EQ(HOST, c->kit[1].in[1].role); /* the only one left */
    CHECK(b);
    cluster_del(c);
}

static void a_lost_session_is_away_on_all_shards_and_then_gone(void)
{
    struct cluster *c = cluster_new(2, DELAY);
    uint32_t a = cluster_join(c, 0, 1, "m");
    cluster_join(c, 0, 2, "m"); /* the room stays open there */
    cluster_join(c, 1, 1, "m");
    kit_close(&c->kit[0], 1);
    cluster_run(c, 2 * DELAY);
    CHECK(seen(c, 1, 1, a)->away);
    cluster_run(c, 1400 * MS);
    CHECK(seen(c, 1, 1, a));
    cluster_run(c, 200 * MS);
    CHECK(!seen(c, 1, 1, a));
    cluster_del(c);
}

static void two_rooms_never_mix(void)
{
    struct cluster *c = cluster_new(2, DELAY);
    cluster_join(c, 0, 1, "one");
    cluster_join(c, 1, 1, "two");
    cluster_join(c, 1, 2, "one");
    cluster_join(c, 0, 2, "two");
    for (uint32_t at = 0; at < 2; at++)
        for (uint64_t sid = 1; sid <= 2; sid++)
            kit_publish(&c->kit[at], sid, 1, MIC, 0);
    cluster_settle(c);
    kit_audio(&c->kit[0], 1, 1, 1);
    cluster_settle(c);
    CHECK_EQ(0, c->kit[1].in[1].audio);
    CHECK_EQ(1, c->kit[1].in[2].audio);
    CHECK_EQ(0, c->kit[0].in[2].audio);
    for (uint32_t at = 0; at < 2; at++)
        for (uint64_t sid = 1; sid <= 2; sid++)
            CHECK_EQ(1, c->kit[at].in[sid].others);
    cluster_del(c);
}

static void a_room_that_is_closed_hears_no_more(void)
{
    struct cluster *c = cluster_new(2, DELAY);
    cluster_join(c, 0, 1, "m");
    cluster_join(c, 0, 2, "m");
    kit_publish(&c->kit[0], 1, 1, MIC, 0);
    cluster_join(c, 1, 1, "m");
    leave(c, 1, 1);
    cluster_settle(c);
    uint32_t before = cluster_frames(c);
    kit_audio(&c->kit[0], 1, 1, 1);
    kit_publish(&c->kit[0], 2, 1, MIC, 0);
    cluster_settle(c);
    CHECK_EQ(before, cluster_frames(c));
    CHECK_EQ(1, c->kit[0].in[1].others);
    cluster_del(c);
}

/* ---- the host ---- */

static uint32_t hosts_seen(const struct cluster *c, uint32_t at, uint64_t sid)
{
    const struct kit_inbox *in = &c->kit[at].in[sid];
    uint32_t hosts = in->role == HOST;
    for (uint32_t i = 0; i < in->others; i++)
        hosts += in->roster[i].role == HOST;
    return hosts;
}

static void the_eldest_of_all_shards_becomes_the_host(void)
{
    struct cluster *c = cluster_new(3, DELAY);
    cluster_join(c, 2, 1, "m");
    uint32_t second = cluster_join(c, 1, 1, "m");
    cluster_join(c, 0, 1, "m");
    cluster_join(c, 1, 2, "m");
    leave(c, 2, 1);
    CHECK_EQ(HOST, c->kit[1].in[1].role);
    CHECK_EQ(HOST, seen(c, 0, 1, second)->role);
    CHECK_EQ(1, hosts_seen(c, 0, 1));
    CHECK_EQ(1, hosts_seen(c, 1, 2));
    cluster_del(c);
}

static void a_room_opened_twice_at_once_has_one_host(void)
{
    struct cluster *c = cluster_new(2, 20 * MS);
    for (uint32_t at = 0; at < 2; at++) {
        kit_open(&c->kit[at], 1, RELAY_WEBTRANSPORT);
        kit_hello(&c->kit[at], 1, "m", WIRE_MAJOR, NULL);
    }
    cluster_run(c, SEC);
    CHECK_EQ(1, c->kit[0].in[1].others);
    CHECK_EQ(1, c->kit[1].in[1].others);
    CHECK_EQ(1, hosts_seen(c, 0, 1));
    CHECK_EQ(1, hosts_seen(c, 1, 1));
    cluster_del(c);
}

/* ---- shards come and go ---- */

static void members_of_a_dead_shard_are_away_at_once_and_soon_gone(void)
{
    struct cluster *c = cluster_new(3, DELAY);
    uint32_t a = cluster_join(c, 0, 1, "m");
    cluster_join(c, 1, 1, "m");
    cluster_join(c, 2, 1, "m");
    cluster_settle(c);
    cluster_kill(c, 0);
    cluster_run(c, 0);
    for (uint32_t at = 1; at < 3; at++)
        CHECK(seen(c, at, 1, a)->away);
    cluster_run(c, 1600 * MS); /* and 1.5 s at most until the carrier notices */
    for (uint32_t at = 1; at < 3; at++) {
        CHECK(!seen(c, at, 1, a));
        CHECK_EQ(1, c->kit[at].in[1].others);
        CHECK_EQ(1, hosts_seen(c, at, 1));
    }
    CHECK_EQ(HOST, c->kit[1].in[1].role);
    cluster_del(c);
}

static void a_room_that_was_split_heals(void)
{
    struct cluster *c = cluster_new(2, DELAY);
    uint32_t a = cluster_join(c, 0, 1, "m"), b = cluster_join(c, 1, 1, "m");
    cluster_settle(c);
    cluster_part(c, 0, 1, false);
    cluster_run(c, 5 * SEC);
    CHECK_EQ(HOST, c->kit[1].in[1].role); /* each side has one */
    CHECK_EQ(HOST, c->kit[0].in[1].role);
    uint32_t late = cluster_join(c, 1, 2, "m");
    cluster_part(c, 0, 1, true);
    cluster_settle(c);
    CHECK_EQ(2, c->kit[0].in[1].others);
    CHECK(seen(c, 0, 1, b) && seen(c, 0, 1, late) && seen(c, 1, 2, a));
    CHECK_EQ(HOST, c->kit[0].in[1].role); /* the elder keeps it */
    CHECK_EQ(MEMBER, c->kit[1].in[1].role);
    CHECK_EQ(1, hosts_seen(c, 1, 2));
    cluster_del(c);
}

static void a_short_split_is_only_seen_as_away(void)
{
    struct cluster *c = cluster_new(2, DELAY);
    uint32_t a = cluster_join(c, 0, 1, "m");
    cluster_join(c, 1, 1, "m");
    cluster_part(c, 0, 1, false);
    cluster_run(c, SEC);
    CHECK(seen(c, 1, 1, a)->away);
    cluster_part(c, 0, 1, true);
    cluster_run(c, 2 * SEC);
    CHECK(!seen(c, 1, 1, a)->away);
    CHECK_EQ(0, c->kit[1].in[1].gone);
    CHECK_EQ(HOST, seen(c, 1, 1, a)->role);
    cluster_del(c);
}

/* Only one side sees the other go: what that one forgot is told again. */
static void a_split_that_one_side_notices_heals(void)
{
    struct cluster *c = cluster_new(2, DELAY);
    cluster_join(c, 0, 1, "m");
    uint32_t b = cluster_join(c, 1, 1, "m");
    cluster_settle(c);
    relay_on_shard(c->kit[0].r, 1, false, c->now);
    cluster_run(c, 2 * SEC);
    CHECK(!seen(c, 0, 1, b));
    relay_on_shard(c->kit[0].r, 1, true, c->now);
    cluster_settle(c);
    CHECK(seen(c, 0, 1, b));
    kit_publish(&c->kit[0], 1, 1, MIC, 0);
    cluster_settle(c);
    kit_audio(&c->kit[0], 1, 1, 1);
    cluster_settle(c);
    CHECK_EQ(1, c->kit[1].in[1].audio);
    cluster_del(c);
}

static void a_shard_that_starts_late_finds_its_room(void)
{
    struct cluster *c = cluster_new(2, DELAY);
    cluster_part(c, 0, 1, false);
    uint32_t a = cluster_join(c, 0, 1, "m"), b = cluster_join(c, 1, 1, "m");
    cluster_part(c, 0, 1, true);
    cluster_settle(c);
    CHECK(seen(c, 0, 1, b) && seen(c, 1, 1, a));
    CHECK_EQ(1, hosts_seen(c, 0, 1));
    CHECK_EQ(1, hosts_seen(c, 1, 1));
    cluster_del(c);
}

/* A notices first, and asks before B thinks that A is up: what B dropped then is made up for. */
static void the_order_in_which_two_notice_each_other_does_not_matter(void)
{
    struct cluster *c = cluster_new(2, DELAY);
    cluster_part(c, 0, 1, false);
    uint32_t a = cluster_join(c, 0, 1, "m"), b = cluster_join(c, 1, 1, "m");
    c->link[0][1].cut = c->link[1][0].cut = false;
    relay_on_shard(c->kit[0].r, 1, true, c->now);
    cluster_run(c, 300 * MS);
    CHECK(!seen(c, 0, 1, b));
    relay_on_shard(c->kit[1].r, 0, true, c->now);
    cluster_run(c, 300 * MS);
    CHECK(seen(c, 0, 1, b) && seen(c, 1, 1, a));
    cluster_del(c);
}

static void a_number_used_again_is_another_shard(void)
{
    struct cluster *c = cluster_new(2, DELAY);
    uint32_t old = cluster_join(c, 0, 1, "m");
    cluster_join(c, 1, 1, "m");
    cluster_kill(c, 0);
    cluster_run(c, 500 * MS);
    cluster_restart(c, 0, 77);
    cluster_run(c, 400 * MS);
    CHECK(!seen(c, 1, 1, old)); /* the new one does not name it */
    uint32_t id = cluster_join(c, 0, 1, "m");
    cluster_settle(c);
    CHECK(id != old);
    CHECK(seen(c, 1, 1, id) && !seen(c, 1, 1, id)->away);
    CHECK_EQ(1, c->kit[1].in[1].others);
    CHECK_EQ(1, hosts_seen(c, 1, 1));
    cluster_del(c);
}

/* With the very same seed the ids would be those of the last life. */
static void an_id_that_lives_on_elsewhere_is_not_given_again(void)
{
    struct cluster *c = cluster_new(2, DELAY);
    uint32_t a = cluster_join(c, 0, 1, "m");
    cluster_join(c, 1, 1, "m");
    uint8_t token[WIRE_RESUME_BYTES];
    memcpy(token, c->kit[0].in[1].resume, sizeof(token));
    cluster_kill(c, 0);
    CHECK_EQ(a, cluster_rejoin(c, 1, 2, "m", token));
    cluster_restart(c, 0, 10);
    uint32_t id = cluster_join(c, 0, 1, "m");
    cluster_settle(c);
    CHECK(id != a);
    CHECK_EQ(2, c->kit[0].in[1].others);
    cluster_del(c);
}

static void lost_news_are_made_up_for(void)
{
    for (uint32_t lost = 1; lost <= 4; lost++) {
        struct cluster *c = cluster_new(2, DELAY);
        uint32_t a = cluster_join(c, 0, 1, "m");
        cluster_join(c, 0, 2, "m");
        cluster_join(c, 1, 1, "m");
        cluster_settle(c);
        c->link[0][1].lose = lost;
        kit_publish(&c->kit[0], 1, 1, MIC, 0); /* a Put */
        leave(c, 0, 2);                        /* a Gone */
        kit_publish(&c->kit[0], 1, 2, MIC, 0); /* and three more */
        kit_publish(&c->kit[0], 1, 3, MIC, 0);
        kit_publish(&c->kit[0], 1, 4, MIC, 0);
        cluster_run(c, 1100 * MS);
        CHECK_EQ(1, c->kit[1].in[1].others);
        CHECK_EQ(4, seen(c, 1, 1, a)->tracks);
        struct relay_stats s;
        relay_stats(c->kit[1].r, &s);
        CHECK_EQ(1, s.gaps);
        cluster_del(c);
    }
}

/* The very first frames: whoever opens a room is heard of all the same. */
static void a_lost_ask_is_made_up_for(void)
{
    struct cluster *c = cluster_new(2, DELAY);
    uint32_t a = cluster_join(c, 0, 1, "m");
    cluster_settle(c);
    c->link[1][0].lose = 1;
    uint32_t b = cluster_join(c, 1, 1, "m");
    CHECK(b);
    CHECK(!seen(c, 1, 1, a));
    cluster_join(c, 1, 2, "other"); /* its Ask shows the gap */
    cluster_run(c, 700 * MS);
    CHECK(seen(c, 1, 1, a) && seen(c, 0, 1, b));
    cluster_del(c);
}

static void a_large_room_is_told_in_parts(void)
{
    struct cluster *c = cluster_new(2, DELAY);
    for (uint64_t sid = 1; sid < KIT_SESSIONS; sid++) {
        cluster_join(c, 0, sid, "m");
        for (uint32_t track = 1; track <= WIRE_TRACKS_MAX; track++)
            kit_publish(&c->kit[0], sid, track, 2, 3);
    }
    cluster_settle(c);
    uint32_t before = c->link[0][1].frames;
    cluster_join(c, 1, 1, "m");
    CHECK_EQ(KIT_SESSIONS - 1, c->kit[1].in[1].others);
    CHECK_BETWEEN(2, 10, c->link[0][1].frames - before);
    relay_on_gap(c->kit[1].r, 0, c->now); /* all of it again: nobody goes or comes */
    cluster_run(c, SEC);
    CHECK_EQ(KIT_SESSIONS - 1, c->kit[1].in[1].others);
    CHECK_EQ(0, c->kit[1].in[1].gone);
    CHECK_EQ(0, c->kit[1].in[1].bodies[PARLEY__V1__CONTROL__BODY_ROSTER]);
    cluster_del(c);
}

int main(void)
{
    static const struct check_test tests[] = {
        T(members_are_seen_on_all_shards),
        T(the_roster_is_whole_with_the_welcome),
        T(a_second_member_here_does_not_wait),
        T(nobody_waits_long_for_a_shard_that_does_not_answer),
        T(a_shard_that_goes_down_is_not_waited_for),
        T(who_hangs_up_while_waiting_leaves_no_trace),
        T(who_is_left_alone_in_opening_a_room_waits_no_longer),
        T(a_hello_said_twice_while_waiting_ends_the_session),
        T(changes_and_leaving_cross),
        T(a_lost_session_is_away_on_all_shards_and_then_gone),
        T(two_rooms_never_mix),
        T(a_room_that_is_closed_hears_no_more),
        T(the_eldest_of_all_shards_becomes_the_host),
        T(a_room_opened_twice_at_once_has_one_host),
        T(members_of_a_dead_shard_are_away_at_once_and_soon_gone),
        T(a_room_that_was_split_heals),
        T(a_short_split_is_only_seen_as_away),
        T(a_split_that_one_side_notices_heals),
        T(a_shard_that_starts_late_finds_its_room),
        T(the_order_in_which_two_notice_each_other_does_not_matter),
        T(a_number_used_again_is_another_shard),
        T(an_id_that_lives_on_elsewhere_is_not_given_again),
        T(lost_news_are_made_up_for),
        T(a_lost_ask_is_made_up_for),
        T(a_large_room_is_told_in_parts),
    };
    return CHECK_RUN(tests);
}
