/* SPDX-License-Identifier: MIT */
/* The parts of the load generator that need no network. */
#include "check.h"
#include "cli/load/ear.h"
#include "cli/load/film.h"
#include "cli/load/hist.h"
#include "cli/load/room.h"
#include "cli/load/shape.h"
#include "cli/load/skim.h"
#include "cli/load/turns.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "wire/control.h"

/* ---- histogram ---- */

static void small_values_are_exact(void)
{
    static struct hist h;
    for (int i = 1; i <= 20; i++)
        hist_add(&h, i);
    CHECK_EQ(20, h.count);
    CHECK_EQ(10, hist_at(&h, 500000));
    CHECK_EQ(20, hist_at(&h, 990000));
    CHECK_EQ(20, hist_at(&h, 1000000));
}

static void percentiles_are_within_three_percent(void)
{
    static struct hist h;
    for (int i = 1; i <= 100000; i++)
        hist_add(&h, i);
    CHECK_BETWEEN(50000, 51600, hist_at(&h, 500000));
    CHECK_BETWEEN(99000, 100000, hist_at(&h, 990000));
    CHECK_BETWEEN(99900, 100000, hist_at(&h, 999000));
    CHECK_EQ(100000, hist_at(&h, 1000000));
}

static void odd_values_are_held(void)
{
    static struct hist h;
    CHECK_EQ(0, hist_at(&h, 990000));
    hist_add(&h, -5);
    CHECK_EQ(0, hist_at(&h, 1000000));
    hist_add(&h, INT64_MAX);
    CHECK_EQ(INT64_MAX, hist_at(&h, 1000000));
    CHECK_EQ(2, h.count);
}

/* ---- shapes ---- */

static void presets_have_the_published_numbers(void)
{
    static const struct {
        const char *name;
        uint32_t people, publishers, watchers, both;
    } row[] = {
        {"livekit-audio", 3010, 10, 3000, 0}, {"livekit-meeting", 150, 0, 0, 150}, {"livestream", 3001, 1, 3000, 0},
        {"moq-fanout", 801, 1, 800, 0},       {"seed-1000", 1000, 30, 970, 0},     {"pairs", 600, 0, 0, 2},
    };
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        const struct shape *s = shape_preset(row[i].name);
        CHECK(s);
        CHECK_EQ(row[i].people, shape_people(s));
        CHECK_EQ(row[i].publishers, s->publishers);
        CHECK_EQ(row[i].watchers, s->watchers);
        CHECK_EQ(row[i].both, s->both);
    }
    CHECK(!shape_preset("nothing"));
}

static void scale_changes_the_audience_not_the_stage(void)
{
    static const struct {
        const char *name;
        double factor;
        uint32_t rooms, publishers, watchers, both;
    } row[] = {
        {"livekit-audio", 0.1, 1, 10, 300, 0}, {"seed-1000", 0.5, 1, 30, 485, 0}, {"pairs", 0.01, 3, 0, 0, 2},
        {"livekit-meeting", 0.1, 1, 0, 0, 15}, {"livestream", 1e-6, 1, 1, 1, 0},  {"livekit-meeting", 1e-6, 1, 0, 0, 2},
        {"moq-fanout", 2, 1, 1, 1600, 0},
    };
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        struct shape s = *shape_preset(row[i].name);
        shape_scale(&s, row[i].factor);
        CHECK_EQ(row[i].rooms, s.rooms);
        CHECK_EQ(row[i].publishers, s.publishers);
        CHECK_EQ(row[i].watchers, s.watchers);
        CHECK_EQ(row[i].both, s.both);
    }
}

/* Each layer of each preset sends what it says, to 2 %. */
static void layers_have_their_rate(void)
{
    const struct shape *s;
    for (size_t i = 0; (s = shape_at(i)); i++)
        for (uint32_t l = 0; s->video.fps && l < s->video.layers; l++) {
            struct film f;
            uint64_t bytes = 0;
            film_init(&f, &s->video, l);
            for (uint32_t n = 0; n < s->video.fps * 30; n++) {
                struct film_frame frame;
                if (!s->video.key_ms && n % 300 == 0)
                    film_want_key(&f);
                film_next(&f, &frame);
                bytes += frame.bytes;
            }
            CHECK_BETWEEN(s->video.layer[l].bps * 0.98, s->video.layer[l].bps * 1.02, bytes * 8 / 30);
        }
    CHECK_EQ(4096, shape_delta_bytes(&shape_preset("moq-fanout")->video, 0));
}

