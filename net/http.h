/* SPDX-License-Identifier: MIT */
/* http.h - requests of HTTP/1.1 (the TCP side) handed to one function, which answers at once or later.
 *
 * The path arrives percent-decoded and without `.` and `..` segments; a body arrives whole, at most
 * net_limits.http_body_bytes (a larger one is answered 413 without asking the handler). */
#ifndef PARLEY_NET_HTTP_H
#define PARLEY_NET_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/pkt.h"

struct http_exchange;

/* Strings are never NULL: a header that is missing is "". Valid until the handler returns. */
struct http_request {
    const char *method, *path, *query; /* query without '?' */
    const char *host, *origin, *accept_encoding, *if_none_match, *authorization, *cookie, *content_type, *user_agent;
    const char *peer; /* "192.0.2.1:4433" */
    bool secure;      /* came over TLS */
    const uint8_t *body;
    size_t body_len;
};

#define HTTP_HEADERS_MAX 24
struct http_header {
    const char *name, *value; /* name in lower case, without ':' */
};

/* The body is one of: a packet, static bytes, a file. */
struct http_response {
    int status;
    size_t header_count; /* content-length is added by us */
    struct http_header header[HTTP_HEADERS_MAX];
    struct pkt *pkt;        /* taken; the whole packet */
    const void *data;       /* borrowed: must outlive the server (the page in memory) */
    size_t data_len;
    const char *file_path;  /* read when asked; 404 when it is not there */
};

/* Called once per request. It, or someone later on the loop's thread, calls http_respond() exactly once. */
typedef void (*http_handler)(void *ctx, struct http_exchange *exchange, const struct http_request *request);

/* Answers; takes `response->pkt`, copies headers. Also right when the client has left meanwhile. `x` ends here. */
void http_respond(struct http_exchange *x, const struct http_response *response);

/* Adds a header; both strings must live until http_respond(). ERR_FULL after HTTP_HEADERS_MAX. */
int http_header(struct http_response *response, const char *name, const char *value);

#endif
