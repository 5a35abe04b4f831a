/* SPDX-License-Identifier: MIT */
/* A relay frozen for five seconds (SIGSTOP): silence for as long, nobody lost, and all as before soon after. */
#include "check.h"

#include <signal.h>

#include "crowd.h"

#define JOIN_PATIENCE PATIENT(10 * SEC)
#define PEOPLE 20
#define SPEAKERS 3
#define FROZEN_FOR (5 * SEC)
#define BACK_WITHIN PATIENT(3 * SEC)   /* after the thaw: the longest silence beyond FROZEN_FOR */
#define SETTLED_P99_MAX PATIENT(60 * MS) /* delay of sound, three seconds after the thaw */

static struct process relay;
static struct crowd c;

static void five_seconds_of_ice(void)
{
    HEAVY();
    process_start(&relay, 0, 0, NULL, NULL);
    crowd_start(&c, &relay);
    for (int i = 0; i < PEOPLE; i++)
        crowd_join(&c, &(struct person_spec){.meeting = "m",
                                             .transport = i % 2 ? NET_WEBTRANSPORT : NET_WEBSOCKET,
                                             .speaks = i < SPEAKERS,
                                             .frame_bytes = i < 1 ? 3000 : 0,
                                             .watches = true});
    crowd_until_joined(&c, JOIN_PATIENCE);
    crowd_run_for(&c, 700 * MS);
    crowd_measure(&c);
    process_signal(&relay, SIGSTOP);
    crowd_run_for(&c, FROZEN_FOR);
    process_signal(&relay, SIGCONT);
    crowd_run_for(&c, BACK_WITHIN);
    struct noticed ice = crowd_noticed(&c);
    crowd_measure(&c);
    crowd_run_for(&c, SEC);
    struct noticed after = crowd_noticed(&c);
    int joins = 0;
    for (const struct person *p = c.people; p; p = p->next)
        joins += p->joins;
    print_message("%d people, %d joins in all, %d of them to the same seat\n", PEOPLE, joins, crowd_resumed(&c));
    crowd_tell("  frozen and three seconds more", &ice);
    crowd_tell("  then", &after);
    CHECK_BETWEEN(FROZEN_FOR, FROZEN_FOR + BACK_WITHIN, ice.silence_max);
    CHECK_EQ(PEOPLE, crowd_joined(&c));
    CHECK_EQ(joins - PEOPLE, crowd_resumed(&c));
    CHECK_EQ(PEOPLE, process_metric(&relay, "parley_members"));
    CHECK_BETWEEN(1, SETTLED_P99_MAX, after.sound_p99);
    CHECK_BETWEEN(0, 400 * MS, after.silence_max);
    crowd_stop(&c);
    CHECK_EQ(0, process_stop(&relay));
}

int main(void)
{
    static const struct check_test tests[] = {T(five_seconds_of_ice)};
    return CHECK_RUN(tests);
}
