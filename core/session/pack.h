/* SPDX-License-Identifier: MIT */
/* pack.h - what an encoder gave becomes an object for the wire: framed, with its MediaInfo, sealed (docs/protocol.md, docs/encryption.md). */
#ifndef PARLEY_SESSION_PACK_H
#define PARLEY_SESSION_PACK_H

#include "base/pkt.h"
#include "client.h"
#include "crypto/keys.h"
#include "wire/media_info.h"
#include "wire/object.h"

#define PACK_FRAMING_MAX (1 + 8 + 8 + WIRE_HEADER_MAX)
/* What is added to `media.len`, at most. */
#define PACK_OVERHEAD_MAX (PACK_FRAMING_MAX + MEDIA_INFO_MAX + SFRAME_OVERHEAD_MAX)

/* Kind byte, length, header `h` and sealed payload. `sender` is whom the relay will stamp it with. NULL with *err: ERR_NOMEM, or what
 * sealer_seal() gave; a counter of the sealer is spent then, too. */
struct pkt *pack_object(struct sealer *sealer, uint32_t sender, uint8_t kind, const struct object_header *h, const struct media *m,
                        int *err);

#endif
