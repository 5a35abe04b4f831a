/* SPDX-License-Identifier: MIT */
#include "sound.h"

#include <libavutil/channel_layout.h>
#include <libswresample/swresample.h>
#include <stdlib.h>
#include <string.h>

#include "beep.h"
#include "mediafile.h"

#define HZ 48000

struct sound_source {
    struct mediafile *file; /* NULL: beeps */
    SwrContext *resampler;
    int rate, format, channels; /* that the resampler was made for */
};

struct sound_source *sound_beeps(const char **why)
{
    *why = "memory is short";
    return calloc(1, sizeof(struct sound_source));
}

struct sound_source *sound_file(const char *path, const char **why)
{
    struct sound_source *s = sound_beeps(why);
    if (!s)
        return NULL;
    s->file = mediafile_open(path, true, why);
    if (s->file)
        return s;
    free(s);
    return NULL;
}

void sound_del(struct sound_source *s)
{
    if (!s)
        return;
    swr_free(&s->resampler);
    mediafile_close(s->file);
    free(s);
}

static bool prepare(struct sound_source *s, const AVFrame *f)
{
    if (s->resampler && s->rate == f->sample_rate && s->format == f->format && s->channels == f->ch_layout.nb_channels)
        return true;
    AVChannelLayout mono = AV_CHANNEL_LAYOUT_MONO;
    swr_free(&s->resampler);
    s->rate = f->sample_rate;
    s->format = f->format;
    s->channels = f->ch_layout.nb_channels;
    return swr_alloc_set_opts2(&s->resampler, &mono, AV_SAMPLE_FMT_FLT, HZ, &f->ch_layout, f->format, f->sample_rate, 0, NULL) >=
               0 &&
           swr_init(s->resampler) >= 0;
}

/* Puts one more frame into the resampler. */
static bool feed(struct sound_source *s)
{
    usec_t at;
    const AVFrame *f = mediafile_next(s->file, &at);
    return f && prepare(s, f) && swr_convert(s->resampler, NULL, 0, (const uint8_t **)f->extended_data, f->nb_samples) >= 0;
}

static size_t read_file(struct sound_source *s, float *out, size_t count)
{
    size_t have = 0;
    while (have < count) {
        uint8_t *planes[] = {(uint8_t *)(out + have)};
        int got = s->resampler ? swr_convert(s->resampler, planes, (int)(count - have), NULL, 0) : 0;
        if (got < 0 || (got == 0 && !feed(s)))
            break;
        have += (size_t)got;
    }
    return have;
}

void sound_next(struct sound_source *s, float *out, size_t count, int64_t unix_us)
{
    if (!s->file) {
        beep_make(out, count, unix_us);
        return;
    }
    size_t have = read_file(s, out, count);
    memset(out + have, 0, (count - have) * sizeof *out);
}
