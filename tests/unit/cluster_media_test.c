/* SPDX-License-Identifier: MIT */
/* Media, needs and chat between the shards of a room: each object once for each shard that has somebody for it. */
#include "check.h"
#include "cluster_kit.h"

#include <stdlib.h>
#include <string.h>

enum { MIC = 1, CAMERA = 2 };

#define DELAY (1 * MS)
#define LAYERS 3

static const struct kit_inbox *inbox(const struct cluster *c, uint32_t at, uint64_t sid) { return &c->kit[at].in[sid]; }

static void frame(struct cluster *c, uint32_t spatial, uint32_t seq, uint32_t temporal, uint32_t depends)
{
    struct object_header h = {.track = 2,
                              .spatial = spatial,
                              .seq = seq,
                              .temporal = temporal,
                              .key = !depends,
                              .depends = depends,
                              .captured_us = seq * 33333};
    kit_video(&c->kit[0], 1, 10 + spatial, seq == 1, &h, 1000);
    cluster_settle(c);
}

/* A camera on shard 0, and `watchers` on each other shard who do not watch yet. */
static struct cluster *meeting(uint32_t shards, uint32_t watchers, uint32_t layers, uint32_t *camera)
{
    struct cluster *c = cluster_new(shards, DELAY);
    *camera = cluster_join(c, 0, 1, "m");
    kit_publish(&c->kit[0], 1, 1, MIC, 0);
    kit_publish(&c->kit[0], 1, 2, CAMERA, layers);
    for (uint32_t at = 1; at < shards; at++)
        for (uint64_t sid = 1; sid <= watchers; sid++)
            cluster_join(c, at, sid, "m");
    cluster_run(c, 1500 * MS); /* and nobody expects any more that they look at once */
    return c;
}

static void voices_cross_once_per_shard(void)
{
    uint32_t camera;
    struct cluster *c = meeting(3, 3, 1, &camera);
    uint32_t one = c->link[0][1].media, two = c->link[0][2].media;
    kit_audio(&c->kit[0], 1, 1, 7);
    cluster_settle(c);
    CHECK_EQ(one + 1, c->link[0][1].media);
    CHECK_EQ(two + 1, c->link[0][2].media);
    CHECK_EQ(0, c->link[1][2].media + c->link[2][1].media + c->link[1][0].media);
    for (uint32_t at = 1; at < 3; at++)
        for (uint64_t sid = 1; sid <= 3; sid++) {
            CHECK_EQ(1, inbox(c, at, sid)->audio);
            CHECK_EQ(camera, inbox(c, at, sid)->last_audio.header.sender);
            CHECK_EQ(7, inbox(c, at, sid)->last_audio.header.seq);
        }
    CHECK_EQ(0, inbox(c, 0, 1)->audio);
    cluster_del(c);
}

static void a_quiet_voice_crosses_to_who_pinned_it(void)
{
    struct cluster *c = cluster_new(2, DELAY);
    for (uint64_t sid = 1; sid <= 6; sid++) { /* one more than there are places */
        cluster_join(c, 0, sid, "m");
        kit_publish(&c->kit[0], sid, 1, MIC, 0);
        kit_audio(&c->kit[0], sid, 1, 1);
    }
    uint32_t quiet = inbox(c, 0, 6)->member;
    cluster_join(c, 1, 1, "m");
    cluster_join(c, 1, 2, "m");
    for (uint32_t seq = 2; seq <= 3; seq++) {
        for (uint64_t sid = 1; sid <= 6; sid++)
            kit_audio(&c->kit[0], sid, 1, seq);
        cluster_run(c, 30 * MS);
        CHECK_EQ(5 * (seq - 1) + (seq == 3), inbox(c, 1, 1)->audio);
        CHECK_EQ(5 * (seq - 1), inbox(c, 1, 2)->audio);
        kit_subscribe(&c->kit[1], 1, quiet, 1, 1);
        cluster_run(c, 200 * MS);
    }
    cluster_del(c);
}

