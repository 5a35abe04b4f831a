/* SPDX-License-Identifier: MIT */
/* level.h - loudness of a piece of sound as one number, 0 silence .. 127 full scale (127 + dBov, as ObjectHeader.level). */
#ifndef PARLEY_CODEC_LEVEL_H
#define PARLEY_CODEC_LEVEL_H

#include <stddef.h>
#include <stdint.h>

/* Of `count` samples of -1..1, root mean square. */
uint32_t sound_level(const float *pcm, size_t count);

#endif
