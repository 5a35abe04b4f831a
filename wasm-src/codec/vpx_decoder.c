/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>

#include "base/err.h"
#include "codec/vpx_codec.h"

struct vpx_dec {
    vpx_codec_ctx_t codec;
    vpx_codec_iface_t *iface;
};

struct vpx_dec *vpx_dec_new(enum vpx_kind kind)
{
    struct vpx_dec *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    d->iface = kind == VPX_KIND_VP9 ? vpx_codec_vp9_dx() : vpx_codec_vp8_dx();
    vpx_codec_dec_cfg_t cfg = {.threads = 1};
    if (!vpx_codec_dec_init(&d->codec, d->iface, &cfg, 0))
        return d;
    free(d);
    return NULL;
}

void vpx_dec_del(struct vpx_dec *d)
{
    if (!d)
        return;
    vpx_codec_destroy(&d->codec);
    free(d);
}

/* Before libvpx allocates for a size that a stranger wrote. Only key frames tell it. */
static bool too_large(const struct vpx_dec *d, const uint8_t *data, size_t len)
{
    vpx_codec_stream_info_t si = {.sz = sizeof si};
    if (vpx_codec_peek_stream_info(d->iface, data, (unsigned)len, &si))
        return false;
    return si.w > VPX_WIDTH_MAX || si.h > VPX_HEIGHT_MAX;
}

int vpx_dec_decode(struct vpx_dec *d, const uint8_t *data, size_t len, struct vpx_picture *out)
{
    if (len == 0 || len > UINT32_MAX)
        return ERR_PARSE;
    if (too_large(d, data, len))
        return ERR_LIMIT;
    if (vpx_codec_decode(&d->codec, data, (unsigned)len, NULL, 0))
        return ERR_PARSE;
    vpx_codec_iter_t iter = NULL;
    const vpx_image_t *i = vpx_codec_get_frame(&d->codec, &iter);
    if (!i)
        return 0;
    if (i->fmt != VPX_IMG_FMT_I420)
        return ERR_UNSUPPORTED;
    *out = (struct vpx_picture){
        i->d_w,       i->d_h,      (uint32_t)i->stride[0], (uint32_t)i->stride[1], (uint32_t)i->stride[2], i->planes[0],
        i->planes[1], i->planes[2]};
    return 1;
}
