/* SPDX-License-Identifier: MIT */
#include "net/lws_http.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/err.h"

#define ANSWER_TIMEOUT_S 30 /* from the request to its answer's last byte, unless bytes flow */

enum exchange_state { EX_READING, EX_ASKED, EX_ANSWERED, EX_WRITING };

struct http_exchange {
    struct lws *wsi; /* NULL: the client has left; http_respond() only frees */
    struct serving *serving;
    uint8_t *scratch;
    enum exchange_state state;
    struct http_request request;
    char *texts; /* what the request's strings point into */
    size_t texts_len, texts_cap;
    char peer[ADDR_TEXT_MAX];
    uint8_t *body;
    size_t body_len, body_cap;

    int status;
    char *headers; /* name, 0, value, 0 ... */
    size_t headers_len;
    struct pkt *pkt;
    const uint8_t *data;
    FILE *file;
    size_t len, sent;
};

const char *lws_header(struct lws *wsi, enum lws_token_indexes token, char *out, size_t cap)
{
    int len = lws_hdr_total_length(wsi, token);
    if (len <= 0 || (size_t)len >= cap || lws_hdr_copy(wsi, out, (int)cap, token) < 0)
        out[0] = 0;
    return out;
}

void lws_peer_address(struct lws *wsi, union addr *a)
{
    socklen_t len = sizeof *a;
    memset(a, 0, sizeof *a);
    getpeername(lws_get_socket_fd(lws_get_network_wsi(wsi)), &a->sa, &len);
}

/* ---- the request ---- */

static void free_exchange(struct http_exchange *x)
{
    if (x->file)
        fclose(x->file);
    pkt_unref(x->pkt);
    free(x->texts);
    free(x->body);
    free(x->headers);
    free(x);
}

static const char *keep(struct http_exchange *x, const char *text, size_t len)
{
    assert(x->texts_len + len < x->texts_cap);
    char *at = x->texts + x->texts_len;
    memcpy(at, text, len);
    at[len] = 0;
    x->texts_len += len + 1;
    return at;
}

static const char *keep_header(struct http_exchange *x, enum lws_token_indexes token)
{
    int len = lws_hdr_total_length(x->wsi, token);
    size_t left = x->texts_cap - x->texts_len;
    char *at = x->texts + x->texts_len;
    if (len <= 0 || (size_t)len + 16 > left || lws_hdr_copy(x->wsi, at, (int)left, token) < 0)
        return "";
    x->texts_len += strlen(at) + 1;
    return at;
}

static const char *method_name(struct lws *wsi)
{
    static const struct {
        enum lws_token_indexes token;
        const char *name;
    } methods[] = {
        {WSI_TOKEN_GET_URI, "GET"},         {WSI_TOKEN_HEAD_URI, "HEAD"},   {WSI_TOKEN_POST_URI, "POST"},
        {WSI_TOKEN_PUT_URI, "PUT"},         {WSI_TOKEN_PATCH_URI, "PATCH"}, {WSI_TOKEN_DELETE_URI, "DELETE"},
        {WSI_TOKEN_OPTIONS_URI, "OPTIONS"},
    };
    for (size_t i = 0; i < COUNT_OF(methods); i++)
        if (lws_hdr_total_length(wsi, methods[i].token) > 0)
            return methods[i].name;
    return NULL;
}

static const char *keep_method(struct http_exchange *x)
{
    const char *name = method_name(x->wsi);
    return name ? name : keep_header(x, WSI_TOKEN_HTTP_COLON_METHOD); /* HTTP/2 */
}

static const char *keep_host(struct http_exchange *x)
{
    const char *host = keep_header(x, WSI_TOKEN_HOST);
    return host[0] ? host : keep_header(x, WSI_TOKEN_HTTP_COLON_AUTHORITY);
}

static void read_request(struct http_exchange *x, const char *path, size_t len)
{
    union addr peer;
    lws_peer_address(x->wsi, &peer);
    addr_format(&peer, x->peer);
    x->request = (struct http_request){
        .method = keep_method(x),
        .path = keep(x, path, len),
        .query = keep_header(x, WSI_TOKEN_HTTP_URI_ARGS),
        .host = keep_host(x),
        .origin = keep_header(x, WSI_TOKEN_ORIGIN),
        .accept_encoding = keep_header(x, WSI_TOKEN_HTTP_ACCEPT_ENCODING),
        .if_none_match = keep_header(x, WSI_TOKEN_HTTP_IF_NONE_MATCH),
        .authorization = keep_header(x, WSI_TOKEN_HTTP_AUTHORIZATION),
        .cookie = keep_header(x, WSI_TOKEN_HTTP_COOKIE),
        .content_type = keep_header(x, WSI_TOKEN_HTTP_CONTENT_TYPE),
        .user_agent = keep_header(x, WSI_TOKEN_HTTP_USER_AGENT),
        .peer = x->peer,
        .secure = lws_is_ssl(lws_get_network_wsi(x->wsi)),
    };
}

