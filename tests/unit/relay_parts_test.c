/* SPDX-License-Identifier: MIT */
/* The small containers of the relay against plain models: map, timers, token buckets, tokens. */
#include "check.h"

#include <string.h>

#include "base/rand.h"
#include "relay/bucket.h"
#include "relay/map.h"
#include "relay/timers.h"
#include "relay/tokens.h"

#define KEYS 500

static void a_map_remembers_as_an_array_does(void)
{
    struct map m = {0};
    static int values[KEYS];
    bool in[KEYS] = {false};
    struct rng rng = {7};
    size_t count = 0;
    for (int step = 0; step < 20000; step++) {
        uint64_t key = rng_below(&rng, KEYS);
        bool put = rng_below(&rng, 2);
        count += put && !in[key];
        count -= !put && in[key];
        if (put)
            CHECK_EQ(0, map_put(&m, key << 20, &values[key]));
        else
            CHECK(map_take(&m, key << 20) == (in[key] ? &values[key] : NULL));
        in[key] = put;
        CHECK_EQ(count, m.count);
    }
    for (uint64_t key = 0; key < KEYS; key++)
        CHECK(map_get(&m, key << 20) == (in[key] ? &values[key] : NULL));
    size_t at = 0, seen = 0;
    while (map_next(&m, &at))
        seen++;
    CHECK_EQ(count, seen);
    map_free(&m);
}

static void timers_come_in_order(void)
{
    struct timers h = {0};
    static struct timer t[200];
    struct rng rng = {3};
    for (int step = 0; step < 5000; step++) {
        struct timer *one = &t[rng_below(&rng, COUNT_OF(t))];
        if (rng_below(&rng, 4))
            timer_set(&h, one, (usec_t)rng_below(&rng, 1000));
        else
            timer_stop(&h, one);
    }
    size_t set = 0, fired = 0;
    for (size_t i = 0; i < COUNT_OF(t); i++)
        set += t[i].set;
    CHECK(set > 50);
    usec_t before = 0;
    for (struct timer *one; (one = timers_due(&h, 999)); fired++) {
        CHECK(one->at >= before);
        CHECK(!one->set);
        before = one->at;
    }
    CHECK_EQ(set, fired);
    CHECK_EQ(NEVER, timers_deadline(&h));
}

static void a_timer_is_not_due_early(void)
{
    struct timers h = {0};
    struct timer t = {0};
    timer_set(&h, &t, 100);
    timer_set_earlier(&h, &t, 200);
    CHECK_EQ(100, timers_deadline(&h));
    timer_set_earlier(&h, &t, 50);
    CHECK_EQ(50, timers_deadline(&h));
    CHECK(!timers_due(&h, 49));
    CHECK(timers_due(&h, 50) == &t);
}

static void a_bucket_gives_rate_and_burst(void)
{
    static const struct {
        usec_t now;
        int64_t units;
        bool given;
    } step[] = {
        {0, 200, true},  {0, 1, false},           {10 * MS, 1, true},     {10 * MS, 1, false},   {SEC, 99, true},
        {SEC, 1, false}, {100 * SEC, 201, false}, {100 * SEC, 200, true}, {100 * SEC, 1, false}, {99 * SEC, 1, false},
    };
    struct bucket b = bucket_of(100, 200, 0);
    for (size_t i = 0; i < COUNT_OF(step); i++)
        CHECK_EQ(step[i].given, bucket_take(&b, step[i].units, step[i].now));
}

static void a_bucket_of_2_gbit_does_not_overflow(void)
{
    struct bucket b = bucket_of(2000000000 / 8, 2000000000 / 8, 0);
    CHECK(bucket_take(&b, 250000000, 0));
    CHECK(bucket_take(&b, 250000000, INT64_MAX / 2));
    CHECK(!bucket_take(&b, 1, INT64_MAX / 2));
}

static const uint8_t room[16] = "room", other_room[16] = "rood";

static void tokens_differ_by_seed_and_turn(void)
{
    struct tokens a, b;
    tokens_init(&a, (const uint8_t[32]){1});
    tokens_init(&b, (const uint8_t[32]){2});
    uint8_t first[WIRE_RESUME_BYTES], second[WIRE_RESUME_BYTES], other[WIRE_RESUME_BYTES];
    const struct token_seat seat = {.id = 1};
    tokens_next(&a, room, &seat, first);
    tokens_next(&a, room, &seat, second);
    tokens_next(&b, room, &seat, other);
    CHECK(!tokens_same(first, second));
    CHECK(!tokens_same(first, other));
    CHECK(tokens_same(first, first));
    CHECK(tokens_hash(&a, "m", 1) != tokens_hash(&b, "m", 1));
    CHECK(tokens_hash(&a, "m", 1) == tokens_hash(&a, "m", 1));
}

static void a_token_opens_under_its_seal_alone(void)
{
    struct tokens a, b;
    struct token_seat is, was = {.id = 7, .moves = 3, .order = 1ull << 40};
    uint8_t token[WIRE_RESUME_BYTES];
    tokens_init(&a, (const uint8_t[32]){1});
    tokens_init(&b, (const uint8_t[32]){2});
    tokens_next(&a, room, &was, token);
    CHECK(!tokens_open(&b, room, token, &is));
    tokens_set_seal(&a, (const uint8_t[32]){9}, 0);
    tokens_set_seal(&b, (const uint8_t[32]){9}, 0);
    CHECK(tokens_open(&a, room, token, &is)); /* under the one before */
    CHECK(!tokens_open(&b, room, token, &is));
    tokens_next(&a, room, &was, token);
    CHECK(tokens_open(&b, room, token, &is));
    CHECK_EQ(7, is.id);
    CHECK_EQ(3, is.moves);
    CHECK(is.order == was.order);
    CHECK(!tokens_open(&b, other_room, token, &is));
    for (size_t at = 0; at < sizeof(token); at++) {
        token[at] ^= 1;
        CHECK(!tokens_open(&b, room, token, &is));
        token[at] ^= 1;
    }
    tokens_set_seal(&b, (const uint8_t[32]){9}, 0); /* the same again */
    tokens_set_seal(&b, (const uint8_t[32]){8}, 0);
    CHECK(tokens_open(&b, room, token, &is));
}

int main(void)
{
    static const struct check_test tests[] = {
        T(a_map_remembers_as_an_array_does),
        T(timers_come_in_order),
        T(a_timer_is_not_due_early),
        T(a_bucket_gives_rate_and_burst),
        T(a_bucket_of_2_gbit_does_not_overflow),
        T(tokens_differ_by_seed_and_turn),
        T(a_token_opens_under_its_seal_alone),
    };
    return CHECK_RUN(tests);
}
