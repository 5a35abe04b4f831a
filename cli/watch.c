/* SPDX-License-Identifier: MIT */
#include "watch.h"

#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "session.h"
#include "viewer.h"

#define BLOCK_US (10 * MS)
#define BEHIND_MAX (200 * MS)

struct watch {
    struct session session;
    struct viewer *viewer;
    struct loop_timer block;
    usec_t next_block, started;
};

static void tell_track(struct watch *w, const struct client_event *e)
{
    char line[300];
    const char *kind = session_kind(e->track_info->kind);
    snprintf(line, sizeof line, "%s: %s%s", e->info->name, kind, e->track_info->muted ? ", muted" : "");
    session_say(&w->session, "track",
                json_pack("{s:i, s:i, s:s, s:b}", "member", e->info->id, "track", e->track_info->id, "kind", kind, "muted",
                          e->track_info->muted),
                line);
}

static void on_event(struct session *session, const struct client_event *e, usec_t now)
{
    struct watch *w = session->command;
    switch (e->type) {
    case CLIENT_TRACK:
        tell_track(w, e);
        viewer_track(w->viewer, e->info, e->track_info);
        viewer_subscribe(w->viewer, session->options.want_px, now);
        break;
    case CLIENT_TRACK_GONE:
        viewer_track_gone(w->viewer, e->member, e->track);
        viewer_subscribe(w->viewer, session->options.want_px, now);
        break;
    case CLIENT_GONE: viewer_member_gone(w->viewer, e->member); break;
    case CLIENT_AUDIO: viewer_on_audio(w->viewer, e, now); break;
    case CLIENT_SOUND: viewer_on_sound(w->viewer, e); break;
    case CLIENT_VIDEO: viewer_on_video(w->viewer, e, now); break;
    default: break;
    }
}

/* Plays what is due, also what was due while the program was held up. */
static void on_block(void *ctx, usec_t now)
{
    struct watch *w = ctx;
    if (now - w->next_block > BEHIND_MAX)
        w->next_block = now;
    for (; w->next_block <= now; w->next_block += BLOCK_US)
        viewer_play(w->viewer, w->next_block);
    loop_timer_set(w->session.loop, &w->block, w->next_block);
}

static void on_second(struct session *session, usec_t now)
{
    struct watch *w = session->command;
    (void)now;
    if (session->options.json)
        session_say(session, "stats", viewer_report(w->viewer), NULL);
}

static void summarise(struct watch *w)
{
    usec_t first = viewer_first_picture(w->viewer);
    json_t *report = viewer_report(w->viewer);
    if (first != NEVER)
        json_object_set_new(report, "first_picture_ms", json_integer((first - w->started) / MS));
    session_say(&w->session, "summary", report, NULL);
    if (w->session.options.json)
        return;
    if (first != NEVER)
        printf("first picture %lld ms after the start\n", (long long)((first - w->started) / MS));
    viewer_print(w->viewer);
}

static int run(struct watch *w)
{
    int status = session_open(&w->session);
    if (status)
        return status;
    w->viewer = viewer_new(w->session.client);
    if (!w->viewer)
        return EX_OSERR;
    w->block = (struct loop_timer){.fire = on_block, .ctx = w};
    w->next_block = w->started = loop_now();
    loop_timer_set(w->session.loop, &w->block, w->next_block);
    status = session_run(&w->session);
    loop_timer_stop(w->session.loop, &w->block);
    summarise(w);
    return status;
}

int watch_main(int argc, char **argv)
{
    struct watch *w = calloc(1, sizeof *w);
    if (!w)
        return EX_OSERR;
    options_watch(&w->session.options, argc, argv);
    w->session.command = w;
    w->session.on_event = on_event;
    w->session.on_second = on_second;
    int status = run(w);
    session_close(&w->session);
    viewer_del(w->viewer);
    free(w);
    return status;
}
