/* SPDX-License-Identifier: MIT */
#include "meeting.h"

#include <curl/curl.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "wire/wire.h"

#define CONFIG_BYTES_MAX 65536

/* ---- the link ---- */

static bool is_local(const char *origin)
{
    static const char *const names[] = {"://localhost", "://127.", "://[::1]"};
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (strstr(origin, names[i]))
            return true;
    return false;
}

static bool meeting_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || strchr("-_.~%", c);
}

static int take_id(struct meeting *m, const char *path, const char *end)
{
    size_t len = (size_t)(end - path);
    if (len == 0 || len > WIRE_MEETING_MAX)
        return ERR_PARSE;
    for (size_t i = 0; i < len; i++)
        if (path[i] == '\0' || !meeting_char(path[i]))
            return ERR_PARSE;
    memcpy(m->id, path, len);
    return 0;
}

static int take_secret(struct meeting *m, const char *text)
{
    if (sodium_base642bin(m->secret, sizeof m->secret, text, strlen(text), NULL, &m->secret_len, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
        return ERR_NO_KEY;
    return m->secret_len >= 16 ? 0 : ERR_NO_KEY;
}

int meeting_parse(struct meeting *m, const char *link)
{
    memset(m, 0, sizeof *m);
    const char *path = strstr(link, "/m/"), *hash = strchr(link, '#');
    bool web = strncmp(link, "http://", 7) == 0 || strncmp(link, "https://", 8) == 0;
    if (!web || !path || (size_t)(path - link) >= sizeof m->origin - 64)
        return ERR_PARSE;
    if (take_id(m, path + 3, hash ? hash : path + strlen(path)))
        return ERR_PARSE;
    memcpy(m->origin, link, (size_t)(path - link));
    m->local = is_local(m->origin);
    snprintf(m->webtransport, sizeof m->webtransport, "%.1000s/wt", m->origin);
    snprintf(m->websocket, sizeof m->websocket, "%.1000s/ws", m->origin);
    return hash ? take_secret(m, hash + 1) : ERR_NO_KEY;
}

int meeting_trust_hash(struct meeting *m, const char *text)
{
    size_t len = 0;
    bool ok = sodium_hex2bin(m->hash, sizeof m->hash, text, strlen(text), ": ", &len, NULL) == 0 && len == sizeof m->hash;
    if (!ok)
        ok =
            sodium_base642bin(m->hash, sizeof m->hash, text, strlen(text), NULL, &len, NULL, sodium_base64_VARIANT_ORIGINAL) == 0 &&
            len == sizeof m->hash;
    if (!ok)
        return ERR_PARSE;
    m->verify = NET_VERIFY_HASH;
    return 0;
}

int meeting_trust_certhash(struct meeting *m, const char *text)
{
    size_t begin = strlen(WIRE_CERTHASH), len = 0;
    if (strncmp(text, WIRE_CERTHASH, begin) != 0)
        return ERR_PARSE;
    size_t letters = strcspn(text + begin, "/");
    if (sodium_base642bin(m->hash, sizeof m->hash, text + begin, letters, NULL, &len, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        len != sizeof m->hash)
        return ERR_PARSE;
    m->verify = NET_VERIFY_HASH;
    return 0;
}

/* ---- /config.json ---- */

struct body {
    char data[CONFIG_BYTES_MAX];
    size_t len;
};

static size_t on_data(char *data, size_t size, size_t count, void *ctx)
{
    struct body *b = ctx;
    size_t len = size * count;
    if (len > sizeof b->data - b->len)
        return 0;
    memcpy(b->data + b->len, data, len);
    b->len += len;
    return len;
}

static const char *sentence(CURLcode code)
{
    if (code == CURLE_PEER_FAILED_VERIFICATION)
        return "No authority vouches for the server's certificate. Give its hash with --cert-hash, or --insecure for a test.";
    return curl_easy_strerror(code);
}

static int fetch(const struct meeting *m, struct body *b, long *status, const char **why)
{
    char url[MEETING_URL_MAX + 16];
    snprintf(url, sizeof url, "%s/config.json", m->origin);
    CURL *curl = curl_easy_init();
    if (!curl)
        return ERR_NOMEM;
    bool believe = m->local || m->verify == NET_VERIFY_NONE;
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOPROXY, m->local ? "*" : NULL);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 5000L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, believe ? 0L : 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, believe ? 0L : 2L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_data);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, b);
    CURLcode code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
    curl_easy_cleanup(curl);
    *why = sentence(code);
    return code == CURLE_OK ? 0 : ERR_IO;
}

/* An address of the file: whole, or relative to the server. */
static void take_address(char out[MEETING_URL_MAX], const struct meeting *m, const json_t *value)
{
    const char *text = json_string_value(value);
    if (!text || strlen(text) > 500)
        return;
    if (strstr(text, "://") || !*text)
        snprintf(out, MEETING_URL_MAX, "%s", text);
    else
        snprintf(out, MEETING_URL_MAX, "%.500s/%s", m->origin, text[0] == '/' ? text + 1 : text);
}

static void take_config(struct meeting *m, const struct body *b)
{
    json_t *root = json_loadb(b->data, b->len, 0, NULL);
    take_address(m->webtransport, m, json_object_get(root, "webtransport"));
    take_address(m->websocket, m, json_object_get(root, "websocket"));
    const char *hash = json_string_value(json_array_get(json_object_get(root, "certificate_hashes"), 0));
    if (hash && m->verify == NET_VERIFY_ROOTS)
        meeting_trust_hash(m, hash);
    json_decref(root);
}

int meeting_ask(struct meeting *m, const char **why)
{
    static struct body body;
    long status = 0;
    body.len = 0;
    if (m->verify == NET_VERIFY_HASH)
        return 0;
    int err = fetch(m, &body, &status, why);
    if (!err && status == 200)
        take_config(m, &body);
    return err;
}
