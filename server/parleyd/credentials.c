/* SPDX-License-Identifier: MIT */
#include "credentials.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

struct credentials *credentials_new(void)
{
    struct credentials *c = calloc(1, sizeof(*c));
    if (c)
        pthread_mutex_init(&c->lock, NULL);
    return c;
}

void credentials_del(struct credentials *c)
{
    if (!c)
        return;
    pthread_mutex_destroy(&c->lock);
    explicit_bzero(c->key_pem, sizeof(c->key_pem));
    free(c);
}

void credentials_set_own(struct credentials *c, const struct certs *certs)
{
    pthread_mutex_lock(&c->lock);
    snprintf(c->cert_pem, sizeof(c->cert_pem), "%s", certs->now.cert_pem);
    snprintf(c->key_pem, sizeof(c->key_pem), "%s", certs->now.key_pem);
    memcpy(c->hash[0], certs->now.hash, CERT_HASH_BYTES);
    memcpy(c->hash[1], certs->next.hash, CERT_HASH_BYTES);
    c->generation++;
    pthread_mutex_unlock(&c->lock);
}

struct files {
    char cert[CHAIN_MAX], key[CHAIN_MAX];
};

int credentials_read(struct credentials *c, const char *cert_file, const char *key_file, char *why, size_t why_cap)
{
    struct files *f = malloc(sizeof(*f));
    if (!f) {
        snprintf(why, why_cap, "Out of memory.");
        return ERR_NOMEM;
    }
    int err = cert_read_file(cert_file, f->cert, sizeof(f->cert), why, why_cap);
    if (!err)
        err = cert_read_file(key_file, f->key, sizeof(f->key), why, why_cap);
    if (!err) {
        pthread_mutex_lock(&c->lock);
        memcpy(c->cert_pem, f->cert, sizeof(f->cert));
        memcpy(c->key_pem, f->key, sizeof(f->key));
        c->generation++;
        pthread_mutex_unlock(&c->lock);
    }
    explicit_bzero(f->key, sizeof(f->key));
    free(f);
    return err;
}
