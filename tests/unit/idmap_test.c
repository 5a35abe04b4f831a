/* SPDX-License-Identifier: MIT */
#include "session/idmap.h"

#include <stdbool.h>

#include "base/rand.h"
#include "base/units.h"
#include "check.h"

/* Against the plainest thing that can be right: an array. */
static void does_what_an_array_would(void)
{
    static char value[512];
    static bool there[COUNT_OF(value)];
    struct idmap m;
    struct rng rng = {5};
    size_t count = 0;
    idmap_init(&m);
    for (int i = 0; i < 50000; i++) {
        size_t n = (size_t)rng_below(&rng, COUNT_OF(value));
        uint64_t id = (uint64_t)n << 33 | n; /* ids that are alike below */
        CHECK(idmap_get(&m, id) == (there[n] ? &value[n] : NULL));
        if (rng_below(&rng, 2)) {
            CHECK_EQ(0, idmap_put(&m, id, &value[n]));
            count += there[n] ? 0 : 1;
            there[n] = true;
        } else {
            CHECK(idmap_take(&m, id) == (there[n] ? &value[n] : NULL));
            count -= there[n] ? 1 : 0;
            there[n] = false;
        }
        CHECK_EQ(count, m.count);
    }
    size_t cursor = 0, walked = 0;
    while (idmap_next(&m, &cursor))
        walked++;
    CHECK_EQ(count, walked);
    idmap_reset(&m);
    CHECK(!idmap_get(&m, 1) && !idmap_take(&m, 1));
}

int main(void)
{
    static const struct check_test tests[] = {T(does_what_an_array_would)};
    return CHECK_RUN(tests);
}
