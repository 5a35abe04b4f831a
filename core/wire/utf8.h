/* SPDX-License-Identifier: MIT */
/* utf8.h - is this text what it claims to be? Names are shown to people and end up in C strings. */
#ifndef PARLEY_WIRE_UTF8_H
#define PARLEY_WIRE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Well-formed UTF-8 (RFC 3629): no overlong form, no surrogate, nothing above U+10FFFF. */
bool utf8_valid(const uint8_t *data, size_t len);
/* Valid, and without control characters (C0, DEL, C1); `lines` allows tab, line feed and carriage return. */
bool utf8_text(const uint8_t *data, size_t len, bool lines);

#endif
