/* SPDX-License-Identifier: MIT */
#include "turns.h"

bool turns_speaks(const struct turns *t, uint32_t who, usec_t now)
{
    if (!t->speakers || t->speakers >= t->people || t->turn_us < (usec_t)t->speakers)
        return true;
    uint64_t first = (uint64_t)(now / (t->turn_us / t->speakers)) % t->people;
    return (who + t->people - first) % t->people < t->speakers;
}
