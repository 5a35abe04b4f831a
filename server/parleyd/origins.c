/* SPDX-License-Identifier: MIT */
#include "origins.h"

#include <string.h>
#include <strings.h>

/* The part after "scheme://", or NULL. */
static const char *authority_of(const char *origin)
{
    if (strncasecmp(origin, "https://", 8) == 0)
        return origin + 8;
    return strncasecmp(origin, "http://", 7) == 0 ? origin + 7 : NULL;
}

/* Bytes of "host" in "host:port", brackets of IPv6 included. */
static size_t host_len(const char *authority)
{
    const char *bracket = *authority == '[' ? strchr(authority, ']') : NULL;
    return bracket ? (size_t)(bracket + 1 - authority) : strcspn(authority, ":");
}

static bool is_name(const char *authority, const char *name)
{
    size_t len = host_len(authority);
    return strlen(name) == len && strncasecmp(authority, name, len) == 0;
}

static bool is_this_machine(const char *authority)
{
    return is_name(authority, "localhost") || is_name(authority, "127.0.0.1") || is_name(authority, "[::1]");
}

/* The page of this relay: the port may differ (page on the plain port, media on the other). */
static bool is_same_host(const char *authority, const char *host)
{
    size_t len = host_len(authority);
    return len && len == host_len(host) && strncasecmp(authority, host, len) == 0;
}

static bool is_listed(const char *origin, const char *list)
{
    size_t origin_len = strlen(origin);
    while (*list) {
        list += strspn(list, ", ");
        size_t len = strcspn(list, ", ");
        if ((len == 1 && *list == '*') || (len == origin_len && len && strncasecmp(list, origin, len) == 0))
            return true;
        list += len;
    }
    return false;
}

const char *origin_host(const char *origin, size_t *len)
{
    const char *authority = authority_of(origin);
    *len = authority ? host_len(authority) : 0;
    return *len ? authority : NULL;
}

bool origin_allowed(const char *origin, const char *host, const char *list)
{
    if (!*origin || is_listed(origin, list))
        return true;
    const char *authority = authority_of(origin);
    if (!authority)
        return false;
    return is_same_host(authority, host) || (is_this_machine(authority) && is_this_machine(host));
}
