/* SPDX-License-Identifier: MIT */
/* Our readers and writers against bytes that protoc made (tests/vectors/wire; the test vectors/golden makes them again). */
#include <string.h>

#include "base/bytes.h"
#include "base/units.h"
#include "check.h"
#include "wire/control.h"
#include "wire/feedback.h"
#include "wire/media_info.h"
#include "wire/object.h"

struct golden {
    uint8_t data[1024];
    size_t len;
};

static struct golden golden(const char *name)
{
    char path[512];
    struct golden g = {.len = 0};
    snprintf(path, sizeof path, PARLEY_SOURCE_DIR "/tests/vectors/wire/%s.hex", name);
    FILE *f = fopen(path, "r");
    if (!f)
        fail_msg("%s: missing", path);
    for (unsigned v; g.len < sizeof g.data && fscanf(f, "%2x", &v) == 1; g.len++)
        g.data[g.len] = (uint8_t)v;
    fclose(f);
    CHECK(g.len < sizeof g.data);
    return g;
}

/* Parses, checks that it is the body of that tag, writes again and compares. */
static void check_control(const char *name, uint32_t tag)
{
    char file[64];
    struct arena a;
    uint8_t out[1024];
    int err;
    snprintf(file, sizeof file, "control_%s", name);
    struct golden g = golden(file);
    arena_init_growing(&a, CONTROL_ARENA_MAX);
    const Parley__V1__Control *m = control_parse(&a, g.data, g.len, WIRE_CONTROL_MAX, &err);
    if (!m || (uint32_t)m->body_case != tag)
        fail_msg("%s.hex is not understood", file);
    CHECK_EQ(g.len + 1, control_write(out, sizeof out, m, CONTROL_MESSAGE));
    CHECK_MEM(g.data, out + 1, g.len);
    arena_free(&a);
}

static void every_control_message_agrees_with_protoc(void)
{
    const ProtobufCMessageDescriptor *d = &parley__v1__control__descriptor;
    CHECK(d->n_fields >= 17);
    for (unsigned i = 0; i < d->n_fields; i++)
        check_control(d->fields[i].name, d->fields[i].id);
}

static void hello_means_what_the_text_says(void)
{
    struct golden g = golden("control_hello");
    struct arena a;
    int err;
    arena_init_growing(&a, CONTROL_ARENA_MAX);
    const Parley__V1__Hello *h = control_parse(&a, g.data, g.len, WIRE_REQUEST_MAX, &err)->hello;
    CHECK_EQ(1, h->major);
    CHECK_EQ(2, h->minor);
    CHECK_STR("tea-at-four", h->meeting);
    CHECK_STR("Zo\xc3\xab \xec\x84\x9c\xec\x97\xb0", h->name);
    CHECK_STR("header.payload.signature", h->token);
    CHECK_EQ(16, h->salt.len);
    CHECK_MEM("0123456789abcdef", h->salt.data, 16);
    CHECK_MEM("fedcba9876543210fedcba9876543210fedcba987654", h->resume.data, WIRE_RESUME_BYTES);
    CHECK_STR("page 0.1.0", h->client);
    CHECK_EQ(3, h->n_decodes);
    CHECK_EQ(PARLEY__V1__CODEC__CODEC_VP8, h->decodes[2]);
    arena_free(&a);
}

static void welcome_means_what_the_text_says(void)
{
    struct golden g = golden("control_welcome");
    struct arena a;
    int err;
    arena_init_growing(&a, CONTROL_ARENA_MAX);
    const Parley__V1__Welcome *w = control_parse(&a, g.data, g.len, WIRE_CONTROL_MAX, &err)->welcome;
    CHECK_EQ(7, w->member);
    CHECK(w->resumed && w->clock_us == 1763856000000000);
    CHECK_EQ(2, w->roster->n_put);
    CHECK_STR("Ann", w->roster->put[0]->name);
    CHECK_EQ(PARLEY__V1__ROLE__ROLE_HOST, w->roster->put[0]->role);
    CHECK_EQ(1500000, w->roster->put[0]->tracks[1]->layers[1]->max_bps);
    CHECK(w->roster->put[1]->away);
    CHECK_EQ(500, w->roster->gone[1]);
    CHECK_EQ(1500, w->limits->hold_ms);
    arena_free(&a);
}

