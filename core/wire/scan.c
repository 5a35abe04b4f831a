/* SPDX-License-Identifier: MIT */
#include "wire/scan.h"

#include "base/bytes.h"
#include "base/err.h"
#include "base/units.h"
#include "parley.pb-c.h"
#include "wire/arena.h"
#include "wire/feedback.h"
#include "wire/utf8.h"
#include "wire/wire.h"

static const struct wire_limit bounds[] = {
    {&parley__v1__hello__descriptor, 3, WIRE_PLAIN, WIRE_MEETING_MAX},
    {&parley__v1__hello__descriptor, 4, WIRE_PLAIN, WIRE_NAME_MAX},
    {&parley__v1__hello__descriptor, 5, WIRE_PLAIN, WIRE_TOKEN_MAX},
    {&parley__v1__hello__descriptor, 6, WIRE_EXACT, WIRE_SALT_BYTES},
    {&parley__v1__hello__descriptor, 10, WIRE_EXACT, WIRE_RESUME_BYTES},
    {&parley__v1__hello__descriptor, 8, WIRE_PLAIN, WIRE_PROGRAM_MAX},
    {&parley__v1__hello__descriptor, 9, WIRE_AT_MOST, WIRE_CODECS_MAX},
    {&parley__v1__welcome__descriptor, 11, WIRE_EXACT, WIRE_RESUME_BYTES},
    {&parley__v1__welcome__descriptor, 9, WIRE_AT_MOST, WIRE_RELAYS_MAX},
    {&parley__v1__relay__descriptor, 1, WIRE_PLAIN, WIRE_ADDRESS_MAX},
    {&parley__v1__refused__descriptor, 1, WIRE_PLAIN, WIRE_CODE_MAX},
    {&parley__v1__refused__descriptor, 2, WIRE_LINES, WIRE_SENTENCE_MAX},
    {&parley__v1__refused__descriptor, 4, WIRE_PLAIN, WIRE_ADDRESS_MAX},
    {&parley__v1__goodbye__descriptor, 1, WIRE_PLAIN, WIRE_CODE_MAX},
    {&parley__v1__member__descriptor, 2, WIRE_PLAIN, WIRE_NAME_MAX},
    {&parley__v1__member__descriptor, 4, WIRE_EXACT, WIRE_SALT_BYTES},
    {&parley__v1__member__descriptor, 5, WIRE_AT_MOST, WIRE_TRACKS_MAX},
    {&parley__v1__track__descriptor, 4, WIRE_AT_MOST, WIRE_LAYERS_MAX},
    {&parley__v1__roster__descriptor, 1, WIRE_AT_MOST, WIRE_MEMBERS_MAX},
    {&parley__v1__roster__descriptor, 2, WIRE_AT_MOST, WIRE_MEMBERS_MAX},
    {&parley__v1__profile__descriptor, 1, WIRE_PLAIN, WIRE_NAME_MAX},
    {&parley__v1__subscribe__descriptor, 1, WIRE_AT_MOST, WIRE_WANTS_MAX},
    {&parley__v1__demand__descriptor, 1, WIRE_AT_MOST, WIRE_DEMANDS_MAX},
    {&parley__v1__forwarding__descriptor, 1, WIRE_AT_MOST, WIRE_FORWARDING_MAX},
    {&parley__v1__chat__descriptor, 2, WIRE_AT_MOST, WIRE_SEALED_CHAT_MAX},
    {&parley__v1__chat_text__descriptor, 1, WIRE_LINES, WIRE_CHAT_MAX},
    {&parley__v1__notice__descriptor, 1, WIRE_PLAIN, WIRE_CODE_MAX},
    {&parley__v1__notice__descriptor, 2, WIRE_LINES, WIRE_SENTENCE_MAX},
    {&parley__v1__drain__descriptor, 2, WIRE_PLAIN, WIRE_ADDRESS_MAX},
    {&parley__v1__feedback__descriptor, 2, WIRE_AT_MOST, FEEDBACK_TRACKS_MAX},
};

