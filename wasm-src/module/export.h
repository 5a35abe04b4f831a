/* SPDX-License-Identifier: MIT */
/* export.h - how C functions become exports of a module.
 *
 * An export carries the name of the C function that it stands for. Only numbers of 32 bits and doubles cross: times are doubles of
 * microseconds (exact to 2^53), NEVER is infinity; larger things cross as addresses of structs that module/layout.h describes. Nothing calls
 * back into JS. */
#ifndef PARLEY_WASM_EXPORT_H
#define PARLEY_WASM_EXPORT_H

#include <math.h>

#include "base/units.h"

#define EXPORT(type, name, ...)                                                                                                    \
    type export_##name(__VA_ARGS__) __attribute__((export_name(#name)));                                                           \
    type export_##name(__VA_ARGS__)

#define USEC_EXACT 9007199254740992.0 /* 2^53 */

static inline usec_t usec_from_js(double t) { return t >= USEC_EXACT ? NEVER : t > -USEC_EXACT ? (usec_t)t : -(usec_t)USEC_EXACT; }
static inline double usec_to_js(usec_t t) { return t == NEVER ? (double)INFINITY : (double)t; }

#endif
