/* SPDX-License-Identifier: MIT */
/* Whose voice is forwarded in a room with many microphones, and how few packets that takes. */
#include "check.h"

#include "base/rand.h"
#include "relay_kit.h"

enum { MIC = 1, SCREEN_AUDIO = 4, LISTENER = 40 };

static struct relay_stats stats_of(const struct kit *k)
{
    struct relay_stats s;
    relay_stats(k->r, &s);
    return s;
}

/* `mics` members with microphones, sessions 1 to `mics`, the first of them the host; a listener is session LISTENER. */
static struct kit room(uint32_t mics, uint32_t speakers)
{
    struct relay_limits limits = relay_limits_default();
    limits.speakers = speakers;
    struct kit k = kit_new(&limits);
    for (uint64_t sid = 1; sid <= mics; sid++) {
        kit_join(&k, sid, RELAY_WEBTRANSPORT, "m");
        kit_publish(&k, sid, 1, MIC, 0);
    }
    kit_join(&k, LISTENER, RELAY_WEBTRANSPORT, "m");
    return k;
}

/* Everybody's object of this moment, then 20 ms. Gives a bit for each member that the listener heard. */
static uint32_t moment(struct kit *k, const uint32_t *level, uint32_t mics, uint32_t seq)
{
    uint32_t heard = 0;
    for (uint32_t i = 0; i < mics; i++) {
        uint32_t before = k->in[LISTENER].audio;
        kit_voice(k, i + 1, 1, seq, level[i]);
        kit_drain(k);
        heard |= k->in[LISTENER].audio > before ? 1u << i : 0;
    }
    kit_run(k, 20 * MS);
    return heard;
}

static void a_room_with_enough_places_is_not_touched(void)
{
    static const uint32_t level[] = {127, 0, 90, 0, 1};
    struct kit k = room(5, 5);
    for (uint32_t seq = 1; seq <= 200; seq++)
        CHECK_EQ(0x1f, moment(&k, level, 5, seq));
    CHECK_EQ(0, stats_of(&k).dropped_quiet);
    kit_del(&k);
}

static void the_loudest_are_heard(void)
{
    static const uint32_t level[] = {30, 75, 100, 72, 104, 71, 98, 74};
    struct kit k = room(8, 3);
    uint32_t heard = 0;
    for (uint32_t seq = 1; seq <= 100; seq++)
        heard = moment(&k, level, 8, seq);
    CHECK_EQ(1 << 2 | 1 << 4 | 1 << 6, heard);
    CHECK(stats_of(&k).dropped_quiet >= 97 * 5);
    kit_del(&k);
}

static void a_louder_newcomer_is_heard_with_its_first_object(void)
{
    uint32_t level[] = {60, 85, 84, 83, 82, 0};
    struct kit k = room(6, 4);
    for (uint32_t seq = 1; seq <= 100; seq++)
        moment(&k, level, 6, seq);
    level[5] = 95;
    CHECK(moment(&k, level, 6, 101) & 1 << 5);
    kit_del(&k);
}

/* Whoever speaks while others are silent is heard from the first object to the last, whatever the silence sounds like. */
static void one_who_speaks_alone_is_never_cut(void)
{
    struct kit k = room(8, 2);
    struct rng rng = {.state = 5};
    for (uint32_t turn = 0; turn < 16; turn++) {
        uint32_t speaker = turn * 3 % 8, seq = turn * 100;
        for (uint32_t i = 0; i < 100; i++) {
            uint32_t level[8];
            for (uint32_t m = 0; m < 8; m++)
                level[m] = (uint32_t)(rng_unit(&rng) * 30);
            if (i < 60)
                level[speaker] = 85 + (uint32_t)(rng_unit(&rng) * 20);
            uint32_t heard = moment(&k, level, 8, ++seq);
            CHECK(i >= 60 || heard & 1u << speaker);
        }
    }
    kit_del(&k);
}

