/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- what the system tells ---- */

static size_t page_bytes(void) { return (size_t)sysconf(_SC_PAGESIZE); }

/* The first line, or "". */
static void read_line(const char *path, char out[256])
{
    FILE *f = fopen(path, "r");
    if (!f || !fgets(out, 256, f))
        out[0] = 0;
    if (f)
        fclose(f);
}

/* All pages, then those that are resident. */
size_t memory_used(void)
{
    char line[256];
    read_line("/proc/self/statm", line);
    const char *second = strchr(line, ' ');
    return second ? (size_t)strtoul(second, NULL, 10) * page_bytes() : 0;
}

/* A limit in bytes, or 0: no such file, or "max". */
static size_t read_limit(const char *path)
{
    char line[256];
    read_line(path, line);
    unsigned long long bytes = strtoull(line, NULL, 10);
    return bytes < SIZE_MAX / 2 ? (size_t)bytes : 0;
}

/* The limit of our own group (version 2), for a service without a container. */
static size_t read_own_group(void)
{
    char line[512], path[600] = "";
    FILE *f = fopen("/proc/self/cgroup", "r");
    while (f && fgets(line, sizeof(line), f))
        if (strncmp(line, "0::/", 4) == 0) {
            line[strcspn(line, "\n")] = 0;
            snprintf(path, sizeof(path), "/sys/fs/cgroup%s/memory.max", line + 3);
        }
    if (f)
        fclose(f);
    return *path ? read_limit(path) : 0;
}

static size_t smaller(size_t a, size_t b) { return !a || (b && b < a) ? b : a; }

size_t memory_of_machine(void)
{
    size_t have = (size_t)sysconf(_SC_PHYS_PAGES) * page_bytes();
    have = smaller(have, read_own_group());
    have = smaller(have, read_limit("/sys/fs/cgroup/memory.max"));
    return smaller(have, read_limit("/sys/fs/cgroup/memory/memory.limit_in_bytes"));
}

void memory_give_back(void) { malloc_trim(0); }

/* ---- the guard ---- */

void memory_guard_init(struct memory_guard *g, size_t limit_mib)
{
    *g = (struct memory_guard){.limit = limit_mib ? limit_mib << 20 : memory_of_machine() / 4 * 3};
}

bool memory_guard_note(struct memory_guard *g, size_t used)
{
    size_t at = g->closed ? g->limit - g->limit / 16 : g->limit;
    bool closed = g->limit && used >= at, changed = closed != g->closed;
    g->closed = closed;
    return changed;
}
