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
#define BURST_BYTES (1 << 20) /* --object-bytes: whatever the rate, one object may be sent at once */
#define LISTENERS 30
#define TRIES 3
#define RATE 7 /* close code, see links.c */

static struct process relay;
static struct crowd c;
static struct rogue rogue;

static bool rogue_is_gone(struct crowd *crowd)
{
    (void)crowd;
    return rogue.closed > 0;
}

/* What the listeners noticed for a second without it, and while it floods. */
struct greed {
    struct noticed without, with;
};

static void people_join(enum net_transport t)
{
    crowd_join(&c, &(struct person_spec){.meeting = "m", .transport = t, .speaks = true, .frame_bytes = 3000})->unheeded = true;
    for (int i = 0; i < LISTENERS; i++)
        crowd_join(&c,
                   &(struct person_spec){.meeting = "m", .transport = i % 2 ? NET_WEBTRANSPORT : NET_WEBSOCKET, .watches = true});
    crowd_until_joined(&c, JOIN_PATIENCE);
    rogue_join(&rogue, &c, t, "m");
    crowd_run_for(&c, 700 * MS);
}

static double bytes_out(void) { return process_metric(&relay, "parley_bytes_out_total"); }

/* What left the relay in `us` is what left it before, and of the flood what may be sent, to each listener. */
static void check_bytes_out(double before_s, double flood, usec_t us)
{
    double s = (double)us / 1e6, allowed = (LIMIT_BPS / 8.0 * s + BURST_BYTES) * LISTENERS;
    print_message("  %.1f MB left the relay, at most %.1f may\n", flood / 1e6, (before_s * s * 1.5 + allowed) / 1e6);
    CHECK_BETWEEN(0, before_s * s * 1.5 + allowed, flood);
}

static struct greed greedy_once(enum net_transport t, const char *name, uint32_t per_second, size_t bytes)
{
    struct greed g;
    char bps[64], objects[64];
    snprintf(bps, sizeof(bps), "--session-bps=%d", LIMIT_BPS);
    snprintf(objects, sizeof(objects), "--session-objects=%d", LIMIT_OBJECTS);
    process_start(&relay, 0, 0, (const char *[]){bps, objects, NULL}, NULL);
    crowd_start(&c, &relay);
    people_join(t);
    crowd_measure(&c);
    double out = bytes_out();
    crowd_run_for(&c, SEC);
    g.without = crowd_noticed(&c);
    double before_s = bytes_out() - out;
    size_t memory = process_memory(&relay);
    crowd_measure(&c);
    out = bytes_out();
    usec_t began = loop_now();
    rogue_flood(&rogue, per_second, bytes);
    bool ended = crowd_until(&c, rogue_is_gone, ENDED_WITHIN);
    print_message("%s: %u pictures of %zu bytes a second, ended after %.2f s with code %u, %.0f dropped, memory %+zd kB\n", name,
                  per_second, bytes, (double)(loop_now() - began) / 1e6, rogue.code,
                  process_metric(&relay, "parley_dropped_total{reason=\"rate\"}"),
                  ((ssize_t)process_memory(&relay) - (ssize_t)memory) / 1024);
    crowd_run_for(&c, 500 * MS);
    g.with = crowd_noticed(&c);
    crowd_tell("  before", &g.without);
    crowd_tell("  while somebody is greedy", &g.with);
    check_bytes_out(before_s, bytes_out() - out, loop_now() - began);
    CHECK(ended);
    CHECK_EQ(RATE, rogue.code);
    CHECK_BETWEEN(0, memory + MEMORY_MAX, process_memory(&relay));
    CHECK_EQ(LISTENERS + 1, crowd_joined(&c));
    crowd_stop(&c);
    CHECK_EQ(0, process_stop(&relay));
    return g;
}

static bool is_noticed(const struct greed *g)
{
    return g->with.sound_p99 > g->without.sound_p99 + ADDED_P99_MAX ||
           g->with.picture_p99 > g->without.picture_p99 + ADDED_P99_MAX || g->with.silence_max > SILENCE_MAX ||
           g->with.frozen_max > FROZEN_MAX;
}

/* Other programs on this machine disturb one try or another; a relay that lets the greedy one through disturbs all. */
static void greedy_over(enum net_transport t, const char *name, uint32_t per_second, size_t bytes)
{
    bool noticed = true;
    for (int tries = 0; noticed && tries < TRIES; tries++) {
        struct greed g = greedy_once(t, name, per_second, bytes);
        noticed = is_noticed(&g);
    }
    CHECK(!noticed);
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
