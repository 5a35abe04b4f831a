/* SPDX-License-Identifier: MIT */
#include "session.h"

#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "base/err.h"

#define LEAVE_AFTER (2 * SEC) /* a goodbye that gets no answer */

int64_t session_unix_us(usec_t at)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000 + (at - loop_now());
}

const char *session_kind(enum track_kind kind)
{
    static const char *const names[] = {"?", "microphone", "camera", "screen", "screen sound"};
    return (size_t)kind < COUNT_OF(names) ? names[kind] : names[0];
}

/* ---- output ---- */

void session_say(const struct session *s, const char *event, json_t *fields, const char *text)
{
    if (s->options.json) {
        json_t *line = json_pack("{s:s, s:I}", "event", event, "at_ms", (json_int_t)(session_unix_us(loop_now()) / 1000));
        json_object_update(line, fields);
        json_dumpf(line, stdout, JSON_COMPACT | JSON_PRESERVE_ORDER);
        putchar('\n');
        json_decref(line);
    } else if (text) {
        puts(text);
    }
    fflush(stdout);
    json_decref(fields);
}

/* ---- the end ---- */

static void finish(struct session *s) { loop_stop(s->loop); }

static void leave(struct session *s)
{
    if (s->leaving) {
        finish(s);
        return;
    }
    s->leaving = true;
    client_leave(s->client, loop_now());
    loop_timer_set(s->loop, &s->deadline, loop_now() + LEAVE_AFTER);
}

static void on_signal(void *ctx, int signum)
{
    (void)signum;
    leave(ctx);
}

static void on_end(void *ctx, usec_t now)
{
    (void)now;
    leave(ctx);
}

static void on_deadline(void *ctx, usec_t now)
{
    (void)now;
    finish(ctx);
}

static void on_second(void *ctx, usec_t now)
{
    struct session *s = ctx;
    if (s->joined && s->on_second)
        s->on_second(s, now);
    loop_timer_set(s->loop, &s->second, now + SEC);
}

/* ---- events every command tells ---- */

static void on_link(struct session *s, const struct client_event *e)
{
    static const char *const names[] = {"idle", "dialing", "joining", "live", "retrying", "refused", "leaving", "left"};
    const char *code = e->code ? e->code : "", *text = e->text ? e->text : "";
    char line[400];
    snprintf(line, sizeof line, "%s%s%s", names[e->state], *text ? ": " : "", text);
    session_say(s, "link", json_pack("{s:s, s:s, s:s}", "state", names[e->state], "code", code, "text", text), line);
    if (e->state == LINK_REFUSED) {
        s->failed = true;
        finish(s);
    }
}

static void on_joined(struct session *s, const struct client_event *e)
{
    struct client_stats stats;
    client_stats(s->client, &stats, loop_now());
    const char *transport = stats.transport == TRANSPORT_WEBSOCKET ? "websocket" : "webtransport";
    char line[100];
    snprintf(line, sizeof line, "joined as member %u over %s", e->member, transport);
    s->joined = true;
    s->member = e->member;
    session_say(s, "joined", json_pack("{s:i, s:b, s:s}", "member", e->member, "resumed", e->resumed, "transport", transport),
                line);
}

static void on_event(void *ctx, const struct client_event *e, usec_t now)
{
    struct session *s = ctx;
    if (e->type == CLIENT_LINK)
        on_link(s, e);
    else if (e->type == CLIENT_JOINED)
        on_joined(s, e);
    else if (e->type == CLIENT_LEFT)
        finish(s);
    else if (e->type == CLIENT_NOTICE)
        session_say(s, "notice", json_pack("{s:s, s:s}", "code", e->code, "text", e->text), e->text);
    else if (e->type == CLIENT_MEMBER)
        session_say(s, "member", json_pack("{s:i, s:s, s:b}", "member", e->info->id, "name", e->info->name, "away", e->info->away),
                    NULL);
    else if (e->type == CLIENT_GONE)
        session_say(s, "gone", json_pack("{s:i}", "member", e->member), NULL);
    else if (e->type == CLIENT_KEYS)
        session_say(s, "keys", json_pack("{s:i, s:b}", "member", e->member, "ok", e->ok),
                    e->ok ? NULL : "somebody's media cannot be opened: another secret");
    if (s->on_event)
        s->on_event(s, e, now);
}

/* ---- the beginning ---- */

static int complain(const char *text)
{
    fprintf(stderr, "parley: %s\n", text);
    return EX_USAGE;
}

static int read_link(struct session *s)
{
    int err = meeting_parse(&s->meeting, s->options.link);
    if (err == ERR_NO_KEY)
        return complain("the link has no secret: it ends with # and at least 22 letters. In a shell, put it in quotes.");
    if (err)
        return complain("that is no link of a meeting: https://HOST[:PORT]/m/MEETING#SECRET");
    if (s->options.insecure)
        s->meeting.verify = NET_VERIFY_NONE;
    if (s->options.cert_hash && meeting_trust_hash(&s->meeting, s->options.cert_hash))
        return complain("the certificate's hash is 32 bytes in hex or base64");
    return 0;
}

int session_open(struct session *s)
{
    const char *why = "";
    if (sodium_init() < 0)
        return EX_SOFTWARE;
    int status = read_link(s);
    if (status)
        return status;
    if (meeting_ask(&s->meeting, &why)) {
        fprintf(stderr, "parley: %s: %s\n", s->meeting.origin, why);
        return EX_UNAVAILABLE;
    }
    s->loop = loop_new();
    if (!s->loop)
        return EX_OSERR;
    struct call_config config = {.meeting = &s->meeting,
                                 .name = s->options.name,
                                 .token = s->options.token,
                                 .transport = s->options.transport,
                                 .on_event = on_event,
                                 .ctx = s};
    s->call = call_new(s->loop, &config);
    if (!s->call)
        return EX_SOFTWARE;
    s->client = call_client(s->call);
    return 0;
}

int session_run(struct session *s)
{
    s->second = (struct loop_timer){.fire = on_second, .ctx = s};
    s->end = (struct loop_timer){.fire = on_end, .ctx = s};
    s->deadline = (struct loop_timer){.fire = on_deadline, .ctx = s};
    s->interrupted = loop_signal_new(s->loop, SIGINT, on_signal, s);
    s->terminated = loop_signal_new(s->loop, SIGTERM, on_signal, s);
    loop_timer_set(s->loop, &s->second, loop_now() + SEC);
    if (s->options.duration_s > 0)
        loop_timer_set(s->loop, &s->end, loop_now() + (usec_t)(s->options.duration_s * 1e6));
    loop_run(s->loop);
    return s->failed || !s->joined ? EX_UNAVAILABLE : 0;
}

void session_close(struct session *s)
{
    if (!s->loop)
        return;
    loop_timer_stop(s->loop, &s->second);
    loop_timer_stop(s->loop, &s->end);
    loop_timer_stop(s->loop, &s->deadline);
    if (s->interrupted)
        loop_signal_del(s->interrupted);
    if (s->terminated)
        loop_signal_del(s->terminated);
    call_del(s->call);
    loop_del(s->loop);
}
