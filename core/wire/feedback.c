/* SPDX-License-Identifier: MIT */
#include "wire/feedback.h"

#include "base/bytes.h"
#include "base/err.h"
#include "parley.pb-c.h"
#include "wire/arena.h"
#include "wire/scan.h"
#include "wire/wire.h"

/* 64 reports of about 90 bytes, and what protobuf-c notes while it reads them. */
#define FEEDBACK_ARENA_BYTES (24 * 1024)

static struct track_report report_of(const Parley__V1__TrackReport *m)
{
    return (struct track_report){
        .member = m->member,
        .track = m->track,
        .spatial = m->spatial,
        .newest = m->newest,
        .missing = m->missing,
        .newest_at_us = m->newest_at_us,
        .bytes = m->bytes,
        .objects = m->objects,
    };
}

static int take(struct feedback *f, const Parley__V1__Feedback *m)
{
    f->clock_us = m->clock_us;
    f->echo_us = m->echo_us;
    f->echo_delay_us = m->echo_delay_us;
    f->count = m->n_tracks;
    for (size_t i = 0; i < f->count; i++) {
        f->track[i] = report_of(m->tracks[i]);
        if (f->track[i].track > WIRE_TRACKS_MAX || f->track[i].spatial >= WIRE_LAYERS_MAX)
            return ERR_LIMIT;
    }
    return 0;
}

int feedback_parse(struct feedback *f, const uint8_t *data, size_t len)
{
    _Alignas(ARENA_ALIGN) uint8_t memory[FEEDBACK_ARENA_BYTES];
    size_t bytes;
    int err = len > WIRE_DATAGRAM_MAX ? ERR_LIMIT : wire_scan(&parley__v1__feedback__descriptor, data, len, &bytes);
    if (err)
        return err;
    struct arena arena;
    arena_init(&arena, memory, sizeof memory);
    const Parley__V1__Feedback *m = parley__v1__feedback__unpack(arena_allocator(&arena), len, data);
    return m ? take(f, m) : ERR_PARSE;
}

static Parley__V1__TrackReport message_of(const struct track_report *t)
{
    Parley__V1__TrackReport m = PARLEY__V1__TRACK_REPORT__INIT;
    m.member = t->member;
    m.track = t->track;
    m.spatial = t->spatial;
    m.newest = t->newest;
    m.missing = t->missing;
    m.newest_at_us = t->newest_at_us;
    m.bytes = t->bytes;
    m.objects = t->objects;
    return m;
}

/* Bytes of a report within the message: tag, a length of one byte (a report has at most 58), content. */
static size_t report_size(const Parley__V1__TrackReport *m) { return 2 + parley__v1__track_report__get_packed_size(m); }

int feedback_write(uint8_t *out, size_t cap, const struct feedback *f, size_t *taken)
{
    Parley__V1__TrackReport report[FEEDBACK_TRACKS_MAX];
    Parley__V1__TrackReport *list[FEEDBACK_TRACKS_MAX];
    Parley__V1__Feedback m = PARLEY__V1__FEEDBACK__INIT;
    m.clock_us = f->clock_us;
    m.echo_us = f->echo_us;
    m.echo_delay_us = f->echo_delay_us;
    m.tracks = list;
    size_t size = 1 + parley__v1__feedback__get_packed_size(&m);
    if (size > cap)
        return ERR_SPACE;
    while (m.n_tracks < f->count && m.n_tracks < FEEDBACK_TRACKS_MAX) {
        report[m.n_tracks] = message_of(&f->track[m.n_tracks]);
        list[m.n_tracks] = &report[m.n_tracks];
        size += report_size(&report[m.n_tracks]);
        if (size > cap)
            break;
        m.n_tracks++;
    }
    if (taken)
        *taken = m.n_tracks;
    out[0] = WIRE_FEEDBACK;
    return 1 + (int)parley__v1__feedback__pack(&m, out + 1);
}
