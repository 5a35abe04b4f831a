/* SPDX-License-Identifier: MIT */
/* proc.h - what a process of this machine has used so far, from /proc. */
#ifndef PARLEY_LOAD_PROC_H
#define PARLEY_LOAD_PROC_H

#include <stdint.h>

struct proc_usage {
    double user_s, system_s;
    double resident_kb;
    uint64_t switches; /* of context, of all its threads */
};
/* Adds process `pid` to `u`. ERR_UNKNOWN when there is none. */
int proc_add(struct proc_usage *u, int pid);

#endif
