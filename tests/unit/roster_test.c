/* SPDX-License-Identifier: MIT */
#include "session/roster.h"

#include <string.h>

#include "base/err.h"
#include "check.h"

static uint8_t salts[2][WIRE_SALT_BYTES] = {{1}, {2}};

/* A member with camera (track 1) when `tracks` is 1 or more and a screen (track 2) when 2. */
static int put(struct roster *r, uint32_t id, const char *name, int salt, uint32_t tracks, bool muted)
{
    Parley__V1__Layer layer = PARLEY__V1__LAYER__INIT, *layers[1] = {&layer};
    Parley__V1__Track track[2] = {PARLEY__V1__TRACK__INIT, PARLEY__V1__TRACK__INIT}, *list[2] = {&track[0], &track[1]};
    for (uint32_t i = 0; i < 2; i++) {
        track[i].id = i + 1;
        track[i].kind = i ? PARLEY__V1__KIND__KIND_SCREEN : PARLEY__V1__KIND__KIND_CAMERA;
        track[i].muted = muted;
        track[i].n_layers = 1;
        track[i].layers = layers;
    }
    layer.width_px = 640;
    Parley__V1__Member m = PARLEY__V1__MEMBER__INIT;
    m.id = id;
    m.name = (char *)(uintptr_t)name;
    m.salt = (ProtobufCBinaryData){.len = WIRE_SALT_BYTES, .data = salts[salt]};
    m.n_tracks = tracks;
    m.tracks = list;
    return roster_put(r, &m);
}

/* The changes as text: "+7 Ann" came or changed, "-7" left, "7.1" track, "7.1!" track gone. */
static const char *told(struct roster *r)
{
    static char text[512];
    struct client_event e;
    size_t at = 0;
    text[0] = 0;
    while (roster_next(r, &e)) {
        const char *space = at ? " " : "";
        switch (e.type) {
        case CLIENT_MEMBER: at += (size_t)sprintf(text + at, "%s+%u:%s", space, e.member, e.info->name); break;
        case CLIENT_GONE: at += (size_t)sprintf(text + at, "%s-%u:%s", space, e.member, e.info->name); break;
        case CLIENT_TRACK: at += (size_t)sprintf(text + at, "%s%u.%u", space, e.member, e.track_info->id); break;
        default: at += (size_t)sprintf(text + at, "%s%u.%u!", space, e.member, e.track); break;
        }
    }
    return text;
}

static void tells_who_came_changed_and_left(void)
{
    struct roster r;
    roster_init(&r);
    put(&r, 7, "Ann", 0, 1, false);
    put(&r, 8, "Bob", 0, 0, false);
    CHECK_STR("+7:Ann 7.1 +8:Bob", told(&r));
    CHECK_STR("", told(&r));
    put(&r, 7, "Ann", 0, 1, false);
    CHECK_STR("", told(&r));
    put(&r, 7, "Anna", 0, 2, false);
    CHECK_STR("+7:Anna 7.2", told(&r));
    put(&r, 7, "Anna", 0, 1, true);
    CHECK_STR("7.2! 7.1", told(&r));
    CHECK(roster_gone(&r, 8));
    CHECK(!roster_gone(&r, 8));
    CHECK(!roster_find(&r, 8));
    CHECK_STR("-8:Bob", told(&r));
    CHECK_EQ(1, r.present);
    roster_reset(&r);
}

static void never_mentions_what_came_and_went_between_polls(void)
{
    struct roster r;
    roster_init(&r);
    put(&r, 7, "Ann", 0, 2, false);
    roster_gone(&r, 7);
    CHECK_STR("", told(&r));
    put(&r, 7, "Ann", 0, 2, false);
    put(&r, 7, "Ann", 0, 0, false);
    CHECK_STR("+7:Ann", told(&r));
    roster_gone(&r, 7);
    put(&r, 7, "Ann", 0, 1, false);
    CHECK_STR("-7:Ann +7:Ann 7.1", told(&r));
    roster_reset(&r);
}

static void an_id_with_another_salt_is_another_person(void)
{
    struct roster r;
    roster_init(&r);
    CHECK_EQ(0, put(&r, 7, "Ann", 0, 2, false));
    told(&r);
    CHECK_EQ(1, put(&r, 7, "Eve", 1, 1, false));
    CHECK_STR("-7:Eve +7:Eve 7.1", told(&r));
    roster_reset(&r);
}

static void note_gone(void *ctx, uint32_t id) { *(uint32_t *)ctx += id; }

