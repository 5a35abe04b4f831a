/* SPDX-License-Identifier: MIT */
/* media_info.h - what begins the sealed payload of an object: varint length, MediaInfo, then the codec's bytes. */
#ifndef PARLEY_WIRE_MEDIA_INFO_H
#define PARLEY_WIRE_MEDIA_INFO_H

#include <stddef.h>
#include <stdint.h>

#define MEDIA_INFO_MAX 32 /* bytes of a MediaInfo with its length */

struct media_info {
    uint32_t codec; /* as proto Codec; may be one we do not know */
    uint32_t width_px, height_px;
    uint32_t rotation;
    uint32_t duration_us;
};

/* Bytes used at the front of `data` (the codec's bytes follow), ERR_PARSE, or ERR_LIMIT when a field is out of bounds. */
int media_info_parse(struct media_info *m, const uint8_t *data, size_t len);
/* Bytes written (at most MEDIA_INFO_MAX), or ERR_SPACE. */
int media_info_write(uint8_t *out, size_t cap, const struct media_info *m);

#endif
