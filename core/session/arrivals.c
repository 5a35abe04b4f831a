/* SPDX-License-Identifier: MIT */
#include "arrivals.h"

/* Numbers that a gap made missing, or that fill one; what falls out of the window unseen is lost. */
static uint32_t note_seq(struct arrivals *a, uint32_t seq)
{
    uint32_t lost = 0;
    if (!a->any) {
        a->newest = seq;
    } else if (seq > a->newest) {
        uint32_t step = seq - a->newest;
        uint64_t wide = step < 33 ? ((uint64_t)a->missing << 1) << (step - 1) : 0;
        /* bit step - 1 is the old newest, which arrived; those below it did not */
        uint32_t gap = step > 32 ? UINT32_MAX : (uint32_t)((1ull << (step - 1)) - 1);
        lost = step > 32 ? step - 33 : (uint32_t)__builtin_popcountll(wide >> 32);
        a->missing = (step > 31 ? 0 : (uint32_t)((uint64_t)a->missing << step)) | gap;
        a->newest = seq;
    } else if (a->newest - seq >= 1 && a->newest - seq <= 32) {
        a->missing &= ~(1u << (a->newest - seq - 1));
    }
    a->any = true;
    return lost;
}

uint32_t arrivals_note(struct arrivals *a, uint32_t seq, size_t bytes, usec_t now)
{
    if (!a->any || seq > a->newest)
        a->newest_at = now;
    a->objects++;
    a->bytes += bytes;
    a->fresh = true;
    return note_seq(a, seq);
}

bool arrivals_report(struct arrivals *a, struct track_report *r)
{
    if (!a->fresh)
        return false;
    a->fresh = false;
    *r = (struct track_report){.newest = a->newest,
                               .missing = a->missing,
                               .newest_at_us = (uint64_t)a->newest_at,
                               .bytes = a->bytes,
                               .objects = a->objects};
    return true;
}