/* ---- turns ---- */

static void speakers_take_turns(void)
{
    struct turns t = {.people = 5, .speakers = 2, .turn_us = 4 * SEC};
    static const struct {
        usec_t now;
        const char *speaking;
    } row[] = {{0, "01"}, {1999 * MS, "01"}, {2 * SEC, "12"}, {8 * SEC, "40"}, {10 * SEC, "01"}};
    for (size_t i = 0; i < COUNT_OF(row); i++)
        for (uint32_t who = 0; who < 5; who++)
            CHECK_EQ(strchr(row[i].speaking, (int)('0' + who)) != NULL, turns_speaks(&t, who, row[i].now));
}

static void without_turns_all_speak(void)
{
    struct turns all = {.people = 3, .turn_us = SEC}, few = {.people = 2, .speakers = 5, .turn_us = SEC};
    CHECK(turns_speaks(&all, 2, 5 * SEC));
    CHECK(turns_speaks(&few, 1, 5 * SEC));
}

/* ---- frames ---- */

static void frames_depend_as_an_encoder_makes_them(void)
{
    struct shape_video v = {.fps = 30, .key_ms = 300, .key_weight = 4, .temporal = 3, .layers = 1, .layer = {{320, 180, 100000}}};
    static const struct {
        uint32_t temporal, depends, base;
        int key;
    } row[] = {{0, 0, 1, 1}, {2, 1, 1, 0}, {1, 2, 1, 0}, {2, 1, 1, 0}, {0, 4, 2, 0}, {2, 1, 2, 0},
               {1, 2, 2, 0}, {2, 1, 2, 0}, {0, 4, 3, 0}, {0, 0, 4, 1}, {2, 1, 4, 0}};
    struct film f;
    film_init(&f, &v, 0);
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        struct film_frame frame;
        film_next(&f, &frame);
        CHECK_EQ(i + 1, frame.seq);
        CHECK_EQ(row[i].temporal, frame.temporal);
        CHECK_EQ(row[i].depends, frame.depends);
        CHECK_EQ(row[i].base, frame.base);
        CHECK_EQ(row[i].key, frame.key);
        CHECK_EQ(frame.key ? f.key_bytes : f.delta_bytes, frame.bytes);
    }
}

static void a_key_frame_comes_when_asked_for(void)
{
    struct shape_video v = {.fps = 30, .key_weight = 4, .temporal = 1, .layers = 1, .layer = {{320, 180, 100000}}};
    struct film f;
    struct film_frame frame;
    film_init(&f, &v, 0);
    for (int i = 0; i < 1000; i++)
        film_next(&f, &frame);
    CHECK(!frame.key);
    film_want_key(&f);
    film_next(&f, &frame);
    CHECK(frame.key);
}

/* ---- runs ---- */

static size_t put_object(uint8_t *out, size_t size, uint8_t fill)
{
    struct writer w = writer_of(out, 8 + size);
    write_varint(&w, size);
    memset(w.at, fill, size);
    return (size_t)writer_done(&w) + size;
}

/* The same objects, cut into pieces of every length. */
static void a_run_in_any_pieces_gives_its_objects(void)
{
    static const size_t sizes[] = {1, 63, 64, 300, 20000};
    static uint8_t run[1 + 5 * 8 + 21000];
    size_t len = 1;
    run[0] = WIRE_VIDEO;
    for (size_t i = 0; i < COUNT_OF(sizes); i++)
        len += put_object(run + len, sizes[i], (uint8_t)(i + 1));
    for (size_t piece = 1; piece < 200; piece++) {
        struct skim s = {0};
        size_t seen = 0;
        for (size_t at = 0; at < len; at += piece) {
            const uint8_t *data = run + at;
            size_t left = len - at < piece ? len - at : piece;
            int n;
            while ((n = skim_next(&s, &data, &left)) > 0) {
                CHECK_EQ(sizes[seen], s.size);
                CHECK_EQ(sizes[seen] < SKIM_HEAD_BYTES ? sizes[seen] : SKIM_HEAD_BYTES, s.head_have);
                CHECK_EQ(++seen, s.head[s.head_have - 1]);
            }
            CHECK_EQ(0, n);
            CHECK_EQ(0, left);
        }
        CHECK_EQ(COUNT_OF(sizes), seen);
    }
}

