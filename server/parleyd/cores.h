/* SPDX-License-Identifier: MIT */
/* cores.h - how many processors this process may use. */
#ifndef PARLEY_SERVER_CORES_H
#define PARLEY_SERVER_CORES_H

#include <stdint.h>

/* Those that it may run on (taskset, cpuset), or fewer where a container has a quota of time (cgroup 2); at least 1. */
uint32_t cores_usable(void);
/* Whole processors of a cgroup's cpu.max ("200000 100000" is 2), at least 1; UINT32_MAX: no quota, or not readable. */
uint32_t cores_of_quota(const char *text);

#endif
