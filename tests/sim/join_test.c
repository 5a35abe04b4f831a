/* SPDX-License-Identifier: MIT */
/* Joining a meeting that runs: how soon a picture is there, with what the relay remembers and without it, and that nothing stumbles later. */
#include "check.h"
#include "sim.h"

#define JOIN_AT (1500 * MS)
#define END (20 * SEC)

struct joined {
    usec_t first; /* picture of each of the two, after joining was begun; the later one */
    usec_t frozen, delay_p95;
    uint32_t keys; /* frames that the two publishers had to make for the newcomer */
    uint64_t hits;
};

static struct path far(usec_t delay) { return (struct path){.delay = delay, .jitter = 2 * MS}; }

static struct person_config somebody(usec_t delay)
{
    return (struct person_config){.camera = true, .mic = true, .max_bps = 300000, .up = far(delay), .down = far(delay)};
}

static uint32_t keys_seen(const struct sim *s) { return s->person[0]->eye[1].keys + s->person[1]->eye[0].keys; }

static void look(struct joined *j, const struct person *carl, const struct person *of)
{
    j->first = usec_max(j->first, carl->eye[of->index].first - JOIN_AT);
    j->frozen += person_frozen(carl, of, JOIN_AT, END);
    j->delay_p95 = usec_max(j->delay_p95, person_delay_ms(carl, of, 950));
    CHECK_EQ(0, carl->eye[of->index].undecodable);
}

/* Two people 60 ms away from the relay, and a third who comes when they have been there for 1.5 s. */
static struct joined join(struct person_config carl, bool cache, uint64_t seed)
{
    struct relay_limits limits = relay_limits_default();
    limits.cache_objects = cache ? limits.cache_objects : 0;
    struct sim *s = sim_new_limited(seed, &limits);
    struct person_config other = somebody(60 * MS);
    sim_add(s, &other);
    sim_add(s, &other);
    sim_run(s, JOIN_AT);
    uint32_t keys = keys_seen(s);
    sim_add(s, &carl);
    sim_run(s, END);
    struct joined j = {.keys = keys_seen(s) - keys};
    look(&j, s->person[2], s->person[0]);
    look(&j, s->person[2], s->person[1]);
    struct relay_stats stats;
    relay_stats(s->relay, &stats);
    j.hits = stats.cache_hits;
    sim_del(s);
    return j;
}

static void print(const char *what, const struct joined *j)
{
    print_message("  %s: first picture %lld ms, frozen %lld ms, delay p95 %lld ms, %u key frames, %llu hits\n", what,
                  (long long)(j->first / MS), (long long)(j->frozen / MS), (long long)j->delay_p95, j->keys,
                  (unsigned long long)j->hits);
}

static void a_running_meeting_is_seen_at_once(void)
{
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct joined with = join(somebody(10 * MS), true, seed), without = join(somebody(10 * MS), false, seed);
        print("with", &with);
        print("without", &without);
        CHECK_EQ(2, with.hits);
        CHECK_EQ(0, with.keys);
        CHECK_EQ(2, without.keys);
        CHECK(with.first + 100 * MS < without.first); /* the way to the publisher and back is 120 ms */
        CHECK_EQ(0, with.frozen);
        CHECK_BETWEEN(1, without.delay_p95 + 5, with.delay_p95);
    }
}

/* 1.5 Mbit/s for two pictures of 0.3: the burst must not cost the newcomer its layers or a freeze. */
static void a_narrower_path_is_not_hurt(void)
{
    struct person_config carl = somebody(20 * MS);
    carl.down.rate_bps = 1500000;
    carl.down.queue = 300 * MS;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        struct joined with = join(carl, true, seed), without = join(carl, false, seed);
        print("with", &with);
        print("without", &without);
        CHECK(with.first <= without.first);
        CHECK_BETWEEN(0, without.frozen + 100 * MS, with.frozen);
        CHECK_BETWEEN(1, without.delay_p95 + 130, with.delay_p95); /* of the first second, mostly */
    }
}

/* Nobody watched: the camera has to begin. */
static usec_t second_one(bool cache, uint64_t seed)
{
    struct relay_limits limits = relay_limits_default();
    limits.cache_objects = cache ? limits.cache_objects : 0;
    struct sim *s = sim_new_limited(seed, &limits);
    struct person_config ann = somebody(40 * MS), bob = somebody(40 * MS);
    sim_add(s, &ann);
    sim_run(s, JOIN_AT);
    sim_add(s, &bob);
    sim_run(s, JOIN_AT + 5 * SEC);
    usec_t first = s->person[1]->eye[0].first - JOIN_AT;
    CHECK_EQ(0, person_frozen(s->person[1], s->person[0], JOIN_AT, JOIN_AT + 5 * SEC));
    CHECK_EQ(0, s->person[1]->eye[0].undecodable);
    sim_del(s);
    return first;
}

static void the_picture_begins_before_it_is_asked_for(void)
{
    for (uint64_t seed = 1; seed <= 4; seed++) {
        usec_t with = second_one(true, seed), without = second_one(false, seed);
        print_message("  first picture %lld ms; begun when it is asked for %lld ms\n", (long long)(with / MS),
                      (long long)(without / MS));
        CHECK(with + 40 * MS < without); /* from Welcome to Subscribe it takes 80 ms */
    }
}

int main(void)
{
    static const struct check_test tests[] = {
        T(a_running_meeting_is_seen_at_once),
        T(a_narrower_path_is_not_hurt),
        T(the_picture_begins_before_it_is_asked_for),
    };
    return CHECK_RUN(tests);
}
