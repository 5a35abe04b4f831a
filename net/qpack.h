/* SPDX-License-Identifier: MIT */
/* qpack.h - header sections of HTTP/3 (nghttp3's QPACK, without a dynamic table: each section stands alone). */
#ifndef PARLEY_NET_QPACK_H
#define PARLEY_NET_QPACK_H

#include <stddef.h>
#include <stdint.h>

struct qpack_field {
    const char *name, *value;
};
/* Writes a header section. Its length, or ERR_SPACE. */
int qpack_encode(const struct qpack_field *fields, size_t count, uint8_t *out, size_t cap);
/* Calls `field` for each header; its strings end with 0 and are valid during the call. ERR_PARSE when malformed, ERR_LIMIT when names
 * and values together exceed `most_bytes`. */
int qpack_decode(const uint8_t *data, size_t len, size_t most_bytes,
                 void (*field)(void *ctx, const char *name, const char *value, size_t value_len), void *ctx);

#endif
