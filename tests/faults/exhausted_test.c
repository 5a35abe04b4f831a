/* SPDX-License-Identifier: MIT */
/* No descriptors left, no memory left: the relay refuses newcomers and serves who is there; once people leave, newcomers get in. */
#include "check.h"

#include <string.h>
#include <sys/resource.h>

#include "crowd.h"

#define JOIN_PATIENCE PATIENT(10 * SEC)
#define DESCRIPTORS 64
#define MEMORY_BYTES (32u << 20) /* address space; without anybody it needs 16 */
#define TOO_MANY 100
#define SILENCE_MAX PATIENT(300 * MS) /* of who is in a call */
#define CPU_MAX PATIENT(400 * MS) /* of the relay in a second of refusing: no spinning on what it cannot accept */

static struct process relay;
static struct crowd c;

static void few_descriptors(void) { setrlimit(RLIMIT_NOFILE, &(struct rlimit){DESCRIPTORS, DESCRIPTORS}); }

static void little_memory(void) { setrlimit(RLIMIT_AS, &(struct rlimit){MEMORY_BYTES, MEMORY_BYTES}); }

static void gather(size_t people, enum net_transport t)
{
    for (size_t i = 0; i < people; i++)
        crowd_join(&c, &(struct person_spec){.meeting = "m", .transport = t, .speaks = i < 2});
    crowd_until_joined(&c, JOIN_PATIENCE);
    crowd_run_for(&c, 300 * MS);
}

static void come(size_t people, enum net_transport t)
{
    for (size_t i = 0; i < people; i++)
        crowd_join(&c, &(struct person_spec){.meeting = "n", .transport = t})->unheeded = true;
}

static size_t let_in(void)
{
    size_t count = 0;
    for (const struct person *p = c.people; p; p = p->next)
        count += p->client && p->unheeded && p->state == LINK_LIVE;
    return count;
}

static void most_go(void)
{
    size_t left = crowd_joined(&c) - 10;
    for (struct person *p = c.people; p && left; p = p->next)
        if (p->client && p->state == LINK_LIVE && p->speaker < 0) {
            crowd_lose(&c, p);
            left--;
        }
    for (struct person *p = c.people; p; p = p->next) /* of who still knocks, ten */
        if (p->client && p->state != LINK_LIVE && left++ >= 10)
            crowd_lose(&c, p);
}

static void no_descriptors_left(void)
{
    process_start(&relay, 0, 0, NULL, few_descriptors);
    crowd_start(&c, &relay);
    gather(20, NET_WEBSOCKET);
    come(TOO_MANY, NET_WEBSOCKET);
    crowd_run_for(&c, SEC);
    crowd_measure(&c);
    usec_t cpu = process_cpu(&relay);
    crowd_run_for(&c, SEC);
    cpu = process_cpu(&relay) - cpu;
    struct noticed n = crowd_noticed(&c);
    print_message("%d descriptors: %zu of %d newcomers let in, %zu used, %.0f ms of CPU in a second\n", DESCRIPTORS, let_in(),
                  TOO_MANY, process_descriptors(&relay), (double)cpu / 1e3);
    crowd_tell("  those who were there", &n);
    CHECK(process_said(&relay, "few_descriptors allowed=64"));
    CHECK_BETWEEN(1, TOO_MANY - 20, let_in());
    CHECK_BETWEEN(0, CPU_MAX, cpu);
    CHECK_BETWEEN(0, SILENCE_MAX, n.silence_max);
    come(1, NET_WEBTRANSPORT); /* needs none */
    most_go();
    crowd_until_joined(&c, JOIN_PATIENCE);
    crowd_stop(&c);
    CHECK_EQ(0, process_stop(&relay));
}

/* Every allocation may fail, in every library, and some will, also of those who are in a call: they come back as soon as others go. */
static void no_memory_left_over(enum net_transport t, const char *name)
{
    if (SANITIZED) /* they need address space without end */
        return;
    process_start(&relay, 0, 0, NULL, little_memory);
    crowd_start(&c, &relay);
    gather(20, t);
    come(400, t);
    crowd_run_for(&c, 2 * SEC);
    crowd_measure(&c);
    crowd_run_for(&c, SEC);
    struct noticed n = crowd_noticed(&c);
    print_message("%s, %u MB: %zu of 400 newcomers let in, %zu MB resident\n", name, MEMORY_BYTES >> 20, let_in(),
                  process_memory(&relay) >> 20);
    crowd_tell("  those who were there", &n);
    if (!process_alive(&relay))
        process_stop(&relay);
    CHECK(process_alive(&relay));
    CHECK_BETWEEN(1, 380, let_in());
    most_go();
    come(1, NET_WEBTRANSPORT);
    come(1, NET_WEBSOCKET);
    crowd_until_joined(&c, JOIN_PATIENCE);
    crowd_stop(&c);
    CHECK_EQ(0, process_stop(&relay));
}

static void no_memory_left_for_websockets(void)
{
    HEAVY();
    no_memory_left_over(NET_WEBSOCKET, "WebSocket");
}

static void no_memory_left_for_webtransport(void)
{
    HEAVY();
    no_memory_left_over(NET_WEBTRANSPORT, "WebTransport");
}

/* Linux does not refuse memory, it kills: so the relay counts what it uses. */
static void no_memory_left_by_its_own_count(void)
{
    size_t limit_mib = 24;
    if (SANITIZED) /* they give nothing back */
        return;
    char limit[32];
    snprintf(limit, sizeof(limit), "--max-memory=%zu", limit_mib);
    process_start(&relay, 0, 0, (const char *[]){limit, NULL}, NULL);
    crowd_start(&c, &relay);
    gather(20, NET_WEBTRANSPORT);
    for (int i = 0; i < 100 && process_memory(&relay) < limit_mib << 20; i++) {
        come(20, NET_WEBTRANSPORT);
        crowd_run_for(&c, 50 * MS);
    }
    crowd_run_for(&c, SEC); /* it looks four times a second, each thread twice */
    come(20, NET_WEBSOCKET);
    crowd_measure(&c);
    crowd_run_for(&c, SEC);
    struct noticed n = crowd_noticed(&c);
    size_t refused = 0;
    for (const struct person *p = c.people; p; p = p->next)
        refused += strcmp(p->code, "busy") == 0;
    print_message("--max-memory=%zu: %zu let in, %zu told that the relay is busy, %zu MB resident\n", limit_mib, let_in(), refused,
                  process_memory(&relay) >> 20);
    crowd_tell("  those who were there", &n);
    CHECK(process_said(&relay, "memory_short"));
    CHECK_EQ(1, process_metric(&relay, "parley_memory_short"));
    CHECK_BETWEEN(20, 1e6, refused);
    CHECK_BETWEEN(0, (limit_mib + limit_mib / 2) << 20, process_memory_peak(&relay));
    CHECK_BETWEEN(0, SILENCE_MAX, n.silence_max);
    most_go();
    come(1, NET_WEBTRANSPORT);
    crowd_until_joined(&c, 2 * JOIN_PATIENCE);
    CHECK(process_said(&relay, "memory_enough"));
    crowd_stop(&c);
    CHECK_EQ(0, process_stop(&relay));
}

int main(void)
{
    static const struct check_test tests[] = {T(no_descriptors_left), T(no_memory_left_for_websockets),
                                              T(no_memory_left_for_webtransport), T(no_memory_left_by_its_own_count)};
    return CHECK_RUN(tests);
}
