/* SPDX-License-Identifier: MIT */
/* vpx_exports.c - codec/vpx_codec.h for JS. */
#include "codec/vpx_codec.h"
#include "module/export.h"
#include "module/layout.h"

EXPORT(struct vpx_enc *, vpx_enc_new, const struct vpx_enc_config *config) { return vpx_enc_new(config); }
EXPORT(void, vpx_enc_del, struct vpx_enc *e) { vpx_enc_del(e); }
EXPORT(struct vpx_picture *, vpx_enc_picture, struct vpx_enc *e) { return vpx_enc_picture(e); }
EXPORT(int, vpx_enc_set_bitrate, struct vpx_enc *e, uint32_t bps) { return vpx_enc_set_bitrate(e, bps); }

/* The packet, valid until the next call, or NULL when there is none. */
EXPORT(const struct vpx_packet *, vpx_enc_encode, struct vpx_enc *e, double timestamp_us, int key)
{
    static struct vpx_packet packet;
    return vpx_enc_encode(e, usec_from_js(timestamp_us), key, &packet) == 1 ? &packet : NULL;
}

EXPORT(struct vpx_dec *, vpx_dec_new, enum vpx_kind kind) { return vpx_dec_new(kind); }
EXPORT(void, vpx_dec_del, struct vpx_dec *d) { vpx_dec_del(d); }

/* The picture, valid until the next call, or NULL when nothing could be decoded. */
EXPORT(const struct vpx_picture *, vpx_dec_decode, struct vpx_dec *d, const uint8_t *data, size_t len)
{
    static struct vpx_picture picture;
    return vpx_dec_decode(d, data, len, &picture) == 1 ? &picture : NULL;
}

const struct layout_entry layout_table[] = {
    STRUCT(vpx_enc_config),
    FIELD(vpx_enc_config, kind),
    FIELD(vpx_enc_config, width_px),
    FIELD(vpx_enc_config, height_px),
    FIELD(vpx_enc_config, fps),
    FIELD(vpx_enc_config, bps),
    FIELD(vpx_enc_config, temporal),
    FIELD(vpx_enc_config, speed),
    FIELD(vpx_enc_config, screen),

    STRUCT(vpx_packet),
    FIELD(vpx_packet, data),
    FIELD(vpx_packet, len),
    FIELD(vpx_packet, key),
    FIELD(vpx_packet, temporal),

    STRUCT(vpx_picture),
    FIELD(vpx_picture, width_px),
    FIELD(vpx_picture, height_px),
    FIELD(vpx_picture, y_stride),
    FIELD(vpx_picture, u_stride),
    FIELD(vpx_picture, v_stride),
    FIELD(vpx_picture, y),
    FIELD(vpx_picture, u),
    FIELD(vpx_picture, v),

    CONSTANT(VPX_KIND_VP8),
    CONSTANT(VPX_KIND_VP9),
    LAYOUT_END,
};