/* Six talk at once, all as loud, syllables of 200 ms: places change hands seldom. */
static void equally_loud_speakers_do_not_flutter(void)
{
    struct kit k = room(7, 5);
    struct rng rng = {.state = 7};
    for (uint32_t seq = 1; seq <= 1000; seq++) {
        uint32_t level[7] = {0};
        for (uint32_t m = 1; m < 7; m++) {
            bool syllable = (seq + m * 3) / 10 % 2;
            level[m] = (syllable ? 92 : 70) + (uint32_t)(rng_unit(&rng) * 8);
        }
        moment(&k, level, 7, seq);
    }
    print_message("  %u changes in 20 s\n", (unsigned)stats_of(&k).speakers_changed);
    CHECK_BETWEEN(0, 20, stats_of(&k).speakers_changed);
    kit_del(&k);
}

static void the_host_goes_first_while_it_speaks(void)
{
    uint32_t level[] = {70, 100, 100, 100};
    struct kit k = room(4, 2);
    for (uint32_t seq = 1; seq <= 100; seq++)
        CHECK(moment(&k, level, 4, seq) & 1);
    level[0] = 20; /* and then its place is for others */
    uint32_t heard = 0;
    for (uint32_t seq = 101; seq <= 200; seq++)
        heard = moment(&k, level, 4, seq);
    CHECK(!(heard & 1));
    kit_del(&k);
}

static void a_pinned_voice_is_heard_by_who_pinned_it(void)
{
    static const uint32_t level[] = {100, 99, 98, 40};
    struct kit k = room(4, 2);
    kit_join(&k, 41, RELAY_WEBSOCKET, "m");
    kit_subscribe(&k, 41, k.in[4].member, 1, 1);
    for (uint32_t seq = 1; seq <= 50; seq++)
        CHECK(!(moment(&k, level, 4, seq) & 1 << 3) || seq < 3);
    CHECK_EQ(50, k.in[41].last_audio.header.seq);
    CHECK(k.in[41].audio >= 3 * 50 - 5);
    CHECK_BETWEEN(100, 105, k.in[LISTENER].audio);
    kit_subscribe(&k, 41, 0, 0, 0);
    uint32_t before = k.in[41].audio;
    moment(&k, level, 4, 51);
    CHECK_EQ(before + 2, k.in[41].audio);
    CHECK_EQ(0, k.in[41].bodies[PARLEY__V1__CONTROL__BODY_FORWARDING]);
    kit_ask_key(&k, 41, k.in[4].member, 1); /* nonsense, but no harm */
    CHECK_EQ(0, k.in[4].bodies[PARLEY__V1__CONTROL__BODY_KEY_FRAME]);
    kit_del(&k);
}

static void the_sound_of_a_screen_always_goes_on(void)
{
    static const uint32_t level[] = {100, 99, 98};
    struct kit k = room(3, 1);
    kit_publish(&k, 3, 2, SCREEN_AUDIO, 0);
    for (uint32_t seq = 1; seq <= 20; seq++) {
        moment(&k, level, 3, seq);
        kit_voice(&k, 3, 2, seq, 0);
        kit_drain(&k);
        CHECK_EQ(2, k.in[LISTENER].last_audio.header.track);
    }
    kit_del(&k);
}

static void a_place_is_free_when_its_track_ends(void)
{
    static const uint32_t level[] = {100, 99, 30};
    struct kit k = room(3, 2);
    CHECK_EQ(3, moment(&k, level, 3, 1));
    kit_close(&k, 2);
    kit_run(&k, 2 * SEC);
    kit_voice(&k, 3, 1, 2, 30);
    kit_drain(&k);
    CHECK_EQ(2, k.in[LISTENER].last_audio.header.seq);
    kit_del(&k);
}

/* ---- packets ---- */

static void voices_of_one_turn_share_a_packet(void)
{
    struct kit k = room(5, 5);
    kit_join(&k, 41, RELAY_WEBSOCKET, "m");
    for (uint64_t sid = 1; sid <= 4; sid++)
        kit_audio(&k, sid, 1, 1);
    kit_drain(&k);
    for (uint64_t sid = LISTENER; sid <= 41; sid++) {
        CHECK_EQ(4, k.in[sid].audio);
        CHECK_EQ(1, k.in[sid].audio_datagrams);
    }
    for (uint64_t sid = 1; sid <= 4; sid++) { /* all but the own */
        CHECK_EQ(3, k.in[sid].audio);
        CHECK_EQ(1, k.in[sid].audio_datagrams);
    }
    CHECK_EQ(4, k.in[5].audio);
    kit_del(&k);
}

