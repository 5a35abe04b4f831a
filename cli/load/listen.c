/* SPDX-License-Identifier: MIT */
#include "listen.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "skim.h"
#include "speak.h"
#include "stamp.h"
#include "wire/feedback.h"
#include "wire/object.h"
#include "wire/wire.h"

#define EARS_FIRST 4
#define KEY_WAIT (1 * SEC)

/* ---- one object ---- */

static int grow_ears(struct person *p, uint32_t index)
{
    uint32_t cap = p->ears_cap ? p->ears_cap : EARS_FIRST;
    while (cap <= index)
        cap *= 2;
    struct ear *grown = realloc(p->ears, cap * sizeof *grown);
    if (!grown)
        return -1;
    memset(grown + p->ears_cap, 0, (cap - p->ears_cap) * sizeof *grown);
    p->ears = grown;
    p->ears_cap = cap;
    return 0;
}

static struct ear *ear_for(struct person *p, uint32_t member, usec_t now)
{
    const struct source *s = room_source(p->room, member);
    if (!s || (s->index >= p->ears_cap && grow_ears(p, s->index)))
        return NULL;
    struct ear *e = &p->ears[s->index];
    if (e->member != member)
        ear_init(e, member, now);
    return e;
}

static struct ear_tally *tally_of(struct world *w)
{
    static _Thread_local struct ear_tally before; /* what happens while people still join */
    return w->measuring ? &w->ear : &before;
}

static void note_first(struct person *p, usec_t now)
{
    if (p->got_first)
        return;
    p->got_first = true;
    hist_add(&p->world->first, now - p->dialled_at);
    if (p->pace != PACE_STALLED)
        return;
    p->stuck = true;
    net_pause(p->conn, true);
}

static void hear(struct person *p, struct ear *e, uint8_t kind, const struct object *o, const struct stamp *s, size_t size,
                 usec_t now)
{
    struct world *w = p->world;
    struct ear_tally *t = tally_of(w);
    bool fresh = s->sent_at >= e->since;
    w->kept += w->measuring && !fresh;
    if (w->measuring && fresh)
        hist_add(kind == WIRE_AUDIO ? &w->voice_delay : &w->picture_delay, now - s->sent_at);
    if (kind == WIRE_AUDIO)
        ear_audio(e, &o->header, size, t, now);
    else if (ear_video(e, &o->header, s->base, size, t, now) && now >= e->ask_at) {
        e->ask_at = now + KEY_WAIT;
        speak_key_frame(p, o->header.sender);
    }
}

/* `head`: the beginning of an object of `size` bytes. */
static void on_object(struct person *p, uint8_t kind, const uint8_t *head, size_t head_len, size_t size, usec_t now)
{
    struct object o;
    struct stamp s;
    if (object_parse(&o, head, head_len) || stamp_read(&s, o.payload, o.payload_len)) {
        p->world->malformed++;
        return;
    }
    note_first(p, now);
    p->heard = true;
    struct ear *e = ear_for(p, o.header.sender, now);
    if (e)
        hear(p, e, kind, &o, &s, size, now);
    else
        p->world->strangers += p->world->measuring;
}

/* One or more of: varint length, object. */
static void on_objects(struct person *p, uint8_t kind, const uint8_t *data, size_t len, usec_t now)
{
    struct reader r = reader_of(data, len);
    while (reader_left(&r)) {
        size_t size;
        const uint8_t *object = object_next(&r, &size);
        if (!object) {
            p->world->malformed++;
            return;
        }
        on_object(p, kind, object, size < SKIM_HEAD_BYTES ? size : SKIM_HEAD_BYTES, size, now);
    }
}

static void on_feedback(struct person *p, const uint8_t *data, size_t len, usec_t now)
{
    struct feedback f;
    if (feedback_parse(&f, data, len)) {
        p->world->malformed++;
        return;
    }
    echo_note(&p->echo, &f, now);
    p->heard = true;
}

/* ---- reading at leisure ---- */

/* False: this participant does not read, whatever still comes. */
static bool reads(struct person *p, size_t len)
{
    if (p->pace == PACE_NORMAL)
        return true;
    if (p->pace == PACE_SLOW && !p->stuck && p->got_first && (p->budget -= (int64_t)len) < 0) {
        p->stuck = true;
        net_pause(p->conn, true);
    }
    return p->pace == PACE_SLOW || !p->stuck;
}

void listen_count(struct person *p, size_t len) { p->world->bytes += p->world->measuring ? len : 0; }

/* ---- from the transport ---- */

static void on_media(struct person *p, const uint8_t *data, size_t len)
{
    if (!len || !reads(p, len))
        return;
    switch (data[0]) {
    case WIRE_AUDIO:
    case WIRE_VIDEO: on_objects(p, data[0], data + 1, len - 1, loop_now()); break;
    case WIRE_FEEDBACK: on_feedback(p, data + 1, len - 1, loop_now()); break;
    default: p->world->malformed++;
    }
}

void listen_datagram(void *ctx, struct net_conn *conn, const uint8_t *data, size_t len)
{
    struct person *p = ctx;
    (void)conn;
    listen_count(p, len);
    on_media(p, data, len);
}

/* ---- runs ---- */

static struct skim *take_skim(struct world *w)
{
    struct skim *s = w->spare_skims;
    if (!s)
        return calloc(1, sizeof *s);
    w->spare_skims = s->next;
    *s = (struct skim){0};
    return s;
}

static void give_back(struct world *w, struct skim *s)
{
    s->next = w->spare_skims;
    w->spare_skims = s;
}

void world_free(struct world *w)
{
    while (w->spare_skims) {
        struct skim *s = w->spare_skims;
        w->spare_skims = s->next;
        free(s);
    }
}

static struct skim *skim_of(struct person *p, uint64_t run)
{
    struct skim *s = u64map_get(&p->runs, run);
    if (s)
        return s;
    s = take_skim(p->world);
    if (s && u64map_put(&p->runs, run, s)) {
        give_back(p->world, s);
        s = NULL;
    }
    return s;
}

void listen_run(void *ctx, struct net_conn *conn, uint64_t run, const uint8_t *data, size_t len, enum net_end end)
{
    struct person *p = ctx;
    (void)conn;
    listen_count(p, len);
    struct skim *s = skim_of(p, run);
    bool read = reads(p, len);
    usec_t now = loop_now();
    int n = 0;
    while (s && read && (n = skim_next(s, &data, &len)) > 0)
        on_object(p, WIRE_VIDEO, s->head, s->head_have, s->size, now);
    p->world->malformed += n < 0;
    if (end != NET_MORE && s)
        give_back(p->world, u64map_remove(&p->runs, run));
}

void listen_forget(struct person *p)
{
    for (size_t i = 0; i < p->runs.cap; i++)
        if (p->runs.slot[i].value)
            give_back(p->world, p->runs.slot[i].value);
    u64map_free(&p->runs);
}
