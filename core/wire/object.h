/* SPDX-License-Identifier: MIT */
/* object.h - one encoded frame or audio packet on the wire: header in the clear, payload sealed.
 *
 *   object  = varint header length, ObjectHeader (protobuf), payload
 *   framed  = varint object length, object                  (in datagrams, runs and WebSocket messages)
 *
 * Reading and writing allocate nothing. */
#ifndef PARLEY_WIRE_OBJECT_H
#define PARLEY_WIRE_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/units.h"

struct object_header {
    uint32_t sender; /* 0 when absent */
    uint32_t track;
    uint32_t spatial, temporal;
    uint32_t seq;
    usec_t captured_us;
    bool key;
    uint32_t depends;
    uint32_t level;
};

struct object {
    struct object_header header;
    const uint8_t *payload; /* borrowed from the input */
    size_t payload_len;
};

/* Reads one object that fills `data`. ERR_PARSE when malformed, ERR_LIMIT when a field is out of bounds: track 1..WIRE_TRACKS_MAX,
 * layers below WIRE_LAYERS_MAX, seq from 1, depends below seq and 0 for a key frame, level to 127, captured_us to 2^62. */
int object_parse(struct object *o, const uint8_t *data, size_t len);
/* The next of the framed objects that follow each other in a datagram: borrowed, with its length; NULL when what is left is none. */
static inline const uint8_t *object_next(struct reader *r, size_t *len)
{
    uint64_t claimed = read_varint(r);
    *len = claimed <= reader_left(r) ? (size_t)claimed : SIZE_MAX;
    return read_bytes(r, *len);
}
/* Writes kind byte, object length, header and room for the payload: returns the offset at which `payload_len` bytes of payload
 * are to be written, ERR_SPACE, or ERR_LIMIT when a field is out of bounds. The bytes from offset 1 are the framed object without its kind. */
int object_write_framed(uint8_t *out, size_t cap, uint8_t kind, const struct object_header *h, size_t payload_len);

/* The bytes that SFrame authenticates beside its own header: every field. `sender` must be the publisher's member id on both sides, though it
 * travels only from the relay on: so nobody can have another's objects opened as its own. */
#define OBJECT_AAD_BYTES 36
void object_aad(uint8_t out[OBJECT_AAD_BYTES], const struct object_header *h);

#endif
