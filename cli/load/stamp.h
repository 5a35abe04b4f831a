/* SPDX-License-Identifier: MIT */
/* stamp.h - begins the payload of a synthetic object, where a sealed one has its ciphertext: when it was sent, and the number of the frame
 * among those that must not be missing. Right on one machine, whose programs share a monotonic clock. */
#ifndef PARLEY_LOAD_STAMP_H
#define PARLEY_LOAD_STAMP_H

#include <stddef.h>
#include <stdint.h>

#include "base/units.h"

#define STAMP_BYTES 16

struct stamp {
    usec_t sent_at;
    uint32_t base;
};
void stamp_write(uint8_t out[STAMP_BYTES], const struct stamp *s);
/* ERR_PARSE: not one of ours. */
int stamp_read(struct stamp *s, const uint8_t *data, size_t len);

#endif
