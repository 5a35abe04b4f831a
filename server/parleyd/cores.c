/* SPDX-License-Identifier: MIT */
#include "cores.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

uint32_t cores_of_quota(const char *text)
{
    char *end, *last;
    unsigned long quota_us = strtoul(text, &end, 10), period_us = strtoul(end, &last, 10);
    if (end == text || last == end || !period_us || quota_us / period_us >= UINT32_MAX)
        return UINT32_MAX;
    return quota_us < period_us ? 1 : (uint32_t)(quota_us / period_us);
}

static uint32_t quota(void)
{
    char text[64] = "";
    FILE *f = fopen("/sys/fs/cgroup/cpu.max", "r");
    if (!f)
        return UINT32_MAX;
    if (!fgets(text, sizeof(text), f))
        text[0] = 0;
    fclose(f);
    return cores_of_quota(text);
}

uint32_t cores_usable(void)
{
    cpu_set_t set;
    int cores = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
    uint32_t most = quota(), count = cores > 0 ? (uint32_t)cores : 1;
    return count < most ? count : most;
}
