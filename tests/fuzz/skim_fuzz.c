/* SPDX-License-Identifier: MIT */
/* A run for the load generator: the same objects, whole or in pieces, and never beyond the bounds. */
#include "base/err.h"
#include "cli/load/skim.h"
#include "fuzz/fuzz.h"

/* What was read: objects, their bytes, the error that ended it. */
struct sum {
    uint64_t objects, bytes, heads;
    int end;
};

static void feed(struct skim *s, struct sum *sum, const uint8_t *data, size_t len)
{
    while (!sum->end) {
        int n = skim_next(s, &data, &len);
        if (n <= 0) {
            sum->end = n;
            MUST(n < 0 || len == 0);
            return;
        }
        MUST(s->size >= 1 && s->size <= WIRE_OBJECT_MAX);
        MUST(s->head_have == (s->size < SKIM_HEAD_BYTES ? s->size : SKIM_HEAD_BYTES));
        sum->objects++;
        sum->bytes += s->size;
        sum->heads = sum->heads * 31 + s->head[s->head_have - 1];
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct skim one = {0}, many = {0};
    struct sum whole = {0}, pieces = {0};
    size_t piece = len ? 1u + data[0] % 64u : 1;
    feed(&one, &whole, data, len);
    for (size_t at = 0; at < len && !pieces.end; at += piece)
        feed(&many, &pieces, data + at, len - at < piece ? len - at : piece);
    MUST(whole.objects == pieces.objects && whole.bytes == pieces.bytes && whole.heads == pieces.heads && whole.end == pieces.end);
    return 0;
}
