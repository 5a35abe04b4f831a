/* SPDX-License-Identifier: MIT */
#include "dial.h"

#include <errno.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "nkey.h"

#define SECRET_MAX 4096
#define SERVERS_TEXT_MAX 2048

struct why {
    char *text;
    size_t cap;
};

__attribute__((format(printf, 2, 3))) static int explain(const struct why *w, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(w->text, w->cap, format, args);
    va_end(args);
    return ERR_PARSE;
}

static bool given(const char *text) { return text && *text; }

static int check(const struct why *w, natsStatus s, const char *option)
{
    return s == NATS_OK
               ? 0
               : explain(w, "--%s: %s.", option, nats_GetLastError(NULL) ? nats_GetLastError(NULL) : natsStatus_GetText(s));
}

/* ---- servers ---- */

static int check_url(const struct why *w, const char *url)
{
    if (strncmp(url, "nats://", 7) != 0 && strncmp(url, "tls://", 6) != 0)
        return explain(w, "--nats wants nats://HOST:PORT or tls://HOST:PORT.");
    if (strchr(url, '@')) /* it would stand in the list of processes */
        return explain(w, "--nats must not hold a password: give --nats-user and --nats-password-file, or --nats-token-file.");
    return 0;
}

static int set_servers(natsOptions *o, const struct bus_config *c, const struct why *w)
{
    char text[SERVERS_TEXT_MAX], *rest = NULL;
    const char *list[BUS_URLS_MAX];
    int count = 0, err = 0;
    if (snprintf(text, sizeof(text), "%s", c->urls) >= (int)sizeof(text))
        return explain(w, "--nats is too long.");
    for (char *at = strtok_r(text, ", ", &rest); at && !err; at = strtok_r(NULL, ", ", &rest)) {
        if (count == BUS_URLS_MAX)
            return explain(w, "--nats takes at most %d servers.", BUS_URLS_MAX);
        err = check_url(w, at);
        list[count++] = at;
    }
    if (!err && !count)
        return explain(w, "--nats names no server.");
    return err ? err : check(w, natsOptions_SetServers(o, list, count), "nats");
}

/* ---- files ---- */

static int check_readable(const struct why *w, const char *option, const char *path)
{
    FILE *f = given(path) ? fopen(path, "r") : NULL;
    if (given(path) && !f)
        return explain(w, "--%s: cannot read %s: %s.", option, path, strerror(errno));
    if (f)
        fclose(f);
    return 0;
}

static int check_files(const struct bus_config *c, const struct why *w)
{
    const struct {
        const char *option, *path;
    } file[] = {{"nats-ca", c->ca},
                {"nats-cert", c->cert},
                {"nats-key", c->key},
                {"nats-password-file", c->password_file},
                {"nats-token-file", c->token_file},
                {"nats-nkey-file", c->nkey_file},
                {"nats-creds", c->creds_file}};
    for (size_t i = 0; i < sizeof(file) / sizeof(file[0]); i++)
        if (check_readable(w, file[i].option, file[i].path) != 0)
            return ERR_PARSE;
    return 0;
}

/* The first line. */
static int read_secret(const char *path, char out[SECRET_MAX], const char *option, const struct why *w)
{
    FILE *f = fopen(path, "r");
    bool got = f && fgets(out, SECRET_MAX, f);
    if (f)
        fclose(f);
    if (got)
        out[strcspn(out, "\r\n")] = 0;
    return got && *out ? 0 : explain(w, "--%s: the first line of %s is empty.", option, path);
}

/* ---- TLS ---- */

static int set_tls(natsOptions *o, const struct bus_config *c, const struct why *w)
{
    int err = 0;
    if (!given(c->ca) && !given(c->cert) && !strstr(c->urls, "tls://"))
        return 0;
    if (given(c->ca))
        err = check(w, natsOptions_LoadCATrustedCertificates(o, c->ca), "nats-ca");
    if (!err && given(c->cert))
        err = check(w, natsOptions_LoadCertificatesChain(o, c->cert, c->key), "nats-cert");
    return err ? err : check(w, natsOptions_SetSecure(o, true), "nats-ca");
}

/* ---- who we are ---- */

