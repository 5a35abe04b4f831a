/* SPDX-License-Identifier: MIT */
/* cert.h - certificates without an authority: ECDSA P-256, valid 13 days, known to the page by hash.
 *
 * There are always two: the one in use and the next. Both hashes are handed out, so a page that was loaded up to six days ago
 * still knows the certificate that it meets. Every six days the next comes into use and a new next is made. */
#ifndef PARLEY_SERVER_CERT_H
#define PARLEY_SERVER_CERT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define CERT_VALID_S (13 * 24 * 3600)
#define CERT_TURN_S (6 * 24 * 3600)
#define CERT_PEM_MAX 4096
#define CERT_HASH_BYTES 32

struct cert {
    char cert_pem[CERT_PEM_MAX], key_pem[CERT_PEM_MAX];
    uint8_t hash[CERT_HASH_BYTES]; /* SHA-256 over the DER form */
    time_t made;                   /* the beginning of its validity */
};

/* Makes a certificate for `names` ("localhost,127.0.0.1,::1"), valid from an hour before `now` for 13 days. ERR_* and a sentence. */
int cert_make(struct cert *c, const char *names, time_t now, char *why, size_t why_cap);
/* Reads what cert_make() wrote as PEM: sets hash and `made`. ERR_PARSE. */
int cert_read(struct cert *c);

struct certs {
    struct cert now, next;
    char names[1024];
    char dir[1024]; /* "": kept in memory only */
};

/* Makes or loads both. */
int certs_init(struct certs *s, const char *names, const char *dir, time_t now, char *why, size_t why_cap);
/* Turns when the time has come: true if another certificate is in use now. On failure the old ones stay and `why` says so. */
bool certs_turn(struct certs *s, time_t now, char *why, size_t why_cap);
/* When certs_turn() has something to do. */
time_t certs_turn_at(const struct certs *s);

/* Reads a whole PEM file into `out`. ERR_IO and a sentence. */
int cert_read_file(const char *path, char *out, size_t cap, char *why, size_t why_cap);

#endif