static void pictures_cross_once_per_shard_and_only_when_wanted(void)
{
    uint32_t camera;
    struct cluster *c = meeting(3, 3, 1, &camera);
    frame(c, 0, 1, 0, 0);
    CHECK_EQ(0, c->link[0][1].media + c->link[0][2].media);
    for (uint64_t sid = 1; sid <= 3; sid++)
        kit_subscribe(&c->kit[1], sid, camera, 2, 320);
    cluster_settle(c);
    CHECK_EQ(1, c->link[0][1].media); /* the one before, for it is remembered */
    frame(c, 0, 2, 0, 0);
    frame(c, 0, 3, 0, 1);
    CHECK_EQ(3, c->link[0][1].media);
    CHECK_EQ(0, c->link[0][2].media);
    for (uint64_t sid = 1; sid <= 3; sid++) {
        CHECK_EQ(3, inbox(c, 1, sid)->video);
        CHECK_EQ(camera, inbox(c, 1, sid)->object[0].header.sender);
        CHECK_EQ(0, inbox(c, 2, sid)->video);
    }
    cluster_del(c);
}

static void the_first_want_is_told_at_once_and_the_last_within_100_ms(void)
{
    uint32_t camera;
    struct cluster *c = meeting(2, 2, 1, &camera);
    cluster_run(c, SEC);
    CHECK(!inbox(c, 0, 1)->wanted[2][0]);
    kit_subscribe(&c->kit[1], 1, camera, 2, 320);
    cluster_run(c, DELAY);
    CHECK(inbox(c, 0, 1)->wanted[2][0]);
    kit_subscribe(&c->kit[1], 2, camera, 2, 320);
    kit_subscribe(&c->kit[1], 1, camera, 2, 0);
    cluster_run(c, 10 * MS);
    CHECK(inbox(c, 0, 1)->wanted[2][0]); /* another still looks */
    uint32_t before = c->link[0][1].media;
    kit_subscribe(&c->kit[1], 2, camera, 2, 0);
    cluster_run(c, 100 * MS + DELAY);
    frame(c, 0, 1, 0, 0);
    CHECK_EQ(before, c->link[0][1].media);
    cluster_run(c, 100 * MS); /* and the publisher hears of it at its own pace */
    CHECK(!inbox(c, 0, 1)->wanted[2][0]);
    cluster_del(c);
}

static void a_room_that_is_closed_gets_no_pictures(void)
{
    uint32_t camera;
    struct cluster *c = meeting(2, 1, 1, &camera);
    kit_subscribe(&c->kit[1], 1, camera, 2, 320);
    cluster_settle(c);
    frame(c, 0, 1, 0, 0);
    CHECK_EQ(1, c->link[0][1].media);
    Parley__V1__Goodbye bye = PARLEY__V1__GOODBYE__INIT;
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_GOODBYE;
    m.goodbye = &bye;
    kit_control(&c->kit[1], 1, &m);
    cluster_settle(c);
    frame(c, 0, 2, 0, 1);
    kit_audio(&c->kit[0], 1, 1, 1);
    cluster_settle(c);
    CHECK_EQ(1, c->link[0][1].media);
    cluster_del(c);
}

static void only_the_layer_that_is_shown_crosses(void)
{
    uint32_t camera;
    struct cluster *c = meeting(3, 1, LAYERS, &camera);
    kit_subscribe(&c->kit[1], 1, camera, 2, 1280);
    kit_subscribe(&c->kit[2], 1, camera, 2, 320);
    cluster_run(c, 500 * MS);
    for (uint32_t spatial = 0; spatial < LAYERS; spatial++)
        frame(c, spatial, 1, 0, 0);
    CHECK_EQ(1, inbox(c, 1, 1)->video);
    CHECK_EQ(2, inbox(c, 1, 1)->object[0].header.spatial);
    CHECK_EQ(1, inbox(c, 2, 1)->video);
    CHECK_EQ(0, inbox(c, 2, 1)->object[0].header.spatial);
    cluster_run(c, 500 * MS);
    uint32_t one = c->link[0][1].media, two = c->link[0][2].media;
    for (uint32_t spatial = 0; spatial < LAYERS; spatial++)
        frame(c, spatial, 2, 0, 1);
    CHECK_EQ(one + 1, c->link[0][1].media);
    CHECK_EQ(two + 1, c->link[0][2].media);
    CHECK_EQ(2, inbox(c, 1, 1)->video);
    CHECK(inbox(c, 0, 1)->wanted[2][0] && !inbox(c, 0, 1)->wanted[2][1] && inbox(c, 0, 1)->wanted[2][2]);
    cluster_del(c);
}

