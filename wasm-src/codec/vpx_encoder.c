/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

#include "base/err.h"
#include "base/units.h"
#include "codec/vpx_codec.h"

#define LAYERS_MAX 3
#define PERIOD_MAX 4
#define ALIGN 32

/* One step of a temporal pattern: LAST holds the last frame of layer 0, GOLDEN that of layer 1. Upper layers leave no other trace (entropy). */
struct step {
    uint32_t layer;
    vpx_enc_frame_flags_t flags;
};
#define KEEP_GOLDEN (VP8_EFLAG_NO_UPD_GF | VP8_EFLAG_NO_UPD_ARF)
#define FROM_BASE (VP8_EFLAG_NO_REF_GF | VP8_EFLAG_NO_REF_ARF)
#define BASE {0, FROM_BASE | KEEP_GOLDEN}
#define TOP_AFTER_BASE(layer) {layer, FROM_BASE | KEEP_GOLDEN | VP8_EFLAG_NO_UPD_LAST | VP8_EFLAG_NO_UPD_ENTROPY}
#define MIDDLE {1, FROM_BASE | VP8_EFLAG_NO_UPD_LAST | VP8_EFLAG_NO_UPD_ARF | VP8_EFLAG_NO_UPD_ENTROPY}
#define TOP_AFTER_MIDDLE {2, VP8_EFLAG_NO_REF_ARF | KEEP_GOLDEN | VP8_EFLAG_NO_UPD_LAST | VP8_EFLAG_NO_UPD_ENTROPY}

static const struct pattern {
    uint32_t period;
    struct step step[PERIOD_MAX];
    uint32_t percent[LAYERS_MAX]; /* of the bitrate that this layer and those below may take */
    uint32_t decimator[LAYERS_MAX];
} patterns[] = {
    [1] = {1, {{0, 0}}, {100}, {1}},
    [2] = {2, {BASE, TOP_AFTER_BASE(1)}, {60, 100}, {2, 1}},
    [3] = {4, {BASE, TOP_AFTER_BASE(2), MIDDLE, TOP_AFTER_MIDDLE}, {40, 60, 100}, {4, 2, 1}},
};

struct vpx_enc {
    struct vpx_enc_config config;
    const struct pattern *pattern;
    uint32_t at; /* step of the pattern */
    vpx_codec_ctx_t codec;
    vpx_codec_enc_cfg_t cfg;
    vpx_image_t image;
    struct vpx_picture picture;
    bool live; /* codec is to be destroyed */
};

static bool in_bounds(const struct vpx_enc_config *c)
{
    return (c->kind == VPX_KIND_VP8 || c->kind == VPX_KIND_VP9) && c->width_px >= 2 && c->width_px <= VPX_WIDTH_MAX &&
           c->height_px >= 2 && c->height_px <= VPX_HEIGHT_MAX && c->fps >= 1 && c->fps <= 120 && c->temporal >= 1 &&
           c->temporal < COUNT_OF(patterns);
}

static void set_rate(struct vpx_enc *e, uint32_t bps)
{
    unsigned kbps = bps < 10000 ? 10 : bps / 1000;
    e->cfg.rc_target_bitrate = kbps;
    e->cfg.ss_target_bitrate[0] = kbps;
    for (uint32_t i = 0; i < e->config.temporal; i++)
        e->cfg.layer_target_bitrate[i] = e->cfg.ts_target_bitrate[i] = kbps * e->pattern->percent[i] / 100;
}

static void set_layers(struct vpx_enc *e)
{
    e->cfg.ss_number_layers = 1;
    e->cfg.ts_number_layers = e->config.temporal;
    e->cfg.temporal_layering_mode = VP9E_TEMPORAL_LAYERING_MODE_BYPASS;
    e->cfg.ts_periodicity = e->pattern->period;
    for (uint32_t i = 0; i < e->pattern->period; i++)
        e->cfg.ts_layer_id[i] = e->pattern->step[i].layer;
    for (uint32_t i = 0; i < e->config.temporal; i++)
        e->cfg.ts_rate_decimator[i] = e->pattern->decimator[i];
    /* VP9 predicts motion from the frame before, whichever layer that was of, unless told that frames may be missing. */
    e->cfg.g_error_resilient = e->config.kind == VPX_KIND_VP9 && e->config.temporal > 1 ? VPX_ERROR_RESILIENT_DEFAULT : 0;
}

static void set_realtime(struct vpx_enc *e)
{
    vpx_codec_enc_cfg_t *g = &e->cfg;
    g->g_w = e->config.width_px;
    g->g_h = e->config.height_px;
    g->g_timebase = (struct vpx_rational){1, 1000000};
    g->g_threads = 1;
    g->g_lag_in_frames = 0;
    g->kf_mode = VPX_KF_DISABLED; /* only when asked for */
    g->rc_end_usage = VPX_CBR;
    g->rc_min_quantizer = 2;
    g->rc_max_quantizer = 56;
    g->rc_undershoot_pct = 50;
    g->rc_overshoot_pct = 50;
    g->rc_buf_initial_sz = 500;
    g->rc_buf_optimal_sz = 600;
    g->rc_buf_sz = 1000;
    g->rc_dropframe_thresh = 30;
    g->rc_resize_allowed = 0;
}

static void tune_vp8(struct vpx_enc *e)
{
    vpx_codec_control(&e->codec, VP8E_SET_CPUUSED, -(int)e->config.speed); /* negative: a fixed speed, whatever the clock says */
    vpx_codec_control(&e->codec, VP8E_SET_STATIC_THRESHOLD, e->config.screen ? 100 : 1);
    vpx_codec_control(&e->codec, VP8E_SET_SCREEN_CONTENT_MODE, e->config.screen ? 1 : 0);
}

