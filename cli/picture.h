/* SPDX-License-Identifier: MIT */
/* picture.h - where pictures come from: the test card, a file (anything libavformat reads, over and over), a V4L2 camera. */
#ifndef PARLEY_CLI_PICTURE_H
#define PARLEY_CLI_PICTURE_H

#include <stdint.h>

#include "base/units.h"
#include "codec/vpx_codec.h"

struct picture_source;

/* What a source does; the first member of each kind of source is a pointer to it. */
struct picture_ops {
    /* Fills `out`, whatever its size. 1; 0 when there is no new picture; ERR_IO when there will be none any more. */
    int (*next)(struct picture_source *s, struct vpx_picture *out, usec_t now, int64_t unix_ms);
    void (*del)(struct picture_source *s);
};
struct picture_source {
    const struct picture_ops *ops;
};

/* Each gives a source, or NULL and a sentence in `*why`. */
struct picture_source *picture_card(unsigned tint, const char **why);
struct picture_source *picture_file(const char *path, const char **why);
struct picture_source *picture_camera(const char *device, uint32_t width_px, uint32_t height_px, uint32_t fps, const char **why);

int picture_next(struct picture_source *s, struct vpx_picture *out, usec_t now, int64_t unix_ms);
void picture_del(struct picture_source *s);

#endif