static void a_sync_drops_whoever_is_not_in_it(void)
{
    struct roster r;
    roster_init(&r);
    for (uint32_t id = 1; id <= 4; id++)
        put(&r, id, "x", 0, 0, false);
    told(&r);
    uint32_t sum = 0;
    roster_sync_begin(&r);
    put(&r, 2, "x", 0, 0, false);
    put(&r, 5, "x", 0, 0, false);
    roster_sync_end(&r, false, &(struct roster_goner){note_gone, &sum}, 0);
    CHECK_EQ(1 + 3 + 4, sum);
    CHECK_EQ(2, r.present);
    const char *text = told(&r);
    CHECK(strstr(text, "+5:x") && strstr(text, "-1:x") && strstr(text, "-3:x") && strstr(text, "-4:x"));
    CHECK(!strstr(text, "2:x"));
    roster_reset(&r);
}

/* 1 comes back at once, 2 after a while, 3 never, 4 is said to have left. */
static void a_part_of_a_sync_leaves_the_others_time(void)
{
    struct roster r;
    uint32_t sum = 0;
    const struct roster_goner g = {note_gone, &sum};
    roster_init(&r);
    for (uint32_t id = 1; id <= 5; id++)
        put(&r, id, "x", 0, 1, false);
    told(&r);
    roster_sync_begin(&r);
    put(&r, 5, "x", 0, 1, false);
    roster_sync_end(&r, true, &g, 10 * SEC);
    CHECK_STR("", told(&r));
    put(&r, 1, "x", 0, 1, false);
    CHECK(roster_gone(&r, 4));
    CHECK_STR("-4:x", told(&r));
    roster_tick(&r, &g, 10 * SEC + ROSTER_DOUBT - 1);
    CHECK_STR("", told(&r));
    CHECK_EQ(10 * SEC + ROSTER_DOUBT, r.due);
    roster_tick(&r, &g, r.due);
    const char *text = told(&r);
    CHECK(strcmp(text, "+2:x +3:x") == 0 || strcmp(text, "+3:x +2:x") == 0);
    CHECK(roster_find(&r, 2)->info.away && roster_find(&r, 3)->info.away);
    CHECK(!roster_find(&r, 1)->info.away && !roster_find(&r, 5)->info.away);
    put(&r, 2, "x", 0, 1, false);
    CHECK_STR("+2:x", told(&r));
    CHECK(!roster_find(&r, 2)->info.away);
    CHECK_EQ(10 * SEC + ROSTER_GRACE, r.due);
    roster_tick(&r, &g, r.due - 1);
    CHECK_EQ(0, sum);
    roster_tick(&r, &g, r.due);
    CHECK_EQ(3, sum);
    CHECK_STR("-3:x", told(&r));
    CHECK_EQ(NEVER, r.due);
    CHECK_EQ(3, r.present);
    roster_reset(&r);
}

/* Whoever was missed and is not named by a whole one is gone at once. */
static void a_whole_sync_ends_the_wait(void)
{
    struct roster r;
    uint32_t sum = 0;
    const struct roster_goner g = {note_gone, &sum};
    roster_init(&r);
    put(&r, 1, "x", 0, 1, false);
    told(&r);
    roster_sync_begin(&r);
    roster_sync_end(&r, true, &g, 0);
    roster_sync_begin(&r);
    roster_sync_end(&r, false, &g, MS);
    CHECK_STR("-1:x", told(&r));
    CHECK_EQ(1, sum);
    CHECK_EQ(NEVER, r.due);
    roster_reset(&r);
}

static void is_bounded_and_refuses_nonsense(void)
{
    struct roster r;
    roster_init(&r);
    for (uint32_t id = 1; id <= ROSTER_MEMBERS_MAX; id++)
        CHECK_EQ(0, put(&r, id, "x", 0, 0, false));
    CHECK_EQ(ERR_FULL, put(&r, 100000, "x", 0, 0, false));
    CHECK_EQ(ERR_LIMIT, put(&r, 0, "x", 0, 0, false));
    CHECK_EQ(2, r.refused);
    struct client_event e;
    uint32_t events = 0;
    while (roster_next(&r, &e))
        events++;
    CHECK_EQ(ROSTER_MEMBERS_MAX, events);
    for (uint32_t id = 1; id <= ROSTER_MEMBERS_MAX; id += 2)
        roster_gone(&r, id);
    while (roster_next(&r, &e))
        CHECK_EQ(1, e.member % 2);
    for (uint32_t id = 1; id <= ROSTER_MEMBERS_MAX; id++)
        CHECK_EQ(id % 2 == 0, roster_find(&r, id) != NULL);
    roster_reset(&r);
}

int main(void)
{
    static const struct check_test tests[] = {
        T(tells_who_came_changed_and_left),
        T(never_mentions_what_came_and_went_between_polls),
        T(an_id_with_another_salt_is_another_person),
        T(a_sync_drops_whoever_is_not_in_it),
        T(is_bounded_and_refuses_nonsense),
        T(a_part_of_a_sync_leaves_the_others_time),
        T(a_whole_sync_ends_the_wait),
    };
    return CHECK_RUN(tests);
}
