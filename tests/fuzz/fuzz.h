/* SPDX-License-Identifier: MIT */
/* fuzz.h - a harness is one function that takes any bytes and must come back. What it asserts holds for every input.
 *
 * With the preset fuzz it is a libFuzzer program, fuzz_NAME; in every other build seeds.c runs it over tests/fuzz/seeds/NAME,
 * with every truncation of a seed and a few thousand altered ones. */
#ifndef PARLEY_TESTS_FUZZ_H
#define PARLEY_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* An assertion that also holds in builds without assert(). */
#define MUST(condition)                                                                                                            \
    do {                                                                                                                           \
        if (!(condition)) {                                                                                                        \
            fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition);                                                \
            abort();                                                                                                               \
        }                                                                                                                          \
    } while (0)

/* Takes one byte from the front of the input, 0 when there is none: to choose what is tried. */
static inline uint8_t take_u8(const uint8_t **data, size_t *len)
{
    if (!*len)
        return 0;
    (*len)--;
    return *(*data)++;
}

#endif
