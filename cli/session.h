/* SPDX-License-Identifier: MIT */
/* session.h - what commands that join a meeting share: from options to a running call, its end by signal, time or refusal, and output. */
#ifndef PARLEY_CLI_SESSION_H
#define PARLEY_CLI_SESSION_H

#include <jansson.h>

#include "call.h"
#include "options.h"

struct session {
    struct options options;
    struct meeting meeting;
    struct net_loop *loop;
    struct call *call;
    struct client *client;
    bool joined, leaving, failed;
    uint32_t member; /* my id */
    /* the command's part */
    void (*on_event)(struct session *s, const struct client_event *e, usec_t now);
    void (*on_second)(struct session *s, usec_t now); /* once a second while joined */
    void *command;
    /* private */
    struct loop_timer second, end, deadline;
    struct loop_signal *interrupted, *terminated;
};

/* Prepares all but the call; 0, or prints why not and gives the exit status. `options`, `on_event`, `on_second` and `command` are set. */
int session_open(struct session *s);
/* Joins and runs until the end; gives the exit status. */
int session_run(struct session *s);
void session_close(struct session *s);

/* Prints `fields` (taken) as a line of JSON with "event" and "at_ms" before them, or, without --json, `text` when it is not NULL. */
void session_say(const struct session *s, const char *event, json_t *fields, const char *text);
/* Milliseconds of the Unix clock at `at` of the loop's clock; microseconds. */
int64_t session_unix_us(usec_t at);
const char *session_kind(enum track_kind kind);

#endif