static int set_password(natsOptions *o, const struct bus_config *c, const struct why *w)
{
    char secret[SECRET_MAX];
    int err = read_secret(c->password_file, secret, "nats-password-file", w);
    if (!err)
        err = check(w, natsOptions_SetUserInfo(o, c->user, secret), "nats-user");
    sodium_memzero(secret, sizeof(secret));
    return err;
}

static int set_token(natsOptions *o, const struct bus_config *c, const struct why *w)
{
    char secret[SECRET_MAX];
    int err = read_secret(c->token_file, secret, "nats-token-file", w);
    if (!err)
        err = check(w, natsOptions_SetToken(o, secret), "nats-token-file");
    sodium_memzero(secret, sizeof(secret));
    return err;
}

static int set_nkey(natsOptions *o, const struct bus_config *c, const struct why *w)
{
    char secret[SECRET_MAX], public_key[NKEY_PUBLIC_CHARS + 1];
    int err = read_secret(c->nkey_file, secret, "nats-nkey-file", w);
    if (!err && nkey_public_of(secret, public_key) != 0)
        err = explain(w, "--nats-nkey-file: the first line of %s is not the seed of a user (SU...).", c->nkey_file);
    sodium_memzero(secret, sizeof(secret));
    return err ? err : check(w, natsOptions_SetNKeyFromSeed(o, public_key, c->nkey_file), "nats-nkey-file");
}

static int set_identity(natsOptions *o, const struct bus_config *c, const struct why *w)
{
    if (given(c->password_file))
        return set_password(o, c, w);
    if (given(c->token_file))
        return set_token(o, c, w);
    if (given(c->nkey_file))
        return set_nkey(o, c, w);
    if (given(c->creds_file))
        return check(w, natsOptions_SetUserCredentialsFromFiles(o, c->creds_file, NULL), "nats-creds");
    return 0;
}

static int check_together(const struct bus_config *c, const struct why *w)
{
    int proofs = given(c->user) + given(c->token_file) + given(c->nkey_file) + given(c->creds_file);
    if (given(c->user) != given(c->password_file))
        return explain(w, "--nats-user and --nats-password-file belong together: give both or none.");
    if (proofs > 1)
        return explain(w, "Give one of --nats-user, --nats-token-file, --nats-nkey-file and --nats-creds, not several.");
    if (given(c->cert) != given(c->key))
        return explain(w, "--nats-cert and --nats-key belong together: give both or none.");
    return 0;
}

int dial_options(natsOptions **out, const struct bus_config *c, char *why, size_t cap)
{
    const struct why w = {why, cap};
    natsOptions *o = NULL;
    *out = NULL;
    int err = check_together(c, &w);
    if (!err)
        err = check_files(c, &w);
    if (!err && natsOptions_Create(&o) != NATS_OK)
        err = explain(&w, "Not enough memory to start.");
    if (!err)
        err = set_servers(o, c, &w);
    if (!err)
        err = set_tls(o, c, &w);
    if (!err)
        err = set_identity(o, c, &w);
    if (err)
        natsOptions_Destroy(o);
    else
        *out = o;
    return err;
}

void dial_explain(natsStatus s, char *out, size_t cap)
{
    const char *last = nats_GetLastError(NULL);
    if (s == NATS_CONNECTION_AUTH_FAILED || s == NATS_NOT_PERMITTED)
        snprintf(out, cap, "NATS refuses what this relay shows: check the --nats-user, token, nkey or credentials; trying again.");
    else if (s == NATS_SSL_ERROR || s == NATS_SECURE_CONNECTION_REQUIRED || s == NATS_SECURE_CONNECTION_WANTED)
        snprintf(out, cap, "TLS with NATS fails (%s): check --nats-ca, --nats-cert and the name in --nats; trying again.",
                 last ? last : natsStatus_GetText(s));
    else if (s == NATS_NO_SERVER || s == NATS_TIMEOUT || s == NATS_IO_ERROR)
        snprintf(out, cap, "No server of --nats answers; trying again.");
    else
        snprintf(out, cap, "NATS cannot be used (%s); trying again.", last ? last : natsStatus_GetText(s));
}
