/* SPDX-License-Identifier: MIT */
/* What the relay costs without its network side: CPU per object and receiver, per second of a meeting, per join; memory per member. */
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "relay/relay.h"
#include "wire/control.h"
#include "wire/object.h"

#define FRAME 4000 /* bytes of a picture: 1 Mbit/s at 30 a second */
#define SOUND 120
#define VOICES 3 /* speak at once */

static struct relay *r;
static usec_t now;
static uint64_t taken;
static bool alone; /* one room only */

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static void drain(void)
{
    struct relay_event e;
    struct relay_out o;
    while (relay_poll(r, &e, now))
        while (e.type == RELAY_READY && relay_take(r, e.sid, &o, now)) {
            taken++;
            pkt_unref(o.pkt);
        }
}

static void request(uint64_t sid, const Parley__V1__Control *m)
{
    uint8_t bytes[8192];
    int len = control_write(bytes, sizeof(bytes), m, CONTROL_STREAM);
    if (len < 0)
        abort();
    relay_on_control(r, sid, bytes, (size_t)len, now);
}

static void join(uint64_t sid)
{
    uint8_t salt[WIRE_SALT_BYTES] = {1};
    Parley__V1__Hello h = PARLEY__V1__HELLO__INIT;
    h.major = WIRE_MAJOR;
    h.meeting = "m";
    h.name = "somebody";
    h.salt = (ProtobufCBinaryData){.data = salt, .len = sizeof(salt)};
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_HELLO;
    m.hello = &h;
    if (relay_on_open(r, sid, RELAY_WEBTRANSPORT, 1200, now) != 0)
        abort();
    request(sid, &m);
    drain();
}

static void publish(uint64_t sid, uint32_t track, uint32_t kind)
{
    Parley__V1__Layer layer = PARLEY__V1__LAYER__INIT, *layers = &layer;
    layer.width_px = 640;
    layer.height_px = 360;
    layer.temporal = 3;
    layer.max_bps = 1000000;
    Parley__V1__Track t = PARLEY__V1__TRACK__INIT;
    t.id = track;
    t.kind = (Parley__V1__Kind)kind;
    t.layers = &layers;
    t.n_layers = kind == PARLEY__V1__KIND__KIND_CAMERA;
    Parley__V1__Publish p = PARLEY__V1__PUBLISH__INIT;
    p.track = &t;
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_PUBLISH;
    m.publish = &p;
    request(sid, &m);
}

/* Everybody watches the first `tiles` members, itself left out. */
static void watch(uint64_t sid, uint32_t tiles)
{
    Parley__V1__Want want[64], *list[64];
    Parley__V1__Subscribe s = PARLEY__V1__SUBSCRIBE__INIT;
    s.wants = list;
    for (uint32_t i = 0; i < tiles && i < 64; i++) {
        parley__v1__want__init(&want[i]);
        want[i].member = i + 1;
        want[i].track = 2;
        want[i].width_px = 320;
        list[s.n_wants++] = &want[i];
    }
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_SUBSCRIBE;
    m.subscribe = &s;
    request(sid, &m);
}

static void picture(uint64_t sid, uint32_t seq)
{
    static uint8_t bytes[FRAME + 64];
    struct object_header h = {.track = 2, .seq = seq, .key = seq % 300 == 1, .depends = seq % 300 == 1 ? 0 : 1, .captured_us = now};
    int at = object_write_framed(bytes, sizeof(bytes), WIRE_VIDEO, &h, FRAME);
    size_t skip = seq == 1 ? 0 : 1;
    relay_on_run(r, sid, 1, bytes + skip, (size_t)at + FRAME - skip, RELAY_RUN_MORE, now);
}

static void sound(uint64_t sid, uint32_t seq)
{
    static uint8_t bytes[SOUND + 64];
    struct object_header h = {.track = 1, .seq = seq, .level = 90, .captured_us = now};
    int at = object_write_framed(bytes, sizeof(bytes), WIRE_AUDIO, &h, SOUND);
    relay_on_datagram(r, sid, bytes, (size_t)at + SOUND, now);
}

static double fill(uint32_t members, uint32_t tiles)
{
    double start = now_ns();
    for (uint64_t sid = 1; sid <= members; sid++)
        join(sid);
    double spent = now_ns() - start;
    for (uint64_t sid = 1; sid <= members; sid++) {
        publish(sid, 1, PARLEY__V1__KIND__KIND_MIC);
        if (sid <= tiles)
            publish(sid, 2, PARLEY__V1__KIND__KIND_CAMERA);
        watch(sid, tiles);
        drain();
    }
    return spent / members;
}

/* One second of a meeting, by 20 ms; pictures at 25 a second. */
__attribute__((noinline)) static double second(uint32_t tiles, uint32_t seconds) /* callgrind knows it by this name */
{
    double start = now_ns();
    uint32_t voice_seq = 0, picture_seq = 0;
    for (uint32_t i = 0; i < 50 * seconds; i++, now += 20 * MS) {
        voice_seq++;
        picture_seq += i % 2;
        for (uint64_t sid = 1; sid <= VOICES; sid++)
            sound(sid, voice_seq);
        for (uint64_t sid = 1; i % 2 && sid <= tiles; sid++)
            picture(sid, picture_seq);
        if (relay_deadline(r) <= now)
            relay_tick(r, now);
        drain();
    }
    return (now_ns() - start) / seconds;
}

static size_t heap(void) { return mallinfo2().uordblks + mallinfo2().hblkhd; }

static void run(uint32_t members, uint32_t tiles)
{
    static const uint8_t seed[32] = {1};
    struct relay_limits limits = relay_limits_default();
    struct relay_stats before, after;
    limits.silence_ms = 600000;
    now = SEC;
    size_t memory = heap();
    r = relay_new(&limits, seed, now);
    double join_ns = fill(members, tiles);
    memory = heap() - memory;
    now += SEC;
    relay_tick(r, now);
    drain();
    relay_stats(r, &before);
    double ns = second(tiles, 3);
    relay_stats(r, &after);
    double out = (double)(after.objects_out - before.objects_out) / 3;
    if (alone)
        printf("%llu objects out, %.1f ns each\n", (unsigned long long)(after.objects_out - before.objects_out), ns / out);
    else
        printf("%7u %6u %12.1f %14.0f %12.2f %14.1f %12.1f\n", members, tiles, join_ns / 1000, out, ns / 1e7, ns / out,
               (double)memory / members / 1024);
    relay_del(r);
}

/* relay_bench [MEMBERS TILES]: one room alone. */
int main(int argc, char **argv)
{
    static const uint32_t rooms[][2] = {{2, 2}, {10, 10}, {50, 25}, {200, 25}, {1000, 25}};
    alone = argc == 3;
    if (!alone)
        printf("members  tiles   us per join   objects out/s   %% of a core   ns per object   kB a member\n");
    if (alone)
        run((uint32_t)atoi(argv[1]), (uint32_t)atoi(argv[2]));
    for (size_t i = 0; i < COUNT_OF(rooms) && !alone; i++)
        run(rooms[i][0], rooms[i][1]);
    return taken ? 0 : 1;
}
