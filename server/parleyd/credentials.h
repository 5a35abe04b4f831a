/* SPDX-License-Identifier: MIT */
/* credentials.h - the certificate in use, for all threads: the first one sets it, each of the others takes it when told to. */
#ifndef PARLEY_SERVER_CREDENTIALS_H
#define PARLEY_SERVER_CREDENTIALS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

#include "cert.h"

#define CHAIN_MAX (64 * 1024)

struct credentials {
    pthread_mutex_t lock; /* of what follows; no packet waits for it */
    uint32_t generation;  /* rises with each that is set */
    char cert_pem[CHAIN_MAX], key_pem[CHAIN_MAX];
    uint8_t hash[2][CERT_HASH_BYTES]; /* the own certificate and the next; not used for an authority's */
};

/* Gives credentials that hold nothing yet (generation 0), or NULL when memory is short. */
struct credentials *credentials_new(void);
void credentials_del(struct credentials *c);
void credentials_set_own(struct credentials *c, const struct certs *certs);
/* Reads both files; on failure all stays as it was: ERR_* and a sentence. */
int credentials_read(struct credentials *c, const char *cert_file, const char *key_file, char *why, size_t why_cap);

#endif
