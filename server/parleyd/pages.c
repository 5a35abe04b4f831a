/* SPDX-License-Identifier: MIT */
#include "pages.h"

#include <errno.h>
#include <fts.h>
#include <openssl/sha.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/units.h"

struct file {
    char *path; /* "/assets/main-0123456789.js" */
    uint8_t *data;
    size_t len;
    char etag[24];
};

struct pages {
    struct file *file; /* sorted by path */
    size_t count;
    size_t bytes;
};

/* ---- reading the folder ---- */

static int by_path(const void *a, const void *b) { return strcmp(((const struct file *)a)->path, ((const struct file *)b)->path); }

static bool read_whole(struct file *f, const char *from, size_t len)
{
    FILE *in = fopen(from, "rb");
    if (!in)
        return false;
    f->data = malloc(len + 1);
    f->len = f->data ? fread(f->data, 1, len, in) : 0;
    fclose(in);
    return f->data && f->len == len;
}

static void set_etag(struct file *f)
{
    uint8_t hash[SHA256_DIGEST_LENGTH];
    SHA256(f->data, f->len, hash);
    snprintf(f->etag, sizeof(f->etag), "\"%02x%02x%02x%02x%02x%02x%02x%02x\"", hash[0], hash[1], hash[2], hash[3], hash[4], hash[5],
             hash[6], hash[7]);
}

static bool add(struct pages *p, const FTSENT *e, size_t root_len)
{
    size_t len = (size_t)e->fts_statp->st_size;
    if (p->count == PAGES_FILES_MAX || len > PAGES_BYTES_MAX - p->bytes)
        return false;
    struct file *f = &p->file[p->count++];
    *f = (struct file){.path = strdup(e->fts_path + root_len)};
    if (!f->path || !read_whole(f, e->fts_accpath, len))
        return false;
    p->bytes += len;
    set_etag(f);
    return true;
}

static bool walk(struct pages *p, const char *dir)
{
    char *roots[] = {(char *)(uintptr_t)dir, NULL};
    FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
    bool ok = tree;
    for (FTSENT *e; ok && (e = fts_read(tree));)
        if (e->fts_info == FTS_F)
            ok = add(p, e, strlen(dir));
    if (tree)
        fts_close(tree);
    return ok;
}

static const struct file *find(const struct pages *p, const char *path)
{
    struct file key = {.path = (char *)(uintptr_t)path};
    return p->count ? bsearch(&key, p->file, p->count, sizeof(key), by_path) : NULL;
}

static void trim_slash(char *dir)
{
    for (size_t len = strlen(dir); len > 1 && dir[len - 1] == '/'; len--)
        dir[len - 1] = 0;
}

struct pages *pages_new(const char *dir, char *why, size_t why_cap)
{
    struct pages *p = calloc(1, sizeof(*p));
    char *root = strdup(dir);
    if (p)
        p->file = calloc(PAGES_FILES_MAX, sizeof(*p->file));
    if (root)
        trim_slash(root);
    bool ok = p && p->file && root && walk(p, root);
    free(root);
    if (ok)
        qsort(p->file, p->count, sizeof(*p->file), by_path);
    if (ok && find(p, "/index.html"))
        return p;
    snprintf(why, why_cap, "There is no page in %s: build it, or name its folder with --pages.", dir);
    pages_del(p);
    return NULL;
}

void pages_del(struct pages *p)
{
    for (size_t i = 0; p && i < p->count; i++) {
        free(p->file[i].path);
        free(p->file[i].data);
    }
    if (p)
        free(p->file);
    free(p);
}

size_t pages_count(const struct pages *p) { return p->count; }

/* ---- answering ---- */

static const char *type_of(const char *path)
{
    static const struct {
        const char *ending, *type;
    } types[] = {
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".mjs", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".json", "application/json"},
        {".wasm", "application/wasm"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".ico", "image/x-icon"},
        {".woff2", "font/woff2"},
        {".webmanifest", "application/manifest+json"},
        {".wav", "audio/wav"},
        {".ogg", "audio/ogg"},
        {".mp3", "audio/mpeg"},
        {".txt", "text/plain; charset=utf-8"},
        {".map", "application/json"},
    };
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < COUNT_OF(types); i++)
        if (strcmp(dot, types[i].ending) == 0)
            return types[i].type;
    return "application/octet-stream";
}

/* The build gives everything under /assets/ a name with its hash. */
static const char *caching_of(const char *path)
{
    return strncmp(path, "/assets/", 8) == 0 ? "public, max-age=31536000, immutable" : "no-cache";
}

static const char *path_for(const char *asked)
{
    if (strcmp(asked, "/") == 0)
        return "/index.html";
    return strncmp(asked, "/m/", 3) == 0 ? "/m/index.html" : asked;
}

static bool accepts_brotli(const char *accept)
{
    const char *at = strstr(accept, "br");
    return at && (at == accept || strchr(", ", at[-1])) && strncmp(at + 2, ";q=0", 4) != 0;
}

static const struct file *brotli_of(const struct pages *p, const char *path)
{
    char name[512];
    int n = snprintf(name, sizeof(name), "%s.br", path);
    return n > 0 && (size_t)n < sizeof(name) ? find(p, name) : NULL;
}

static bool ends_with_br(const char *path)
{
    size_t len = strlen(path);
    return len > 3 && strcmp(path + len - 3, ".br") == 0;
}

static void give(struct http_response *response, const struct file *f, const struct http_request *request)
{
    http_header(response, "etag", f->etag);
    if (strstr(request->if_none_match, f->etag)) {
        response->status = 304;
        return;
    }
    response->status = 200;
    response->data = f->data;
    response->data_len = f->len;
}

bool pages_answer(const struct pages *p, const struct http_request *request, struct http_response *response)
{
    const char *path = path_for(request->path);
    const struct file *plain = ends_with_br(path) ? NULL : find(p, path);
    if (!plain)
        return false;
    const struct file *packed = accepts_brotli(request->accept_encoding) ? brotli_of(p, path) : NULL;
    http_header(response, "content-type", type_of(path));
    http_header(response, "cache-control", caching_of(path));
    http_header(response, "vary", "accept-encoding");
    if (packed)
        http_header(response, "content-encoding", "br");
    give(response, packed ? packed : plain, request);
    return true;
}
