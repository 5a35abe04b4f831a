/* SPDX-License-Identifier: MIT */
#include "cert.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/err.h"
#include "net/openssl.h"

#define CLOCK_SLACK_S 3600 /* clocks of browsers differ */

static int fail(char *why, size_t cap, const char *what)
{
    snprintf(why, cap, "Cannot make a certificate: %s.", what);
    return ERR_IO;
}

/* ---- names ---- */

static bool is_address(const char *name, size_t len)
{
    return strspn(name, "0123456789.:abcdefABCDEF") >= len && strpbrk(name, ".:");
}

/* "DNS:localhost,IP:127.0.0.1" as OpenSSL wants it. Characters that have a meaning there are left out. */
static void alt_names(char *out, size_t cap, const char *names)
{
    size_t used = 0;
    out[0] = 0;
    while (*names) {
        size_t len = strcspn(names, ",");
        char one[256];
        snprintf(one, sizeof(one), "%.*s", (int)len, names);
        bool digits = is_address(one, strlen(one)) && (strchr(one, ':') || strspn(one, "0123456789.") == strlen(one));
        if (len && strspn(one, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.:*") == strlen(one) && used < cap)
            used += (size_t)snprintf(out + used, cap - used, "%s%s:%s", used ? "," : "", digits ? "IP" : "DNS", one);
        names += len + (names[len] == ',');
    }
}

static bool add_extension(X509 *x, int nid, const char *value)
{
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);
    bool ok = e && X509_add_ext(x, e, -1);
    X509_EXTENSION_free(e);
    return ok;
}

/* ---- making ---- */

static bool set_serial(X509 *x)
{
    uint8_t bytes[16];
    if (RAND_bytes(bytes, sizeof(bytes)) != 1)
        return false;
    bytes[0] = (uint8_t)((bytes[0] & 0x7f) | 0x40);
    BIGNUM *n = BN_bin2bn(bytes, sizeof(bytes), NULL);
    bool ok = n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x));
    BN_free(n);
    return ok;
}

static bool set_times(X509 *x, time_t now)
{
    time_t from = now - CLOCK_SLACK_S, to = from + CERT_VALID_S;
    return ASN1_TIME_set(X509_getm_notBefore(x), from) && ASN1_TIME_set(X509_getm_notAfter(x), to);
}

static bool set_name(X509 *x)
{
    X509_NAME *name = X509_get_subject_name(x);
    return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"Parley", -1, -1, 0) &&
           X509_set_issuer_name(x, name);
}

static bool fill(X509 *x, EVP_PKEY *key, const char *names, time_t now)
{
    char alt[2048];
    alt_names(alt, sizeof(alt), names);
    return X509_set_version(x, 2) && set_serial(x) && set_times(x, now) && set_name(x) && X509_set_pubkey(x, key) &&
           add_extension(x, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(x, NID_key_usage, "critical,digitalSignature") && add_extension(x, NID_ext_key_usage, "serverAuth") &&
           add_extension(x, NID_subject_alt_name, alt) && X509_sign(x, key, EVP_sha256()) > 0;
}

static bool drain_bio(BIO *b, char *out, size_t cap)
{
    int n = BIO_read(b, out, (int)cap - 1);
    if (n <= 0)
        return false;
    out[n] = 0;
    return BIO_pending(b) == 0;
}

static bool write_pem(struct cert *c, X509 *x, EVP_PKEY *key)
{
    BIO *b = BIO_new(BIO_s_mem());
    bool ok = b && PEM_write_bio_X509(b, x) && drain_bio(b, c->cert_pem, sizeof(c->cert_pem)) &&
              PEM_write_bio_PrivateKey(b, key, NULL, NULL, 0, NULL, NULL) && drain_bio(b, c->key_pem, sizeof(c->key_pem));
    BIO_free(b);
    return ok;
}

int cert_make(struct cert *c, const char *names, time_t now, char *why, size_t why_cap)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    bool ok = key && x && fill(x, key, names, now) && write_pem(c, x, key);
    X509_free(x);
    EVP_PKEY_free(key);
    if (!ok)
        return fail(why, why_cap, "OpenSSL refused (are the names of --host right?)");
    return cert_read(c) ? fail(why, why_cap, "it cannot be read back") : 0;
}

