/* SPDX-License-Identifier: MIT */
/* An object from the network: refused, or it can be written and read again and is the same. */
#include <string.h>

#include "base/bytes.h"
#include "fuzz/fuzz.h"
#include "wire/object.h"
#include "wire/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct object o, again;
    uint8_t out[2 * WIRE_HEADER_MAX], aad[2][OBJECT_AAD_BYTES];
    if (object_parse(&o, data, len))
        return 0;
    MUST(o.payload + o.payload_len == data + len);
    int n = object_write_framed(out, sizeof out, WIRE_VIDEO, &o.header, 0);
    MUST(n > 0);
    struct reader r = reader_of(out + 1, (size_t)n - 1);
    MUST(read_varint(&r) == reader_left(&r));
    MUST(object_parse(&again, r.at, reader_left(&r)) == 0);
    MUST(again.header.sender == o.header.sender);
    object_aad(aad[0], &o.header);
    object_aad(aad[1], &again.header);
    MUST(!memcmp(aad[0], aad[1], OBJECT_AAD_BYTES));
    return 0;
}
