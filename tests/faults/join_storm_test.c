/* SPDX-License-Identifier: MIT */
/* Five hundred people join one meeting within a second: all are in soon, and those who were talking hardly notice. */
#include "check.h"

#include "crowd.h"

#define JOIN_PATIENCE PATIENT(10 * SEC)
#define STORM 500
#define STORM_TIME SEC
#define STEP (20 * MS)
#define JOINED_WITHIN PATIENT(8 * SEC) /* all of them, from the first dial on */
#define SILENCE_MAX PATIENT(1 * SEC)   /* of those already there */
#define TALKERS 12

static struct process relay;
static struct crowd c;

static void the_storm_comes(void)
{
    for (int i = 0, steps = (int)(STORM_TIME / STEP); i < steps; i++) {
        for (int n = 0; n < STORM / steps; n++)
            crowd_join(&c, &(struct person_spec){.meeting = "m", .transport = n % 2 ? NET_WEBSOCKET : NET_WEBTRANSPORT})->unheeded =
                true;
        crowd_run_for(&c, STEP);
    }
}

static void five_hundred_join_in_a_second(void)
{
    struct samples times = {0};
    process_start(&relay, 0, 0, NULL, NULL);
    crowd_start(&c, &relay);
    for (int i = 0; i < TALKERS; i++)
        crowd_join(&c, &(struct person_spec){.meeting = "m", .speaks = i < 2, .frame_bytes = i < 1 ? 3000 : 0, .watches = true});
    crowd_until_joined(&c, JOIN_PATIENCE);
    crowd_run_for(&c, 700 * MS);
    crowd_measure(&c);
    usec_t began = loop_now(), cpu = process_cpu(&relay);
    the_storm_comes();
    crowd_until_joined(&c, JOINED_WITHIN);
    usec_t took = loop_now() - began;
    struct noticed n = crowd_noticed(&c);
    for (const struct person *p = c.people; p; p = p->next)
        if (p->unheeded)
            samples_add(&times, p->joined_at - p->asked_at);
    print_message("%d joined after %.2f s; each waited p50 %.0f p99 %.0f max %.0f ms; relay %.2f s of CPU, %zu MB\n", STORM,
                  (double)took / 1e6, (double)samples_at(&times, 0.5) / 1e3, (double)samples_at(&times, 0.99) / 1e3,
                  (double)samples_at(&times, 1) / 1e3, (double)(process_cpu(&relay) - cpu) / 1e6, process_memory(&relay) >> 20);
    crowd_tell("  those who were there", &n);
    CHECK_BETWEEN(0, SILENCE_MAX, n.silence_max);
    CHECK_EQ(STORM + TALKERS, process_metric(&relay, "parley_members"));
    samples_free(&times);
    crowd_stop(&c);
    CHECK_EQ(0, process_stop(&relay));
}

int main(void)
{
    static const struct check_test tests[] = {T(five_hundred_join_in_a_second)};
    return CHECK_RUN(tests);
}
