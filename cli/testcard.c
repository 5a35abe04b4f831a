/* SPDX-License-Identifier: MIT */
#include "testcard.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"

#define WHITE 235
#define BLACK 16
#define GLYPH_WIDTH 5
#define GLYPH_HEIGHT 7

struct box {
    uint32_t x, y, width, height;
};

static uint8_t crc8(const uint8_t *data, size_t len)
{
    unsigned crc = 0;
    for (size_t i = 0; i < len; i++) {
        crc ^= data[i];
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 0x80 ? crc << 1 ^ 0x07 : crc << 1) & 0xff;
    }
    return (uint8_t)~crc;
}

/* The rows' bits, column 0 in bit 15. */
static void to_rows(uint16_t row[TESTCARD_ROWS], const struct testcard *c)
{
    uint8_t bytes[] = {(uint8_t)(c->counter >> 8), (uint8_t)c->counter, (uint8_t)(c->time_ms >> 16), (uint8_t)(c->time_ms >> 8),
                       (uint8_t)c->time_ms};
    row[0] = c->counter;
    row[1] = (uint16_t)(c->time_ms >> 8);
    row[2] = (uint16_t)((c->time_ms & 0xff) << 8 | crc8(bytes, sizeof bytes));
}

static struct box cell(const struct testcard_picture *p, uint32_t column, uint32_t row)
{
    uint32_t x = column * p->width_px / TESTCARD_COLUMNS, y = row * p->height_px / 9;
    return (struct box){x, y, (column + 1) * p->width_px / TESTCARD_COLUMNS - x, (row + 1) * p->height_px / 9 - y};
}

static void fill(const struct testcard_picture *p, struct box b, uint8_t luma)
{
    for (uint32_t y = b.y; y < b.y + b.height && y < p->height_px; y++)
        if (b.x < p->width_px)
            memset(p->y + (size_t)y * p->y_stride + b.x, luma, b.x + b.width <= p->width_px ? b.width : p->width_px - b.x);
}

static void draw_cells(const struct testcard_picture *p, const struct testcard *c)
{
    uint16_t row[TESTCARD_ROWS];
    to_rows(row, c);
    for (uint32_t r = 0; r < TESTCARD_ROWS; r++)
        for (uint32_t i = 0; i < TESTCARD_COLUMNS; i++)
            fill(p, cell(p, i, r), row[r] >> (TESTCARD_COLUMNS - 1 - i) & 1 ? WHITE : BLACK);
}

/* Soft slanted waves that wander with the counter, so that every picture differs and none is costly. */
static void draw_ground(const struct testcard_picture *p, uint16_t counter)
{
    for (uint32_t y = p->height_px / 3; y < p->height_px; y++)
        for (uint32_t x = 0; x < p->width_px; x++) {
            uint32_t wave = (x * 256 / p->width_px + y * 128 / p->height_px + 2u * counter) & 255;
            p->y[(size_t)y * p->y_stride + x] = (uint8_t)(64 + (wave < 128 ? wave : 255 - wave) / 2);
        }
}

static void draw_tint(const struct testcard_picture *p, unsigned tint)
{
    static const uint8_t colour[8][2] = {{128, 128}, {160, 104}, {104, 160}, {96, 96},
                                         {160, 160}, {128, 168}, {168, 128}, {96, 140}};
    for (uint32_t y = 0; y < (p->height_px + 1) / 2; y++) {
        bool ground = y >= p->height_px / 6;
        memset(p->u + (size_t)y * p->u_stride, ground ? colour[tint % 8][0] : 128, (p->width_px + 1) / 2);
        memset(p->v + (size_t)y * p->v_stride, ground ? colour[tint % 8][1] : 128, (p->width_px + 1) / 2);
    }
}

