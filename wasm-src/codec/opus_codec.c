/* SPDX-License-Identifier: MIT */
#include "codec/opus_codec.h"

#include <opus.h>
#include <stdlib.h>

#include "base/err.h"
#include "codec/level.h"

#define BPS_MIN 6000
#define BPS_MAX 510000
#define DTX_BYTES 2 /* a packet this small says "as before" */

struct opus_enc {
    OpusEncoder *opus;
    uint32_t channels;
    uint8_t packet[OPUS_PACKET_MAX];
};

static int clamp(uint32_t value, uint32_t low, uint32_t high) { return (int)(value < low ? low : value > high ? high : value); }

void opus_enc_adapt(struct opus_enc *e, uint32_t bps, uint32_t loss_percent)
{
    opus_encoder_ctl(e->opus, OPUS_SET_BITRATE(clamp(bps, BPS_MIN, BPS_MAX)));
    opus_encoder_ctl(e->opus, OPUS_SET_PACKET_LOSS_PERC(clamp(loss_percent, 0, 100)));
}

static void configure(struct opus_enc *e, const struct opus_enc_config *config)
{
    opus_encoder_ctl(e->opus, OPUS_SET_COMPLEXITY(clamp(config->complexity, 0, 10)));
    opus_encoder_ctl(e->opus, OPUS_SET_SIGNAL(config->music ? OPUS_SIGNAL_MUSIC : OPUS_SIGNAL_VOICE));
    opus_encoder_ctl(e->opus, OPUS_SET_INBAND_FEC(config->fec));
    opus_encoder_ctl(e->opus, OPUS_SET_DTX(config->dtx));
    opus_enc_adapt(e, config->bps, config->loss_percent);
}

struct opus_enc *opus_enc_new(const struct opus_enc_config *config)
{
    struct opus_enc *e = calloc(1, sizeof *e);
    if (!e)
        return NULL;
    e->channels = config->channels;
    e->opus =
        opus_encoder_create(OPUS_HZ, (int)config->channels, config->music ? OPUS_APPLICATION_AUDIO : OPUS_APPLICATION_VOIP, NULL);
    if (!e->opus) {
        free(e);
        return NULL;
    }
    configure(e, config);
    return e;
}

void opus_enc_del(struct opus_enc *e)
{
    if (!e)
        return;
    opus_encoder_destroy(e->opus);
    free(e);
}

int opus_enc_encode(struct opus_enc *e, const float *pcm, struct opus_packet *out)
{
    int len = opus_encode_float(e->opus, pcm, OPUS_FRAME, e->packet, sizeof e->packet);
    *out = (struct opus_packet){.data = e->packet, .level = sound_level(pcm, (size_t)OPUS_FRAME * e->channels)};
    if (len < 0)
        return ERR_STATE;
    out->len = (size_t)len;
    out->dtx = len <= DTX_BYTES;
    return 0;
}

struct opus_dec {
    OpusDecoder *opus;
};

struct opus_dec *opus_dec_new(unsigned channels)
{
    struct opus_dec *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    d->opus = opus_decoder_create(OPUS_HZ, (int)channels, NULL);
    if (!d->opus) {
        free(d);
        return NULL;
    }
    return d;
}

void opus_dec_del(struct opus_dec *d)
{
    if (!d)
        return;
    opus_decoder_destroy(d->opus);
    free(d);
}

/* Whole packets only: libopus takes an empty one for a loss. */
static int whole(size_t len) { return len > 0 && len <= INT32_MAX; }

static int result(int samples)
{
    switch (samples) {
    case OPUS_BUFFER_TOO_SMALL: return ERR_SPACE;
    case OPUS_INVALID_PACKET: return ERR_PARSE;
    default: return samples < 0 ? ERR_STATE : samples;
    }
}

int opus_dec_decode(struct opus_dec *d, const uint8_t *data, size_t len, float *out, int room)
{
    return whole(len) ? result(opus_decode_float(d->opus, data, (opus_int32)len, out, room, 0)) : ERR_PARSE;
}

int opus_dec_decode_fec(struct opus_dec *d, const uint8_t *data, size_t len, float *out, int samples)
{
    if (!whole(len))
        return ERR_PARSE;
    int has = opus_packet_has_lbrr(data, (opus_int32)len);
    if (has <= 0)
        return has < 0 ? ERR_PARSE : ERR_UNSUPPORTED;
    return result(opus_decode_float(d->opus, data, (opus_int32)len, out, samples, 1));
}

int opus_dec_conceal(struct opus_dec *d, float *out, int samples)
{
    return result(opus_decode_float(d->opus, NULL, 0, out, samples, 0));
}

static int decode(void *d, const uint8_t *data, size_t len, float *out, int room)
{
    return opus_dec_decode(d, data, len, out, room);
}
static int decode_fec(void *d, const uint8_t *data, size_t len, float *out, int samples)
{
    return opus_dec_decode_fec(d, data, len, out, samples);
}
static int conceal(void *d, float *out, int samples) { return opus_dec_conceal(d, out, samples); }

struct playout_decoder opus_dec_for_playout(struct opus_dec *d)
{
    return (struct playout_decoder){.ctx = d, .decode = decode, .decode_fec = decode_fec, .conceal = conceal};
}
