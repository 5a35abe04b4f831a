/* SPDX-License-Identifier: MIT */
#include "events.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/err.h"
#include "session.h"

int events_init(struct events *e)
{
    *e = (struct events){.logs = calloc(EVENT_LOGS, sizeof(*e->logs))};
    return e->logs ? 0 : ERR_NOMEM;
}

void events_free(struct events *e) { free(e->logs); }

void events_log(struct events *e, uint64_t sid, const char *code, const char *format, ...)
{
    if (e->log_count == EVENT_LOGS) {
        e->logs_lost++;
        return;
    }
    struct log_line *line = &e->logs[(e->log_first + e->log_count++) % EVENT_LOGS];
    line->sid = sid;
    line->code = code;
    va_list args;
    va_start(args, format);
    vsnprintf(line->text, sizeof(line->text), format, args);
    va_end(args);
}

void events_ready(struct events *e, struct session *s)
{
    if (s->ready)
        return;
    s->ready = true;
    s->ready_next = NULL;
    s->ready_prev = e->ready_last;
    if (e->ready_last)
        e->ready_last->ready_next = s;
    else
        e->ready_first = s;
    e->ready_last = s;
}

static void unready(struct events *e, struct session *s)
{
    if (!s->ready)
        return;
    s->ready = false;
    *(s->ready_prev ? &s->ready_prev->ready_next : &e->ready_first) = s->ready_next;
    *(s->ready_next ? &s->ready_next->ready_prev : &e->ready_last) = s->ready_prev;
}

void events_closing(struct events *e, struct session *s)
{
    s->closing_next = NULL;
    if (e->closing_last)
        e->closing_last->closing_next = s;
    else
        e->closing_first = s;
    e->closing_last = s;
}

static void unclose(struct events *e, struct session *s)
{
    struct session *before = NULL;
    for (struct session *at = e->closing_first; at; before = at, at = at->closing_next) {
        if (at != s)
            continue;
        *(before ? &before->closing_next : &e->closing_first) = s->closing_next;
        if (e->closing_last == s)
            e->closing_last = before;
        return;
    }
}

void events_forget(struct events *e, struct session *s)
{
    unready(e, s);
    unclose(e, s);
}

static int poll_log(struct events *e, struct relay_event *out)
{
    const struct log_line *line = &e->logs[e->log_first];
    e->log_first = (e->log_first + 1) % EVENT_LOGS;
    e->log_count--;
    *out = (struct relay_event){.type = RELAY_LOG, .sid = line->sid, .code = line->code, .text = line->text};
    return 1;
}

int events_poll(struct events *e, struct relay_event *out, struct session **closing)
{
    *closing = NULL;
    if (e->log_count)
        return poll_log(e, out);
    struct session *s = e->ready_first;
    if (s) {
        unready(e, s);
        *out = (struct relay_event){.type = RELAY_READY, .sid = s->sid};
        return 1;
    }
    s = e->closing_first;
    if (!s)
        return 0;
    unclose(e, s);
    *closing = s;
    *out = (struct relay_event){.type = RELAY_CLOSE, .sid = s->sid, .code = s->close_code, .text = s->close_text};
    return 1;
}