static void ask(struct http_exchange *x)
{
    static const struct http_response nothing_here = {.status = 404};
    x->state = EX_ASKED;
    x->request.body = x->body;
    x->request.body_len = x->body_len;
    x->serving->stats.http_requests++;
    if (x->serving->http)
        x->serving->http(x->serving->ctx, x, &x->request);
    else
        http_respond(x, &nothing_here);
}

static void refuse(struct http_exchange *x, int status)
{
    x->state = EX_ASKED;
    http_respond(x, &(struct http_response){.status = status});
}

static struct http_exchange *new_exchange(struct lws *wsi, struct serving *s, uint8_t *scratch, size_t path_len)
{
    struct http_exchange *x = calloc(1, sizeof *x);
    size_t cap = path_len + 2 * s->limits.header_bytes + 256;
    if (!x || !(x->texts = malloc(cap))) {
        free(x);
        return NULL;
    }
    x->texts_cap = cap;
    x->wsi = wsi;
    x->serving = s;
    x->scratch = scratch;
    return x;
}

static size_t body_expected(struct lws *wsi)
{
    char text[24];
    return strtoul(lws_header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, text, sizeof text), NULL, 10);
}

int lws_http_begin(struct lws *wsi, struct http_exchange **exchange, struct serving *s, uint8_t *scratch, const char *path,
                   size_t len)
{
    lws_http_gone(exchange);
    struct http_exchange *x = *exchange = new_exchange(wsi, s, scratch, len);
    if (!x)
        return -1;
    lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, ANSWER_TIMEOUT_S);
    read_request(x, path, len);
    size_t body = body_expected(wsi);
    x->body_cap = body;
    if (body > s->limits.http_body_bytes)
        refuse(x, 413);
    else if (body == 0)
        ask(x);
    return 0;
}

int lws_http_body(struct http_exchange *x, const void *data, size_t len)
{
    if (x->state != EX_READING)
        return 0;
    if (x->body_len + len > x->body_cap)
        return -1; /* more than was announced */
    if (!x->body && !(x->body = malloc(x->body_cap)))
        return -1;
    memcpy(x->body + x->body_len, data, len);
    x->body_len += len;
    return 0;
}

int lws_http_body_end(struct http_exchange *x)
{
    if (x->state == EX_READING)
        ask(x);
    return 0;
}

void lws_http_gone(struct http_exchange **exchange)
{
    struct http_exchange *x = *exchange;
    *exchange = NULL;
    if (!x)
        return;
    x->wsi = NULL;
    if (x->state != EX_ASKED) /* else http_respond() still comes */
        free_exchange(x);
}

/* ---- the answer ---- */

static int keep_headers(struct http_exchange *x, const struct http_response *r)
{
    size_t need = 0;
    for (size_t i = 0; i < r->header_count; i++)
        need += strlen(r->header[i].name) + strlen(r->header[i].value) + 3;
    if (need && !(x->headers = malloc(need)))
        return ERR_NOMEM;
    for (size_t i = 0; i < r->header_count; i++) {
        char *at = x->headers + x->headers_len;
        x->headers_len += (size_t)sprintf(at, "%s:", r->header[i].name) + 1;
        x->headers_len += (size_t)sprintf(x->headers + x->headers_len, "%s", r->header[i].value) + 1;
    }
    return 0;
}

static int open_file(struct http_exchange *x, const char *path)
{
    struct stat st;
    x->file = fopen(path, "rbe");
    if (!x->file || fstat(fileno(x->file), &st) || !S_ISREG(st.st_mode))
        return ERR_UNKNOWN;
    x->len = (size_t)st.st_size;
    return 0;
}

