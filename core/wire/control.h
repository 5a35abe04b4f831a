/* SPDX-License-Identifier: MIT */
/* control.h - Control messages, checked before they are parsed.
 *
 * Before protobuf-c sees a byte, the message is walked by its descriptor: size, depth, number of elements, length of each text,
 * UTF-8, no field twice, no group. What passes needs a known amount of memory. Unknown fields are skipped (a newer minor
 * version), and so is an unknown body: `body_case` is then PARLEY__V1__CONTROL__BODY__NOT_SET and the message is to be ignored. */
#ifndef PARLEY_WIRE_CONTROL_H
#define PARLEY_WIRE_CONTROL_H

#include <stddef.h>
#include <stdint.h>

#include "base/pkt.h"
#include "parley.pb-c.h"
#include "wire/arena.h"
#include "wire/wire.h"

#define CONTROL_ARENA_MAX (8 * 1024 * 1024) /* memory of the largest parsed Control: the `max` for arena_init_growing() */

/* Parses one Control of at most `max` bytes (WIRE_REQUEST_MAX from a client, WIRE_CONTROL_MAX from a relay) into `a`, whose earlier
 * content goes. NULL on error: *err is then ERR_PARSE (malformed), ERR_LIMIT (over a bound) or ERR_NOMEM.
 * What is returned lies in `a` and is valid until its next use. Texts are valid UTF-8 without control characters (but for
 * Refused.text and Notice.text, which may hold line breaks); bytes and lists are within the bounds of wire.h. */
const Parley__V1__Control *control_parse(struct arena *a, const uint8_t *data, size_t len, size_t max, int *err);

/* Which body a Control begins with, as every writer here begins it; NOT_SET where that needs parsing. For who counts messages that it does
 * not read. */
Parley__V1__Control__BodyCase control_body(const uint8_t *data, size_t len);

/* The two ways in which a Control travels. */
enum control_framing {
    CONTROL_STREAM, /* varint length, Control: WebTransport's bidirectional stream */
    CONTROL_MESSAGE, /* kind byte, Control: one WebSocket message */
};
/* Bytes that control_write() needs. */
size_t control_size(const Parley__V1__Control *m, enum control_framing framing);
/* Bytes written, or ERR_SPACE. */
int control_write(uint8_t *out, size_t cap, const Parley__V1__Control *m, enum control_framing framing);
/* Gives a packet with the message framed, or NULL when memory is short. */
struct pkt *control_pack(const Parley__V1__Control *m, enum control_framing framing);

/* The text inside Chat.sealed once it is opened (ChatText), by the same checks. NULL on error. */
const Parley__V1__ChatText *chat_text_parse(struct arena *a, const uint8_t *data, size_t len, int *err);
/* Bytes written, or ERR_SPACE. */
int chat_text_write(uint8_t *out, size_t cap, const Parley__V1__ChatText *m);

/* 0 when we can speak with the writer of `hello`, whatever its minor version; else ERR_VERSION with a sentence in `text`
 * (at most `cap` bytes with its end) for Refused{code "version"}. */
int control_check_version(const Parley__V1__Hello *hello, char *text, size_t cap);

#endif