static void one_key_frame_is_asked_for_however_many_need_it(void)
{
    uint32_t camera;
    struct cluster *c = meeting(3, 3, 1, &camera);
    uint32_t before = inbox(c, 0, 1)->bodies[PARLEY__V1__CONTROL__BODY_KEY_FRAME];
    for (uint32_t at = 1; at < 3; at++)
        for (uint64_t sid = 1; sid <= 3; sid++)
            kit_subscribe(&c->kit[at], sid, camera, 2, 320);
    cluster_run(c, 50 * MS);
    CHECK_EQ(before + 1, inbox(c, 0, 1)->bodies[PARLEY__V1__CONTROL__BODY_KEY_FRAME]);
    cluster_run(c, 250 * MS);
    frame(c, 0, 1, 0, 0);
    cluster_run(c, SEC);
    before = inbox(c, 0, 1)->bodies[PARLEY__V1__CONTROL__BODY_KEY_FRAME];
    kit_ask_key(&c->kit[2], 2, camera, 2);
    cluster_settle(c);
    CHECK_EQ(before + 1, inbox(c, 0, 1)->bodies[PARLEY__V1__CONTROL__BODY_KEY_FRAME]);
    cluster_del(c);
}

/* Ten pictures of 1000 bytes, which somebody at the publisher's shard watches. */
static struct cluster *running(uint32_t *camera)
{
    struct cluster *c = meeting(2, 2, 1, camera);
    cluster_join(c, 0, 2, "m");
    kit_subscribe(&c->kit[0], 2, *camera, 2, 320);
    cluster_settle(c);
    for (uint32_t seq = 1; seq <= 10; seq++)
        frame(c, 0, seq, 0, seq > 1);
    cluster_run(c, 1500 * MS); /* nobody is expected any more, and the next key frame may be asked for */
    return c;
}

static uint32_t key_frames_asked(const struct cluster *c) { return inbox(c, 0, 1)->bodies[PARLEY__V1__CONTROL__BODY_KEY_FRAME]; }

static void a_newcomer_elsewhere_sees_what_the_home_remembers(void)
{
    uint32_t camera;
    struct cluster *c = running(&camera);
    uint32_t before = key_frames_asked(c), media = c->link[0][1].media;
    kit_subscribe(&c->kit[1], 1, camera, 2, 320);
    cluster_run(c, 3 * DELAY);
    CHECK_EQ(10, inbox(c, 1, 1)->video);
    CHECK_EQ(media + 10, c->link[0][1].media);
    frame(c, 0, 11, 0, 1); /* and it goes on from there */
    CHECK_EQ(11, inbox(c, 1, 1)->video);
    kit_subscribe(&c->kit[1], 2, camera, 2, 320); /* the second is served there */
    cluster_run(c, 3 * DELAY);
    CHECK_EQ(11, inbox(c, 1, 2)->video);
    CHECK_EQ(media + 11, c->link[0][1].media);
    CHECK_EQ(before, key_frames_asked(c));
    cluster_run(c, 300 * MS);
    /* whoever has seen some of it is not helped by that */
    kit_ask_key(&c->kit[1], 1, camera, 2);
    cluster_settle(c);
    CHECK_EQ(before + 1, key_frames_asked(c));
    cluster_del(c);
}

static void more_than_a_path_carries_is_not_replayed_elsewhere(void)
{
    uint32_t camera;
    struct cluster *c = running(&camera);
    for (uint32_t seq = 11; seq <= 39; seq++) {
        struct object_header h = {.track = 2, .seq = seq, .depends = 1, .captured_us = seq * 33333};
        kit_video(&c->kit[0], 1, 10, false, &h, 3000); /* with them more than 62 kB */
    }
    cluster_run(c, 500 * MS);
    uint32_t before = key_frames_asked(c);
    kit_subscribe(&c->kit[1], 1, camera, 2, 320);
    cluster_run(c, 3 * DELAY);
    CHECK_EQ(0, inbox(c, 1, 1)->video);
    CHECK_EQ(before + 1, key_frames_asked(c));
    cluster_del(c);
}

