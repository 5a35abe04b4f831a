/* SPDX-License-Identifier: MIT */
/* scaler.h - any picture into an I420 picture of any size. The only place of libswscale. */
#ifndef PARLEY_CLI_SCALER_H
#define PARLEY_CLI_SCALER_H

#include <libavutil/frame.h>

#include "codec/vpx_codec.h"

struct SwsContext;

/* `*context` begins as NULL and is kept for the next call; sws_freeContext() frees it. 0 or ERR_UNSUPPORTED. */
int scaler_run(struct SwsContext **context, const AVFrame *in, struct vpx_picture *out);

#endif
