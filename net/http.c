/* SPDX-License-Identifier: MIT */
#include "net/http.h"

#include "base/err.h"

int http_header(struct http_response *response, const char *name, const char *value)
{
    if (response->header_count == HTTP_HEADERS_MAX)
        return ERR_FULL;
    response->header[response->header_count++] = (struct http_header){name, value};
    return 0;
}
