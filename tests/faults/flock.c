/* SPDX-License-Identifier: MIT */
#include "flock.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

#define JOIN_AT_ONCE 20 /* then a moment for the others */

static void live(const struct process *relay, const struct person_spec *spec, size_t count, int tell)
{
    static struct crowd c;
    crowd_start(&c, relay);
    for (size_t i = 0; i < count; i++) {
        crowd_join(&c, spec);
        if (i % JOIN_AT_ONCE == 0)
            crowd_run_for(&c, 10 * MS);
    }
    while (crowd_joined(&c) < count)
        crowd_run_for(&c, 10 * MS);
    if (write(tell, "", 1) != 1)
        _exit(1);
    for (;;)
        crowd_run_for(&c, SEC);
}

void flock_start(struct flock *f, const struct process *relay, const struct person_spec *spec, size_t count)
{
    int ends[2];
    CHECK_EQ(0, pipe(ends));
    *f = (struct flock){.pid = fork(), .count = count, .told = ends[0]};
    CHECK(f->pid >= 0);
    if (!f->pid) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(ends[0]);
        live(relay, spec, count, ends[1]);
    }
    close(ends[1]);
}

void flock_until_joined(struct flock *f, usec_t patience)
{
    struct pollfd p = {.fd = f->told, .events = POLLIN};
    char byte;
    CHECK_EQ(1, poll(&p, 1, (int)(patience / MS)));
    CHECK_EQ(1, read(f->told, &byte, 1));
}

void flock_freeze(const struct flock *f) { CHECK_EQ(0, kill(f->pid, SIGSTOP)); }

void flock_thaw(const struct flock *f) { CHECK_EQ(0, kill(f->pid, SIGCONT)); }

void flock_kill(struct flock *f)
{
    if (!f->pid)
        return;
    kill(f->pid, SIGKILL);
    waitpid(f->pid, NULL, 0);
    close(f->told);
    f->pid = 0;
}
