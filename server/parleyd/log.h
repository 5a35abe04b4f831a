/* SPDX-License-Identifier: MIT */
/* log.h - one line per event on standard error: a word, then key=value pairs; or the same as one JSON object.
 *
 * Never waits: while nobody reads what is printed, lines are dropped, and the next one that goes out is preceded by log_dropped. */
#ifndef PARLEY_SERVER_LOG_H
#define PARLEY_SERVER_LOG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct log {
    FILE *out; /* unbuffered */
    bool json;
    uint64_t *dropped; /* lines since the last one that went out, guarded by the lock of `out`; borrowed */
};

/* `format` gives "key=value key=value ..."; a value with spaces stands in double quotes, without any inside.
 * Control characters and quotes that strangers send are replaced before they get here: log_clean(). */
__attribute__((format(printf, 3, 4))) void log_event(const struct log *l, const char *event, const char *format, ...);
/* A sentence for people. */
void log_say(const struct log *l, const char *event, const char *sentence);
/* Copies text of a stranger's, with anything but plain printable ASCII replaced by '?'. */
void log_clean(char *out, size_t cap, const char *text);

#endif
