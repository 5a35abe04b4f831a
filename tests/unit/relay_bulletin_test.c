/* SPDX-License-Identifier: MIT */
/* In a large room changes of the roster are told together; in a small one at once. */
#include "check.h"

#include "relay/bulletin.h"
#include "relay_kit.h"

enum { ROSTER = PARLEY__V1__CONTROL__BODY_ROSTER };

static uint32_t member[KIT_SESSIONS];

static struct kit room_of(uint64_t people)
{
    struct kit k = kit_new(NULL);
    for (uint64_t sid = 1; sid <= people; sid++)
        member[sid] = kit_join(&k, sid, RELAY_WEBTRANSPORT, "m");
    return k;
}

static void a_small_room_is_told_at_once(void)
{
    struct kit k = room_of(10);
    CHECK_EQ(9, k.in[1].bodies[ROSTER]);
    kit_join(&k, 11, RELAY_WEBTRANSPORT, "m");
    CHECK_EQ(10, k.in[1].bodies[ROSTER]);
    kit_del(&k);
}

static void a_large_room_is_told_of_many_in_one_message(void)
{
    struct kit k = room_of(BULLETIN_ROOM + 1);
    kit_run(&k, SEC);
    uint32_t messages = k.in[1].bodies[ROSTER], named = k.in[1].roster_size;
    kit_run(&k, BULLETIN_EVERY);
    for (uint64_t sid = BULLETIN_ROOM + 2; sid < BULLETIN_ROOM + 12; sid++)
        kit_join(&k, sid, RELAY_WEBTRANSPORT, "m");
    CHECK_EQ(messages, k.in[1].bodies[ROSTER]);
    kit_run(&k, BULLETIN_EVERY);
    CHECK_EQ(messages + 1, k.in[1].bodies[ROSTER]);
    CHECK_EQ(named + 10, k.in[1].roster_size);
    CHECK_EQ(BULLETIN_ROOM + 10, k.in[BULLETIN_ROOM + 11].others);
    kit_del(&k);
}

static void who_came_and_went_meanwhile_is_gone(void)
{
    struct kit k = room_of(BULLETIN_ROOM + 2);
    kit_run(&k, SEC);
    kit_join(&k, BULLETIN_ROOM + 3, RELAY_WEBTRANSPORT, "m"); /* opens a new interval */
    kit_run(&k, MS);
    uint32_t gone = k.in[1].gone, named = k.in[1].roster_size;
    uint32_t late = kit_join(&k, BULLETIN_ROOM + 4, RELAY_WEBTRANSPORT, "m");
    Parley__V1__Goodbye goodbye = PARLEY__V1__GOODBYE__INIT;
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_GOODBYE;
    m.goodbye = &goodbye;
    kit_control(&k, BULLETIN_ROOM + 4, &m);
    kit_control(&k, 2, &m);
    kit_run(&k, BULLETIN_EVERY);
    CHECK_EQ(named, k.in[1].roster_size);
    CHECK(k.in[1].gone >= gone + 2);
    CHECK(k.in[1].last_gone == late || k.in[1].last_gone == member[2]);
    kit_del(&k);
}

int main(void)
{
    static const struct check_test tests[] = {
        T(a_small_room_is_told_at_once),
        T(a_large_room_is_told_of_many_in_one_message),
        T(who_came_and_went_meanwhile_is_gone),
    };
    return CHECK_RUN(tests);
}
