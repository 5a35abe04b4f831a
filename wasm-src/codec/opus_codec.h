/* SPDX-License-Identifier: MIT */
/* opus_codec.h - libopus for calls: 20 ms of 48 kHz sound in, one packet out, and back. The page and the native programs share it. */
#ifndef PARLEY_CODEC_OPUS_CODEC_H
#define PARLEY_CODEC_OPUS_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "recv/playout.h"

#define OPUS_HZ 48000
#define OPUS_FRAME 960 /* samples per channel in a packet, 20 ms */
#define OPUS_PACKET_MAX 1275

struct opus_enc;

struct opus_enc_config {
    uint32_t bps; /* 6000 .. 510000 */
    uint32_t channels; /* 1 or 2 */
    uint32_t complexity; /* 0 .. 10 */
    uint32_t loss_percent; /* that FEC is to survive */
    bool fec, dtx;
    bool music; /* else voice */
};

struct opus_packet {
    const uint8_t *data; /* borrowed from the encoder until its next call */
    size_t len;
    uint32_t level; /* 0 silence .. 127 full scale */
    bool dtx; /* silence: need not be sent */
};

/* NULL when memory is short or libopus refuses the configuration. */
struct opus_enc *opus_enc_new(const struct opus_enc_config *config);
void opus_enc_del(struct opus_enc *e);
/* OPUS_FRAME interleaved samples per channel. 0, or ERR_STATE when libopus fails (the packet is then empty). */
int opus_enc_encode(struct opus_enc *e, const float *pcm, struct opus_packet *out);
/* What the path takes now; out-of-range values are brought into range. */
void opus_enc_adapt(struct opus_enc *e, uint32_t bps, uint32_t loss_percent);

struct opus_dec;

/* `channels` 1 or 2: of what comes out; packets may hold either. NULL when memory is short. */
struct opus_dec *opus_dec_new(unsigned channels);
void opus_dec_del(struct opus_dec *d);
/* Each gives samples per channel or a negative ERR_*; `room` and `samples` count per channel (recv/playout.h). */
int opus_dec_decode(struct opus_dec *d, const uint8_t *data, size_t len, float *out, int room);
int opus_dec_decode_fec(struct opus_dec *d, const uint8_t *data, size_t len, float *out, int samples);
int opus_dec_conceal(struct opus_dec *d, float *out, int samples);
/* `d` in the shape that playout_new() takes. */
struct playout_decoder opus_dec_for_playout(struct opus_dec *d);

#endif
