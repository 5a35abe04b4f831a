/* SPDX-License-Identifier: MIT */
/* start.c - runs when the module is initialised: libsodium picks its SIMD code. */
#include <sodium.h>

__attribute__((constructor)) static void start(void)
{
    if (sodium_init() < 0)
        __builtin_trap();
}
