/* SPDX-License-Identifier: MIT */
/* The front of an opened payload: members are trusted with the key, not with our memory. */
#include <string.h>

#include "fuzz/fuzz.h"
#include "wire/media_info.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct media_info m, again;
    uint8_t out[MEDIA_INFO_MAX];
    int n = media_info_parse(&m, data, len);
    if (n < 0)
        return 0;
    MUST((size_t)n <= len);
    n = media_info_write(out, sizeof out, &m);
    MUST(n > 0 && media_info_parse(&again, out, (size_t)n) == n);
    MUST(!memcmp(&m, &again, sizeof m));
    return 0;
}
