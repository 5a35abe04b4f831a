/* SPDX-License-Identifier: MIT */
/* scan.h - walks a protobuf message by its descriptor before protobuf-c parses it.
 *
 * Refused are: more elements, bytes or unknown fields than the bounds in scan.c, text that is not plain UTF-8, a field of the wrong
 * wire type, a singular field twice (readers would differ in what they take it to mean), groups, too deep nesting. */
#ifndef PARLEY_WIRE_SCAN_H
#define PARLEY_WIRE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

enum wire_form {
    WIRE_PLAIN,   /* text of one line */
    WIRE_LINES,   /* text that may have lines */
    WIRE_AT_MOST, /* bytes or elements */
    WIRE_EXACT,   /* bytes: so many, or none */
};
struct wire_limit {
    const ProtobufCMessageDescriptor *of;
    uint32_t tag;
    enum wire_form form;
    size_t max;
};
/* Bounds of messages that scan.c does not know: of another contract that builds on this one. */
struct wire_limits {
    const struct wire_limit *list;
    size_t count;
};

/* 0, ERR_PARSE or ERR_LIMIT. `arena_bytes` is then enough memory for parsing this message into an arena. */
int wire_scan(const ProtobufCMessageDescriptor *d, const uint8_t *data, size_t len, size_t *arena_bytes);
/* The same for a message of another contract; borrows `more`. */
int wire_scan_more(const ProtobufCMessageDescriptor *d, const struct wire_limits *more, const uint8_t *data, size_t len,
                   size_t *arena_bytes);

/* The bound of a text, bytes or repeated field (bytes, or elements); 0: none is set, and nothing passes. For the test that finds
 * a forgotten one. */
size_t wire_bound(const ProtobufCMessageDescriptor *d, uint32_t tag);

#endif