/* Media frames are lost without a word: the receiver's lane is broken, and a key frame heals it. */
static void a_lost_picture_is_healed_by_a_key_frame(void)
{
    uint32_t camera;
    struct cluster *c = meeting(2, 1, 1, &camera);
    kit_subscribe(&c->kit[1], 1, camera, 2, 320);
    cluster_settle(c);
    frame(c, 0, 1, 0, 0);
    cluster_run(c, SEC);
    uint32_t before = inbox(c, 0, 1)->bodies[PARLEY__V1__CONTROL__BODY_KEY_FRAME];
    c->link[0][1].cut = true;
    frame(c, 0, 2, 0, 1);
    c->link[0][1].cut = false;
    frame(c, 0, 3, 0, 1);
    CHECK_EQ(1, inbox(c, 1, 1)->video);
    CHECK_EQ(before + 1, inbox(c, 0, 1)->bodies[PARLEY__V1__CONTROL__BODY_KEY_FRAME]);
    frame(c, 0, 4, 0, 0);
    CHECK_EQ(2, inbox(c, 1, 1)->video);
    cluster_del(c);
}

static void a_want_outlives_a_split(void)
{
    uint32_t camera;
    struct cluster *c = meeting(2, 1, 1, &camera);
    kit_subscribe(&c->kit[1], 1, camera, 2, 320);
    cluster_settle(c);
    frame(c, 0, 1, 0, 0);
    for (usec_t split = SEC; split <= 5 * SEC; split += 4 * SEC) { /* shorter and longer than a seat is held */
        cluster_part(c, 0, 1, false);
        cluster_run(c, split);
        CHECK(!inbox(c, 0, 1)->wanted[2][0]);
        cluster_part(c, 0, 1, true);
        cluster_run(c, 500 * MS);
        CHECK(inbox(c, 0, 1)->wanted[2][0]);
        uint32_t before = inbox(c, 1, 1)->video;
        frame(c, 0, (uint32_t)(split / SEC) + 1, 0, 0);
        CHECK_EQ(before + 1, inbox(c, 1, 1)->video);
    }
    cluster_del(c);
}

static void a_lost_interest_is_told_again(void)
{
    uint32_t camera;
    struct cluster *c = meeting(2, 2, 1, &camera);
    c->link[1][0].lose = 2; /* Interest and the request for a key frame */
    kit_subscribe(&c->kit[1], 1, camera, 2, 320);
    cluster_run(c, 200 * MS);
    CHECK(!inbox(c, 0, 1)->wanted[2][0]);
    kit_publish(&c->kit[1], 2, 1, MIC, 0); /* whatever comes next shows the gap */
    cluster_run(c, 700 * MS);
    CHECK(inbox(c, 0, 1)->wanted[2][0]);
    cluster_del(c);
}

static void a_track_that_ends_and_begins_again_is_wanted_again(void)
{
    uint32_t camera;
    struct cluster *c = meeting(2, 1, 1, &camera);
    kit_subscribe(&c->kit[1], 1, camera, 2, 320);
    cluster_settle(c);
    frame(c, 0, 1, 0, 0);
    cluster_run(c, 200 * MS);
    Parley__V1__Unpublish end = PARLEY__V1__UNPUBLISH__INIT;
    end.track = 2;
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_UNPUBLISH;
    m.unpublish = &end;
    kit_control(&c->kit[0], 1, &m);
    kit_publish(&c->kit[0], 1, 2, CAMERA, 1);
    cluster_run(c, 300 * MS);
    frame(c, 0, 2, 0, 0);
    CHECK_EQ(2, inbox(c, 1, 1)->video);
    cluster_del(c);
}

static void mutes_cross(void)
{
    uint32_t camera;
    struct cluster *c = meeting(2, 1, 1, &camera);
    struct relay_stats before, after;
    relay_stats(c->kit[1].r, &before);
    Parley__V1__Track t = PARLEY__V1__TRACK__INIT;
    t.id = 1;
    t.kind = PARLEY__V1__KIND__KIND_MIC;
    t.muted = true;
    Parley__V1__Publish p = PARLEY__V1__PUBLISH__INIT;
    p.track = &t;
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_PUBLISH;
    m.publish = &p;
    kit_control(&c->kit[0], 1, &m);
    cluster_settle(c);
    uint32_t rosters = inbox(c, 1, 1)->bodies[PARLEY__V1__CONTROL__BODY_ROSTER];
    CHECK(rosters > 0);
    kit_audio(&c->kit[0], 1, 1, 1);
    cluster_settle(c);
    CHECK_EQ(0, inbox(c, 1, 1)->audio);
    relay_stats(c->kit[1].r, &after);
    CHECK_EQ(before.frames_foreign, after.frames_foreign);
    kit_control(&c->kit[0], 1, &m); /* the same again is no news there */
    cluster_settle(c);
    CHECK_EQ(rosters, inbox(c, 1, 1)->bodies[PARLEY__V1__CONTROL__BODY_ROSTER]);
    cluster_del(c);
}

