/* SPDX-License-Identifier: MIT */
/* testcard.h - a picture that says which one it is and when it was taken, for machines and for people.
 *
 * The upper third is a grid of 16 columns and 3 rows; cell (column, row) covers x from column * W / 16 to (column + 1) * W / 16 and
 * y from row * H / 9 to (row + 1) * H / 9 (whole-number division). A white cell (luma 235) is 1, a black cell (16) is 0; column 0 holds
 * the most significant bit of its row:
 *
 *   row 0   counter, 16 bits: number of the picture
 *   row 1   upper 16 bits of the time: milliseconds of the Unix clock (UTC) at capture, modulo 2^24 (4.6 hours)
 *   row 2   lower 8 bits of the time, then 8 bits of check: CRC-8 (polynomial 0x07, from 0) of the five bytes
 *           counter high, counter low, time high, middle, low - then inverted, so that no even picture is valid
 *
 * A reader takes the mean luma of the middle half of each cell in both directions; from 128 on it is 1. Pictures from 80 pixels of
 * width on can be read, also scaled ones: only proportions count.
 * Below: a tinted ground that moves, and the counter and the time in digits. */
#ifndef PARLEY_CLI_TESTCARD_H
#define PARLEY_CLI_TESTCARD_H

#include <stddef.h>
#include <stdint.h>

#define TESTCARD_COLUMNS 16
#define TESTCARD_ROWS 3
#define TESTCARD_TIME_MASK 0xffffffu

struct testcard {
    uint16_t counter;
    uint32_t time_ms; /* modulo 2^24 */
};

/* An I420 picture. */
struct testcard_picture {
    uint32_t width_px, height_px;
    uint32_t y_stride, u_stride, v_stride;
    uint8_t *y, *u, *v;
};

/* Draws the card taken at `unix_ms`; `tint` (0..7) tells several cards apart by colour. */
void testcard_draw(const struct testcard_picture *p, uint16_t counter, int64_t unix_ms, unsigned tint);
/* 0 and fills `card`, or ERR_PARSE when this is no card or it is too damaged. */
int testcard_read(const struct testcard_picture *p, struct testcard *card);
/* How long before `unix_ms` the card was taken, in ms; right for less than two hours either way. */
int32_t testcard_age_ms(const struct testcard *card, int64_t unix_ms);

#endif
