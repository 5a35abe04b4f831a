/* SPDX-License-Identifier: MIT */
/* url.h - the parts of a URL that dialling needs. */
#ifndef PARLEY_NET_URL_H
#define PARLEY_NET_URL_H

#include <stdbool.h>
#include <stdint.h>

struct url {
    bool secure;    /* https, wss */
    char host[256]; /* without brackets */
    uint16_t port;
    char authority[272]; /* host and port as a Host header has them */
    char path[512];      /* with query; "/" when absent */
};
/* Understands http, https, ws, wss. ERR_PARSE when malformed or too long. */
int url_parse(struct url *u, const char *text);

#endif
