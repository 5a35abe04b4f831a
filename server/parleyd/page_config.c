/* SPDX-License-Identifier: MIT */
#include "page_config.h"

#include <jansson.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon.h"

/* What may stand in a Host header; anything else is not repeated. */
static bool is_authority(const char *host)
{
    size_t len = strlen(host);
    return len > 0 && len < 256 && strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]") == len;
}

/* Bytes of "host" in "host:port". */
static int host_len(const char *authority)
{
    const char *bracket = *authority == '[' ? strchr(authority, ']') : NULL;
    return bracket ? (int)(bracket + 1 - authority) : (int)strcspn(authority, ":");
}

static void plain_addresses(struct page_addresses *a, const struct worker *w, const char *host)
{
    unsigned port = net_server_port(w->server);
    bool localhost = host_len(host) == 9 && strncmp(host, "localhost", 9) == 0;
    snprintf(a->ws_origin, sizeof(a->ws_origin), "ws://%s", host);
    if (localhost)
        snprintf(a->wt_origin, sizeof(a->wt_origin), "https://127.0.0.1:%u", port);
    else
        snprintf(a->wt_origin, sizeof(a->wt_origin), "https://%.*s:%u", host_len(host), host, port);
}

static void secure_addresses(struct page_addresses *a, const char *host)
{
    snprintf(a->wt_origin, sizeof(a->wt_origin), "https://%s", host);
    snprintf(a->ws_origin, sizeof(a->ws_origin), "wss://%s", host);
}

void page_addresses(struct page_addresses *a, const struct worker *w, const struct http_request *request)
{
    char fallback[64];
    snprintf(fallback, sizeof(fallback), "localhost:%u",
             request->secure ? net_server_port(w->server) : net_server_plain_port(w->server));
    const char *host = is_authority(request->host) ? request->host : fallback;
    const char *given = w->daemon->config.public_address;
    if (request->secure)
        secure_addresses(a, *given ? given : host);
    else
        plain_addresses(a, w, host);
    if (*given && !request->secure)
        snprintf(a->wt_origin, sizeof(a->wt_origin), "https://%s", given);
}

static json_t *hash_of(const uint8_t hash[CERT_HASH_BYTES])
{
    unsigned char text[64];
    EVP_EncodeBlock(text, hash, CERT_HASH_BYTES);
    return json_string((const char *)text);
}

/* An operator's certificate is vouched for by an authority: no hashes. */
static json_t *hashes_of(const struct worker *w)
{
    json_t *list = json_array();
    if (w->daemon->own_cert) {
        json_array_append_new(list, hash_of(w->hash[0]));
        json_array_append_new(list, hash_of(w->hash[1]));
    }
    return list;
}

static json_t *joined(const char *origin, const char *path)
{
    char address[ADDRESS_MAX + 8];
    snprintf(address, sizeof(address), "%s%s", origin, path);
    return json_string(address);
}

struct pkt *page_config(const struct page_addresses *a, const struct worker *w)
{
    json_t *wt = w->daemon->config.no_udp ? json_string("") : joined(a->wt_origin, "/wt");
    json_t *root = json_pack("{s:s, s:o, s:o, s:o, s:b}", "version", PARLEY_VERSION, "webtransport", wt, "websocket",
                             joined(a->ws_origin, "/ws"), "certificate_hashes", hashes_of(w), "paths", 1);
    char *text = root ? json_dumps(root, JSON_INDENT(2)) : NULL;
    struct pkt *p = text ? pkt_copy(text, strlen(text)) : NULL;
    free(text);
    json_decref(root);
    return p;
}
