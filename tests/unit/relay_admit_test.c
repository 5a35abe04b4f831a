/* SPDX-License-Identifier: MIT */
/* Who is let in while the relay has much to do, and what is left out for those who are there. */
#include "check.h"

#include "relay/admit.h"
#include "relay_kit.h"

enum { MIC = 1, CAMERA = 2 };

static struct relay_stats stats_of(const struct kit *k)
{
    struct relay_stats s;
    relay_stats(k->r, &s);
    return s;
}

/* Tells of this load for as long. */
static void load(struct kit *k, uint32_t cpu_percent, usec_t duration)
{
    for (usec_t end = k->now + duration; k->now < end;) {
        kit_run(k, 500 * MS);
        relay_on_load(k->r, cpu_percent, k->now);
    }
    kit_run(k, 0);
}

static uint32_t step(const struct kit *k) { return (uint32_t)stats_of(k).overload_step; }

/* ---- at the door ---- */

static void a_busy_relay_lets_nobody_new_in(void)
{
    struct kit k = kit_new(NULL);
    kit_join(&k, 1, RELAY_WEBTRANSPORT, "m");
    load(&k, 95, 5 * SEC);
    kit_join(&k, 2, RELAY_WEBTRANSPORT, "m");
    CHECK_STR("busy", k.in[2].refused);
    CHECK_STR("", k.in[2].refused_to);
    CHECK_EQ(5000, k.in[2].retry_ms);
    relay_set_lighter(k.r, "b.example:4433");
    kit_join(&k, 3, RELAY_WEBSOCKET, "m");
    CHECK_STR("b.example:4433", k.in[3].refused_to);
    CHECK_EQ(2, stats_of(&k).refused_cpu);
    kit_close(&k, 1);
    kit_rejoin(&k, 4, RELAY_WEBTRANSPORT, "m", k.in[1].resume); /* who has a seat keeps it */
    CHECK(k.in[4].resumed);
    load(&k, 40, SEC);
    kit_join(&k, 5, RELAY_WEBTRANSPORT, "m");
    CHECK_STR("", k.in[5].refused);
    kit_del(&k);
}

/* As when hundreds join at once. */
static void two_busy_seconds_refuse_nobody(void)
{
    struct kit k = kit_new(NULL);
    load(&k, 40, SEC);
    load(&k, 100, 2 * SEC);
    kit_join(&k, 1, RELAY_WEBTRANSPORT, "m");
    CHECK_STR("", k.in[1].refused);
    kit_del(&k);
}

static void too_many_sessions_are_told_so(void)
{
    struct relay_limits limits = relay_limits_default();
    limits.sessions = 2;
    struct kit k = kit_new(&limits);
    kit_join(&k, 1, RELAY_WEBTRANSPORT, "m");
    relay_set_full(k.r, true); /* because of other threads */
    kit_join(&k, 2, RELAY_WEBTRANSPORT, "m");
    CHECK_STR("busy", k.in[2].refused);
    relay_set_full(k.r, false);
    kit_join(&k, 3, RELAY_WEBTRANSPORT, "m");
    kit_join(&k, 4, RELAY_WEBTRANSPORT, "m");
    CHECK_STR("", k.in[3].refused);
    CHECK_STR("busy", k.in[4].refused);
    CHECK_EQ(2, stats_of(&k).refused_sessions);
    kit_del(&k);
}

static void frame(struct kit *k, uint32_t spatial, uint32_t seq, uint32_t temporal, bool key, size_t bytes)
{
    struct object_header h = {.track = 2,
                              .spatial = spatial,
                              .seq = seq,
                              .temporal = temporal,
                              .key = key,
                              .depends = key ? 0 : 1,
                              .captured_us = seq * 33333};
    kit_video(k, 1, 1000 * (spatial + 1) + seq, true, &h, bytes);
    relay_on_run(k->r, 1, 1000 * (spatial + 1) + seq, NULL, 0, RELAY_RUN_END, k->now);
    kit_drain(k);
}

static void a_full_pipe_lets_nobody_new_in(void)
{
    struct relay_limits limits = relay_limits_default();
    limits.max_mbps = 2;
    struct kit k = kit_new(&limits);
    kit_join(&k, 1, RELAY_WEBTRANSPORT, "m");
    kit_join(&k, 2, RELAY_WEBTRANSPORT, "m");
    kit_publish(&k, 1, 2, CAMERA, 1);
    kit_subscribe(&k, 2, 1, 2, 320);
    load(&k, 10, SEC);
    for (uint32_t half = 0, seq = 1; half < 8; half++) {
        for (uint32_t i = 0; i < 30; i++, seq++)
            frame(&k, 0, seq, 0, seq == 1, 5000);
        load(&k, 10, 500 * MS); /* 150 kB in half a second */
        CHECK(half || step(&k) == 1);
    }
    kit_join(&k, 3, RELAY_WEBTRANSPORT, "m");
    CHECK_STR("busy", k.in[3].refused);
    CHECK_EQ(1, stats_of(&k).refused_bandwidth);
    kit_del(&k);
}

/* ---- those who are there ---- */

/* A camera of three layers and a microphone at session 1, and two more of each at 4 and 5; session 2 watches 1 in full size, then 4. */
static struct kit meeting(void)
{
    struct kit k = kit_new(NULL);
    for (uint64_t sid = 1; sid <= 5; sid++)
        kit_join(&k, sid, RELAY_WEBTRANSPORT, "m");
    kit_publish(&k, 1, 2, CAMERA, 3);
    kit_subscribe(&k, 2, 1, 2, 1280);
    for (uint64_t sid = 1; sid <= 5; sid++)
        kit_publish(&k, sid, 1, MIC, 0);
    frame(&k, 2, 1, 0, true, 500);
    return k;
}

