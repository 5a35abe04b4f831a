/* SPDX-License-Identifier: MIT */
/* A Feedback from the network: refused, or it can be written and read again. */
#include "fuzz/fuzz.h"
#include "wire/feedback.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static uint8_t out[8192];
    struct feedback f, again;
    size_t taken;
    if (feedback_parse(&f, data, len))
        return 0;
    MUST(f.count <= FEEDBACK_TRACKS_MAX);
    int n = feedback_write(out, sizeof out, &f, &taken);
    MUST(n > 0 && taken == f.count);
    if (n - 1 > 1200)
        return 0;
    MUST(feedback_parse(&again, out + 1, (size_t)n - 1) == 0);
    MUST(again.count == f.count && again.clock_us == f.clock_us);
    for (size_t i = 0; i < f.count; i++)
        MUST(again.track[i].newest == f.track[i].newest && again.track[i].bytes == f.track[i].bytes);
    return 0;
}
