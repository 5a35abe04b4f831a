/* SPDX-License-Identifier: MIT */
/* vpx_codec.h - libvpx for calls: I420 pictures in, VP8 or VP9 frames out at once (no look-ahead), and back.
 *
 * Temporal layers are L1T2 (0 1) or L1T3 (0 2 1 2). A frame of layer 0 depends on the last frame of layer 0; one of an upper layer on the last frame
 * of any lower layer, and on nothing else: any frames of upper layers may be dropped without harm to those that remain. */
#ifndef PARLEY_CODEC_VPX_CODEC_H
#define PARLEY_CODEC_VPX_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum vpx_kind { VPX_KIND_VP8 = 1, VPX_KIND_VP9 = 2 };

/* Largest picture, either way. */
#define VPX_WIDTH_MAX 4096
#define VPX_HEIGHT_MAX 2304

/* An I420 picture: height rows of luma, (height + 1) / 2 rows of each chroma plane. */
struct vpx_picture {
    uint32_t width_px, height_px;
    uint32_t y_stride, u_stride, v_stride;
    uint8_t *y, *u, *v;
};

struct vpx_enc;

struct vpx_enc_config {
    uint32_t kind; /* enum vpx_kind */
    uint32_t width_px, height_px, fps, bps;
    uint32_t temporal; /* layers, 1..3 */
    uint32_t speed; /* larger is faster: VP9 5..9, VP8 4..16 */
    bool screen; /* text and windows rather than a camera */
};

struct vpx_packet {
    const uint8_t *data; /* borrowed from the encoder until its next call */
    size_t len;
    bool key;
    uint32_t temporal;
};

/* NULL when memory is short, libvpx refuses, or a field is out of bounds. */
struct vpx_enc *vpx_enc_new(const struct vpx_enc_config *config);
void vpx_enc_del(struct vpx_enc *e);
/* The encoder's picture, to be filled before each vpx_enc_encode(). */
struct vpx_picture *vpx_enc_picture(struct vpx_enc *e);
/* Encodes it. 1 and fills `out`; 0 when the frame was dropped to keep the bitrate; ERR_STATE when libvpx fails. Timestamps grow. */
int vpx_enc_encode(struct vpx_enc *e, int64_t timestamp_us, bool key, struct vpx_packet *out);
/* From the next frame on. 0 or ERR_STATE. */
int vpx_enc_set_bitrate(struct vpx_enc *e, uint32_t bps);

struct vpx_dec;

struct vpx_dec *vpx_dec_new(enum vpx_kind kind);
void vpx_dec_del(struct vpx_dec *d);
/* One frame, not trusted. 1 and fills `out` (borrowed until the next call); 0 when it shows nothing; ERR_PARSE when it cannot be decoded:
 * a key frame is needed then; ERR_LIMIT when larger than VPX_*_MAX; ERR_UNSUPPORTED when not 8-bit 4:2:0. */
int vpx_dec_decode(struct vpx_dec *d, const uint8_t *data, size_t len, struct vpx_picture *out);

#endif
