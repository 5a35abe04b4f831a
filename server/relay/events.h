/* SPDX-License-Identifier: MIT */
/* events.h - what relay_poll() has to tell: log lines first, then who has something to take, then whom to hang up. */
#ifndef PARLEY_RELAY_EVENTS_H
#define PARLEY_RELAY_EVENTS_H

#include "relay.h"

struct session;

#define EVENT_LOGS 256 /* lines that wait; more are counted and lost */
#define EVENT_TEXT_MAX 160

struct log_line {
    uint64_t sid;
    const char *code; /* a literal */
    char text[EVENT_TEXT_MAX];
};

struct events {
    struct log_line *logs;
    uint32_t log_first, log_count, logs_lost;
    struct session *ready_first, *ready_last;
    struct session *closing_first, *closing_last;
};

int events_init(struct events *e);
void events_free(struct events *e);
__attribute__((format(printf, 4, 5))) void events_log(struct events *e, uint64_t sid, const char *code, const char *format, ...);
void events_ready(struct events *e, struct session *s);
void events_closing(struct events *e, struct session *s);
/* The session goes away. */
void events_forget(struct events *e, struct session *s);
/* Fills `out` and gives 1, or 0. `*closing` is set to the session that a RELAY_CLOSE concerns. */
int events_poll(struct events *e, struct relay_event *out, struct session **closing);

#endif