static void a_length_beyond_bounds_is_refused(void)
{
    static const uint8_t huge[] = {WIRE_VIDEO, 0x80, 0xff, 0xff, 0xff, 0}, nothing[] = {WIRE_VIDEO, 0};
    struct skim s = {0};
    const uint8_t *data = huge;
    size_t len = sizeof huge;
    CHECK_EQ(ERR_PARSE, skim_next(&s, &data, &len));
    s = (struct skim){0};
    data = nothing;
    len = sizeof nothing;
    CHECK_EQ(ERR_PARSE, skim_next(&s, &data, &len));
}

/* ---- what a receiver notices ---- */

static void sound_that_is_missing_is_counted(void)
{
    static const struct {
        uint32_t seq;
        uint64_t lost, reordered;
    } row[] = {{10, 0, 0}, {11, 0, 0}, {14, 2, 0}, {13, 1, 1}, {14, 1, 2}, {200, 1, 2}, {201, 1, 2}};
    struct ear e;
    struct ear_tally t = {0};
    ear_init(&e, 7, 0);
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        ear_audio(&e, &(struct object_header){.track = 1, .seq = row[i].seq}, 100, &t, (usec_t)i * 20 * MS);
        CHECK_EQ(row[i].lost, t.audio_lost);
        CHECK_EQ(row[i].reordered, t.reordered);
    }
    CHECK_EQ(7, t.audio_objects);
}

/* Left-out upper layers are no loss; a missing frame of the lowest is, and what leans on it cannot be shown until a key frame. */
static void pictures_that_cannot_be_shown_are_counted(void)
{
    static const struct {
        uint32_t seq, depends, temporal, base;
        int key, ask;
        usec_t at;
        uint64_t lost, freezes;
    } row[] = {
        {1, 0, 0, 1, 1, 0, 0, 0, 0},         {3, 2, 1, 1, 0, 0, 66 * MS, 0, 0},   {5, 4, 0, 2, 0, 0, 133 * MS, 0, 0},
        {13, 4, 0, 4, 0, 1, 300 * MS, 1, 0}, {17, 4, 0, 5, 0, 1, 400 * MS, 1, 0}, {21, 0, 0, 6, 1, 0, 500 * MS, 1, 1},
        {25, 4, 0, 7, 0, 0, 533 * MS, 1, 1},
    };
    struct ear e;
    struct ear_tally t = {0};
    ear_init(&e, 7, 0);
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        struct object_header h = {
            .track = 2, .seq = row[i].seq, .depends = row[i].depends, .temporal = row[i].temporal, .key = row[i].key};
        CHECK_EQ(row[i].ask, ear_video(&e, &h, row[i].base, 100, &t, SEC + row[i].at));
        CHECK_EQ(row[i].lost, t.video_lost);
        CHECK_EQ(row[i].freezes, t.freezes);
    }
    CHECK_EQ(367 * MS, t.frozen_us);
    CHECK_EQ(2, t.undecodable);
}

