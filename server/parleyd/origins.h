/* SPDX-License-Identifier: MIT */
/* origins.h - which pages may use this relay: those that it serves itself, those of this machine, those that the operator names. */
#ifndef PARLEY_SERVER_ORIGINS_H
#define PARLEY_SERVER_ORIGINS_H

#include <stdbool.h>
#include <stddef.h>

/* `origin` as browsers send it ("https://meet.example:8443"; "" for a program that is no browser: allowed), `host` as the Host header
 * of the request, `list` as --origin. */
bool origin_allowed(const char *origin, const char *host, const char *list);
/* The host of an origin, brackets of IPv6 included, and its length; NULL when there is none. Borrows. */
const char *origin_host(const char *origin, size_t *len);

#endif
