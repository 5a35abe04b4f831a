/* SPDX-License-Identifier: MIT */
#include "bucket.h"

struct bucket bucket_of(int64_t rate, int64_t burst, usec_t now)
{
    return (struct bucket){.rate = rate, .burst = burst, .level = burst * SEC, .at = now};
}

static void refill(struct bucket *b, usec_t now)
{
    usec_t full_after = b->rate ? (b->burst * SEC - b->level) / b->rate + 1 : 0;
    usec_t passed = usec_min(now - b->at, full_after); /* bounded, so the product fits */
    if (passed > 0)
        b->level = usec_min(b->level + passed * b->rate, b->burst * SEC);
    b->at = now;
}

bool bucket_take(struct bucket *b, int64_t units, usec_t now)
{
    refill(b, now);
    if (units > b->burst || b->level < units * SEC)
        return false;
    b->level -= units * SEC;
    return true;
}