static const struct wire_limit *look_up(const struct wire_limit *list, size_t count, const ProtobufCMessageDescriptor *d,
                                        uint32_t tag)
{
    for (size_t i = 0; i < count; i++)
        if (list[i].of == d && list[i].tag == tag)
            return &list[i];
    return NULL;
}

static const struct wire_limit *bound_of(const ProtobufCMessageDescriptor *d, const struct wire_limits *more, uint32_t tag)
{
    static const struct wire_limit none = {NULL, 0, WIRE_AT_MOST, 0};
    const struct wire_limit *l = look_up(bounds, COUNT_OF(bounds), d, tag);
    if (!l && more)
        l = look_up(more->list, more->count, d, tag);
    return l ? l : &none;
}

size_t wire_bound(const ProtobufCMessageDescriptor *d, uint32_t tag) { return bound_of(d, NULL, tag)->max; }

/* ---- protobuf's own encoding ---- */

enum { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };

static uint64_t read_leb(struct reader *r)
{
    uint64_t v = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        uint8_t b = read_u8(r);
        v |= shift < 64 ? (uint64_t)(b & 0x7f) << shift : 0;
        if (!(b & 0x80))
            return v;
    }
    r->failed = true;
    return 0;
}

struct field {
    uint32_t tag, type;
    const uint8_t *data; /* BYTES: the content */
    size_t len;
};

static struct field read_field(struct reader *r)
{
    uint64_t key = read_leb(r);
    struct field f = {.tag = (uint32_t)(key >> 3), .type = key & 7};
    r->failed |= f.tag == 0 || key >> 32;
    switch (f.type) {
    case VARINT: read_leb(r); break;
    case FIXED64: read_bytes(r, 8); break;
    case FIXED32: read_bytes(r, 4); break;
    case BYTES: {
        uint64_t len = read_leb(r);
        f.len = len > reader_left(r) ? SIZE_MAX : (size_t)len; /* SIZE_MAX fails below */
        f.data = read_bytes(r, f.len);
        break;
    }
    default: r->failed = true; /* groups, and what never was */
    }
    return f;
}

/* ---- the walk ---- */

/* What parsing one message costs beside its own struct, rounded up generously; the test measures that it suffices. */
#define COST_FIELD (2 * 48) /* protobuf-c notes every field beyond the 16th, in slabs that double */
#define COST_SLAB (32 * 48)
#define COST_UNKNOWN (32 + 2 * ARENA_ALIGN)
#define COST_ELEMENT 8

struct walk {
    const ProtobufCMessageDescriptor *of;
    const struct wire_limits *more;
    unsigned depth;
    uint32_t seen;  /* bit per tag of the singular fields; bit 0 for a oneof */
    size_t fields, unknown;
    size_t count[32]; /* elements, by tag */
    size_t bytes;     /* memory so far */
};

static int walk_message(const ProtobufCMessageDescriptor *d, const struct wire_limits *more, struct field f, unsigned depth,
                        size_t *bytes);

static int mark_singular(struct walk *w, const ProtobufCFieldDescriptor *d)
{
    uint32_t bit = d->flags & PROTOBUF_C_FIELD_FLAG_ONEOF ? 1 : 1u << d->id;
    if (w->seen & bit)
        return ERR_PARSE;
    w->seen |= bit;
    return 0;
}

static int count_elements(struct walk *w, uint32_t tag, size_t n)
{
    w->count[tag] += n;
    w->bytes += n * COST_ELEMENT;
    return w->count[tag] > bound_of(w->of, w->more, tag)->max ? ERR_LIMIT : 0;
}

static int walk_packed(struct walk *w, struct field f)
{
    struct reader r = reader_of(f.data, f.len);
    size_t n = 0;
    for (; !r.failed && reader_left(&r); n++)
        read_leb(&r);
    return r.failed ? ERR_PARSE : count_elements(w, f.tag, n);
}