static void listeners_share_it_by_reference(void)
{
    struct kit k = room(3, 5);
    for (uint64_t sid = 41; sid < 60; sid++)
        kit_join(&k, sid, RELAY_WEBTRANSPORT, "m");
    kit_audio(&k, 1, 1, 1);
    kit_audio(&k, 2, 1, 1);
    struct relay_event e;
    while (relay_poll(k.r, &e, k.now))
        ;
    struct relay_out first, o;
    CHECK_EQ(1, relay_take(k.r, LISTENER, &first, k.now));
    CHECK_EQ(21, first.pkt->refs); /* 20 listeners and the third microphone */
    for (uint64_t sid = 41; sid < 60; sid++) {
        CHECK_EQ(1, relay_take(k.r, sid, &o, k.now));
        CHECK(o.pkt == first.pkt);
        pkt_unref(o.pkt);
        CHECK_EQ(0, relay_take(k.r, sid, &o, k.now));
    }
    CHECK_EQ(1, relay_take(k.r, 1, &o, k.now));
    CHECK(o.pkt != first.pkt);
    pkt_unref(o.pkt);
    pkt_unref(first.pkt);
    kit_del(&k);
}

/* 20 listeners and 1000 packets a second between them: what is said within 20 ms shares one. */
static void a_large_room_waits_a_little_for_more(void)
{
    struct relay_limits limits = relay_limits_default();
    limits.voice_packets = 1000;
    struct kit k = kit_new(&limits);
    for (uint64_t sid = 1; sid <= 20; sid++)
        kit_join(&k, sid, RELAY_WEBTRANSPORT, "m");
    kit_publish(&k, 1, 1, MIC, 0);
    kit_publish(&k, 2, 1, MIC, 0);
    kit_audio(&k, 1, 1, 1);
    kit_drain(&k);
    CHECK_EQ(1, k.in[20].audio); /* nothing was sent lately: at once */
    for (uint32_t i = 0; i < 8; i++) {
        kit_audio(&k, 1 + i % 2, 1, 2 + i / 2);
        kit_run(&k, 5 * MS);
    }
    kit_run(&k, 20 * MS);
    CHECK_EQ(9, k.in[20].audio);
    CHECK_EQ(3, k.in[20].audio_datagrams);
    kit_del(&k);
}

static void a_full_packet_leaves_at_once(void)
{
    struct kit k = room(15, 15);
    for (uint64_t sid = 1; sid <= 15; sid++)
        kit_audio(&k, sid, 1, 1);
    kit_drain(&k);
    CHECK_EQ(15, k.in[LISTENER].audio);
    CHECK_EQ(2, k.in[LISTENER].audio_datagrams); /* of 1200 bytes at most */
    CHECK_EQ(14, k.in[15].audio);
    CHECK_EQ(14, k.in[1].audio);
    kit_del(&k);
}

static void a_room_that_ends_with_sound_waiting_leaves_nothing(void)
{
    struct kit k = room(2, 2);
    kit_join(&k, 50, RELAY_WEBTRANSPORT, "other");
    kit_publish(&k, 50, 1, MIC, 0);
    kit_audio(&k, 50, 1, 1);
    kit_audio(&k, 1, 1, 1);
    kit_close(&k, 50);
    kit_run(&k, 5 * SEC);
    CHECK_EQ(1, k.in[2].audio);
    kit_audio(&k, 1, 1, 2);
    kit_del(&k);
}

int main(void)
{
    static const struct check_test tests[] = {
        T(a_room_with_enough_places_is_not_touched),
        T(the_loudest_are_heard),
        T(a_louder_newcomer_is_heard_with_its_first_object),
        T(one_who_speaks_alone_is_never_cut),
        T(equally_loud_speakers_do_not_flutter),
        T(the_host_goes_first_while_it_speaks),
        T(a_pinned_voice_is_heard_by_who_pinned_it),
        T(the_sound_of_a_screen_always_goes_on),
        T(a_place_is_free_when_its_track_ends),
        T(voices_of_one_turn_share_a_packet),
        T(listeners_share_it_by_reference),
        T(a_large_room_waits_a_little_for_more),
        T(a_full_packet_leaves_at_once),
        T(a_room_that_ends_with_sound_waiting_leaves_nothing),
    };
    return CHECK_RUN(tests);
}
