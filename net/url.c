/* SPDX-License-Identifier: MIT */
#include "net/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/units.h"

static const char *parse_scheme(struct url *u, const char *text)
{
    static const struct {
        const char *prefix;
        bool secure;
    } schemes[] = {{"https://", true}, {"wss://", true}, {"http://", false}, {"ws://", false}};
    for (size_t i = 0; i < COUNT_OF(schemes); i++)
        if (strncmp(text, schemes[i].prefix, strlen(schemes[i].prefix)) == 0) {
            u->secure = schemes[i].secure;
            return text + strlen(schemes[i].prefix);
        }
    return NULL;
}

static int copy(char *out, size_t cap, const char *from, size_t len)
{
    if (len >= cap)
        return ERR_PARSE;
    memcpy(out, from, len);
    out[len] = 0;
    return 0;
}

/* "host", "host:port", "[v6]", "[v6]:port"; gives where the port's digits begin, or NULL without a port. */
static int parse_host(struct url *u, const char *at, size_t len, const char **port)
{
    const char *end = at + len, *close = *at == '[' ? memchr(at, ']', len) : NULL;
    const char *colon = close ? (close + 1 < end ? close + 1 : NULL) : memchr(at, ':', len);
    const char *from = close ? at + 1 : at, *to = close ? close : colon ? colon : end;
    if (from >= to || (*at == '[' && !close) || (colon && *colon != ':'))
        return ERR_PARSE;
    *port = colon ? colon + 1 : NULL;
    return copy(u->host, sizeof u->host, from, (size_t)(to - from));
}

static int parse_port(struct url *u, const char *digits, const char *end)
{
    char *stop;
    u->port = u->secure ? 443 : 80;
    if (!digits)
        return 0;
    unsigned long port = strtoul(digits, &stop, 10);
    if (stop != end || stop == digits || port == 0 || port > UINT16_MAX)
        return ERR_PARSE;
    u->port = (uint16_t)port;
    return 0;
}

int url_parse(struct url *u, const char *text)
{
    const char *at = text ? parse_scheme(u, text) : NULL, *port = NULL;
    if (!at)
        return ERR_PARSE;
    size_t len = strcspn(at, "/?#"), rest = strcspn(at + len, "#");
    if (len == 0 || memchr(at, '@', len) || parse_host(u, at, len, &port) || parse_port(u, port, at + len))
        return ERR_PARSE;
    if (copy(u->authority, sizeof u->authority, at, len))
        return ERR_PARSE;
    if (at[len] == '/')
        return copy(u->path, sizeof u->path, at + len, rest);
    u->path[0] = '/';
    return copy(u->path + 1, sizeof u->path - 1, at + len, rest);
}
