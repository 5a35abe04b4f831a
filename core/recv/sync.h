/* SPDX-License-Identifier: MIT */
/* sync.h - lip sync: how much to hold the picture, or the sound, so that both are seen and heard at the same time after capture.
 *
 * Sound and picture of one member carry one clock (captured_us). With the delay of each from capture to ear and eye (ours minus theirs:
 * any steady difference of clocks is in both and falls out), the one that is ahead is held. Holds move slowly, so nothing jumps. */
#ifndef PARLEY_RECV_SYNC_H
#define PARLEY_RECV_SYNC_H

#include "base/units.h"

#define SYNC_PICTURE_MAX (300 * MS) /* longest extra hold of the picture */
#define SYNC_SOUND_MAX (200 * MS)   /* and of the sound: talking over each other costs more than lips */
#define SYNC_SLACK (45 * MS) /* sound may be ahead or behind by this: nobody notices (ITU-R BT.1359: 45 ahead, 125 behind) */
#define SYNC_SLEW_PER_SEC (80 * MS) /* how fast a hold moves */

struct sync {
    usec_t picture, sound; /* holds beyond each one's own delay */
    usec_t moved;
};

void sync_init(struct sync *s);
/* `sound` and `picture`: heard or shown minus captured, without any hold of ours: base + target of each. */
void sync_update(struct sync *s, usec_t sound, usec_t picture, usec_t now);
/* Sound or picture is gone: holds return to zero at once. */
void sync_reset(struct sync *s);
/* Beyond what each would do by itself: jitter_hold() wants it added to jitter_target(), playout_hold() as it is. */
usec_t sync_picture_hold(const struct sync *s);
usec_t sync_sound_hold(const struct sync *s);

#endif