static void another_layer_begins_anew(void)
{
    struct ear e;
    struct ear_tally t = {0};
    ear_init(&e, 7, 0);
    CHECK(!ear_video(&e, &(struct object_header){.seq = 1, .key = true}, 1, 10, &t, SEC));
    CHECK(!ear_video(&e, &(struct object_header){.seq = 90, .spatial = 1, .key = true}, 90, 10, &t, SEC + 33 * MS));
    CHECK(!ear_video(&e, &(struct object_header){.seq = 91, .spatial = 1, .depends = 1}, 91, 10, &t, SEC + 66 * MS));
    CHECK_EQ(0, t.video_lost);
    CHECK(!ear_video(&e, &(struct object_header){.seq = 40, .key = true}, 40, 10, &t, SEC + 100 * MS));
    CHECK(ear_video(&e, &(struct object_header){.seq = 92, .spatial = 1, .depends = 1}, 92, 10, &t,
                    SEC + 133 * MS)); /* no key frame */
    CHECK(!ear_video(&e, &(struct object_header){.seq = 93, .spatial = 1, .key = true}, 93, 10, &t, SEC + 166 * MS));
    CHECK_EQ(0, t.video_lost);
    ear_pause(&e);
    CHECK(!ear_video(&e, &(struct object_header){.seq = 200, .spatial = 1, .key = true}, 200, 10, &t, 9 * SEC));
    CHECK_EQ(0, t.freezes);
    ear_close(&e, &t, 10 * SEC);
    CHECK_EQ(1, t.freezes);
}

static void reports_tell_what_is_missing_once(void)
{
    struct ear e;
    struct ear_tally t = {0};
    struct feedback f = {0};
    ear_init(&e, 7, 0);
    ear_video(&e, &(struct object_header){.seq = 1, .key = true}, 1, 10, &t, SEC);
    ear_video(&e, &(struct object_header){.seq = 4, .depends = 3}, 2, 10, &t, SEC + 33 * MS);
    ear_report(&e, 1, 2, &f);
    CHECK_EQ(1, f.count);
    CHECK_EQ(7, f.track[0].member);
    CHECK_EQ(2, f.track[0].track);
    CHECK_EQ(4, f.track[0].newest);
    CHECK_EQ(3, f.track[0].missing); /* 3 and 2 */
    CHECK_EQ(20, f.track[0].bytes);
    f.count = 0;
    ear_report(&e, 1, 2, &f);
    CHECK_EQ(0, f.count);
}

static void a_roster_is_known_by_its_first_byte(void)
{
    uint8_t bytes[64];
    Parley__V1__Roster roster = PARLEY__V1__ROSTER__INIT;
    Parley__V1__Drain drain = PARLEY__V1__DRAIN__INIT;
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_ROSTER;
    m.roster = &roster;
    CHECK_EQ(PARLEY__V1__CONTROL__BODY_ROSTER, control_body(bytes, parley__v1__control__pack(&m, bytes)));
    m.body_case = PARLEY__V1__CONTROL__BODY_DRAIN;
    m.drain = &drain;
    CHECK_EQ(PARLEY__V1__CONTROL__BODY__NOT_SET, control_body(bytes, parley__v1__control__pack(&m, bytes)));
    CHECK_EQ(PARLEY__V1__CONTROL__BODY__NOT_SET, control_body(bytes, 0));
}

static void a_scout_that_is_named_still_sends(void)
{
    static struct room r;
    Parley__V1__Member scout = PARLEY__V1__MEMBER__INIT, *put = &scout;
    Parley__V1__Roster roster = PARLEY__V1__ROSTER__INIT;
    scout.id = 7; /* a host now; its tracks have not come there yet */
    roster.put = &put;
    roster.n_put = 1;
    room_scout(&r, 7, true, true);
    room_on_roster(&r, &roster, false);
    CHECK(room_source(&r, 7)->picture);
    room_free(&r);
}

int main(void)
{
    static const struct check_test tests[] = {
        T(small_values_are_exact),
        T(percentiles_are_within_three_percent),
        T(odd_values_are_held),
        T(presets_have_the_published_numbers),
        T(scale_changes_the_audience_not_the_stage),
        T(layers_have_their_rate),
        T(speakers_take_turns),
        T(without_turns_all_speak),
        T(frames_depend_as_an_encoder_makes_them),
        T(a_key_frame_comes_when_asked_for),
        T(a_run_in_any_pieces_gives_its_objects),
        T(a_length_beyond_bounds_is_refused),
        T(sound_that_is_missing_is_counted),
        T(pictures_that_cannot_be_shown_are_counted),
        T(another_layer_begins_anew),
        T(reports_tell_what_is_missing_once),
        T(a_roster_is_known_by_its_first_byte),
        T(a_scout_that_is_named_still_sends),
    };
    return CHECK_RUN(tests);
}
