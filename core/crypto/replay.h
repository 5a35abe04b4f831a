/* SPDX-License-Identifier: MIT */
/* replay.h - which of a sender's last counters were seen, so that each sealed object is opened once.
 *
 * Check before opening, mark after the tag was found good: forged counters never move the window. */
#ifndef PARLEY_CRYPTO_REPLAY_H
#define PARLEY_CRYPTO_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#define REPLAY_WINDOW 2048 /* counters; 14 s of one voice and three video layers at 30 frames a second */

struct replay {
    bool any;
    uint64_t newest;
    uint64_t seen[REPLAY_WINDOW / 64]; /* bit (counter % REPLAY_WINDOW) */
};

void replay_init(struct replay *r);
/* 0 when `counter` is new, ERR_REPLAY when it was marked or lies REPLAY_WINDOW or more behind the newest. */
int replay_check(const struct replay *r, uint64_t counter);
/* As if all counters up to `newest` had been seen. */
void replay_resume(struct replay *r, uint64_t newest);
/* After replay_check() was 0. */
void replay_mark(struct replay *r, uint64_t counter);

#endif
