/* SPDX-License-Identifier: MIT */
/* Texts that name a place: a URL to dial, an address, an origin that a browser claims. */
#include <string.h>
#include <strings.h>

#include "fuzz/fuzz.h"
#include "net/addr.h"
#include "net/url.h"
#include "parleyd/origins.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char *text = malloc(len + 1), out[ADDR_TEXT_MAX];
    struct url u;
    union addr a;
    memcpy(text, data, len);
    text[len] = 0;
    if (url_parse(&u, text) == 0)
        MUST(u.host[0] && u.path[0] == '/' && strlen(u.authority) < sizeof u.authority && strlen(u.host) < sizeof u.host);
    if (addr_parse(&a, text, 443) == 0) {
        addr_format(&a, out);
        MUST(strlen(out) < sizeof out && addr_port(&a) == 443);
    }
    char *line = strchr(text, '\n'), *second = line ? strchr(line + 1, '\n') : NULL;
    if (second) {
        *line = *second = 0;
        if (origin_allowed(text, line + 1, ""))
            MUST(!text[0] || !strncasecmp(text, "http", 4));
        origin_allowed(text, line + 1, second + 1);
    }
    free(text);
    return 0;
}
