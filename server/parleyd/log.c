/* SPDX-License-Identifier: MIT */
#include "log.h"

#include <jansson.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

#define DETAILS_MAX 1024

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

static void print_json(const struct log *l, const char *time, const char *event, char *details)
{
    json_t *line = json_pack("{s:s, s:s}", "time", time, "event", event);
    char *at = details, *key, *value;
    while (line && next_pair(&at, &key, &value))
        json_object_set_new(line, key, value_of(value));
    char *text = line ? json_dumps(line, JSON_COMPACT) : NULL;
    fprintf(l->out, "%s\n", text ? text : "{}");
    free(text);
    json_decref(line);
}

void log_event(const struct log *l, const char *event, const char *format, ...)
{
    char time[32], details[DETAILS_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(details, sizeof(details), format, args);
    va_end(args);
    print_time(time);
    if (l->json)
        print_json(l, time, event, details);
    else
        fprintf(l->out, "%s %s%s%s\n", time, event, *details ? " " : "", details);
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
