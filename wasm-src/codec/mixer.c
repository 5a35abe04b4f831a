/* SPDX-License-Identifier: MIT */
#include "codec/mixer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "codec/level.h"
#include "codec/opus_codec.h"
#include "recv/playout.h"

#define LIMIT 0.98f /* no sample of the mix is larger */
#define LIMIT_RELEASE 0.05f /* of the way back to full gain, per block: 150 ms */

struct source {
    uint32_t id;
    struct playout *playout; /* NULL: free */
    struct opus_dec *decoder;
    float gain, gain_was;
    uint32_t level;
};

struct mixer {
    unsigned channels;
    struct source source[MIXER_SOURCES];
    float limit;                      /* gain of the whole mix */
    size_t used;                      /* samples of `block` already given, per channel */
    float speaker[PLAYOUT_BLOCK * 2]; /* one source's block, interleaved */
    float block[PLAYOUT_BLOCK * 2];   /* the mix, interleaved */
    float out[MIXER_PULL_MAX * 2];    /* channel after channel */
};

struct mixer *mixer_new(unsigned channels)
{
    struct mixer *m = channels == 1 || channels == 2 ? calloc(1, sizeof *m) : NULL;
    if (!m)
        return NULL;
    m->channels = channels;
    m->limit = 1;
    m->used = PLAYOUT_BLOCK;
    return m;
}

static void drop(struct source *s)
{
    playout_del(s->playout);
    opus_dec_del(s->decoder);
    *s = (struct source){0};
}

void mixer_del(struct mixer *m)
{
    if (!m)
        return;
    for (size_t i = 0; i < MIXER_SOURCES; i++)
        if (m->source[i].playout)
            drop(&m->source[i]);
    free(m);
}

static struct source *find(const struct mixer *m, uint32_t id)
{
    for (size_t i = 0; i < MIXER_SOURCES; i++)
        if (m->source[i].playout && m->source[i].id == id)
            return (struct source *)&m->source[i];
    return NULL;
}

static struct source *find_free(struct mixer *m)
{
    for (size_t i = 0; i < MIXER_SOURCES; i++)
        if (!m->source[i].playout)
            return &m->source[i];
    return NULL;
}

int mixer_add(struct mixer *m, uint32_t id)
{
    if (find(m, id))
        return 0;
    struct source *s = find_free(m);
    if (!s)
        return ERR_FULL;
    struct opus_dec *decoder = opus_dec_new(m->channels);
    if (!decoder)
        return ERR_NOMEM;
    struct playout_decoder d = opus_dec_for_playout(decoder);
    *s = (struct source){.id = id, .playout = playout_new(&d, m->channels), .decoder = decoder, .gain = 1, .gain_was = 1};
    if (s->playout)
        return 0;
    opus_dec_del(decoder);
    return ERR_NOMEM;
}

void mixer_remove(struct mixer *m, uint32_t id)
{
    struct source *s = find(m, id);
    if (s)
        drop(s);
}

int mixer_put(struct mixer *m, uint32_t id, uint32_t seq, usec_t captured_us, uint32_t duration_us, const uint8_t *data, size_t len,
              usec_t now)
{
    struct source *s = find(m, id);
    return s ? playout_put(s->playout, seq, captured_us, duration_us, data, len, now) : ERR_UNKNOWN;
}

/* Adds `from`, its gain gliding from `was` to `is`. */
static void add(float *to, const float *from, unsigned channels, float was, float is)
{
    float step = (is - was) / PLAYOUT_BLOCK;
    for (size_t i = 0; i < PLAYOUT_BLOCK; i++, was += step)
        for (unsigned c = 0; c < channels; c++)
            to[i * channels + c] += from[i * channels + c] * was;
}

static void mix_source(struct mixer *m, struct source *s, usec_t now)
{
    s->level = 0;
    if (playout_pull(s->playout, m->speaker, now)) {
        s->level = sound_level(m->speaker, (size_t)PLAYOUT_BLOCK * m->channels);
        add(m->block, m->speaker, m->channels, s->gain_was, s->gain);
    }
    s->gain_was = s->gain;
}

static float loudest(const float *pcm, size_t count)
{
    float peak = 0;
    for (size_t i = 0; i < count; i++)
        peak = fmaxf(peak, fabsf(pcm[i]));
    return peak;
}

/* Several people at once may sum to more than full scale: the whole mix is turned down for this block, and comes back slowly. */
static void limit(struct mixer *m)
{
    size_t count = (size_t)PLAYOUT_BLOCK * m->channels;
    float peak = loudest(m->block, count), was = m->limit, is = was + (1 - was) * LIMIT_RELEASE;
    if (peak * is > LIMIT)
        is = LIMIT / peak;
    if (was > is)
        was = is; /* no time to glide down */
    m->limit = is;
    if (was < 1)
        for (size_t i = 0; i < count; i++)
            m->block[i] *= was + (is - was) * ((float)i / (float)count);
}

static void next_block(struct mixer *m, usec_t now)
{
    memset(m->block, 0, sizeof m->block);
    for (size_t i = 0; i < MIXER_SOURCES; i++)
        if (m->source[i].playout)
            mix_source(m, &m->source[i], now);
    limit(m);
    m->used = 0;
}

const float *mixer_pull(struct mixer *m, size_t frames, usec_t now)
{
    frames = frames < MIXER_PULL_MAX ? frames : MIXER_PULL_MAX;
    for (size_t i = 0; i < frames; i++) {
        if (m->used == PLAYOUT_BLOCK)
            next_block(m, now);
        for (unsigned c = 0; c < m->channels; c++)
            m->out[c * frames + i] = m->block[m->used * m->channels + c];
        m->used++;
    }
    return m->out;
}

void mixer_set_gain(struct mixer *m, uint32_t id, float gain)
{
    struct source *s = find(m, id);
    if (s)
        s->gain = fminf(fmaxf(gain, 0), MIXER_GAIN_MAX);
}

void mixer_hold(struct mixer *m, uint32_t id, usec_t hold)
{
    struct source *s = find(m, id);
    if (s)
        playout_hold(s->playout, hold);
}

uint32_t mixer_level(const struct mixer *m, uint32_t id)
{
    const struct source *s = find(m, id);
    return s ? s->level : 0;
}

int mixer_stats(const struct mixer *m, uint32_t id, struct mixer_stats *out)
{
    const struct source *s = find(m, id);
    if (!s)
        return ERR_UNKNOWN;
    struct playout_stats p;
    playout_stats(s->playout, &p);
    *out = (struct mixer_stats){
        .target_us = p.target_us,
        .delay_us = p.delay_us,
        .own_us = p.own_us,
        .jitter_us = p.jitter_us,
        .packets = p.packets,
        .lost = p.lost,
        .late = p.late,
        .duplicates = p.duplicates,
        .restarts = p.restarts,
        .decode_errors = p.decode_errors,
        .waiting = p.waiting,
        .played_ms = (double)p.played_ms,
        .concealed_ms = (double)p.concealed_ms,
        .recovered_ms = (double)p.recovered_ms,
        .stretched_ms = (double)p.stretched_ms,
        .shrunk_ms = (double)p.shrunk_ms,
        .silent_ms = (double)p.silent_ms,
        .skipped_ms = (double)p.skipped_ms,
        .level = s->level,
    };
    return 0;
}
