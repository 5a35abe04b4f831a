/* SPDX-License-Identifier: MIT */
/* codec_bench WIDTH HEIGHT FRAMES [ROUNDS] - encodes and decodes a drawn scene with VP8 and VP9 (L1T3, real time) and sound with opus, natively.
 * One JSON line each: frames a second (opus: microseconds a packet), and hashes of the stream and of the decoded pictures.
 *
 * tests/bench/codec_bench.js does the same in WASM, tests/web/native.test.js compares the hashes: the scene is drawn in integers and
 * the hash is FNV-1a, alike in both. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "codec/opus_codec.h"
#include "codec/vpx_codec.h"

#define FPS 30
#define BITS_PER_PIXEL_FRAME 0.1
#define OPUS_PACKETS 500
#define ROUNDS 3 /* of video; the best counts: other work on the machine only makes it slower */

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static uint32_t fnv(uint32_t hash, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ data[i]) * 16777619u;
    return hash;
}
#define FNV_START 2166136261u

static uint8_t luma_at(int x, int y, int cx, int cy, int r)
{
    int dx = x - cx, dy = y - cy;
    if (dx * dx + dy * dy < r * r)
        return (uint8_t)(96 + (((dx * 5) ^ (dy * 3)) & 63));
    return (uint8_t)(((x + y) >> 3) + (((x * 7) ^ (y * 13)) & 7));
}

static void draw_chroma(uint8_t *plane, uint32_t stride, int width, int height, int centre)
{
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            plane[(size_t)y * stride + (size_t)x] = (uint8_t)(128 + ((x + y - centre) >> 4));
}

/* As scene() in tests/web/modules.js. */
static void draw(struct vpx_picture *p, int n)
{
    int width = (int)p->width_px, height = (int)p->height_px;
    int cx = (width >> 2) + (n * 3) % (width >> 1), cy = (height >> 1) + n % 20, r = height >> 2;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            p->y[(size_t)y * p->y_stride + (size_t)x] = luma_at(x, y, cx, cy, r);
    draw_chroma(p->u, p->u_stride, (width + 1) >> 1, (height + 1) >> 1, cx);
    draw_chroma(p->v, p->v_stride, (width + 1) >> 1, (height + 1) >> 1, cy);
}

struct stream {
    uint8_t *data;
    size_t len, frames, *end;
    uint32_t hash;
    double seconds;
};

static void append(struct stream *s, const struct vpx_packet *p)
{
    s->data = realloc(s->data, s->len + p->len);
    if (!s->data)
        abort();
    memcpy(s->data + s->len, p->data, p->len);
    s->hash = fnv(s->hash, p->data, p->len);
    s->len += p->len;
    s->end[s->frames++] = s->len;
}

static struct stream encode(const struct vpx_enc_config *config, int frames)
{
    struct stream s = {.end = calloc((size_t)frames, sizeof *s.end), .hash = FNV_START};
    struct vpx_enc *e = vpx_enc_new(config);
    if (!s.end || !e)
        abort();
    for (int n = 0; n < frames; n++) {
        struct vpx_packet p;
        draw(vpx_enc_picture(e), n);
        double start = now_s();
        int got = vpx_enc_encode(e, (int64_t)n * 1000000 / FPS, n == 0, &p);
        s.seconds += now_s() - start;
        if (got == 1)
            append(&s, &p);
    }
    vpx_enc_del(e);
    return s;
}

static uint32_t decode(const struct stream *s, enum vpx_kind kind, double *seconds)
{
    struct vpx_dec *d = vpx_dec_new(kind);
    uint32_t hash = FNV_START;
    size_t from = 0;
    for (size_t i = 0; i < s->frames; from = s->end[i++]) {
        struct vpx_picture p;
        double start = now_s();
        int got = vpx_dec_decode(d, s->data + from, s->end[i] - from, &p);
        *seconds += now_s() - start;
        for (uint32_t y = 0; got == 1 && y < p.height_px; y++)
            hash = fnv(hash, p.y + (size_t)y * p.y_stride, p.width_px);
    }
    vpx_dec_del(d);
    return hash;
}

static void video(enum vpx_kind kind, uint32_t width, uint32_t height, int frames, int rounds)
{
    double encode_s = 1e9, decode_s = 1e9;
    uint32_t bps = (uint32_t)(width * height * FPS * BITS_PER_PIXEL_FRAME);
    struct vpx_enc_config config = {.kind = kind,
                                    .width_px = width,
                                    .height_px = height,
                                    .fps = FPS,
                                    .bps = bps,
                                    .temporal = 3,
                                    .speed = kind == VPX_KIND_VP9 ? 8 : 12};
    struct stream s = {0};
    uint32_t pictures = 0;
    for (int round = 0; round < rounds; round++) {
        free(s.data);
        free(s.end);
        s = encode(&config, frames);
        double seconds = 0;
        pictures = decode(&s, kind, &seconds);
        encode_s = fmin(encode_s, s.seconds);
        decode_s = fmin(decode_s, seconds);
    }
    printf("{\"codec\":\"%s\",\"width\":%u,\"height\":%u,\"frames\":%zu,\"encode_fps\":%.1f,\"decode_fps\":%.1f,\"bytes\":%zu,"
           "\"stream\":\"%08x\",\"pictures\":\"%08x\"}\n",
           kind == VPX_KIND_VP9 ? "vp9" : "vp8", width, height, s.frames, frames / encode_s, (double)s.frames / decode_s, s.len,
           s.hash, pictures);
    free(s.data);
    free(s.end);
}

/* A tone that swells and fades, with a little noise. */
static float voice(int at)
{
    float tone = sinf((float)(at % 48000) * 0.05f) * sinf((float)(at % 4800) * 0.0013f), noise = (float)(at % 100 * 79 % 100 - 50);
    return 0.3f * tone + 0.0002f * noise;
}

static void sound(uint32_t complexity)
{
    static float pcm[OPUS_FRAME], out[OPUS_FRAME];
    struct opus_enc_config config = {.bps = 32000, .channels = 1, .complexity = complexity, .loss_percent = 5, .fec = true};
    struct opus_enc *e = opus_enc_new(&config);
    struct opus_dec *d = opus_dec_new(1);
    double encode_s = 0, decode_s = 0;
    for (int n = 0; n < OPUS_PACKETS; n++) {
        struct opus_packet p;
        for (int i = 0, at = n * OPUS_FRAME; i < OPUS_FRAME; i++, at++)
            pcm[i] = voice(at);
        double start = now_s();
        opus_enc_encode(e, pcm, &p);
        double middle = now_s();
        opus_dec_decode(d, p.data, p.len, out, OPUS_FRAME);
        encode_s += middle - start;
        decode_s += now_s() - middle;
    }
    printf("{\"codec\":\"opus\",\"complexity\":%u,\"encode_us\":%.1f,\"decode_us\":%.1f}\n", complexity,
           1e6 * encode_s / OPUS_PACKETS, 1e6 * decode_s / OPUS_PACKETS);
    opus_enc_del(e);
    opus_dec_del(d);
}

int main(int argc, char **argv)
{
    uint32_t width = argc > 3 ? (uint32_t)atoi(argv[1]) : 640, height = argc > 3 ? (uint32_t)atoi(argv[2]) : 360;
    int frames = argc > 3 ? atoi(argv[3]) : 300, rounds = argc > 4 ? atoi(argv[4]) : ROUNDS;
    video(VPX_KIND_VP8, width, height, frames, rounds);
    video(VPX_KIND_VP9, width, height, frames, rounds);
    sound(5);
    return 0;
}