static void layers_go_first_then_pictures_then_voices_and_control_never(void)
{
    static const struct {
        uint32_t spatial, temporal, voices;
        bool paused;
    } row[] = {
        [ADMIT_ALL] = {2, 2, 4, false},       [ADMIT_NO_TOP] = {2, 1, 4, false}, [ADMIT_BASE] = {2, 0, 4, false},
        [ADMIT_SMALL] = {0, 0, 4, false},     [ADMIT_ONE] = {0, 0, 4, false},    [ADMIT_NO_PICTURES] = {0, 0, 4, true},
        [ADMIT_FEW_VOICES] = {0, 0, 2, true},
    };
    struct kit k = meeting();
    for (uint32_t i = 0; i < COUNT_OF(row); i++) {
        CHECK_EQ(i, step(&k));
        CHECK_EQ(row[i].paused, k.in[2].forwarding.paused);
        CHECK_EQ(row[i].temporal, k.in[2].forwarding.temporal);
        CHECK(row[i].paused || k.in[2].forwarding.spatial == row[i].spatial);
        uint32_t before = k.in[2].audio, chats = k.in[2].bodies[PARLEY__V1__CONTROL__BODY_ROSTER];
        for (uint32_t n = 0; n < 2; n++)
            for (uint64_t sid = 1; sid <= 5; sid++)
                if (sid != 2)
                    kit_audio(&k, sid, 1, 10 * i + n + 1);
        kit_drain(&k);
        CHECK_EQ(2 * row[i].voices, k.in[2].audio - before);
        kit_publish(&k, 3, 3, MIC, 0);
        CHECK_EQ(chats + 1, k.in[2].bodies[PARLEY__V1__CONTROL__BODY_ROSTER]);
        if (i + 1 < COUNT_OF(row))
            load(&k, 100, SEC);
        kit_run(&k, SEC - 1); /* receivers choose anew within a second */
    }
    load(&k, 100, 5 * SEC);
    CHECK_EQ(ADMIT_FEW_VOICES, step(&k));
    kit_del(&k);
}

static void upper_layers_stop_at_once(void)
{
    struct kit k = meeting();
    frame(&k, 2, 2, 2, false, 500);
    CHECK_EQ(2, k.in[2].video);
    relay_on_load(k.r, 100, k.now);
    relay_on_load(k.r, 100, k.now);
    CHECK_EQ(1, step(&k));
    frame(&k, 2, 3, 2, false, 500);
    CHECK_EQ(2, k.in[2].video);
    CHECK_EQ(1, stats_of(&k).dropped_overload);
    kit_del(&k);
}

static void only_the_first_picture_is_left_then_none(void)
{
    struct kit k = meeting();
    kit_publish(&k, 4, 2, CAMERA, 1);
    Parley__V1__Want w[2] = {PARLEY__V1__WANT__INIT, PARLEY__V1__WANT__INIT}, *list[2] = {&w[0], &w[1]};
    for (uint32_t i = 0; i < 2; i++) {
        w[i].member = k.in[i ? 1 : 4].member; /* that of 4 is wanted more */
        w[i].track = 2;
        w[i].width_px = 320;
        w[i].priority = i;
    }
    Parley__V1__Subscribe s = PARLEY__V1__SUBSCRIBE__INIT;
    s.wants = list;
    s.n_wants = 2;
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_SUBSCRIBE;
    m.subscribe = &s;
    kit_control(&k, 2, &m);
    kit_run(&k, 200 * MS);
    CHECK(k.in[1].wanted[2][0] && k.in[4].wanted[2][0]);
    while (step(&k) < ADMIT_ONE)
        load(&k, 100, 500 * MS);
    kit_run(&k, 2 * SEC);
    CHECK_EQ(0, k.in[1].wanted[2][0]);
    CHECK_EQ(1, k.in[4].wanted[2][0]);
    kit_del(&k);
}

static void steps_are_taken_back_slower_each_time(void)
{
    struct kit k = meeting();
    usec_t waited[3];
    load(&k, 100, 2 * SEC);
    CHECK_EQ(2, step(&k));
    for (size_t i = 0; i < COUNT_OF(waited); i++) {
        usec_t since = k.now;
        uint32_t from = step(&k);
        while (step(&k) == from)
            load(&k, 50, 500 * MS);
        waited[i] = k.now - since;
        load(&k, 100, 1500 * MS); /* that was too early */
    }
    CHECK_BETWEEN(3 * SEC, 5 * SEC, waited[0]);
    CHECK_BETWEEN(6 * SEC, 8 * SEC, waited[1]);
    CHECK_BETWEEN(12 * SEC, 14 * SEC, waited[2]);
    load(&k, 80, 2 * SEC);
    uint32_t cut = step(&k);
    CHECK_BETWEEN(2, 3, cut);
    load(&k, 80, 30 * SEC); /* neither over the bound nor well below it */
    CHECK_EQ(cut, step(&k));
    load(&k, 30, 200 * SEC);
    CHECK_EQ(0, step(&k));
    CHECK_EQ(2, k.in[2].forwarding.temporal);
    CHECK_EQ(2, k.in[2].forwarding.spatial);
    kit_del(&k);
}

int main(void)
{
    static const struct check_test tests[] = {
        T(a_busy_relay_lets_nobody_new_in),
        T(two_busy_seconds_refuse_nobody),
        T(too_many_sessions_are_told_so),
        T(a_full_pipe_lets_nobody_new_in),
        T(layers_go_first_then_pictures_then_voices_and_control_never),
        T(upper_layers_stop_at_once),
        T(only_the_first_picture_is_left_then_none),
        T(steps_are_taken_back_slower_each_time),
    };
    return CHECK_RUN(tests);
}
