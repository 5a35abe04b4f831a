/* SPDX-License-Identifier: MIT */
#include "log.h"

#include <jansson.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#define DETAILS_MAX 1024
#define LINE_MAX_BYTES PIPE_BUF

/* 2026-01-31T12:34:56.789Z */
static void print_time(char out[32])
{
    struct timespec t;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &t);
    gmtime_r(&t.tv_sec, &utc);
    size_t len = strftime(out, 32, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(out + len, 32 - len, ".%03dZ", (int)(t.tv_nsec / 1000000));
}

/* Takes the next "key=value" off *at, in place. False at the end. */
static bool next_pair(char **at, char **key, char **value)
{
    *key = *at + strspn(*at, " ");
    char *equals = strchr(*key, '=');
    if (!equals)
        return false;
    *equals = 0;
    *value = equals + 1;
    bool quoted = **value == '"';
    *value += quoted;
    char *end = *value + strcspn(*value, quoted ? "\"" : " ");
    *at = *end ? end + 1 : end;
    *end = 0;
    return true;
}

static json_t *value_of(const char *text)
{
    char *end;
    long long n = strtoll(text, &end, 10);
    return *text && !*end ? json_integer(n) : json_string(text);
}

static size_t as_json(char *out, size_t cap, const char *time, const char *event, char *details)
{
    json_t *line = json_pack("{s:s, s:s}", "time", time, "event", event);
    char *at = details, *key, *value;
    while (line && next_pair(&at, &key, &value))
        json_object_set_new(line, key, value_of(value));
    size_t len = line ? json_dumpb(line, out, cap - 1, JSON_COMPACT) : cap;
    json_decref(line);
    if (len >= cap)
        len = (size_t)snprintf(out, cap, "{}");
    out[len] = '\n';
    return len + 1;
}

static size_t write_line(const struct log *l, char out[LINE_MAX_BYTES], const char *event, char *details)
{
    char time[32];
    print_time(time);
    if (l->json)
        return as_json(out, LINE_MAX_BYTES, time, event, details);
    int len = snprintf(out, LINE_MAX_BYTES, "%s %s%s%s\n", time, event, *details ? " " : "", details);
    return (size_t)len < LINE_MAX_BYTES ? (size_t)len : LINE_MAX_BYTES - 1;
}

/* A pipe says so when it takes PIPE_BUF bytes at once; a file always does. */
static bool would_block(FILE *out)
{
    struct pollfd p = {.fd = fileno(out), .events = POLLOUT};
    return p.fd >= 0 && poll(&p, 1, 0) == 0;
}

static void put(const struct log *l, const char *event, char *details)
{
    char line[LINE_MAX_BYTES];
    fwrite(line, 1, write_line(l, line, event, details), l->out);
}

/* Both fit where one could be written: each is asked for anew. */
static void put_dropped(const struct log *l)
{
    char details[32];
    if (!*l->dropped)
        return;
    snprintf(details, sizeof(details), "lines=%llu", (unsigned long long)*l->dropped);
    *l->dropped = 0;
    put(l, "log_dropped", details);
}

void log_event(const struct log *l, const char *event, const char *format, ...)
{
    char details[DETAILS_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(details, sizeof(details), format, args);
    va_end(args);
    flockfile(l->out);
    if (!would_block(l->out))
        put_dropped(l);
    if (would_block(l->out))
        ++*l->dropped;
    else
        put(l, event, details);
    funlockfile(l->out);
}

void log_say(const struct log *l, const char *event, const char *sentence)
{
    char text[DETAILS_MAX / 2];
    snprintf(text, sizeof(text), "%s", sentence);
    for (char *at = text; *at; at++)
        if (*at == '"')
            *at = '\'';
    log_event(l, event, "text=\"%s\"", text);
}

void log_clean(char *out, size_t cap, const char *text)
{
    size_t i = 0;
    for (; i + 1 < cap && text[i]; i++)
        out[i] = text[i] >= ' ' && text[i] < 127 && text[i] != '"' && text[i] != '=' ? text[i] : '?';
    out[i] = 0;
}
