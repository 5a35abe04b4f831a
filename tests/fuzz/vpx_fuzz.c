/* SPDX-License-Identifier: MIT */
/* Frames of VP8 or VP9 from a member who has the key and means ill: refused, or a picture that is there to its last byte. */
#include "base/err.h"
#include "codec/vpx_codec.h"
#include "fuzz/fuzz.h"

#define FRAMES_MAX 32

static volatile uint32_t seen; /* so that every byte is really read */

static uint32_t sum_plane(const uint8_t *plane, uint32_t stride, uint32_t width, uint32_t height)
{
    uint32_t sum = 0;
    MUST(plane && stride >= width);
    for (uint32_t y = 0; y < height; y++)
        for (uint32_t x = 0; x < width; x++)
            sum += plane[(size_t)y * stride + x];
    return sum;
}

static void look_at(const struct vpx_picture *p)
{
    uint32_t width = (p->width_px + 1) / 2, height = (p->height_px + 1) / 2;
    MUST(p->width_px > 0 && p->width_px <= VPX_WIDTH_MAX);
    MUST(p->height_px > 0 && p->height_px <= VPX_HEIGHT_MAX);
    seen += sum_plane(p->y, p->y_stride, p->width_px, p->height_px) + sum_plane(p->u, p->u_stride, width, height) +
            sum_plane(p->v, p->v_stride, width, height);
}

/* The kind, then frames: two bytes of length and so many bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct vpx_dec *d = vpx_dec_new(take_u8(&data, &len) & 1 ? VPX_KIND_VP8 : VPX_KIND_VP9);
    MUST(d);
    for (int i = 0; len && i < FRAMES_MAX; i++) {
        size_t want = take_u8(&data, &len);
        want = want << 8 | take_u8(&data, &len);
        want = want < len ? want : len;
        struct vpx_picture p;
        int got = vpx_dec_decode(d, data, want, &p);
        MUST(got == 1 || got == 0 || got == ERR_PARSE || got == ERR_LIMIT || got == ERR_UNSUPPORTED);
        if (got == 1)
            look_at(&p);
        data += want;
        len -= want;
    }
    vpx_dec_del(d);
    return 0;
}
