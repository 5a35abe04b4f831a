/* SPDX-License-Identifier: MIT */
#include "codec/vpx_codec.h"

#include <string.h>

#include "base/err.h"
#include "base/rand.h"
#include "base/units.h"
#include "check.h"

#define FRAME_US 33333

static const enum vpx_kind kinds[] = {VPX_KIND_VP8, VPX_KIND_VP9};

static struct vpx_enc_config config_of(enum vpx_kind kind)
{
    return (struct vpx_enc_config){
        .kind = kind, .width_px = 160, .height_px = 90, .fps = 30, .bps = 1000000, .temporal = 3, .speed = 8};
}

static void draw(struct vpx_picture *p, int n)
{
    for (uint32_t y = 0; y < p->height_px; y++)
        for (uint32_t x = 0; x < p->width_px; x++)
            p->y[y * p->y_stride + x] = (uint8_t)(x * 2 + y + (uint32_t)n * 3);
    memset(p->u, 100 + n, (size_t)p->u_stride * ((p->height_px + 1) / 2));
    memset(p->v, 150 - n, (size_t)p->v_stride * ((p->height_px + 1) / 2));
}

static void layers_follow_their_pattern_and_key_frames_begin_it(void)
{
    static const struct {
        uint32_t temporal;
        const char *expected;
    } row[] = {{1, "k000k00"}, {2, "k101k10"}, {3, "k212k21"}};
    for (size_t k = 0; k < COUNT_OF(kinds); k++)
        for (size_t r = 0; r < COUNT_OF(row); r++) {
            struct vpx_enc_config config = config_of(kinds[k]);
            config.temporal = row[r].temporal;
            struct vpx_enc *e = vpx_enc_new(&config);
            char seen[16] = "";
            for (int n = 0; n < 7; n++) {
                struct vpx_packet p;
                draw(vpx_enc_picture(e), n);
                CHECK_EQ(1, vpx_enc_encode(e, n * FRAME_US, n == 4, &p));
                seen[n] = (char)(p.key ? 'k' : '0' + p.temporal);
            }
            CHECK_STR(row[r].expected, seen);
            vpx_enc_del(e);
        }
}

static void any_size_survives(void)
{
    static const struct {
        uint32_t width, height;
    } size[] = {{2, 2}, {3, 5}, {16, 16}, {161, 91}, {640, 361}};
    for (size_t k = 0; k < COUNT_OF(kinds); k++)
        for (size_t s = 0; s < COUNT_OF(size); s++) {
            struct vpx_enc_config config = config_of(kinds[k]);
            config.width_px = size[s].width;
            config.height_px = size[s].height;
            struct vpx_enc *e = vpx_enc_new(&config);
            struct vpx_dec *d = vpx_dec_new(kinds[k]);
            struct vpx_packet p;
            struct vpx_picture out;
            draw(vpx_enc_picture(e), 1);
            CHECK_EQ(1, vpx_enc_encode(e, 0, true, &p));
            CHECK_EQ(1, vpx_dec_decode(d, p.data, p.len, &out));
            CHECK_EQ(size[s].width, out.width_px);
            CHECK_EQ(size[s].height, out.height_px);
            CHECK_BETWEEN(86, 116, out.u[0]);
            vpx_enc_del(e);
            vpx_dec_del(d);
        }
}

static void refuses_what_is_out_of_bounds(void)
{
    struct vpx_enc_config good = config_of(VPX_KIND_VP9), bad[8];
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        bad[i] = good;
    bad[0].kind = 3;
    bad[1].width_px = 0;
    bad[2].width_px = VPX_WIDTH_MAX + 1;
    bad[3].height_px = VPX_HEIGHT_MAX + 1;
    bad[4].fps = 0;
    bad[5].fps = 100000;
    bad[6].temporal = 0;
    bad[7].temporal = 4;
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        CHECK(!vpx_enc_new(&bad[i]));
}

static void a_picture_beyond_the_bound_is_refused_unseen(void)
{
    for (size_t k = 0; k < COUNT_OF(kinds); k++) {
        struct vpx_enc_config config = config_of(kinds[k]);
        struct vpx_enc *e = vpx_enc_new(&config);
        struct vpx_dec *d = vpx_dec_new(kinds[k]);
        struct vpx_packet p;
        struct vpx_picture out;
        uint8_t bytes[65536];
        draw(vpx_enc_picture(e), 1);
        CHECK_EQ(1, vpx_enc_encode(e, 0, true, &p));
        CHECK(p.len < sizeof bytes);
        memcpy(bytes, p.data, p.len);
        if (kinds[k] == VPX_KIND_VP8)
            memcpy(bytes + 6, "\xff\x3f\xff\x3f", 4); /* 16383 x 16383 */
        else
            memset(bytes + 5, 0xff, 4); /* 65536 x 4096 and more */
        CHECK_EQ(ERR_LIMIT, vpx_dec_decode(d, bytes, p.len, &out));
        vpx_enc_del(e);
        vpx_dec_del(d);
    }
}

/* Whatever the bytes are, the decoder answers and goes on; sanitizers watch. */
static void broken_bytes_are_survived(void)
{
    for (size_t k = 0; k < COUNT_OF(kinds); k++) {
        struct vpx_enc_config config = config_of(kinds[k]);
        struct vpx_enc *e = vpx_enc_new(&config);
        struct vpx_dec *d = vpx_dec_new(kinds[k]);
        struct rng rng = {k};
        int refused = 0;
        for (int n = 0; n < 300; n++) {
            struct vpx_packet p;
            struct vpx_picture out;
            uint8_t bytes[65536];
            draw(vpx_enc_picture(e), n);
            if (vpx_enc_encode(e, n * FRAME_US, n % 50 == 0, &p) != 1 || p.len > sizeof bytes)
                continue;
            memcpy(bytes, p.data, p.len);
            for (int flips = 0; flips < 1 + n % 4; flips++)
                bytes[rng_below(&rng, p.len)] ^= (uint8_t)(1 + rng_below(&rng, 255));
            refused += vpx_dec_decode(d, bytes, 1 + rng_below(&rng, p.len), &out) < 0;
        }
        CHECK_BETWEEN(20, 300, refused);
        vpx_enc_del(e);
        vpx_dec_del(d);
    }
}

int main(void)
{
    static const struct check_test tests[] = {
        T(layers_follow_their_pattern_and_key_frames_begin_it), T(any_size_survives),         T(refuses_what_is_out_of_bounds),
        T(a_picture_beyond_the_bound_is_refused_unseen),        T(broken_bytes_are_survived),
    };
    return CHECK_RUN(tests);
}
