/* SPDX-License-Identifier: MIT */
#include "wire/object.h"

#include <string.h>

#include "base/bytes.h"
#include "base/err.h"
#include "base/rand.h"
#include "check.h"
#include "parley.pb-c.h"
#include "wire/wire.h"

static const struct object_header delta = {
    .sender = 7, .track = 2, .spatial = 1, .temporal = 2, .seq = 90, .captured_us = 3 * SEC, .depends = 3, .level = 0};

/* Writes an object with `payload_len` bytes of 0xab and gives what follows the kind byte and the object's length. */
static struct object written(uint8_t *buffer, size_t cap, const struct object_header *h, size_t payload_len)
{
    int at = object_write_framed(buffer, cap, WIRE_VIDEO, h, payload_len);
    CHECK(at > 0);
    memset(buffer + at, 0xab, payload_len);
    struct reader r = reader_of(buffer + 1, (size_t)at - 1 + payload_len);
    uint64_t len = read_varint(&r);
    CHECK_EQ(len, reader_left(&r));
    struct object o;
    CHECK_EQ(0, object_parse(&o, r.at, (size_t)len));
    return o;
}

static void what_is_written_is_read(void)
{
    static const struct object_header row[] = {
        {.track = 1, .seq = 1, .captured_us = 0, .level = 127},
        {.sender = 4000000000u,
         .track = 8,
         .spatial = 2,
         .temporal = 2,
         .seq = UINT32_MAX,
         .captured_us = (usec_t)1 << 62,
         .depends = 4},
        {.track = 2, .seq = 1, .captured_us = 1, .key = true},
        {.sender = 7, .track = 2, .spatial = 1, .temporal = 2, .seq = 90, .captured_us = 3 * SEC, .depends = 3},
    };
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        uint8_t buffer[256];
        struct object o = written(buffer, sizeof buffer, &row[i], 100);
        CHECK_EQ(row[i].sender, o.header.sender);
        CHECK_EQ(row[i].track, o.header.track);
        CHECK_EQ(row[i].spatial, o.header.spatial);
        CHECK_EQ(row[i].temporal, o.header.temporal);
        CHECK_EQ(row[i].seq, o.header.seq);
        CHECK_EQ(row[i].captured_us, o.header.captured_us);
        CHECK_EQ(row[i].key, o.header.key);
        CHECK_EQ(row[i].depends, o.header.depends);
        CHECK_EQ(row[i].level, o.header.level);
        CHECK_EQ(100, o.payload_len);
        CHECK_EQ(0xab, o.payload[99]);
    }
}

static void every_truncation_is_refused_or_is_a_shorter_payload(void)
{
    uint8_t buffer[64];
    int at = object_write_framed(buffer, sizeof buffer, WIRE_VIDEO, &delta, 4);
    size_t len = (size_t)at + 4 - 2; /* without kind byte and object length */
    for (size_t n = 0; n <= len; n++) {
        struct object o;
        CHECK_EQ(n + 4 < len ? ERR_PARSE : 0, object_parse(&o, buffer + 2, n));
    }
}

static void bounds_hold_both_ways(void)
{
    static const struct object_header row[] = {
        {.track = 0, .seq = 1},
        {.track = WIRE_TRACKS_MAX + 1, .seq = 1},
        {.track = 1, .seq = 0},
        {.track = 1, .seq = 1, .spatial = WIRE_LAYERS_MAX},
        {.track = 1, .seq = 1, .temporal = WIRE_LAYERS_MAX},
        {.track = 1, .seq = 3, .depends = 3},
        {.track = 1, .seq = 3, .depends = 1, .key = true},
        {.track = 1, .seq = 1, .level = 128},
        {.track = 1, .seq = 1, .captured_us = -1},
    };
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        uint8_t out[64];
        CHECK_EQ(ERR_LIMIT, object_write_framed(out, sizeof out, WIRE_VIDEO, &row[i], 0));
    }
    /* The same from the network: track 9; level 128; no track at all. */
    static const struct {
        uint8_t bytes[8];
        size_t len;
    } in[] = {{{4, 0x10, 9, 0x28, 1}, 5}, {{7, 0x10, 1, 0x28, 1, 0x48, 0x80, 1}, 8}, {{2, 0x28, 1}, 3}};
    for (size_t i = 0; i < COUNT_OF(in); i++) {
        struct object o;
        CHECK_EQ(ERR_LIMIT, object_parse(&o, in[i].bytes, in[i].len));
    }
}

