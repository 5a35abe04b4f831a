/* SPDX-License-Identifier: MIT */
/* process.h - a relay as the program it is: started, asked for its numbers, stopped by signals, its memory and time read from /proc. */
#ifndef PARLEY_TESTS_FAULTS_PROCESS_H
#define PARLEY_TESTS_FAULTS_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/types.h>

#include "base/units.h"

struct process {
    pid_t pid; /* 0: none */
    uint16_t port, plain_port;
    char log[64]; /* file with both streams */
};

/* What the child does to itself before it becomes the relay; may be NULL. */
typedef void process_prepare(void);

/* Starts parleyd on `port` and `plain_port` (0: any) with these further arguments (NULL at the end), and waits until it serves. Fails the test
 * when it does not within PROCESS_PATIENCE. */
#define PROCESS_PATIENCE (20 * SEC)
void process_start(struct process *p, uint16_t port, uint16_t plain_port, const char *const *arguments, process_prepare *prepare);
/* A port that nobody has now, for UDP and TCP. */
uint16_t process_free_port(void);
void process_signal(const struct process *p, int signum);
/* SIGKILL, and waits until it is gone; prints the log when a sanitizer has complained there. */
void process_kill(struct process *p);
/* SIGTERM, once people have left; gives the exit code, -1 when it was killed by a signal or had to be. Fails the test when a sanitizer has complained. */
int process_stop(struct process *p);
bool process_alive(const struct process *p);

/* Bytes of memory in use now, and the most so far. */
size_t process_memory(const struct process *p);
size_t process_memory_peak(const struct process *p);
/* CPU time used so far, of the system too. */
usec_t process_cpu(const struct process *p);
size_t process_descriptors(const struct process *p);
/* One number of /metrics; -1 when there is no answer within 2 s or no such number. */
double process_metric(const struct process *p, const char *name);
/* Whether the log has this text. */
bool process_said(const struct process *p, const char *text);

/* A test that takes long, or repeats another with little difference, begins with this: it is left out unless FAULTS_ALL is set, as
 * tools/check does. */
#define HEAVY()                                                                                                                    \
    do {                                                                                                                           \
        if (!getenv("FAULTS_ALL"))                                                                                                 \
            skip();                                                                                                                \
    } while (0)

/* Bounds are for a build without sanitizers; those take several times as long, and keep what was freed. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#define PATIENT(us) ((us) * 5)
#define ROOMY(bytes) ((bytes) * 4)
#else
#define SANITIZED 0
#define PATIENT(us) (us)
#define ROOMY(bytes) (bytes)
#endif

#endif
