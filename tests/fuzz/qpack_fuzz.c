/* SPDX-License-Identifier: MIT */
/* A header section from the network. */
#include <string.h>

#include "fuzz/fuzz.h"
#include "net/qpack.h"

#define MOST 2048

static void field(void *ctx, const char *name, const char *value, size_t value_len)
{
    size_t *sum = ctx;
    MUST(!value[value_len]);
    *sum += strlen(name) + value_len;
    MUST(*sum <= MOST);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    size_t sum = 0;
    qpack_decode(data, len, MOST, field, &sum);
    return 0;
}