static void sizes_over_the_bounds_are_refused(void)
{
    static uint8_t big[WIRE_OBJECT_MAX + 64];
    struct object o;
    CHECK_EQ(ERR_LIMIT, object_write_framed(big, sizeof big, WIRE_VIDEO, &delta, WIRE_OBJECT_MAX));
    CHECK_EQ(ERR_SPACE, object_write_framed(big, 100, WIRE_VIDEO, &delta, 90));
    CHECK_EQ(ERR_SPACE, object_write_framed(big, 5, WIRE_VIDEO, &delta, 0));
    CHECK_EQ(ERR_LIMIT, object_parse(&o, big, WIRE_OBJECT_MAX + 1));
    CHECK_EQ(ERR_LIMIT, object_parse(&o, (const uint8_t[]){0x40, WIRE_HEADER_MAX + 1, 0}, 3));
}

static void unknown_fields_of_a_newer_version_are_skipped(void)
{
    /* track 2, seq 5, field 15 = varint 1, field 14 = 3 bytes */
    static const uint8_t data[] = {11, 0x10, 2, 0x28, 5, 0x78, 1, 0x72, 3, 'n', 'e', 'w', 0xaa};
    struct object o;
    CHECK_EQ(0, object_parse(&o, data, sizeof data));
    CHECK_EQ(5, o.header.seq);
    CHECK_EQ(1, o.payload_len);
}

/* What protobuf-c makes of a header: 0 and the fields, or ERR_PARSE. */
static int read_by_the_library(struct object_header *h, const uint8_t *data, size_t len)
{
    Parley__V1__ObjectHeader *m = parley__v1__object_header__unpack(NULL, len, data);
    if (!m)
        return ERR_PARSE;
    *h = (struct object_header){.sender = m->sender,
                                .track = m->track,
                                .spatial = m->spatial,
                                .temporal = m->temporal,
                                .seq = m->seq,
                                .captured_us = (usec_t)m->captured_us,
                                .key = m->key,
                                .depends = m->depends,
                                .level = m->level};
    parley__v1__object_header__free_unpacked(m, NULL);
    return 0;
}

/* A header that is right, then damaged in up to three places. */
static size_t damaged(uint8_t *out, size_t cap, struct rng *rng)
{
    int at = object_write_framed(out, cap, WIRE_VIDEO, &delta, 0);
    for (uint64_t i = rng_below(rng, 4); i; i--)
        out[3 + rng_below(rng, (uint64_t)at - 3)] = (uint8_t)rng_next(rng);
    return (size_t)at;
}

/* Our own reader and protobuf-c's understand the same; ours refuses more: field 0, a varint of more than 64 bits. */
static void headers_mean_what_protobuf_takes_them_to_mean(void)
{
    struct rng rng = {1};
    int same = 0;
    for (int i = 0; i < 200000; i++) {
        uint8_t bytes[128];
        struct object o;
        struct object_header theirs;
        size_t len = damaged(bytes, sizeof bytes, &rng);
        if (object_parse(&o, bytes + 2, len - 2) != 0)
            continue;
        CHECK_EQ(0, read_by_the_library(&theirs, bytes + 3, bytes[2]));
        uint8_t ours_aad[OBJECT_AAD_BYTES], theirs_aad[OBJECT_AAD_BYTES];
        object_aad(ours_aad, &o.header);
        object_aad(theirs_aad, &theirs);
        CHECK_MEM(theirs_aad, ours_aad, OBJECT_AAD_BYTES);
        same++;
    }
    CHECK_BETWEEN(60000, 200000, same);
}