/* ---- chat ---- */

static void write_chat(struct cluster *c, uint32_t at, uint64_t sid, uint32_t to)
{
    uint8_t sealed[] = {1, 2, 3};
    Parley__V1__Chat chat = PARLEY__V1__CHAT__INIT;
    chat.sealed = (ProtobufCBinaryData){.data = sealed, .len = sizeof(sealed)};
    chat.to = to;
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_CHAT;
    m.chat = &chat;
    kit_control(&c->kit[at], sid, &m);
    cluster_settle(c);
}

static uint32_t chats(const struct cluster *c, uint32_t at, uint64_t sid)
{
    return inbox(c, at, sid)->bodies[PARLEY__V1__CONTROL__BODY_CHAT];
}

static void chat_reaches_all_or_the_one_it_is_for(void)
{
    uint32_t camera;
    struct cluster *c = meeting(3, 2, 1, &camera);
    write_chat(c, 0, 1, 0);
    for (uint32_t at = 1; at < 3; at++)
        for (uint64_t sid = 1; sid <= 2; sid++) {
            CHECK_EQ(1, chats(c, at, sid));
            CHECK_EQ(camera, inbox(c, at, sid)->chat_member);
        }
    CHECK_EQ(1, chats(c, 0, 1));
    uint32_t before = c->link[0][1].frames;
    write_chat(c, 0, 1, inbox(c, 2, 2)->member);
    CHECK_EQ(2, chats(c, 2, 2));
    CHECK_EQ(1, chats(c, 2, 1));
    CHECK_EQ(before, c->link[0][1].frames);
    cluster_del(c);
}

/* ---- what is not in order ---- */

static struct relay_stats stats(const struct cluster *c, uint32_t at)
{
    struct relay_stats s;
    relay_stats(c->kit[at].r, &s);
    return s;
}

/* Sends an object as shard `from`, and says how many it reached on shard 1. */
static uint32_t forge(struct cluster *c, uint32_t from, uint8_t kind, const uint8_t *room, struct object_header h)
{
    uint8_t bytes[256], object[200];
    size_t len = kit_object(object, sizeof(object), kind, &h, 20, 9);
    bytes[0] = kind;
    memcpy(bytes + 1, room, 16);
    memcpy(bytes + 17, object + 1, len - 1);
    uint32_t before = inbox(c, 1, 1)->audio + inbox(c, 1, 1)->video;
    relay_on_frame(c->kit[1].r, from, bytes, len + 16, c->now);
    cluster_settle(c);
    return inbox(c, 1, 1)->audio + inbox(c, 1, 1)->video - before;
}

static void only_the_home_speaks_for_a_member(void)
{
    uint32_t camera;
    struct cluster *c = meeting(3, 1, 1, &camera);
    uint8_t room[16];
    struct relay_frame f;
    kit_audio(&c->kit[0], 1, 1, 1);
    CHECK_EQ(1, relay_take_frame(c->kit[0].r, &f)); /* to learn the room's id */
    memcpy(room, f.pkt->data + 1, sizeof(room));
    pkt_unref(f.pkt);
    struct object_header voice = {.sender = camera, .track = 1, .seq = 5, .captured_us = 1};
    uint64_t foreign = stats(c, 1).frames_foreign;
    CHECK_EQ(1, forge(c, 0, WIRE_AUDIO, room, voice));
    CHECK_EQ(0, forge(c, 2, WIRE_AUDIO, room, voice)); /* another's member */
    CHECK_EQ(0, forge(c, 5, WIRE_AUDIO, room, voice)); /* nobody knows that shard */
    CHECK_EQ(0, forge(c, 0, WIRE_VIDEO, room, voice)); /* not a picture */
    voice.track = 3;
    CHECK_EQ(0, forge(c, 0, WIRE_AUDIO, room, voice)); /* no such track */
    voice.track = 1;
    voice.sender = inbox(c, 1, 1)->member;
    CHECK_EQ(0, forge(c, 0, WIRE_AUDIO, room, voice)); /* one of ours */
    voice.sender = camera;
    room[0] ^= 1;
    CHECK_EQ(0, forge(c, 0, WIRE_AUDIO, room, voice)); /* another room */
    CHECK_EQ(foreign + 6, stats(c, 1).frames_foreign);
    CHECK_EQ(0, stats(c, 1).frames_malformed);
    cluster_del(c);
}

