/* SPDX-License-Identifier: MIT */
#include "crypto/replay.h"

#include "base/err.h"
#include "base/rand.h"
#include "base/units.h"
#include "check.h"

static void each_counter_passes_once(void)
{
    static const struct {
        uint64_t counter;
        int result;
    } step[] = {
        {5, 0},
        {5, ERR_REPLAY},
        {4, 0}, /* late is fine */
        {4, ERR_REPLAY},
        {5 + REPLAY_WINDOW, 0},
        {5, ERR_REPLAY}, /* too old to tell */
        {6, 0},          /* the oldest that can be told */
        {6, ERR_REPLAY},
        {3 * REPLAY_WINDOW + 5, 0}, /* everything before falls out */
        {5 + REPLAY_WINDOW, ERR_REPLAY},
        {2 * REPLAY_WINDOW + 6, 0},
        {UINT64_MAX, 0},
        {UINT64_MAX, ERR_REPLAY},
        {UINT64_MAX - 1, 0},
        {0, ERR_REPLAY},
    };
    struct replay r;
    replay_init(&r);
    for (size_t i = 0; i < COUNT_OF(step); i++) {
        int result = replay_check(&r, step[i].counter);
        CHECK_EQ(step[i].result, result);
        if (!result)
            replay_mark(&r, step[i].counter);
    }
}

static void a_check_alone_changes_nothing(void)
{
    struct replay r;
    replay_init(&r);
    replay_mark(&r, 10);
    CHECK_EQ(0, replay_check(&r, 1000000));
    CHECK_EQ(0, replay_check(&r, 1000000));
    CHECK_EQ(0, replay_check(&r, 9));
}

/* Against a list of everything seen. */
static void agrees_with_a_long_memory(void)
{
    static bool seen[20000];
    struct rng rng = {3};
    struct replay r;
    uint64_t newest = 0;
    replay_init(&r);
    for (uint64_t base = 0; base + 3000 < COUNT_OF(seen); base += 1 + rng_below(&rng, 3)) {
        uint64_t c = base + rng_below(&rng, 3000);
        int expected = seen[c] || c + REPLAY_WINDOW <= newest ? ERR_REPLAY : 0;
        CHECK_EQ(expected, replay_check(&r, c));
        if (!expected) {
            replay_mark(&r, c);
            seen[c] = true;
            newest = c > newest ? c : newest;
        }
    }
}

int main(void)
{
    static const struct check_test tests[] = {
        T(each_counter_passes_once),
        T(a_check_alone_changes_nothing),
        T(agrees_with_a_long_memory),
    };
    return CHECK_RUN(tests);
}
