/* SPDX-License-Identifier: MIT */
#include "echo.h"

void echo_note(struct echo *e, const struct feedback *f, usec_t now) { *e = (struct echo){.clock_us = f->clock_us, .at = now}; }

void echo_begin(const struct echo *e, struct feedback *f, usec_t now)
{
    f->clock_us = (uint64_t)now;
    f->echo_us = e->clock_us;
    f->echo_delay_us = e->clock_us ? (uint64_t)(now - e->at) : 0;
}

usec_t echo_round_trip(const struct feedback *f, usec_t now)
{
    if (!f->echo_us || f->echo_us > (uint64_t)now || f->echo_delay_us > (uint64_t)(60 * SEC))
        return 0;
    return usec_max(0, now - (usec_t)(f->echo_us + f->echo_delay_us));
}