static void frames_that_cannot_be_read_are_counted(void)
{
    uint32_t camera;
    struct cluster *c = meeting(2, 1, 1, &camera);
    static const struct {
        uint8_t bytes[24];
        size_t len;
    } bad[] = {
        {{0}, 0},
        {{9, 1, 2}, 3},                             /* no such kind */
        {{1}, 1},                                   /* no room */
        {{1, 0x0a, 0x02, 1, 2}, 5},                 /* a room of two bytes */
        {{1, 0xff, 0xff}, 3},                       /* not a message */
        {{2, 1, 2, 3}, 4},                          /* too short for a room */
        {{3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 12}, /* likewise */
    };
    for (size_t i = 0; i < COUNT_OF(bad); i++) {
        relay_on_frame(c->kit[1].r, 0, bad[i].bytes, bad[i].len, c->now);
        CHECK_EQ(i + 1, stats(c, 1).frames_malformed);
    }
    CHECK_EQ(1, inbox(c, 1, 1)->others);
    cluster_del(c);
}

/* In steady flow the queue of frames keeps its memory; nothing is left in it. */
static void frames_are_taken_in_order_and_not_twice(void)
{
    uint32_t camera;
    struct cluster *c = meeting(2, 1, 1, &camera);
    for (uint32_t seq = 1; seq <= 200; seq++)
        kit_audio(&c->kit[0], 1, 1, seq);
    cluster_settle(c);
    CHECK_EQ(200, inbox(c, 1, 1)->audio);
    CHECK_EQ(200, inbox(c, 1, 1)->last_audio.header.seq);
    struct relay_frame f;
    CHECK_EQ(0, relay_take_frame(c->kit[0].r, &f));
    cluster_del(c);
}

static void a_relay_alone_sends_no_frame(void)
{
    struct kit k = kit_new(NULL);
    struct relay_frame f;
    CHECK_EQ(1, kit_join(&k, 1, RELAY_WEBTRANSPORT, "m"));
    CHECK_EQ(2, kit_join(&k, 2, RELAY_WEBTRANSPORT, "m"));
    kit_publish(&k, 1, 1, MIC, 0);
    kit_audio(&k, 1, 1, 1);
    kit_run(&k, SEC);
    CHECK_EQ(0, relay_take_frame(k.r, &f));
    kit_del(&k);
}

int main(void)
{
    static const struct check_test tests[] = {
        T(voices_cross_once_per_shard),
        T(a_quiet_voice_crosses_to_who_pinned_it),
        T(pictures_cross_once_per_shard_and_only_when_wanted),
        T(the_first_want_is_told_at_once_and_the_last_within_100_ms),
        T(a_room_that_is_closed_gets_no_pictures),
        T(only_the_layer_that_is_shown_crosses),
        T(one_key_frame_is_asked_for_however_many_need_it),
        T(a_newcomer_elsewhere_sees_what_the_home_remembers),
        T(more_than_a_path_carries_is_not_replayed_elsewhere),
        T(a_lost_picture_is_healed_by_a_key_frame),
        T(a_want_outlives_a_split),
        T(a_lost_interest_is_told_again),
        T(a_track_that_ends_and_begins_again_is_wanted_again),
        T(mutes_cross),
        T(chat_reaches_all_or_the_one_it_is_for),
        T(only_the_home_speaks_for_a_member),
        T(frames_that_cannot_be_read_are_counted),
        T(frames_are_taken_in_order_and_not_twice),
        T(a_relay_alone_sends_no_frame),
    };
    return CHECK_RUN(tests);
}
