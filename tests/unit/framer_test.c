/* SPDX-License-Identifier: MIT */
#include "wire/framer.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/units.h"
#include "check.h"

#define MAX 5000

static const size_t lengths[] = {0, 1, 63, 64, 700, 16384 % MAX, MAX, 3};

/* A stream of messages whose bytes are their number. Returns its length. */
static size_t make_stream(uint8_t *out, size_t cap, bool run)
{
    static uint8_t body[MAX];
    struct writer w = writer_of(out, cap);
    if (run)
        write_u8(&w, 3);
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        write_varint(&w, lengths[i]);
        memset(body, (int)i, sizeof body);
        write_bytes(&w, body, lengths[i]);
    }
    return (size_t)writer_done(&w);
}

/* Feeds in pieces of `piece` bytes and checks every message. */
static void cut(const uint8_t *stream, size_t len, size_t piece, bool run)
{
    struct framer f;
    struct framed msg;
    size_t seen = 0;
    framer_init(&f, MAX, run);
    for (size_t at = 0; at < len; at += piece) {
        framer_feed(&f, stream + at, len - at < piece ? len - at : piece);
        while (framer_next(&f, &msg) > 0) {
            CHECK_EQ(lengths[seen], msg.len);
            CHECK(!msg.len || (msg.data[0] == seen && msg.data[msg.len - 1] == seen));
            seen++;
        }
        CHECK(framer_memory(&f) <= MAX + 8);
    }
    CHECK_EQ(COUNT_OF(lengths), seen);
    CHECK_EQ(0, framer_pending(&f));
    CHECK_EQ(run ? 3 : 0, framer_kind(&f));
    framer_free(&f);
}

static void any_cut_gives_the_same_messages(void)
{
    static uint8_t stream[16384];
    for (int run = 0; run < 2; run++) {
        size_t len = make_stream(stream, sizeof stream, run);
        for (size_t piece = 1; piece < 200; piece++)
            cut(stream, len, piece, run);
        cut(stream, len, 1200, run);
        cut(stream, len, len, run);
    }
}

static void a_whole_message_is_not_copied(void)
{
    static const uint8_t stream[] = {2, 'h', 'i', 3, 'y', 'o', 'u'};
    struct framer f;
    struct framed msg;
    framer_init(&f, MAX, false);
    framer_feed(&f, stream, sizeof stream);
    CHECK_EQ(1, framer_next(&f, &msg));
    CHECK(msg.data == stream + 1);
    CHECK_EQ(1, framer_next(&f, &msg));
    CHECK(msg.data == stream + 4);
    CHECK_EQ(0, framer_next(&f, &msg));
    CHECK_EQ(0, framer_memory(&f));
    framer_free(&f);
}

static void a_claim_reserves_nothing(void)
{
    static const uint8_t claim[] = {0x80, 0x10, 0, 0, 'x'}; /* 1 MiB are to follow, one byte came */
    struct framer f;
    struct framed msg;
    framer_init(&f, 1024 * 1024, false);
    framer_feed(&f, claim, sizeof claim);
    CHECK_EQ(0, framer_next(&f, &msg));
    CHECK_BETWEEN(1, 512, framer_memory(&f));
    CHECK_EQ(5, framer_pending(&f));
    framer_free(&f);
}

static void a_message_over_the_bound_ends_the_stream(void)
{
    static const uint8_t over[] = {0x80, 0x10, 0, 1}, fine[] = {1, 'x'};
    for (size_t piece = 1; piece <= sizeof over; piece++) {
        struct framer f;
        struct framed msg;
        int err = 0;
        framer_init(&f, 1024 * 1024, false);
        for (size_t at = 0; at < sizeof over && !err; at += piece) {
            framer_feed(&f, over + at, sizeof over - at < piece ? sizeof over - at : piece);
            err = framer_next(&f, &msg);
        }
        CHECK_EQ(ERR_LIMIT, err);
        framer_feed(&f, fine, sizeof fine);
        CHECK_EQ(ERR_LIMIT, framer_next(&f, &msg));
        framer_free(&f);
    }
}

static void a_large_buffer_goes_with_its_message(void)
{
    static uint8_t body[300000];
    struct framer f;
    struct framed msg;
    framer_init(&f, sizeof body, false);
    struct writer w = writer_of(body, sizeof body);
    write_varint(&w, 200000);
    framer_feed(&f, body, 100000);
    CHECK_EQ(0, framer_next(&f, &msg));
    framer_feed(&f, body + 100000, 100004);
    CHECK_EQ(1, framer_next(&f, &msg));
    CHECK_EQ(200000, msg.len);
    CHECK_EQ(0, framer_next(&f, &msg));
    CHECK_EQ(0, framer_memory(&f));
    framer_free(&f);
}

static void an_empty_piece_is_no_kind(void)
{
    struct framer f;
    struct framed msg;
    framer_init(&f, MAX, true);
    framer_feed(&f, NULL, 0);
    CHECK_EQ(0, framer_next(&f, &msg));
    CHECK_EQ(0, framer_kind(&f));
    framer_feed(&f, (const uint8_t *)"\x03\x01x", 3);
    CHECK_EQ(1, framer_next(&f, &msg));
    CHECK_EQ(3, framer_kind(&f));
    CHECK_EQ('x', msg.data[0]);
    framer_free(&f);
}

int main(void)
{
    static const struct check_test tests[] = {
        T(any_cut_gives_the_same_messages),          T(a_whole_message_is_not_copied), T(a_claim_reserves_nothing),
        T(a_message_over_the_bound_ends_the_stream), T(an_empty_piece_is_no_kind),     T(a_large_buffer_goes_with_its_message),
    };
    return CHECK_RUN(tests);
}
