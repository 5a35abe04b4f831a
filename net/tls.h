/* SPDX-License-Identifier: MIT */
/* tls.h - OpenSSL contexts for QUIC and WebSocket, and the certificate checks of clients. */
#ifndef PARLEY_NET_TLS_H
#define PARLEY_NET_TLS_H

#include <stddef.h>
#include <stdint.h>

#include "net/client.h"

typedef struct ssl_ctx_st SSL_CTX;
typedef struct ssl_st SSL;
struct x509_store_ctx_st;

#define TLS_HASH_BYTES 32

/* SHA-256 over the DER form of the first certificate in `cert_pem`: what serverCertificateHashes takes. ERR_PARSE. */
int tls_cert_hash(const char *cert_pem, uint8_t out[TLS_HASH_BYTES]);

/* Puts chain and key into `ctx`; connections made later use them. ERR_PARSE and a sentence in `why` when they are malformed or do not
 * belong together: then `ctx` is unchanged. */
int tls_use_certificate(SSL_CTX *ctx, const char *cert_pem, const char *key_pem, char *why, size_t why_cap);

/* Gives a context for QUIC (TLS 1.3, ALPN "h3"), or NULL. Free with tls_free(). */
SSL_CTX *tls_quic_server(const char *cert_pem, const char *key_pem, char *why, size_t why_cap);
SSL_CTX *tls_quic_client(void);
/* Gives a client context for WebSocket, or NULL. */
SSL_CTX *tls_client(void);
void tls_free(SSL_CTX *ctx);

/* How the peer of a client connection is checked. Lives as long as the SSL. */
struct tls_check {
    enum net_verify verify;
    uint8_t hash[TLS_HASH_BYTES];
};
/* Sets server name, host check and `check` on one client connection. */
int tls_client_setup(SSL *ssl, const char *host, struct tls_check *check);

#endif
