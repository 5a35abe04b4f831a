/* SPDX-License-Identifier: MIT */
/* mixer_exports.c - codec/mixer.h for JS. */
#include "codec/mixer.h"
#include "module/export.h"

typedef struct mixer M;

EXPORT(M *, mixer_new, unsigned channels) { return mixer_new(channels); }
EXPORT(void, mixer_del, M *m) { mixer_del(m); }
EXPORT(int, mixer_add, M *m, uint32_t source) { return mixer_add(m, source); }
EXPORT(void, mixer_remove, M *m, uint32_t source) { mixer_remove(m, source); }
EXPORT(int, mixer_put, M *m, uint32_t source, uint32_t seq, double captured_us, uint32_t duration_us, const uint8_t *data,
       size_t len, double now)
{
    return mixer_put(m, source, seq, usec_from_js(captured_us), duration_us, data, len, usec_from_js(now));
}
EXPORT(const float *, mixer_pull, M *m, size_t frames, double now) { return mixer_pull(m, frames, usec_from_js(now)); }
EXPORT(void, mixer_set_gain, M *m, uint32_t source, float gain) { mixer_set_gain(m, source, gain); }
EXPORT(void, mixer_hold, M *m, uint32_t source, double hold) { mixer_hold(m, source, usec_from_js(hold)); }
EXPORT(uint32_t, mixer_level, const M *m, uint32_t source) { return mixer_level(m, source); }

/* NULL when there is no such source. */
EXPORT(const struct mixer_stats *, mixer_stats, const M *m, uint32_t source)
{
    static struct mixer_stats stats;
    return mixer_stats(m, source, &stats) == 0 ? &stats : NULL;
}
