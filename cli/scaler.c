/* SPDX-License-Identifier: MIT */
#include "scaler.h"

#include <libswscale/swscale.h>

#include "base/err.h"

/* The older names of full-range 4:2:0 and 4:2:2 (JPEG cameras), which libswscale warns about at each use. */
static enum AVPixelFormat plain_format(int format)
{
    switch (format) {
    case AV_PIX_FMT_YUVJ420P: return AV_PIX_FMT_YUV420P;
    case AV_PIX_FMT_YUVJ422P: return AV_PIX_FMT_YUV422P;
    case AV_PIX_FMT_YUVJ444P: return AV_PIX_FMT_YUV444P;
    default: return (enum AVPixelFormat)format;
    }
}

int scaler_run(struct SwsContext **context, const AVFrame *in, struct vpx_picture *out)
{
    *context = sws_getCachedContext(*context, in->width, in->height, plain_format(in->format), (int)out->width_px,
                                    (int)out->height_px, AV_PIX_FMT_YUV420P, SWS_BILINEAR, NULL, NULL, NULL);
    if (!*context)
        return ERR_UNSUPPORTED;
    uint8_t *const planes[] = {out->y, out->u, out->v};
    const int strides[] = {(int)out->y_stride, (int)out->u_stride, (int)out->v_stride};
    int rows = sws_scale(*context, (const uint8_t *const *)in->data, in->linesize, 0, in->height, planes, strides);
    return rows > 0 ? 0 : ERR_UNSUPPORTED;
}
