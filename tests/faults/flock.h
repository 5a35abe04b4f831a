/* SPDX-License-Identifier: MIT */
/* flock.h - a crowd in a process of its own, so that it can be frozen by SIGSTOP: it then neither reads nor acknowledges nor leaves. */
#ifndef PARLEY_TESTS_FAULTS_FLOCK_H
#define PARLEY_TESTS_FAULTS_FLOCK_H

#include "crowd.h"

struct flock {
    pid_t pid;
    size_t count;
    int told; /* a byte comes here once all have joined */
};

/* Starts a process with `count` people. Call it before crowd_start(): a loop does not survive a fork. */
void flock_start(struct flock *f, const struct process *relay, const struct person_spec *spec, size_t count);
/* Waits until all have joined; fails the test after `patience`. */
void flock_until_joined(struct flock *f, usec_t patience);
void flock_freeze(const struct flock *f);
void flock_thaw(const struct flock *f);
void flock_kill(struct flock *f);

#endif
