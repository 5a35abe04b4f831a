/* SPDX-License-Identifier: MIT */
/* layout.h - sizes, offsets and constants that JS reads from the module itself (web/engine/memory.js), so that the two cannot disagree.
 *
 * A module defines `layout_table`, which ends with LAYOUT_END. A FIELD's kind follows from its C type. */
#ifndef PARLEY_WASM_LAYOUT_H
#define PARLEY_WASM_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As in web/engine/memory.js. */
enum layout_kind {
    LAYOUT_CONSTANT,
    LAYOUT_SIZE,
    LAYOUT_BOOL,
    LAYOUT_U8,
    LAYOUT_U32,
    LAYOUT_I32,
    LAYOUT_U64,
    LAYOUT_I64,
    LAYOUT_F32,
    LAYOUT_F64,
    LAYOUT_POINTER,
    LAYOUT_INLINE, /* an array or struct within the struct */
};

struct layout_entry {
    const char *name; /* "CONSTANT", "struct", "struct.field" */
    uint32_t kind;
    int32_t value; /* of the constant, size of the struct, offset of the field */
    uint32_t bytes;
};
extern const struct layout_entry layout_table[];

/* clang-format off */
#define LAYOUT_KIND_OF(value) _Generic((value), bool: LAYOUT_BOOL, uint8_t: LAYOUT_U8, unsigned int: LAYOUT_U32, unsigned long: LAYOUT_U32, \
    int: LAYOUT_I32, uint64_t: LAYOUT_U64, int64_t: LAYOUT_I64, float: LAYOUT_F32, double: LAYOUT_F64, default: LAYOUT_POINTER)
/* clang-format on */
#define LAYOUT_ENTRY(type, field, kind)                                                                                            \
    {#type "." #field, kind, (int32_t)offsetof(struct type, field), (uint32_t)sizeof(((struct type *)0)->field)}
#define STRUCT(type) {#type, LAYOUT_SIZE, (int32_t)sizeof(struct type), 0}
#define FIELD(type, field) LAYOUT_ENTRY(type, field, LAYOUT_KIND_OF(((struct type *)0)->field))
#define INLINE_FIELD(type, field) LAYOUT_ENTRY(type, field, LAYOUT_INLINE)
#define CONSTANT(name) {#name, LAYOUT_CONSTANT, (int32_t)(name), 0}
#define LAYOUT_END {NULL, 0, 0, 0}

#endif
