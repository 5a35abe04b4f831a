/* SPDX-License-Identifier: MIT */
/* platform.c - what libsodium asks of a platform, answered for one thread of SIMD128 WASM without imports.
 *
 * There is no randomness here: keys come from outside (core/session/client.h), so asking for random bytes is a mistake of ours and traps. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "core.h"
#include "crypto_onetimeauth.h"
#include "crypto_stream_chacha20.h"
#include "randombytes.h"
#include "runtime.h"

int _crypto_onetimeauth_poly1305_pick_best_implementation(void);
int _crypto_stream_chacha20_pick_best_implementation(void);

/* Only what we use has more than one implementation to pick from; the rest keeps its portable default. */
int sodium_init(void)
{
    static int done;
    if (done)
        return 1;
    _crypto_onetimeauth_poly1305_pick_best_implementation();
    _crypto_stream_chacha20_pick_best_implementation();
    done = 1;
    return 0;
}

void sodium_misuse(void) { __builtin_trap(); }
int sodium_set_misuse_handler(void (*handler)(void)) { return handler ? -1 : 0; }
int sodium_crit_enter(void) { return 0; }
int sodium_crit_leave(void) { return 0; }

/* Compiled from SSE intrinsics, present by construction. */
int sodium_runtime_has_sse2(void) { return 1; }
int sodium_runtime_has_sse3(void) { return 1; }
int sodium_runtime_has_ssse3(void) { return 1; }
int sodium_runtime_has_sse41(void) { return 0; }
int sodium_runtime_has_avx(void) { return 0; }
int sodium_runtime_has_avx2(void) { return 0; }
int sodium_runtime_has_avx512f(void) { return 0; }
int sodium_runtime_has_neon(void) { return 0; }
int sodium_runtime_has_pclmul(void) { return 0; }
int sodium_runtime_has_aesni(void) { return 0; }
int sodium_runtime_has_rdrand(void) { return 0; }
int _sodium_runtime_get_cpu_features(void) { return 0; }

void randombytes_buf(void *const buf, const size_t size)
{
    (void)buf;
    (void)size;
    __builtin_trap();
}
void randombytes(unsigned char *const buf, const unsigned long long buf_len) { randombytes_buf(buf, (size_t)buf_len); }
uint32_t randombytes_random(void) { __builtin_trap(); }
uint32_t randombytes_uniform(const uint32_t upper_bound) { return upper_bound < 2 ? 0 : randombytes_random(); }
void randombytes_stir(void) {}
int randombytes_close(void) { return 0; }
