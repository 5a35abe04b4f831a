/* SPDX-License-Identifier: MIT */
/* A Control from a client (first byte 0), from a relay (1), or a ChatText (2): refused, or within its bounds and writable. */
#include "fuzz/fuzz.h"
#include "wire/control.h"
#include "wire/scan.h"

/* What the scan lets pass must parse in the memory that the scan asked for, unless it does not parse at all. */
static void check_memory(const ProtobufCMessageDescriptor *d, const uint8_t *data, size_t len)
{
    size_t bytes;
    if (wire_scan(d, data, len, &bytes))
        return;
    ProtobufCMessage *m = protobuf_c_message_unpack(d, NULL, len, data);
    MUST(!m);
}

static void check_control(struct arena *a, const uint8_t *data, size_t len, size_t max)
{
    int err;
    const Parley__V1__Control *m = control_parse(a, data, len, max, &err);
    MUST((m == NULL) == (err < 0));
    if (!m) {
        if (a->cap && len <= max)
            check_memory(&parley__v1__control__descriptor, data, len);
        return;
    }
    struct pkt *p = control_pack(m, CONTROL_MESSAGE);
    MUST(p);
    if (p->len - 1 <= max) {
        struct arena b;
        arena_init_growing(&b, CONTROL_ARENA_MAX);
        MUST(control_parse(&b, p->data + 1, p->len - 1, max, &err));
        arena_free(&b);
    }
    pkt_unref(p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct arena a;
    int err;
    arena_init_growing(&a, CONTROL_ARENA_MAX);
    switch (take_u8(&data, &len) % 3) {
    case 0: check_control(&a, data, len, WIRE_REQUEST_MAX); break;
    case 1: check_control(&a, data, len, WIRE_CONTROL_MAX); break;
    case 2: MUST((chat_text_parse(&a, data, len, &err) == NULL) == (err < 0)); break;
    }
    arena_free(&a);
    return 0;
}
