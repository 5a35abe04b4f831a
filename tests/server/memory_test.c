/* SPDX-License-Identifier: MIT */
#include "check.h"

#include <stdlib.h>

#include "parleyd/memory.h"

static void closes_at_the_limit_and_opens_well_below(void)
{
    static const struct {
        size_t used_mib;
        bool closed, changed;
    } step[] = {{10, false, false}, {159, false, false}, {160, true, true},
                {151, true, false}, {149, false, true},  {155, false, false}};
    struct memory_guard g;
    memory_guard_init(&g, 160);
    for (size_t i = 0; i < sizeof(step) / sizeof(step[0]); i++) {
        CHECK_EQ(step[i].changed, memory_guard_note(&g, step[i].used_mib << 20));
        CHECK_EQ(step[i].closed, g.closed);
    }
}

static void knows_what_there_is(void)
{
    struct memory_guard g;
    size_t machine = memory_of_machine(), before = memory_used(), more = 64u << 20;
    CHECK_BETWEEN(1 << 20, machine, before);
    volatile char *taken = malloc(more);
    for (size_t at = 0; at < more; at += 4096)
        taken[at] = 1;
    CHECK_BETWEEN(before + more / 2, machine, memory_used());
    free((char *)(uintptr_t)taken);
    memory_guard_init(&g, 0);
    CHECK_EQ(machine / 4 * 3, g.limit);
    CHECK(!memory_guard_note(&g, before));
}

int main(void)
{
    static const struct check_test tests[] = {T(closes_at_the_limit_and_opens_well_below), T(knows_what_there_is)};
    return CHECK_RUN(tests);
}