/* Digits, colon, point; one row of five dots a byte, the left one in bit 4. */
static const uint8_t *glyph(char c)
{
    static const uint8_t digit[10][GLYPH_HEIGHT] = {
        {14, 17, 19, 21, 25, 17, 14}, {4, 12, 4, 4, 4, 4, 14},    {14, 17, 1, 2, 4, 8, 31},   {31, 2, 4, 2, 1, 17, 14},
        {2, 6, 10, 18, 31, 2, 2},     {31, 16, 30, 1, 1, 17, 14}, {6, 8, 16, 30, 17, 17, 14}, {31, 1, 2, 4, 8, 8, 8},
        {14, 17, 17, 14, 17, 17, 14}, {14, 17, 17, 15, 1, 2, 12},
    };
    static const uint8_t colon[GLYPH_HEIGHT] = {0, 4, 0, 0, 0, 4, 0}, point[GLYPH_HEIGHT] = {0, 0, 0, 0, 0, 0, 4},
                         none[GLYPH_HEIGHT];
    if (c >= '0' && c <= '9')
        return digit[c - '0'];
    return c == ':' ? colon : c == '.' ? point : none;
}

static void draw_text(const struct testcard_picture *p, uint32_t x, uint32_t y, uint32_t dot, const char *text)
{
    for (; *text; text++, x += (GLYPH_WIDTH + 1) * dot)
        for (uint32_t row = 0; row < GLYPH_HEIGHT; row++)
            for (uint32_t column = 0; column < GLYPH_WIDTH; column++)
                if (glyph(*text)[row] >> (GLYPH_WIDTH - 1 - column) & 1)
                    fill(p, (struct box){x + column * dot, y + row * dot, dot, dot}, WHITE);
}

static void draw_digits(const struct testcard_picture *p, uint16_t counter, int64_t unix_ms)
{
    char text[32];
    uint32_t day_ms = (uint32_t)(((unix_ms % 86400000) + 86400000) % 86400000);
    uint32_t dot = p->width_px / 90 ? p->width_px / 90 : 1, x = p->width_px / 16;
    snprintf(text, sizeof text, "%05u", counter);
    draw_text(p, x, p->height_px * 9 / 20, dot, text);
    snprintf(text, sizeof text, "%02u:%02u:%02u.%03u", day_ms / 3600000, day_ms / 60000 % 60, day_ms / 1000 % 60, day_ms % 1000);
    draw_text(p, x, p->height_px * 14 / 20, dot, text);
}

void testcard_draw(const struct testcard_picture *p, uint16_t counter, int64_t unix_ms, unsigned tint)
{
    struct testcard card = {.counter = counter, .time_ms = (uint32_t)unix_ms & TESTCARD_TIME_MASK};
    draw_ground(p, counter);
    draw_tint(p, tint);
    draw_digits(p, counter, unix_ms);
    draw_cells(p, &card);
}

/* Mean luma of the middle half of a cell. */
static bool is_white(const struct testcard_picture *p, struct box b)
{
    uint32_t sum = 0, count = 0;
    for (uint32_t y = b.y + b.height / 4; y < b.y + b.height - b.height / 4; y++)
        for (uint32_t x = b.x + b.width / 4; x < b.x + b.width - b.width / 4; x++, count++)
            sum += p->y[(size_t)y * p->y_stride + x];
    return count && sum / count >= 128;
}

int testcard_read(const struct testcard_picture *p, struct testcard *card)
{
    uint16_t row[TESTCARD_ROWS] = {0}, again[TESTCARD_ROWS];
    for (uint32_t r = 0; r < TESTCARD_ROWS; r++)
        for (uint32_t i = 0; i < TESTCARD_COLUMNS; i++)
            row[r] = (uint16_t)(row[r] << 1 | is_white(p, cell(p, i, r)));
    *card = (struct testcard){.counter = row[0], .time_ms = (uint32_t)row[1] << 8 | row[2] >> 8};
    to_rows(again, card);
    return row[2] == again[2] ? 0 : ERR_PARSE;
}

int32_t testcard_age_ms(const struct testcard *card, int64_t unix_ms)
{
    uint32_t age = ((uint32_t)unix_ms - card->time_ms) & TESTCARD_TIME_MASK;
    return age > TESTCARD_TIME_MASK / 2 ? (int32_t)age - (int32_t)TESTCARD_TIME_MASK - 1 : (int32_t)age;
}