static void keep_body(struct http_exchange *x, const struct http_response *r)
{
    x->pkt = r->pkt;
    if (r->pkt) {
        x->data = r->pkt->data;
        x->len = r->pkt->len;
    } else if (r->data) {
        x->data = r->data;
        x->len = r->data_len;
    } else if (r->file_path && open_file(x, r->file_path)) {
        x->status = 404;
        x->headers_len = 0;
    }
}

void http_respond(struct http_exchange *x, const struct http_response *response)
{
    assert(x->state == EX_ASKED);
    x->state = EX_ANSWERED;
    if (!x->wsi) {
        pkt_unref(response->pkt);
        free_exchange(x);
        return;
    }
    x->status = response->status;
    if (keep_headers(x, response))
        x->status = 500;
    keep_body(x, response);
    lws_callback_on_writable(x->wsi);
}

static int add_headers(struct http_exchange *x, uint8_t **p, uint8_t *end)
{
    for (size_t at = 0; at < x->headers_len;) {
        const char *name = x->headers + at, *value = name + strlen(name) + 1;
        if (lws_add_http_header_by_name(x->wsi, (const uint8_t *)name, (const uint8_t *)value, (int)strlen(value), p, end))
            return -1;
        at += strlen(name) + strlen(value) + 2;
    }
    return 0;
}

static bool has_body(const struct http_exchange *x)
{
    return x->len > 0 && strcmp(x->request.method, "HEAD") != 0 && x->status != 304 && x->status != 204;
}

static int write_head(struct http_exchange *x)
{
    uint8_t *start = x->scratch + LWS_PRE, *p = start, *end = start + WS_PIECE_BYTES;
    unsigned int status = (unsigned int)x->status | LWSAHH_FLAG_NO_SERVER_NAME;
    if (lws_add_http_header_status(x->wsi, status, &p, end) || add_headers(x, &p, end))
        return -1;
    if (x->status != 304 && x->status != 204 && lws_add_http_header_content_length(x->wsi, x->len, &p, end))
        return -1;
    if (lws_finalize_http_header(x->wsi, &p, end))
        return -1;
    int how = LWS_WRITE_HTTP_HEADERS | (has_body(x) ? 0 : LWS_WRITE_H2_STREAM_END);
    return lws_write(x->wsi, start, (size_t)(p - start), (enum lws_write_protocol)how) < 0 ? -1 : 0;
}

static int fill_scratch(struct http_exchange *x, size_t len)
{
    uint8_t *out = x->scratch + LWS_PRE;
    if (x->file)
        return fread(out, 1, len, x->file) == len ? 0 : -1; /* it shrank: hang up rather than lie about its length */
    memcpy(out, x->data + x->sent, len);
    return 0;
}

/* What may be written now: HTTP/2 has a window per stream. */
static size_t allowance(struct http_exchange *x)
{
    long window = (long)lws_get_peer_write_allowance(x->wsi);
    size_t len = x->len - x->sent < WS_PIECE_BYTES ? x->len - x->sent : WS_PIECE_BYTES;
    return window >= 0 && (size_t)window < len ? (size_t)window : len;
}

static int write_body(struct http_exchange *x)
{
    size_t len = allowance(x);
    if (len == 0)
        return 0; /* called again when the window opens */
    if (fill_scratch(x, len))
        return -1;
    x->sent += len;
    enum lws_write_protocol how = x->sent == x->len ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP;
    lws_set_timeout(x->wsi, PENDING_TIMEOUT_HTTP_CONTENT, ANSWER_TIMEOUT_S);
    return lws_write(x->wsi, x->scratch + LWS_PRE, len, how) < (int)len ? -1 : 0;
}

static int finish(struct http_exchange **exchange)
{
    struct http_exchange *x = *exchange;
    struct lws *wsi = x->wsi;
    bool body_unread = x->status == 413 || x->status == 405; /* libwebsockets would wait for the rest of it */
    *exchange = NULL;
    free_exchange(x);
    return lws_http_transaction_completed(wsi) || body_unread ? -1 : 0;
}

int lws_http_writeable(struct http_exchange **exchange)
{
    struct http_exchange *x = *exchange;
    if (x->state == EX_ANSWERED) {
        x->state = EX_WRITING;
        if (write_head(x))
            return -1;
        if (!has_body(x))
            return finish(exchange);
    } else if (x->state == EX_WRITING) {
        if (write_body(x))
            return -1;
        if (x->sent == x->len)
            return finish(exchange);
    }
    if (x->state == EX_WRITING)
        lws_callback_on_writable(x->wsi);
    return 0;
}
