/* SPDX-License-Identifier: MIT */
#include "state.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

usec_t bus_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (usec_t)t.tv_sec * SEC + t.tv_nsec / 1000;
}

void bus_wait(struct bus *b, usec_t at)
{
    struct timespec t = {.tv_sec = at / SEC, .tv_nsec = at % SEC * 1000};
    pthread_cond_timedwait(&b->kick, &b->lock, &t);
}

void bus_say(struct bus *b, const char *event, const char *sentence)
{
    pthread_mutex_lock(&b->lock);
    bool is_new = strcmp(b->said, sentence) != 0;
    snprintf(b->said, sizeof(b->said), "%s", sentence);
    pthread_mutex_unlock(&b->lock);
    if (is_new)
        b->calls.say(b->ctx, event, sentence);
}
