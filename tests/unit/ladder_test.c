/* SPDX-License-Identifier: MIT */
#include "send/ladder.h"

#include "check.h"

static struct ladder_track *add(struct ladder *l, uint32_t id, enum ladder_kind kind)
{
    struct ladder_track *t = ladder_track(l, id);
    t->kind = kind;
    return t;
}

static void add_layer(struct ladder_track *t, uint32_t width, uint32_t height, uint32_t fps)
{
    t->layer[t->layers++] = (struct ladder_layer){.width_px = width, .height_px = height, .fps = fps, .wanted = true};
}

static struct ladder camera(uint32_t layers)
{
    static const uint32_t size[][2] = {{320, 180}, {640, 360}, {1280, 720}};
    struct ladder l;
    ladder_init(&l);
    add(&l, 1, LADDER_MIC);
    struct ladder_track *t = add(&l, 2, LADDER_CAMERA);
    for (uint32_t i = 0; i < layers; i++)
        add_layer(t, size[3 - layers + i][0], size[3 - layers + i][1], 30);
    return l;
}

static uint32_t sum(const struct ladder *l)
{
    uint32_t bps = 0;
    for (size_t i = 0; i < COUNT_OF(l->track); i++) {
        bps += l->track[i].muted ? 0 : l->track[i].audio_bps;
        for (uint32_t k = 0; k < l->track[i].layers; k++)
            bps += l->track[i].layer[k].on ? l->track[i].layer[k].bps : 0;
    }
    return bps;
}

static void one_layer_from_30_kbit_to_5_mbit(void)
{
    static const struct {
        uint32_t target, bps, scale, fps_low, fps_high;
    } row[] = {
        {25000, 0, 0, 0, 0},           /* 20 for the sound; 5 make no picture */
        {30000, 10000, 4, 15, 20},     {40000, 20000, 4, 30, 30},   {80000, 60000, 2, 25, 30},
        {150000, 130000, 1, 15, 20},   {400000, 360000, 1, 30, 30}, {1500000, 1105920, 1, 30, 30},    /* more than 360p can use */
        {5000000, 1105920, 1, 30, 30},
    };
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        struct ladder l;
        ladder_init(&l);
        add(&l, 1, LADDER_MIC);
        add_layer(add(&l, 2, LADDER_CAMERA), 640, 360, 30);
        ladder_share(&l, row[i].target, 10 * SEC);
        const struct ladder_layer *a = &ladder_track(&l, 2)->layer[0];
        CHECK_EQ(row[i].bps > 0, a->on);
        CHECK_EQ(row[i].bps, a->bps);
        CHECK_EQ(row[i].scale, a->scale);
        CHECK_BETWEEN(row[i].fps_low, row[i].fps_high, a->fps_cap);
        CHECK(sum(&l) <= row[i].target);
    }
}

static void layers_come_and_go_with_the_rate(void)
{
    static const struct {
        uint32_t target;
        bool on[3];
    } row[] = {
        {60000, {true, false, false}}, {200000, {true, false, false}}, {800000, {true, true, false}},
        {3000000, {true, true, true}}, {5000000, {true, true, true}},
    };
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        struct ladder l = camera(3);
        ladder_share(&l, row[i].target, 10 * SEC);
        for (int k = 0; k < 3; k++)
            CHECK_EQ(row[i].on[k], ladder_track(&l, 2)->layer[k].on);
        CHECK(sum(&l) <= row[i].target);
    }
}

/* A rate that wavers around what a layer needs switches it rarely. */
static void a_wavering_rate_does_not_flap(void)
{
    struct ladder l = camera(2);
    bool on = false;
    int switches = 0;
    for (int i = 0; i < 600; i++) { /* a minute; 720p needs 1.1 Mbit/s */
        ladder_share(&l, (i / 5 % 2) ? 1700000 : 2000000, 10 * SEC + i * 100 * MS);
        switches += on != ladder_track(&l, 2)->layer[1].on;
        on = ladder_track(&l, 2)->layer[1].on;
    }
    CHECK_BETWEEN(0, 1, switches);
    switches = 0;
    for (int i = 0; i < 600; i++) { /* from rags to riches each half second: still at most one pair in two seconds */
        ladder_share(&l, (i / 5 % 2) ? 300000 : 3000000, 100 * SEC + i * 100 * MS);
        switches += on != ladder_track(&l, 2)->layer[1].on;
        on = ladder_track(&l, 2)->layer[1].on;
    }
    CHECK_BETWEEN(2, 60, switches);
}

static void only_what_is_wanted_is_sent(void)
{
    struct ladder l = camera(3);
    struct ladder_track *t = ladder_track(&l, 2);
    t->layer[0].wanted = t->layer[2].wanted = false;
    CHECK(ladder_share(&l, 3000000, 10 * SEC));
    CHECK(!t->layer[0].on && t->layer[1].on && !t->layer[2].on);
    CHECK(!ladder_share(&l, 3000000, 11 * SEC)); /* nothing new */
    t->layer[1].demand_bps = 200000;
    CHECK(ladder_share(&l, 3000000, 12 * SEC));
    CHECK_EQ(200000, t->layer[1].bps);
    t->muted = true;
    CHECK(ladder_share(&l, 3000000, 13 * SEC));
    CHECK(!t->layer[1].on);
}

static void a_screen_is_sharp_and_leaves_a_small_camera(void)
{
    struct ladder l = camera(1);
    add_layer(add(&l, 3, LADDER_SCREEN), 1920, 1080, 15);
    ladder_share(&l, 600000, 10 * SEC);
    const struct ladder_layer *screen = &ladder_track(&l, 3)->layer[0], *small = &ladder_track(&l, 2)->layer[0];
    CHECK(screen->on && screen->scale == 1);
    CHECK_BETWEEN(5, 15, screen->fps_cap);
    CHECK_BETWEEN(400000, 500000, screen->bps);
    CHECK(small->on);
    CHECK_BETWEEN(90000, 140000, small->bps);
    ladder_share(&l, 5000000, 20 * SEC);
    CHECK_EQ(15, screen->fps_cap);
    CHECK(small->bps > 500000);
    CHECK(sum(&l) <= 5000000);
}

static void tracks_are_bounded_and_freed(void)
{
    struct ladder l;
    ladder_init(&l);
    for (uint32_t id = 1; id <= LADDER_TRACKS; id++)
        CHECK(ladder_track(&l, id) != NULL);
    CHECK(ladder_track(&l, 100) == NULL);
    CHECK(ladder_track(&l, 0) == NULL);
    ladder_remove(&l, 3);
    CHECK(ladder_track(&l, 100) != NULL);
}

int main(void)
{
    static const struct check_test tests[] = {
        T(one_layer_from_30_kbit_to_5_mbit),
        T(layers_come_and_go_with_the_rate),
        T(a_wavering_rate_does_not_flap),
        T(only_what_is_wanted_is_sent),
        T(a_screen_is_sharp_and_leaves_a_small_camera),
        T(tracks_are_bounded_and_freed),
    };
    return CHECK_RUN(tests);
}