static void tune_vp9(struct vpx_enc *e)
{
    vpx_codec_control(&e->codec, VP8E_SET_CPUUSED, (int)e->config.speed);
    vpx_codec_control(&e->codec, VP9E_SET_AQ_MODE, 3);
    vpx_codec_control(&e->codec, VP9E_SET_FRAME_PERIODIC_BOOST, 0);
    vpx_codec_control(&e->codec, VP9E_SET_TUNE_CONTENT, e->config.screen ? VP9E_CONTENT_SCREEN : VP9E_CONTENT_DEFAULT);
    if (e->config.temporal > 1)
        vpx_codec_control(&e->codec, VP9E_SET_SVC, 1);
}

/* A key frame may cost as many frames' worth of bits as half of the buffer holds, so that it does not stall the path. */
static void limit_key_frames(struct vpx_enc *e)
{
    unsigned percent = e->cfg.rc_buf_optimal_sz * e->config.fps / 20;
    vpx_codec_control(&e->codec, VP8E_SET_MAX_INTRA_BITRATE_PCT, percent < 300 ? 300 : percent);
}

static bool open_codec(struct vpx_enc *e)
{
    vpx_codec_iface_t *iface = e->config.kind == VPX_KIND_VP9 ? vpx_codec_vp9_cx() : vpx_codec_vp8_cx();
    if (vpx_codec_enc_config_default(iface, &e->cfg, 0))
        return false;
    set_realtime(e);
    set_layers(e);
    set_rate(e, e->config.bps);
    if (vpx_codec_enc_init(&e->codec, iface, &e->cfg, 0))
        return false;
    e->live = true;
    (e->config.kind == VPX_KIND_VP9 ? tune_vp9 : tune_vp8)(e);
    limit_key_frames(e);
    return true;
}

static bool make_picture(struct vpx_enc *e)
{
    vpx_image_t *i = &e->image;
    if (!vpx_img_alloc(i, VPX_IMG_FMT_I420, e->config.width_px, e->config.height_px, ALIGN))
        return false;
    e->picture = (struct vpx_picture){e->config.width_px,     e->config.height_px, (uint32_t)i->stride[0], (uint32_t)i->stride[1],
                                      (uint32_t)i->stride[2], i->planes[0],        i->planes[1],           i->planes[2]};
    return true;
}

struct vpx_enc *vpx_enc_new(const struct vpx_enc_config *config)
{
    struct vpx_enc *e = in_bounds(config) ? calloc(1, sizeof *e) : NULL;
    if (!e)
        return NULL;
    e->config = *config;
    e->pattern = &patterns[config->temporal];
    if (make_picture(e) && open_codec(e))
        return e;
    vpx_enc_del(e);
    return NULL;
}

void vpx_enc_del(struct vpx_enc *e)
{
    if (!e)
        return;
    if (e->live)
        vpx_codec_destroy(&e->codec);
    vpx_img_free(&e->image);
    free(e);
}

struct vpx_picture *vpx_enc_picture(struct vpx_enc *e) { return &e->picture; }

static void select_layer(struct vpx_enc *e, uint32_t layer)
{
    if (e->config.temporal == 1)
        return;
    if (e->config.kind == VPX_KIND_VP8) {
        vpx_codec_control(&e->codec, VP8E_SET_TEMPORAL_LAYER_ID, (int)layer);
    } else {
        vpx_svc_layer_id_t id = {.temporal_layer_id = (int)layer, .temporal_layer_id_per_spatial = {(int)layer}};
        vpx_codec_control(&e->codec, VP9E_SET_SVC_LAYER_ID, &id);
    }
}

static const vpx_codec_cx_pkt_t *next_frame(struct vpx_enc *e)
{
    vpx_codec_iter_t iter = NULL;
    const vpx_codec_cx_pkt_t *p;
    while ((p = vpx_codec_get_cx_data(&e->codec, &iter)))
        if (p->kind == VPX_CODEC_CX_FRAME_PKT)
            return p;
    return NULL;
}

/* A dropped frame keeps its place in the pattern for the next one; a key frame begins the pattern. */
int vpx_enc_encode(struct vpx_enc *e, int64_t timestamp_us, bool key, struct vpx_packet *out)
{
    if (key)
        e->at = 0;
    const struct step *step = &e->pattern->step[e->at];
    select_layer(e, step->layer);
    if (vpx_codec_encode(&e->codec, &e->image, timestamp_us, 1000000 / e->config.fps, key ? VPX_EFLAG_FORCE_KF : step->flags,
                         VPX_DL_REALTIME))
        return ERR_STATE;
    const vpx_codec_cx_pkt_t *p = next_frame(e);
    if (!p || !p->data.frame.sz)
        return 0;
    bool is_key = p->data.frame.flags & VPX_FRAME_IS_KEY;
    *out = (struct vpx_packet){p->data.frame.buf, p->data.frame.sz, is_key, is_key ? 0 : step->layer};
    e->at = is_key ? 1 % e->pattern->period : (e->at + 1) % e->pattern->period;
    return 1;
}

int vpx_enc_set_bitrate(struct vpx_enc *e, uint32_t bps)
{
    set_rate(e, bps);
    return vpx_codec_enc_config_set(&e->codec, &e->cfg) ? ERR_STATE : 0;
}
