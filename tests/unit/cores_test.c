/* SPDX-License-Identifier: MIT */
#include "parleyd/cores.h"

#include <stddef.h>

#include "base/units.h"
#include "check.h"

static void a_quota_is_whole_processors(void)
{
    static const struct {
        const char *text;
        uint32_t cores;
    } table[] = {{"200000 100000", 2}, {"250000 100000", 2},     {"50000 100000", 1}, {"max 100000", UINT32_MAX},
                 {"", UINT32_MAX},     {"100000 0", UINT32_MAX}, {"x", UINT32_MAX}};
    for (size_t i = 0; i < COUNT_OF(table); i++)
        CHECK_EQ(table[i].cores, cores_of_quota(table[i].text));
    CHECK_BETWEEN(1, 100000, cores_usable());
}

int main(void)
{
    static const struct check_test tests[] = {T(a_quota_is_whole_processors)};
    return CHECK_RUN(tests);
}
