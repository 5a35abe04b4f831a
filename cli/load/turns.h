/* SPDX-License-Identifier: MIT */
/* turns.h - who speaks: `speakers` of `people` at once, each for `turn_us`, one after the other round the room. One change at a time,
 * evenly spaced. A function of time alone, so that nobody has to be told. */
#ifndef PARLEY_LOAD_TURNS_H
#define PARLEY_LOAD_TURNS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/units.h"

struct turns {
    uint32_t people, speakers; /* speakers 0: all */
    usec_t turn_us;
};
/* Whether number `who` (from 0) speaks at `now`, counted from any fixed moment. */
bool turns_speaks(const struct turns *t, uint32_t who, usec_t now);

#endif
