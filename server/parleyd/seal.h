/* SPDX-License-Identifier: MIT */
/* seal.h - the secret under which resume tokens are given, for all threads: who was in a meeting has the seat again at any relay of the
 * system (relay/tokens.h), and at this one when it was started anew, if the secret is kept in a file. */
#ifndef PARLEY_SERVER_SEAL_H
#define PARLEY_SERVER_SEAL_H

#include <pthread.h>

#include "bus/bus.h"

#define SEAL_FILE_MAX 1100

struct seal {
    pthread_mutex_t lock; /* of what follows; no packet waits for it */
    struct bus_seal now;
    char file[SEAL_FILE_MAX]; /* "": kept in memory only */
};

/* Reads the file, or makes a new secret and writes it there. ERR_IO, ERR_PARSE and a sentence. */
int seal_init(struct seal *s, const char *file, char *why, size_t why_cap);
/* Wipes it. */
void seal_end(struct seal *s);
/* Another relay's, which is elder: takes its place, in the file too. On ERR_IO the file is as it was, with a sentence. One thread at a time. */
int seal_take(struct seal *s, const struct bus_seal *elder, char *why, size_t why_cap);
struct bus_seal seal_now(struct seal *s);

#endif