static void fields_of_the_wrong_type_are_refused(void)
{
    static const struct {
        uint8_t data[12];
        size_t len;
        int err;
    } row[] = {
        {{4, 0x10, 2, 0x28, 5}, 5, 0},
        {{6, 0x10, 2, 0x28, 5, 0x10, 3}, 7, 0},                /* the last one counts */
        {{4, 0x12, 2, 0x28, 5}, 5, ERR_PARSE},                 /* bytes where a number belongs */
        {{6, 0x10, 2, 0x28, 5, 0x73, 0}, 7, ERR_PARSE},        /* a group */
        {{6, 0x10, 2, 0x28, 5, 0x00, 1}, 7, ERR_PARSE},        /* field 0 */
        {{5, 0x10, 2, 0x28, 5, 0x78}, 6, ERR_PARSE},           /* cut short */
        {{6, 0x10, 2, 0x28, 5, 0x72, 9}, 7, ERR_PARSE},        /* longer than the header */
        {{9, 0x10, 2, 0x28, 5, 0x75, 1, 2, 3, 4}, 10, 0},      /* four bytes of something new */
        {{4, 0x10, 2, 0x28, 0x85}, 5, ERR_PARSE},              /* a varint without end */
    };
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        struct object o;
        CHECK_EQ(row[i].err, object_parse(&o, row[i].data, row[i].len));
    }
}

static void objects_of_one_datagram_are_cut_apart(void)
{
    static const struct {
        uint8_t bytes[6];
        size_t len;
        size_t part[3];
        size_t parts;
        int end;
    } row[] = {
        {{0}, 0, {0}, 0, 0},
        {{2, 'a', 'b', 1, 'c'}, 5, {2, 1}, 2, 0},
        {{1, 'a', 0}, 3, {1, 0}, 2, 0},             /* an empty one is for object_parse() to refuse */
        {{2, 'a', 'b', 2, 'c'}, 5, {2}, 1, ERR_PARSE}, /* says more than there is */
        {{1, 'a', 0xff, 0xff, 0xff}, 5, {1}, 1, ERR_PARSE},
    };
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        struct reader r = reader_of(row[i].bytes, row[i].len);
        size_t len, parts = 0;
        while (reader_left(&r) && object_next(&r, &len))
            CHECK_EQ(row[i].part[parts++], len);
        CHECK_EQ(row[i].parts, parts);
        CHECK_EQ(row[i].end, reader_ok(&r));
    }
}

static void the_authenticated_bytes_hold_every_field(void)
{
    uint8_t plain[OBJECT_AAD_BYTES], other[OBJECT_AAD_BYTES];
    object_aad(plain, &delta);
    struct object_header row[9];
    for (size_t i = 0; i < COUNT_OF(row); i++)
        row[i] = delta;
    row[0].track++;
    row[1].spatial++;
    row[2].temporal--;
    row[3].seq++;
    row[4].captured_us++;
    row[5].key = true;
    row[6].depends++;
    row[7].level++;
    row[8].sender++;
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        object_aad(other, &row[i]);
        CHECK(memcmp(plain, other, sizeof plain));
    }
}

int main(void)
{
    static const struct check_test tests[] = {
        T(what_is_written_is_read),
        T(every_truncation_is_refused_or_is_a_shorter_payload),
        T(bounds_hold_both_ways),
        T(sizes_over_the_bounds_are_refused),
        T(unknown_fields_of_a_newer_version_are_skipped),
        T(headers_mean_what_protobuf_takes_them_to_mean),
        T(fields_of_the_wrong_type_are_refused),
        T(objects_of_one_datagram_are_cut_apart),
        T(the_authenticated_bytes_hold_every_field),
    };
    return CHECK_RUN(tests);
}
