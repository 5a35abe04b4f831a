/* SPDX-License-Identifier: MIT */
#include "net/tls.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/err.h"
#include "net/openssl.h"

#define CHAIN_MAX 8 /* certificates above the leaf */

static int explain(char *why, size_t why_cap, const char *what)
{
    unsigned long e = ERR_peek_last_error();
    const char *reason = e ? ERR_reason_error_string(e) : NULL;
    snprintf(why, why_cap, "%s%s%s", what, reason ? ": " : "", reason ? reason : "");
    ERR_clear_error();
    return ERR_PARSE;
}

static BIO *text_bio(const char *pem) { return BIO_new_mem_buf(pem ? pem : "", -1); }

static X509 *first_cert(const char *pem)
{
    BIO *bio = text_bio(pem);
    X509 *cert = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    return cert;
}

int tls_cert_hash(const char *cert_pem, uint8_t out[TLS_HASH_BYTES])
{
    X509 *cert = first_cert(cert_pem);
    int ok = cert && X509_digest(cert, EVP_sha256(), out, NULL);
    X509_free(cert);
    ERR_clear_error();
    return ok ? 0 : ERR_PARSE;
}

/* ---- certificate and key ---- */

struct identity {
    X509 *leaf;
    STACK_OF(X509) * chain;
    EVP_PKEY *key;
};

static void read_chain(struct identity *id, const char *pem)
{
    BIO *bio = text_bio(pem);
    X509 *cert;
    id->leaf = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    id->chain = sk_X509_new_null();
    while (sk_X509_num(id->chain) < CHAIN_MAX && (cert = PEM_read_bio_X509(bio, NULL, NULL, NULL)))
        sk_X509_push(id->chain, cert);
    if (id->leaf)
        ERR_clear_error(); /* the end of the file counts as one */
    BIO_free(bio);
}

static void read_key(struct identity *id, const char *pem)
{
    BIO *bio = text_bio(pem);
    id->key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    BIO_free(bio);
}

static int check_identity(const struct identity *id, char *why, size_t why_cap)
{
    if (!id->leaf)
        return explain(why, why_cap, "the certificate is not readable PEM");
    if (!id->key)
        return explain(why, why_cap, "the private key is not readable PEM");
    if (!X509_check_private_key(id->leaf, id->key))
        return explain(why, why_cap, "the private key does not belong to the certificate");
    return 0;
}

int tls_use_certificate(SSL_CTX *ctx, const char *cert_pem, const char *key_pem, char *why, size_t why_cap)
{
    struct identity id = {0};
    ERR_clear_error();
    read_chain(&id, cert_pem);
    read_key(&id, key_pem);
    int err = check_identity(&id, why, why_cap);
    if (!err && SSL_CTX_use_cert_and_key(ctx, id.leaf, id.key, id.chain, 1) != 1)
        err = explain(why, why_cap, "the certificate cannot be used");
    X509_free(id.leaf);
    sk_X509_pop_free(id.chain, X509_free);
    EVP_PKEY_free(id.key);
    return err;
}

/* ---- contexts ---- */

void tls_harden(SSL_CTX *ctx)
{
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
}

static int choose_h3(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in, unsigned int in_len,
                     void *arg)
{
    static const unsigned char h3[] = "\x02h3";
    unsigned char *chosen;
    (void)ssl, (void)arg;
    if (SSL_select_next_proto(&chosen, out_len, h3, sizeof h3 - 1, in, in_len) != OPENSSL_NPN_NEGOTIATED)
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static SSL_CTX *quic_context(const SSL_METHOD *method)
{
    SSL_CTX *ctx = SSL_CTX_new(method);
    if (!ctx)
        return NULL;
    SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION);
    SSL_CTX_set_max_proto_version(ctx, TLS1_3_VERSION);
    SSL_CTX_set_ciphersuites(ctx, "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384");
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    return ctx;
}

SSL_CTX *tls_quic_server(const char *cert_pem, const char *key_pem, char *why, size_t why_cap)
{
    SSL_CTX *ctx = quic_context(TLS_server_method());
    if (!ctx || tls_use_certificate(ctx, cert_pem, key_pem, why, why_cap)) {
        SSL_CTX_free(ctx);
        return NULL;
    }
    SSL_CTX_set_alpn_select_cb(ctx, choose_h3, NULL);
    SSL_CTX_set_num_tickets(ctx, 0); /* no 0-RTT, and a resumed session saves less than tickets cost */
    return ctx;
}

SSL_CTX *tls_quic_client(enum net_verify verify)
{
    SSL_CTX *ctx = quic_context(TLS_client_method());
    if (ctx && verify == NET_VERIFY_ROOTS)
        SSL_CTX_set_default_verify_paths(ctx);
    return ctx;
}

void tls_free(SSL_CTX *ctx) { SSL_CTX_free(ctx); }

/* ---- clients ---- */

static bool is_numeric(const char *host)
{
    struct in6_addr any;
    return inet_pton(AF_INET, host, &any) == 1 || inet_pton(AF_INET6, host, &any) == 1;
}

int tls_client_setup(SSL *ssl, const char *host, enum net_verify verify)
{
    static const unsigned char h3[] = "\x02h3";
    SSL_set_alpn_protos(ssl, h3, sizeof h3 - 1);
    if (!is_numeric(host) && SSL_set_tlsext_host_name(ssl, host) != 1)
        return ERR_NOMEM;
    if (verify != NET_VERIFY_ROOTS)
        return 0;
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    int ok = is_numeric(host) ? X509_VERIFY_PARAM_set1_ip_asc(param, host) : X509_VERIFY_PARAM_set1_host(param, host, 0);
    SSL_set_verify(ssl, SSL_VERIFY_PEER, NULL);
    return ok == 1 ? 0 : ERR_NOMEM;
}

bool tls_peer_is(const SSL *ssl, const uint8_t hash[TLS_HASH_BYTES])
{
    uint8_t have[EVP_MAX_MD_SIZE];
    X509 *cert = ssl ? SSL_get0_peer_certificate(ssl) : NULL;
    return cert && X509_digest(cert, EVP_sha256(), have, NULL) && memcmp(have, hash, TLS_HASH_BYTES) == 0;
}
