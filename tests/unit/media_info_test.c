/* SPDX-License-Identifier: MIT */
#include "wire/media_info.h"

#include "base/err.h"
#include "base/units.h"
#include "check.h"

static void what_is_written_is_read(void)
{
    static const struct media_info row[] = {
        {.codec = 1, .duration_us = 20000},
        {.codec = 3, .width_px = 16384, .height_px = 16384, .rotation = 270},
        {.codec = 3},
        {.codec = 77}, /* of a newer version */
    };
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        uint8_t out[MEDIA_INFO_MAX];
        struct media_info back;
        int len = media_info_write(out, sizeof out, &row[i]);
        CHECK_BETWEEN(1, MEDIA_INFO_MAX, len);
        CHECK_EQ(len, media_info_parse(&back, out, sizeof out)); /* the codec's bytes follow */
        CHECK_MEM(&row[i], &back, sizeof back);
        CHECK_EQ(ERR_SPACE, media_info_write(out, (size_t)len - 1, &row[i]));
    }
}

static void bounds_hold(void)
{
    struct media_info m;
    static const struct {
        uint8_t bytes[8];
        size_t len;
        int err;
    } row[] = {
        {{0}, 0, ERR_PARSE},
        {{3, 8, 1}, 3, ERR_PARSE},
        {{MEDIA_INFO_MAX, 8, 1}, 3, ERR_LIMIT},
        {{2, 0x20, 45}, 3, ERR_LIMIT},                   /* rotation */
        {{4, 0x10, 0x81, 0x80, 1}, 5, ERR_LIMIT},        /* 16385 px */
        {{4, 0x28, 0xc1, 0xa9, 0x07}, 5, ERR_LIMIT},     /* 120001 us */
        {{1, 8}, 2, ERR_PARSE},
    };
    for (size_t i = 0; i < COUNT_OF(row); i++)
        CHECK_EQ(row[i].err, media_info_parse(&m, row[i].bytes, row[i].len));
}

int main(void)
{
    static const struct check_test tests[] = {
        T(what_is_written_is_read),
        T(bounds_hold),
    };
    return CHECK_RUN(tests);
}
