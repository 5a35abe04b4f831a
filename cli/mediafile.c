/* SPDX-License-Identifier: MIT */
#include "mediafile.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <stdlib.h>

struct mediafile {
    AVFormatContext *format;
    AVCodecContext *codec;
    AVPacket *packet;
    AVFrame *frame;
    int stream;
    usec_t usual;  /* length of a frame where the file does not say */
    usec_t offset; /* of this repetition */
    usec_t end;    /* time at the end of the last frame */
    bool any;      /* this repetition gave a frame */
};

void mediafile_close(struct mediafile *f)
{
    if (!f)
        return;
    av_frame_free(&f->frame);
    av_packet_free(&f->packet);
    avcodec_free_context(&f->codec);
    avformat_close_input(&f->format);
    free(f);
}

static const char *open_codec(struct mediafile *f, bool sound)
{
    const AVCodec *codec = NULL;
    f->stream = av_find_best_stream(f->format, sound ? AVMEDIA_TYPE_AUDIO : AVMEDIA_TYPE_VIDEO, -1, -1, &codec, 0);
    if (f->stream < 0 || !codec)
        return sound ? "the file holds no sound that can be decoded" : "the file holds no pictures that can be decoded";
    const AVStream *s = f->format->streams[f->stream];
    f->codec = avcodec_alloc_context3(codec);
    if (!f->codec || avcodec_parameters_to_context(f->codec, s->codecpar) < 0 || avcodec_open2(f->codec, codec, NULL) < 0)
        return "the file's codec cannot be opened";
    f->usual = s->avg_frame_rate.num > 0 ? (usec_t)(SEC * s->avg_frame_rate.den / s->avg_frame_rate.num) : SEC / 25;
    return NULL;
}

static const char *open_all(struct mediafile *f, const char *path, bool sound)
{
    if (avformat_open_input(&f->format, path, NULL, NULL) < 0)
        return "the file cannot be opened";
    if (avformat_find_stream_info(f->format, NULL) < 0)
        return "the file is of no known kind";
    f->packet = av_packet_alloc();
    f->frame = av_frame_alloc();
    return f->packet && f->frame ? open_codec(f, sound) : "memory is short";
}

struct mediafile *mediafile_open(const char *path, bool sound, const char **why)
{
    av_log_set_level(AV_LOG_ERROR);
    struct mediafile *f = calloc(1, sizeof *f);
    *why = f ? open_all(f, path, sound) : "memory is short";
    if (!*why)
        return f;
    mediafile_close(f);
    return NULL;
}

/* At the end: from the beginning, unless there was nothing. */
static bool rewind_file(struct mediafile *f)
{
    if (!f->any || av_seek_frame(f->format, f->stream, 0, AVSEEK_FLAG_BACKWARD) < 0)
        return false;
    avcodec_flush_buffers(f->codec);
    f->offset = f->end;
    f->any = false;
    return true;
}

/* Hands the decoder one more packet, or the end. */
static bool feed(struct mediafile *f)
{
    for (;;) {
        if (av_read_frame(f->format, f->packet) < 0)
            return avcodec_send_packet(f->codec, NULL) >= 0;
        bool mine = f->packet->stream_index == f->stream;
        if (mine)
            avcodec_send_packet(f->codec, f->packet); /* a damaged packet is passed over */
        av_packet_unref(f->packet);
        if (mine)
            return true;
    }
}

static usec_t length_of(const struct mediafile *f)
{
    const AVFrame *a = f->frame;
    if (a->nb_samples && a->sample_rate)
        return (usec_t)a->nb_samples * SEC / a->sample_rate;
    return f->usual;
}

static usec_t time_of(struct mediafile *f)
{
    const AVStream *s = f->format->streams[f->stream];
    int64_t start = s->start_time == AV_NOPTS_VALUE ? 0 : s->start_time, pts = f->frame->best_effort_timestamp;
    if (pts == AV_NOPTS_VALUE)
        return f->end;
    return f->offset + av_rescale_q(pts - start, s->time_base, (AVRational){1, 1000000});
}

const AVFrame *mediafile_next(struct mediafile *f, usec_t *at)
{
    for (;;) {
        int got = avcodec_receive_frame(f->codec, f->frame);
        if (got == 0) {
            *at = time_of(f);
            f->end = *at + length_of(f);
            f->any = true;
            return f->frame;
        }
        if (got == AVERROR(EAGAIN) ? !feed(f) : !rewind_file(f))
            return NULL;
    }
}
