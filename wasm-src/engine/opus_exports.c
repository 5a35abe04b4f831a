/* SPDX-License-Identifier: MIT */
/* opus_exports.c - codec/opus_codec.h for JS: the encoder, and a bare decoder. */
#include "codec/opus_codec.h"
#include "module/export.h"

EXPORT(struct opus_enc *, opus_enc_new, const struct opus_enc_config *config) { return opus_enc_new(config); }
EXPORT(void, opus_enc_del, struct opus_enc *e) { opus_enc_del(e); }
EXPORT(void, opus_enc_adapt, struct opus_enc *e, uint32_t bps, uint32_t loss_percent) { opus_enc_adapt(e, bps, loss_percent); }

/* The packet, empty after an error, valid until the next call. */
EXPORT(const struct opus_packet *, opus_enc_encode, struct opus_enc *e, const float *pcm)
{
    static struct opus_packet packet;
    opus_enc_encode(e, pcm, &packet);
    return &packet;
}

EXPORT(struct opus_dec *, opus_dec_new, unsigned channels) { return opus_dec_new(channels); }
EXPORT(void, opus_dec_del, struct opus_dec *d) { opus_dec_del(d); }
EXPORT(int, opus_dec_decode, struct opus_dec *d, const uint8_t *data, size_t len, float *out, int room)
{
    return opus_dec_decode(d, data, len, out, room);
}
EXPORT(int, opus_dec_decode_fec, struct opus_dec *d, const uint8_t *data, size_t len, float *out, int samples)
{
    return opus_dec_decode_fec(d, data, len, out, samples);
}
EXPORT(int, opus_dec_conceal, struct opus_dec *d, float *out, int samples) { return opus_dec_conceal(d, out, samples); }
