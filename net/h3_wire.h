/* SPDX-License-Identifier: MIT */
/* h3_wire.h - the numbers of HTTP/3 and WebTransport (draft 02, what browsers speak), and the incremental readers that take them from
 * a stream in pieces of any size. */
#ifndef PARLEY_NET_H3_WIRE_H
#define PARLEY_NET_H3_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum h3_stream_type { H3_CONTROL = 0x00, H3_PUSH = 0x01, H3_QPACK_ENCODER = 0x02, H3_QPACK_DECODER = 0x03, H3_WT_UNI = 0x54 };
enum h3_frame_type {
    H3_DATA = 0x00,
    H3_HEADERS = 0x01,
    H3_CANCEL_PUSH = 0x03,
    H3_SETTINGS = 0x04,
    H3_PUSH_PROMISE = 0x05,
    H3_GOAWAY = 0x07,
    H3_MAX_PUSH_ID = 0x0d,
    H3_WT_BIDI = 0x41, /* a signal, not a frame: the rest of the stream is the session's */
};
enum h3_capsule_type { H3_CAPSULE_CLOSE = 0x2843, H3_CAPSULE_DRAIN = 0x78ae };

/* Error codes of connections and streams. */
enum h3_code {
    H3_NO_ERROR = 0x100,
    H3_GENERAL_PROTOCOL_ERROR = 0x101,
    H3_INTERNAL_ERROR = 0x102,
    H3_STREAM_CREATION_ERROR = 0x103,
    H3_CLOSED_CRITICAL_STREAM = 0x104,
    H3_FRAME_UNEXPECTED = 0x105,
    H3_FRAME_ERROR = 0x106,
    H3_EXCESSIVE_LOAD = 0x107,
    H3_ID_ERROR = 0x108,
    H3_SETTINGS_ERROR = 0x109,
    H3_MISSING_SETTINGS = 0x10a,
    H3_REQUEST_REJECTED = 0x10b,
    H3_REQUEST_CANCELLED = 0x10c,
    H3_MESSAGE_ERROR = 0x10e,
    H3_QPACK_DECOMPRESSION_FAILED = 0x200,
};
#define H3_WT_SESSION_GONE 0x170d7b68
#define H3_WT_UNKNOWN_SESSION 0x3994bd84

/* An application's error code of a stream, as it stands in RESET_STREAM and STOP_SENDING, and back (0 for codes of other kinds). */
uint64_t h3_code_of_app(uint32_t app);
uint32_t h3_app_of_code(uint64_t code);

/* ---- settings: the one table ---- */

struct h3_settings {
    bool connect, datagram, webtransport;
};
/* Writes the SETTINGS frame that both of our sides send. Its length, or ERR_SPACE. */
int h3_settings_write(uint8_t *out, size_t cap);
/* Reads the payload of a SETTINGS frame: 0 or ERR_PROTOCOL. Unknown ones are ignored. */
int h3_settings_parse(struct h3_settings *s, const uint8_t *data, size_t len);

/* ---- a varint in pieces ---- */

struct h3_varint {
    uint8_t byte[8], have;
};
/* Takes bytes from *data until the number is complete: true and *value. */
bool h3_varint_feed(struct h3_varint *v, const uint8_t **data, size_t *len, uint64_t *value);

/* ---- type-length-value units in pieces: frames, and capsules ---- */

enum h3_piece {
    H3_NEED_MORE, /* all input is used */
    H3_HEADER, /* a unit of `type` and `length` begins: choose `keep`, and read on */
    H3_SOME, /* `data, len` of its value (only with keep = false) */
    H3_WHOLE, /* its whole value (only with keep = true): `data, len` */
    H3_SIGNAL, /* 0x41 instead of a frame (only with signals allowed): the rest is not made of units */
    H3_TOO_LARGE, /* more than `most` is to be kept */
};
struct h3_units {
    struct h3_varint varint;
    enum { H3_AT_TYPE, H3_AT_LENGTH, H3_AT_VALUE } at;
    bool keep, started;
    uint64_t type, length, left;
    uint8_t *kept;
    size_t kept_len;
};
/* The next piece of *data, which moves on. `out, out_len` are valid until the next call. */
enum h3_piece h3_units_read(struct h3_units *u, const uint8_t **data, size_t *len, bool signals, size_t most, const uint8_t **out,
                            size_t *out_len);
void h3_units_free(struct h3_units *u);
/* Stands between two units. */
bool h3_units_idle(const struct h3_units *u);

#endif