static int walk_bytes(struct walk *w, const ProtobufCFieldDescriptor *d, struct field f)
{
    const struct wire_limit *b = bound_of(w->of, w->more, f.tag);
    if (f.len > b->max)
        return ERR_LIMIT;
    if (b->form == WIRE_EXACT && f.len != 0 && f.len != b->max)
        return ERR_PARSE;
    if (d->type == PROTOBUF_C_TYPE_STRING && !utf8_text(f.data, f.len, b->form == WIRE_LINES))
        return ERR_PARSE;
    w->bytes += f.len + 1 + ARENA_ALIGN;
    return 0;
}

static int walk_repeated(struct walk *w, const ProtobufCFieldDescriptor *d, struct field f)
{
    if (d->type != PROTOBUF_C_TYPE_MESSAGE)
        return f.type == BYTES ? walk_packed(w, f) : count_elements(w, f.tag, 1);
    int err = count_elements(w, f.tag, 1);
    return err ? err : walk_message(d->descriptor, w->more, f, w->depth + 1, &w->bytes);
}

static int walk_known(struct walk *w, const ProtobufCFieldDescriptor *d, struct field f)
{
    bool repeated = d->label == PROTOBUF_C_LABEL_REPEATED;
    bool lengthy = d->type == PROTOBUF_C_TYPE_STRING || d->type == PROTOBUF_C_TYPE_BYTES || d->type == PROTOBUF_C_TYPE_MESSAGE;
    bool fits = lengthy ? f.type == BYTES : f.type == VARINT || (repeated && f.type == BYTES);
    if (!fits)
        return ERR_PARSE;
    if (repeated)
        return walk_repeated(w, d, f);
    int err = mark_singular(w, d);
    if (err || !lengthy)
        return err;
    return d->type == PROTOBUF_C_TYPE_MESSAGE ? walk_message(d->descriptor, w->more, f, w->depth + 1, &w->bytes)
                                              : walk_bytes(w, d, f);
}

static int walk_field(struct walk *w, struct field f)
{
    const ProtobufCFieldDescriptor *d = protobuf_c_message_descriptor_get_field(w->of, f.tag);
    w->fields++;
    if (d)
        return walk_known(w, d, f);
    w->bytes += COST_UNKNOWN + (f.len < 10 ? 10 : f.len + 10);
    return ++w->unknown > WIRE_UNKNOWN_MAX ? ERR_LIMIT : 0;
}

static size_t own_bytes(const struct walk *w)
{
    size_t arrays = w->of->n_fields * (size_t)ARENA_ALIGN; /* each repeated field is one aligned array */
    return w->of->sizeof_message + 2 * ARENA_ALIGN + arrays + (w->fields > 16 ? w->fields * COST_FIELD + COST_SLAB : 0);
}

static int walk_message(const ProtobufCMessageDescriptor *d, const struct wire_limits *more, struct field f, unsigned depth,
                        size_t *bytes)
{
    struct walk w = {.of = d, .more = more, .depth = depth};
    struct reader r = reader_of(f.data, f.len);
    int err = depth < WIRE_DEPTH_MAX ? 0 : ERR_LIMIT;
    while (!err && !r.failed && reader_left(&r)) {
        struct field inner = read_field(&r);
        err = r.failed ? ERR_PARSE : walk_field(&w, inner);
    }
    *bytes += own_bytes(&w) + w.bytes;
    return err;
}

int wire_scan_more(const ProtobufCMessageDescriptor *d, const struct wire_limits *more, const uint8_t *data, size_t len,
                   size_t *arena_bytes)
{
    *arena_bytes = 0;
    return walk_message(d, more, (struct field){.data = data, .len = len}, 0, arena_bytes);
}

int wire_scan(const ProtobufCMessageDescriptor *d, const uint8_t *data, size_t len, size_t *arena_bytes)
{
    return wire_scan_more(d, NULL, data, len, arena_bytes);
}
