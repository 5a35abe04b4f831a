/* SPDX-License-Identifier: MIT */
#include "codec/level.h"

#include <math.h>

uint32_t sound_level(const float *pcm, size_t count)
{
    float sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += pcm[i] * pcm[i];
    if (!(sum > 0))
        return 0;
    float level = 127.0f + 10.0f * log10f(sum / (float)count);
    return level < 0 ? 0 : level > 127 ? 127 : (uint32_t)(level + 0.5f);
}
