/* SPDX-License-Identifier: MIT */
/* Receivers that stop reading, 1 and 50 of 100: the others' sounds and pictures come as before, and each costs the relay little. */
#include "check.h"

#include <string.h>

#include "flock.h"

#define JOIN_PATIENCE PATIENT(20 * SEC)
#define ADDED_P99_MAX PATIENT(15 * MS) /* to the delay of others; the aim is none, the rest is the noise of a shared machine */
#define SILENCE_MAX PATIENT(300 * MS) /* no sound for an other */
#define FROZEN_MAX PATIENT(500 * MS) /* no picture */
#define MEMORY_MAX ROOMY(2u << 20) /* of the relay, for each that is stalled ... */
#define MEMORY_NOISE ROOMY(6u << 20) /* ... and for the whole, what the allocator does not give back */
#define HEALTHY 50
#define TRIES 3
#define MORE 49
#define PICTURE_BYTES 3000
#define FILMS 8
#define LARGE_PICTURE_BYTES 10000
#define STALLED 10

static struct process relay;
static struct crowd c;
static struct flock one, more;

static struct person_spec listener(enum net_transport t)
{
    return (struct person_spec){.meeting = "m", .transport = t, .watches = true};
}

static void fill_meeting(enum net_transport t)
{
    struct person_spec spec = listener(t);
    flock_start(&one, &relay, &spec, 1);
    flock_start(&more, &relay, &spec, MORE);
    crowd_start(&c, &relay);
    crowd_join(&c,
               &(struct person_spec){.meeting = "m", .transport = NET_WEBTRANSPORT, .speaks = true, .frame_bytes = PICTURE_BYTES})
        ->unheeded = true;
    for (size_t i = 0; i < HEALTHY; i++)
        crowd_join(&c, &spec);
    flock_until_joined(&one, JOIN_PATIENCE);
    flock_until_joined(&more, JOIN_PATIENCE);
    crowd_until_joined(&c, JOIN_PATIENCE);
    crowd_run_for(&c, 700 * MS);
}

static struct noticed notice(const char *what, usec_t us)
{
    crowd_measure(&c);
    crowd_run_for(&c, us);
    struct noticed n = crowd_noticed(&c);
    crowd_tell(what, &n);
    return n;
}

/* Other programs on this machine disturb one window or another, who is stalled would disturb all. */
static struct noticed notice_calm(const char *what, usec_t us, const struct noticed *quiet)
{
    struct noticed n = notice(what, us);
    for (int i = 0; i < TRIES - 1 && n.sound_p99 > quiet->sound_p99 + ADDED_P99_MAX; i++)
        n = notice(what, us);
    return n;
}

static void nobody_else_notices(const struct noticed *n, const struct noticed *quiet)
{
    CHECK_BETWEEN(0, quiet->sound_p99 + ADDED_P99_MAX, n->sound_p99);
    CHECK_BETWEEN(0, quiet->picture_p99 + ADDED_P99_MAX, n->picture_p99);
    CHECK_BETWEEN(0, SILENCE_MAX, n->silence_max);
    CHECK_BETWEEN(0, FROZEN_MAX, n->frozen_max);
}

static void stalled_over(enum net_transport t, const char *name)
{
    process_start(&relay, 0, 0, NULL, NULL);
    fill_meeting(t);
    print_message("%s:\n", name);
    struct noticed quiet = notice("  nobody stalled", SEC);
    size_t before = process_memory(&relay);
    flock_freeze(&one);
    struct noticed with_one = notice_calm("  1 of 100 stalled", SEC, &quiet);
    size_t with_one_memory = process_memory(&relay);
    flock_freeze(&more);
    struct noticed with_half = notice_calm("  50 of 100 stalled", 1500 * MS, &quiet);
    size_t with_half_memory = process_memory(&relay);
    print_message("  memory: %zu kB, with one stalled %zu kB, with 50 %zu kB\n", before >> 10, with_one_memory >> 10,
                  with_half_memory >> 10);
    nobody_else_notices(&with_one, &quiet);
    nobody_else_notices(&with_half, &quiet);
    CHECK_BETWEEN(0, before + MEMORY_MAX + MEMORY_NOISE, with_one_memory);
    CHECK_BETWEEN(0, before + (size_t)(1 + MORE) * MEMORY_MAX, with_half_memory);
    flock_kill(&one);
    flock_kill(&more);
    crowd_stop(&c);
    CHECK_EQ(0, process_stop(&relay));
}

static void who_stops_reading_webtransport_harms_nobody(void) { stalled_over(NET_WEBTRANSPORT, "WebTransport"); }
static void who_stops_reading_websocket_harms_nobody(void) { stalled_over(NET_WEBSOCKET, "WebSocket"); }

/* Eight films of 2.4 Mbit/s for each: as much as may wait, of different sums for the two transports. */
static void what_waits_for_who_does_not_read_is_bounded(void)
{
    struct person *stalled[STALLED];
    process_start(&relay, 0, 0, NULL, NULL);
    crowd_start(&c, &relay);
    for (size_t i = 0; i < FILMS; i++)
        crowd_join(&c,
                   &(struct person_spec){
                       .meeting = "m", .transport = NET_WEBTRANSPORT, .speaks = i == 0, .frame_bytes = LARGE_PICTURE_BYTES})
            ->unheeded = true;
    for (size_t i = 0; i < STALLED; i++)
        stalled[i] = crowd_join(
            &c, &(struct person_spec){.meeting = "m", .transport = i % 2 ? NET_WEBTRANSPORT : NET_WEBSOCKET, .watches = true});
    struct person_spec spec = listener(NET_WEBTRANSPORT);
    crowd_join(&c, &spec);
    crowd_until_joined(&c, JOIN_PATIENCE);
    crowd_run_for(&c, SEC);
    size_t before = process_memory(&relay);
    for (size_t i = 0; i < STALLED; i++)
        crowd_stall(stalled[i]);
    struct noticed n = notice("  8 films, 10 of 11 watchers stalled", 3 * SEC);
    size_t grown = process_memory(&relay) - before;
    print_message("  memory: %zu kB, for each stalled %zu kB\n", before >> 10, grown / STALLED >> 10);
    CHECK_BETWEEN(0, (size_t)STALLED * MEMORY_MAX, grown);
    CHECK_BETWEEN(0, SILENCE_MAX, n.silence_max);
    crowd_stop(&c);
    CHECK_EQ(0, process_stop(&relay));
}

int main(void)
{
    static const struct check_test tests[] = {T(who_stops_reading_webtransport_harms_nobody),
                                              T(who_stops_reading_websocket_harms_nobody),
                                              T(what_waits_for_who_does_not_read_is_bounded)};
    return CHECK_RUN(tests);
}
