/* SPDX-License-Identifier: MIT */
/* A stream in one piece and the same in many: the same messages, within the memory that was promised.
 * Byte 0: a run or not, and the size of the pieces. */
#include "fuzz/fuzz.h"
#include "wire/framer.h"

#define MAX 3000

struct outcome {
    size_t messages, bytes;
    uint64_t sum; /* of all that was handed out, in order */
    int end;
};

static void take(struct outcome *o, struct framed msg)
{
    o->messages++;
    o->bytes += msg.len;
    for (size_t i = 0; i < msg.len; i++)
        o->sum = o->sum * 31 + msg.data[i] + 1;
}

static struct outcome cut(const uint8_t *data, size_t len, bool run, size_t piece)
{
    struct outcome o = {0};
    struct framer f;
    struct framed msg;
    framer_init(&f, MAX, run);
    for (size_t at = 0; at < len && o.end >= 0; at += piece) {
        framer_feed(&f, data + at, len - at < piece ? len - at : piece);
        while ((o.end = framer_next(&f, &msg)) > 0)
            take(&o, msg);
        MUST(framer_memory(&f) <= MAX + 8);
        MUST(o.end < 0 || framer_pending(&f) <= at + piece);
    }
    framer_free(&f);
    return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    uint8_t choice = take_u8(&data, &len);
    bool run = choice & 1;
    struct outcome whole = cut(data, len, run, len ? len : 1), pieces = cut(data, len, run, 1 + (choice >> 1));
    MUST(whole.messages == pieces.messages && whole.bytes == pieces.bytes && whole.sum == pieces.sum);
    MUST((whole.end < 0) == (pieces.end < 0));
    return 0;
}
