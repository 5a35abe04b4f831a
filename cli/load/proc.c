/* SPDX-License-Identifier: MIT */
#include "proc.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

/* Times stand behind the program's name, which may hold anything but ends with the last parenthesis. */
static int add_times(struct proc_usage *u, int pid)
{
    char path[64], line[1024];
    unsigned long user, system;
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *f = fopen(path, "r");
    const char *text = f ? fgets(line, sizeof line, f) : NULL;
    if (f)
        fclose(f);
    const char *end = text ? strrchr(text, ')') : NULL;
    if (!end || sscanf(end + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) != 2)
        return ERR_UNKNOWN;
    double tick = (double)sysconf(_SC_CLK_TCK);
    u->user_s += (double)user / tick;
    u->system_s += (double)system / tick;
    return 0;
}

/* Sums the lines of a status file that begin with one of `names`. */
static double sum_of(const char *path, const char *const *names, size_t count)
{
    char line[256];
    double sum = 0;
    FILE *f = fopen(path, "r");
    while (f && fgets(line, sizeof line, f))
        for (size_t i = 0; i < count; i++)
            if (strncmp(line, names[i], strlen(names[i])) == 0)
                sum += strtod(line + strlen(names[i]), NULL);
    if (f)
        fclose(f);
    return sum;
}

static uint64_t switches_of(int pid)
{
    static const char *const names[] = {"voluntary_ctxt_switches:", "nonvoluntary_ctxt_switches:"};
    char path[320];
    uint64_t sum = 0;
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));) {
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "/proc/%d/task/%.20s/status", pid, e->d_name);
        sum += (uint64_t)sum_of(path, names, 2);
    }
    if (d)
        closedir(d);
    return sum;
}

int proc_add(struct proc_usage *u, int pid)
{
    static const char *const resident[] = {"VmRSS:"};
    char path[64];
    if (add_times(u, pid))
        return ERR_UNKNOWN;
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    u->resident_kb += sum_of(path, resident, 1);
    u->switches += switches_of(pid);
    return 0;
}