static void feedback_agrees_with_protoc(void)
{
    struct golden g = golden("feedback_two_tracks");
    struct feedback f;
    uint8_t out[256];
    CHECK_EQ(0, feedback_parse(&f, g.data, g.len));
    CHECK_EQ(1000000, f.clock_us);
    CHECK_EQ(900000, f.echo_us);
    CHECK_EQ(4500, f.echo_delay_us);
    CHECK_EQ(2, f.count);
    CHECK_EQ(5, f.track[0].missing);
    CHECK_EQ(3, f.track[1].member);
    CHECK_EQ(2, f.track[1].track);
    CHECK_EQ(1, f.track[1].spatial);
    CHECK_EQ(90, f.track[1].newest);
    CHECK_EQ(985000, f.track[1].newest_at_us);
    CHECK_EQ(1234567890123, f.track[1].bytes);
    CHECK_EQ(90, f.track[1].objects);
    CHECK_EQ(g.len + 1, feedback_write(out, sizeof out, &f, NULL));
    CHECK_MEM(g.data, out + 1, g.len);
}

static void object_headers_agree_with_protoc(void)
{
    static const struct {
        const char *name;
        struct object_header h;
    } row[] = {
        {"header_audio", {.sender = 7, .track = 1, .seq = 70000, .captured_us = 86400 * SEC, .level = 101}},
        {"header_video", {.track = 2, .spatial = 1, .temporal = 2, .seq = 128, .captured_us = 4294967296, .depends = 1}},
        {"header_key_frame", {.track = 2, .seq = 1, .key = true}},
    };
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        struct golden g = golden(row[i].name);
        uint8_t out[256], data[256];
        int len = object_write_framed(out, sizeof out, WIRE_VIDEO, &row[i].h, 0);
        CHECK_EQ(3 + g.len, len); /* kind, object length, header length */
        CHECK_MEM(g.data, out + 3, g.len);
        struct object o;
        data[0] = (uint8_t)g.len;
        memcpy(data + 1, g.data, g.len);
        CHECK_EQ(0, object_parse(&o, data, 1 + g.len));
        uint8_t expected[OBJECT_AAD_BYTES], actual[OBJECT_AAD_BYTES];
        object_aad(expected, &row[i].h);
        object_aad(actual, &o.header);
        CHECK_MEM(expected, actual, sizeof actual);
        CHECK_EQ(row[i].h.sender, o.header.sender);
    }
}

static void media_info_agrees_with_protoc(void)
{
    static const struct {
        const char *name;
        struct media_info m;
    } row[] = {
        {"media_info_audio", {.codec = 1, .duration_us = 20000}},
        {"media_info_key_frame", {.codec = 3, .width_px = 1280, .height_px = 720, .rotation = 90}},
    };
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        struct golden g = golden(row[i].name);
        uint8_t out[MEDIA_INFO_MAX];
        struct media_info back;
        CHECK_EQ(1 + g.len, media_info_write(out, sizeof out, &row[i].m));
        CHECK_MEM(g.data, out + 1, g.len);
        CHECK_EQ(1 + g.len, media_info_parse(&back, out, 1 + g.len));
        CHECK_MEM(&row[i].m, &back, sizeof back);
    }
}

static void chat_text_agrees_with_protoc(void)
{
    struct golden g = golden("chat_text_lines");
    struct arena a;
    uint8_t out[64];
    int err;
    arena_init_growing(&a, CONTROL_ARENA_MAX);
    const Parley__V1__ChatText *m = chat_text_parse(&a, g.data, g.len, &err);
    CHECK_STR("two\nlines", m->text);
    CHECK_EQ(300, m->id);
    CHECK_EQ(g.len, chat_text_write(out, sizeof out, m));
    CHECK_MEM(g.data, out, g.len);
    arena_free(&a);
}

int main(void)
{
    static const struct check_test tests[] = {
        T(every_control_message_agrees_with_protoc),
        T(hello_means_what_the_text_says),
        T(welcome_means_what_the_text_says),
        T(feedback_agrees_with_protoc),
        T(object_headers_agree_with_protoc),
        T(media_info_agrees_with_protoc),
        T(chat_text_agrees_with_protoc),
    };
    return CHECK_RUN(tests);
}
