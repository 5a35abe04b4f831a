/* SPDX-License-Identifier: MIT */
/* skim.h - reads a run for its objects' heads alone: header and stamp are kept, the rest of each object is counted and forgotten. So a
 * thousand receivers need no memory for frames in pieces. What framer.h is for who needs the bytes. */
#ifndef PARLEY_LOAD_SKIM_H
#define PARLEY_LOAD_SKIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "stamp.h"
#include "wire/wire.h"

#define SKIM_HEAD_BYTES (2 + WIRE_HEADER_MAX + STAMP_BYTES)

struct skim {
    bool kind_seen;
    uint8_t length[8]; /* the varint as far as it has come */
    uint8_t length_have;
    uint8_t head_have;
    uint64_t size, have; /* of the object; size 0: its length has not come */
    uint8_t head[SKIM_HEAD_BYTES];
    struct skim *next; /* for the owner's list of those not in use */
};

/* Gives what is left of `*data` one object further: 1 when one ended (its beginning is `head`, `head_have` bytes of `size`), 0 when the data are
 * used up, ERR_PARSE for a length beyond the wire's bounds. A zeroed struct is ready. */
int skim_next(struct skim *s, const uint8_t **data, size_t *len);

#endif
