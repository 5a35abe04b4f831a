/* SPDX-License-Identifier: MIT */
#include "recv/sync.h"

#include <string.h>

void sync_init(struct sync *s)
{
    memset(s, 0, sizeof *s);
    s->moved = NEVER;
}

void sync_reset(struct sync *s) { sync_init(s); }

static usec_t towards(usec_t from, usec_t to, usec_t step)
{
    return to > from ? usec_min(to, from + step) : usec_max(to, from - step);
}

void sync_update(struct sync *s, usec_t sound, usec_t picture, usec_t now)
{
    usec_t elapsed = s->moved == NEVER ? 0 : usec_max(0, usec_min(now - s->moved, SEC));
    usec_t step = elapsed * SYNC_SLEW_PER_SEC / SEC;
    usec_t picture_wanted = usec_max(0, usec_min(sound - picture - SYNC_SLACK, SYNC_PICTURE_MAX));
    usec_t sound_wanted = usec_max(0, usec_min(picture - sound - SYNC_SLACK, SYNC_SOUND_MAX));
    s->picture = towards(s->picture, picture_wanted, step);
    s->sound = towards(s->sound, sound_wanted, step);
    s->moved = now;
}

usec_t sync_picture_hold(const struct sync *s) { return s->picture; }
usec_t sync_sound_hold(const struct sync *s) { return s->sound; }
