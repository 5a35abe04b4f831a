/* SPDX-License-Identifier: MIT */
/* A publisher at 20 times what it may send: it is throttled, then shown the door with `rate`; nobody else notices. */
#include "check.h"

#include "rogue.h"

#define JOIN_PATIENCE PATIENT(10 * SEC)
#define ADDED_P99_MAX PATIENT(60 * MS) /* 1.2 Gbit/s would have to leave without the limit */
#define SILENCE_MAX PATIENT(300 * MS)
#define FROZEN_MAX PATIENT(500 * MS)
#define ENDED_WITHIN PATIENT(6 * SEC)
#define MEMORY_MAX ROOMY(16u << 20)
#define LIMIT_BPS 2000000
#define LIMIT_OBJECTS 100
#define TIMES 20
#define LISTENERS 30
#define RATE 7 /* close code, see links.c */

static struct process relay;
static struct crowd c;
static struct rogue rogue;

static bool rogue_is_gone(struct crowd *crowd)
{
    (void)crowd;
    return rogue.closed > 0;
}

static void greedy_over(enum net_transport t, const char *name, uint32_t per_second, size_t bytes)
{
    char bps[64], objects[64];
    snprintf(bps, sizeof(bps), "--session-bps=%d", LIMIT_BPS);
    snprintf(objects, sizeof(objects), "--session-objects=%d", LIMIT_OBJECTS);
    process_start(&relay, 0, 0, (const char *[]){bps, objects, NULL}, NULL);
    crowd_start(&c, &relay);
    crowd_join(&c, &(struct person_spec){.meeting = "m", .transport = t, .speaks = true, .frame_bytes = 3000})->unheeded = true;
    for (int i = 0; i < LISTENERS; i++)
        crowd_join(&c,
                   &(struct person_spec){.meeting = "m", .transport = i % 2 ? NET_WEBTRANSPORT : NET_WEBSOCKET, .watches = true});
    crowd_until_joined(&c, JOIN_PATIENCE);
    rogue_join(&rogue, &c, t, "m");
    crowd_run_for(&c, 700 * MS);
    crowd_measure(&c);
    crowd_run_for(&c, SEC);
    struct noticed quiet = crowd_noticed(&c);
    size_t memory = process_memory(&relay);
    crowd_measure(&c);
    usec_t began = loop_now();
    rogue_flood(&rogue, per_second, bytes);
    bool ended = crowd_until(&c, rogue_is_gone, ENDED_WITHIN);
    print_message("%s: %u pictures of %zu bytes a second, ended after %.2f s with code %u, %.0f dropped, memory %+zd kB\n", name,
                  per_second, bytes, (double)(loop_now() - began) / 1e6, rogue.code,
                  process_metric(&relay, "parley_dropped_total{reason=\"rate\"}"),
                  ((ssize_t)process_memory(&relay) - (ssize_t)memory) / 1024);
    crowd_run_for(&c, 500 * MS);
    struct noticed with = crowd_noticed(&c);
    crowd_tell("  before", &quiet);
    crowd_tell("  while somebody is greedy", &with);
    CHECK(ended);
    CHECK_EQ(RATE, rogue.code);
    CHECK_BETWEEN(0, quiet.sound_p99 + ADDED_P99_MAX, with.sound_p99);
    CHECK_BETWEEN(0, quiet.picture_p99 + ADDED_P99_MAX, with.picture_p99);
    CHECK_BETWEEN(0, SILENCE_MAX, with.silence_max);
    CHECK_BETWEEN(0, FROZEN_MAX, with.frozen_max);
    CHECK_BETWEEN(0, memory + MEMORY_MAX, process_memory(&relay));
    CHECK_EQ(LISTENERS + 1, crowd_joined(&c));
    crowd_stop(&c);
    CHECK_EQ(0, process_stop(&relay));
}

static void twenty_times_the_objects_over_webtransport(void)
{
    greedy_over(NET_WEBTRANSPORT, "WebTransport", LIMIT_OBJECTS * TIMES, 200);
}

static void twenty_times_the_bytes_over_websocket(void)
{
    greedy_over(NET_WEBSOCKET, "WebSocket", LIMIT_BPS * TIMES / 8 / 8000, 8000);
}

int main(void)
{
    static const struct check_test tests[] = {T(twenty_times_the_objects_over_webtransport),
                                              T(twenty_times_the_bytes_over_websocket)};
    return CHECK_RUN(tests);
}
