/* SPDX-License-Identifier: MIT */
/* bytes.h - bounded cursors over bytes: a failed read or write sticks, so one check at the end is enough.
 *
 * Numbers are big-endian; varints are QUIC's (RFC 9000 section 16). A failed read gives 0 or NULL. */
#ifndef PARLEY_BASE_BYTES_H
#define PARLEY_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader {
    const uint8_t *at, *end;
    bool failed;
};

struct reader reader_of(const uint8_t *data, size_t len);
size_t reader_left(const struct reader *r);
/* 0 if every read so far succeeded, else ERR_PARSE. Bytes may be left over. */
int reader_ok(const struct reader *r);
/* As reader_ok(), but also ERR_PARSE when bytes are left over. */
int reader_done(const struct reader *r);

uint8_t read_u8(struct reader *r);
uint16_t read_u16(struct reader *r);
uint32_t read_u32(struct reader *r);
uint64_t read_u64(struct reader *r);
uint64_t read_varint(struct reader *r);
/* Borrows `len` bytes from the input, or NULL. */
const uint8_t *read_bytes(struct reader *r, size_t len);

struct writer {
    uint8_t *start, *at, *end;
    bool failed;
};

struct writer writer_of(uint8_t *data, size_t cap);
/* Bytes written, or ERR_SPACE when anything did not fit. */
int writer_done(const struct writer *w);

void write_u8(struct writer *w, uint8_t v);
void write_u16(struct writer *w, uint16_t v);
void write_u32(struct writer *w, uint32_t v);
void write_u64(struct writer *w, uint64_t v);
void write_varint(struct writer *w, uint64_t v);
void write_bytes(struct writer *w, const void *data, size_t len);

#define VARINT_MAX 0x3fffffffffffffffULL
/* Bytes that write_varint() uses for `v`: 1, 2, 4 or 8. */
size_t varint_len(uint64_t v);

#endif
