/* SPDX-License-Identifier: MIT */
#include "base/bytes.h"

#include "base/err.h"
#include "base/units.h"
#include "check.h"

static void varints_follow_rfc_9000(void)
{
    /* RFC 9000 appendix A.1 */
    static const struct {
        uint64_t value;
        uint8_t bytes[8];
        size_t len;
    } row[] = {
        {151288809941952652, {0xc2, 0x19, 0x7c, 0x5e, 0xff, 0x14, 0xe8, 0x8c}, 8},
        {494878333, {0x9d, 0x7f, 0x3e, 0x7d}, 4},
        {15293, {0x7b, 0xbd}, 2},
        {37, {0x25}, 1},
    };
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        uint8_t out[8];
        struct writer w = writer_of(out, sizeof out);
        write_varint(&w, row[i].value);
        CHECK_EQ(row[i].len, writer_done(&w));
        CHECK_MEM(row[i].bytes, out, row[i].len);
        struct reader r = reader_of(row[i].bytes, row[i].len);
        CHECK(read_varint(&r) == row[i].value);
        CHECK_EQ(0, reader_done(&r));
    }
}

static void a_failed_read_sticks(void)
{
    static const uint8_t data[] = {1, 2, 3};
    struct reader r = reader_of(data, sizeof data);
    CHECK_EQ(0x0102, read_u16(&r));
    CHECK_EQ(0, read_u32(&r));
    CHECK_EQ(0, read_u8(&r));
    CHECK_EQ(ERR_PARSE, reader_ok(&r));
}

static void leftover_bytes_are_not_done(void)
{
    static const uint8_t data[] = {1, 2};
    struct reader r = reader_of(data, sizeof data);
    read_u8(&r);
    CHECK_EQ(0, reader_ok(&r));
    CHECK_EQ(ERR_PARSE, reader_done(&r));
}

static void a_full_writer_says_so(void)
{
    uint8_t out[3];
    struct writer w = writer_of(out, sizeof out);
    write_u16(&w, 7);
    write_u16(&w, 7);
    CHECK_EQ(ERR_SPACE, writer_done(&w));
}

int main(void)
{
    static const struct check_test tests[] = {
        T(varints_follow_rfc_9000),
        T(a_failed_read_sticks),
        T(leftover_bytes_are_not_done),
        T(a_full_writer_says_so),
    };
    return CHECK_RUN(tests);
}
