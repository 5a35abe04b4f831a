/* SPDX-License-Identifier: MIT */
#include "stamp.h"

#include "base/bytes.h"
#include "base/err.h"

#define MAGIC 0x50414c44u

void stamp_write(uint8_t out[STAMP_BYTES], const struct stamp *s)
{
    struct writer w = writer_of(out, STAMP_BYTES);
    write_u32(&w, MAGIC);
    write_u64(&w, (uint64_t)s->sent_at);
    write_u32(&w, s->base);
}

int stamp_read(struct stamp *s, const uint8_t *data, size_t len)
{
    struct reader r = reader_of(data, len);
    uint32_t magic = read_u32(&r);
    s->sent_at = (usec_t)read_u64(&r);
    s->base = read_u32(&r);
    return reader_ok(&r) || magic != MAGIC ? ERR_PARSE : 0;
}
