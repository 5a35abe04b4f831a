/* SPDX-License-Identifier: MIT */
#include "proc.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

/* Fields that follow the program's name, which may hold anything but ends with the last parenthesis. */
enum { FIELD_USER = 12, FIELD_SYSTEM = 13 };

static double seconds_of(const char *text, int field)
{
    for (int i = 0; i < field && text; i++)
        text = strchr(text + 1, ' ');
    return text ? (double)strtoul(text, NULL, 10) / (double)sysconf(_SC_CLK_TCK) : 0;
}

static int add_times(struct proc_usage *u, int pid)
{
    char path[64], line[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *f = fopen(path, "r");
    const char *text = f ? fgets(line, sizeof line, f) : NULL;
    if (f)
        fclose(f);
    const char *end = text ? strrchr(text, ')') : NULL;
    if (!end)
        return ERR_UNKNOWN;
    u->user_s += seconds_of(end, FIELD_USER);
    u->system_s += seconds_of(end, FIELD_SYSTEM);
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
