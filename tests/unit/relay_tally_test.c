/* SPDX-License-Identifier: MIT */
/* What passes a relay is counted by kind, layer and waiting time. */
#include "check.h"
#include "relay_kit.h"

enum { MIC = 1, CAMERA = 2 };

static struct relay_stats stats_of(const struct kit *k)
{
    struct relay_stats s;
    relay_stats(k->r, &s);
    return s;
}

static void picture(struct kit *k, uint32_t seq, uint32_t spatial, uint32_t temporal, size_t payload)
{
    struct object_header h = {.track = 2, .spatial = spatial, .temporal = temporal, .seq = seq, .key = seq == 1};
    h.depends = seq == 1 ? 0 : 1;
    kit_video(k, 1, 100 + spatial, seq == 1, &h, payload);
}

static struct kit meeting(void)
{
    struct kit k = kit_new(NULL);
    uint32_t alice = kit_join(&k, 1, RELAY_WEBTRANSPORT, "room");
    kit_join(&k, 2, RELAY_WEBTRANSPORT, "room");
    kit_publish(&k, 1, 1, MIC, 0);
    kit_publish(&k, 1, 2, CAMERA, 2);
    kit_subscribe(&k, 2, alice, 2, 320);
    return k;
}

static void kinds_and_layers_are_told_apart(void)
{
    struct kit k = meeting();
    kit_audio(&k, 1, 1, 1);
    picture(&k, 1, 0, 0, 500);
    picture(&k, 2, 0, 1, 300);
    picture(&k, 1, 1, 0, 900);
    kit_drain(&k);
    struct relay_stats s = stats_of(&k);
    CHECK_EQ(1, s.in[RELAY_SOUND][0].objects);
    CHECK_EQ(1, s.in[RELAY_CAMERA][0].objects);
    CHECK_EQ(1, s.in[RELAY_CAMERA][1].objects);
    CHECK_EQ(1, s.in[RELAY_CAMERA][RELAY_TEMPORALS].objects);
    CHECK(s.in[RELAY_CAMERA][0].bytes > 500 && s.in[RELAY_CAMERA][0].bytes < 560);
    CHECK_EQ(4, s.objects_in);
    CHECK_EQ(1, s.out[RELAY_SOUND][0].objects);
    CHECK_EQ(1, s.out[RELAY_CAMERA][0].objects);
    CHECK_EQ(0, s.out[RELAY_CAMERA][RELAY_TEMPORALS].objects); /* not the layer of a small tile */
    CHECK_EQ(0, s.in[RELAY_SCREEN][0].objects);
    kit_del(&k);
}

static void waiting_is_measured(void)
{
    struct kit k = meeting();
    picture(&k, 1, 0, 0, 500);
    kit_drain(&k);
    CHECK_EQ(1, stats_of(&k).waited[0]);
    k.in[2].stalled = true;
    picture(&k, 2, 0, 0, 500);
    kit_run(&k, 30 * MS);
    k.in[2].stalled = false;
    kit_audio(&k, 1, 1, 1); /* makes it ready again */
    kit_drain(&k);
    struct relay_stats s = stats_of(&k);
    CHECK_EQ(2, s.waited[0]);
    CHECK_EQ(1, s.waited[5]); /* 20 to 50 ms */
    CHECK_EQ(30 * MS, s.waited_us);
    kit_del(&k);
}

int main(void)
{
    static const struct check_test tests[] = {
        T(kinds_and_layers_are_told_apart),
        T(waiting_is_measured),
    };
    return CHECK_RUN(tests);
}