static bool read_x509(struct cert *c, X509 *x)
{
    struct tm from;
    unsigned len = CERT_HASH_BYTES;
    if (!X509_digest(x, EVP_sha256(), c->hash, &len) || !ASN1_TIME_to_tm(X509_get0_notBefore(x), &from))
        return false;
    c->made = timegm(&from) + CLOCK_SLACK_S;
    return true;
}

int cert_read(struct cert *c)
{
    BIO *b = BIO_new_mem_buf(c->cert_pem, -1);
    X509 *x = b ? PEM_read_bio_X509(b, NULL, NULL, NULL) : NULL;
    bool ok = x && read_x509(c, x);
    X509_free(x);
    BIO_free(b);
    return ok ? 0 : ERR_PARSE;
}

/* ---- files ---- */

int cert_read_file(const char *path, char *out, size_t cap, char *why, size_t why_cap)
{
    FILE *f = fopen(path, "r");
    if (!f) {
        snprintf(why, why_cap, "Cannot read %s: %s.", path, strerror(errno));
        return ERR_IO;
    }
    size_t n = fread(out, 1, cap - 1, f);
    out[n] = 0;
    bool all = n > 0 && n < cap - 1 && !ferror(f);
    fclose(f);
    if (!all)
        snprintf(why, why_cap, "%s is empty or too long.", path);
    return all ? 0 : ERR_IO;
}

static void file_name(char *out, size_t cap, const struct certs *s, const char *name)
{
    snprintf(out, cap, "%s/%s.pem", s->dir, name);
}

/* Key and certificate in one file that only its owner can read, put in place whole. */
static int save(const struct certs *s, const struct cert *c, const char *name)
{
    char path[1100], temporary[1110];
    file_name(path, sizeof(path), s, name);
    snprintf(temporary, sizeof(temporary), "%s.new", path);
    unlink(temporary); /* one that others left may be theirs to read */
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (!f)
        return ERR_IO;
    bool ok = fprintf(f, "%s%s", c->key_pem, c->cert_pem) > 0;
    ok = fclose(f) == 0 && ok;
    return ok && rename(temporary, path) == 0 ? 0 : ERR_IO;
}

static int load(const struct certs *s, struct cert *c, const char *name, time_t now)
{
    char path[1100], both[2 * CERT_PEM_MAX], why[256];
    file_name(path, sizeof(path), s, name);
    if (cert_read_file(path, both, sizeof(both), why, sizeof(why)) != 0)
        return ERR_IO;
    const char *cert = strstr(both, "-----BEGIN CERTIFICATE");
    if (!cert || strlen(cert) >= CERT_PEM_MAX || cert - both >= CERT_PEM_MAX)
        return ERR_PARSE;
    snprintf(c->cert_pem, sizeof(c->cert_pem), "%s", cert);
    snprintf(c->key_pem, sizeof(c->key_pem), "%.*s", (int)(cert - both), both);
    return cert_read(c) != 0 || now > c->made + CERT_VALID_S - 24 * 3600 ? ERR_PARSE : 0;
}

static int save_both(const struct certs *s, char *why, size_t why_cap)
{
    if (!*s->dir || (save(s, &s->now, "now") == 0 && save(s, &s->next, "next") == 0))
        return 0;
    snprintf(why, why_cap, "Cannot keep the certificate in %s: %s.", s->dir, strerror(errno));
    return ERR_IO;
}

/* ---- the two ---- */

int certs_init(struct certs *s, const char *names, const char *dir, time_t now, char *why, size_t why_cap)
{
    snprintf(s->names, sizeof(s->names), "%s", names);
    snprintf(s->dir, sizeof(s->dir), "%s", dir);
    if (*dir && load(s, &s->now, "now", now) == 0 && load(s, &s->next, "next", now) == 0) {
        certs_turn(s, now, why, why_cap);
        return 0;
    }
    int err = cert_make(&s->now, names, now, why, why_cap);
    if (!err)
        err = cert_make(&s->next, names, now, why, why_cap);
    return err ? err : save_both(s, why, why_cap);
}

time_t certs_turn_at(const struct certs *s) { return s->next.made + CERT_TURN_S; }

bool certs_turn(struct certs *s, time_t now, char *why, size_t why_cap)
{
    struct cert fresh;
    if (now < certs_turn_at(s) || cert_make(&fresh, s->names, now, why, why_cap) != 0)
        return false;
    s->now = s->next;
    s->next = fresh;
    save_both(s, why, why_cap);
    return true;
}
