/* SPDX-License-Identifier: MIT */
#include "wire/utf8.h"

#include "base/bytes.h"

/* Bytes that follow the leading byte, and the smallest value that deserves so many; -1 for a byte that cannot lead. */
static int following(uint8_t lead, uint32_t *smallest)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    int n = lead < 0x80 ? 0 : lead < 0xc0 ? -1 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf8 ? 3 : -1;
    *smallest = n > 0 ? least[n] : 0;
    return n;
}

/* The next character; fails the reader when it is not well formed. */
static uint32_t next(struct reader *r)
{
    uint8_t lead = read_u8(r);
    uint32_t smallest;
    int n = following(lead, &smallest);
    uint32_t c = n > 0 ? lead & (0x3fu >> n) : lead;
    r->failed |= n < 0;
    for (int i = 0; i < n; i++) {
        uint8_t b = read_u8(r);
        r->failed |= (b & 0xc0) != 0x80;
        c = c << 6 | (b & 0x3f);
    }
    r->failed |= c < smallest || c > 0x10ffff || (c >= 0xd800 && c < 0xe000);
    return c;
}

static bool is_control(uint32_t c, bool lines)
{
    if (lines && (c == '\t' || c == '\n' || c == '\r'))
        return false;
    return c < 0x20 || (c >= 0x7f && c < 0xa0);
}

bool utf8_valid(const uint8_t *data, size_t len)
{
    struct reader r = reader_of(data, len);
    while (!r.failed && reader_left(&r))
        next(&r);
    return !r.failed;
}

bool utf8_text(const uint8_t *data, size_t len, bool lines)
{
    struct reader r = reader_of(data, len);
    bool clean = true;
    while (!r.failed && clean && reader_left(&r))
        clean = !is_control(next(&r), lines);
    return clean && !r.failed;
}
