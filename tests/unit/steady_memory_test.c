/* SPDX-License-Identifier: MIT */
/* While people talk and nobody comes or goes, relays allocate nothing: not for an object, not for a receiver, not for a report.
 *
 * The linker puts this file between a relay and its caller, and between it and the allocator (tests/CMakeLists.txt): what is
 * allocated inside relay_on_..., relay_take... and the like is counted. */
#include <stdlib.h>

#include "base/units.h"
#include "check.h"
#include "cluster_kit.h"
#include "wire/feedback.h"

static int inside;
static uint64_t allocations;

#define WRAP(type, name, parameters, arguments)                                                                                    \
    type __real_##name parameters;                                                                                                 \
    type __wrap_##name parameters;                                                                                                 \
    type __wrap_##name parameters                                                                                                  \
    {                                                                                                                              \
        inside++;                                                                                                                  \
        type result = __real_##name arguments;                                                                                     \
        inside--;                                                                                                                  \
        return result;                                                                                                             \
    }
#define WRAP_VOID(name, parameters, arguments)                                                                                     \
    void __real_##name parameters;                                                                                                 \
    void __wrap_##name parameters;                                                                                                 \
    void __wrap_##name parameters                                                                                                  \
    {                                                                                                                              \
        inside++;                                                                                                                  \
        __real_##name arguments;                                                                                                   \
        inside--;                                                                                                                  \
    }
WRAP_VOID(relay_on_datagram, (struct relay * r, uint64_t sid, const uint8_t *data, size_t len, usec_t now),
          (r, sid, data, len, now))
WRAP_VOID(relay_on_run,
          (struct relay * r, uint64_t sid, uint64_t run, const uint8_t *data, size_t len, enum relay_run_end end, usec_t now),
          (r, sid, run, data, len, end, now))
WRAP_VOID(relay_on_message, (struct relay * r, uint64_t sid, const uint8_t *data, size_t len, usec_t now), (r, sid, data, len, now))
WRAP_VOID(relay_on_frame, (struct relay * r, uint32_t from, const uint8_t *data, size_t len, usec_t now), (r, from, data, len, now))
WRAP_VOID(relay_tick, (struct relay * r, usec_t now), (r, now))
WRAP(int, relay_poll, (struct relay * r, struct relay_event *e, usec_t now), (r, e, now))
WRAP(int, relay_take, (struct relay * r, uint64_t sid, struct relay_out *out, usec_t now), (r, sid, out, now))
WRAP(int, relay_take_frame, (struct relay * r, struct relay_frame *out), (r, out))

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

void *__wrap_malloc(size_t size)
{
    allocations += inside > 0;
    return __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
    allocations += inside > 0;
    return __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
    allocations += inside > 0;
    return __real_realloc(old, size);
}

/* ---- a meeting on two relays ---- */

enum { MIC = 1, CAMERA = 2, PEOPLE = 8, PUBLISHERS = 2, PICTURE = 6000 };

struct person {
    uint32_t at, member; /* the relay's number */
    uint64_t sid;
    uint32_t sounds, pictures;
};

static struct person person[PEOPLE];

static void join_all(struct cluster *c)
{
    for (uint32_t i = 0; i < PEOPLE; i++) {
        person[i] = (struct person){.at = i % 2, .sid = 1 + i / 2};
        person[i].member = cluster_join(c, person[i].at, person[i].sid, "m");
        struct kit *k = &c->kit[person[i].at];
        kit_publish(k, person[i].sid, 1, MIC, 0);
        if (i < PUBLISHERS)
            kit_publish(k, person[i].sid, 2, CAMERA, 1);
    }
    cluster_settle(c);
    for (uint32_t i = 0; i < PEOPLE; i++)
        for (uint32_t j = 0; j < PUBLISHERS; j++)
            if (i != j)
                kit_subscribe(&c->kit[person[i].at], person[i].sid, person[j].member, 2, 640);
    cluster_settle(c);
}

static void speak(struct cluster *c, struct person *p) { kit_audio(&c->kit[p->at], p->sid, 1, ++p->sounds); }

static void film(struct cluster *c, struct person *p)
{
    static const uint32_t temporal[] = {0, 2, 1, 2}, depends[] = {4, 1, 2, 1};
    uint32_t n = p->pictures++;
    bool key = n % 64 == 0;
    struct object_header h = {.track = 2, .seq = n + 1, .key = key, .captured_us = (usec_t)n * 33333};
    h.temporal = key ? 0 : temporal[n % 4];
    h.depends = key ? 0 : depends[n % 4];
    kit_video(&c->kit[p->at], p->sid, 7, n == 0, &h, PICTURE);
}

/* All came, just now: the relay chooses layers and writes reports as in a real call. */
static void report(struct cluster *c, const struct person *p)
{
    struct kit *k = &c->kit[p->at];
    struct feedback f = {.clock_us = (uint64_t)k->now};
    for (uint32_t j = 0; j < PUBLISHERS; j++)
        if (person[j].member != p->member)
            f.track[f.count++] = (struct track_report){.member = person[j].member,
                                                       .track = 2,
                                                       .newest = person[j].pictures,
                                                       .newest_at_us = (uint64_t)k->now,
                                                       .bytes = (uint64_t)person[j].pictures * PICTURE,
                                                       .objects = person[j].pictures};
    uint8_t out[2048];
    int len = feedback_write(out, sizeof(out), &f, NULL);
    CHECK(len > 0);
    relay_on_datagram(k->r, p->sid, out, (size_t)len, k->now);
}

static uint32_t heard, seen; /* by person 2 */

/* The kit keeps every picture: its list is begun anew. */
static void empty_inboxes(struct cluster *c)
{
    seen += c->kit[0].in[person[2].sid].video;
    heard += c->kit[0].in[person[2].sid].audio;
    for (uint32_t i = 0; i < PEOPLE; i++)
        c->kit[person[i].at].in[person[i].sid].video = c->kit[person[i].at].in[person[i].sid].audio = 0;
}

static void talk_for(struct cluster *c, uint32_t tenths)
{
    for (uint32_t t = 0; t < tenths * 10; t++) {
        for (uint32_t i = 0; t % 2 == 0 && i < PEOPLE; i++)
            speak(c, &person[i]);
        for (uint32_t i = 0; t % 3 == 0 && i < PUBLISHERS; i++)
            film(c, &person[i]);
        for (uint32_t i = 0; t % 10 == 0 && i < PEOPLE; i++)
            report(c, &person[i]);
        cluster_run(c, 10 * MS);
        if (t % 100 == 99)
            empty_inboxes(c);
    }
}

static void a_steady_call_allocates_nothing(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    skip(); /* there every packet is a fresh one, so that its misuse is found: core/base/pkt.c */
#endif
    struct cluster *c = cluster_new(2, MS);
    join_all(c);
    talk_for(c, 50);
    uint64_t before = allocations;
    CHECK(before > 0); /* or they are not counted */
    heard = seen = 0;
    talk_for(c, 200);
    CHECK_EQ(4 * 1000, heard); /* the five loudest, of whom it is one */
    CHECK_BETWEEN(600, 2000, seen);
    CHECK_EQ(0, allocations - before);
    cluster_del(c);
}

int main(void)
{
    static const struct check_test tests[] = {T(a_steady_call_allocates_nothing)};
    return CHECK_RUN(tests);
}
