/* SPDX-License-Identifier: MIT */
/* tls.h - OpenSSL contexts for QUIC and WebSocket, and the certificate checks of clients. */
#ifndef PARLEY_NET_TLS_H
#define PARLEY_NET_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/client.h"

typedef struct ssl_ctx_st SSL_CTX;
typedef struct ssl_st SSL;

#define TLS_HASH_BYTES 32

/* SHA-256 over the DER form of the first certificate in `cert_pem`: what serverCertificateHashes takes. ERR_PARSE. */
int tls_cert_hash(const char *cert_pem, uint8_t out[TLS_HASH_BYTES]);

/* Puts chain and key into `ctx`; connections made later use them. ERR_PARSE and a sentence in `why` when they are malformed or do not
 * belong together: then `ctx` is unchanged. */
int tls_use_certificate(SSL_CTX *ctx, const char *cert_pem, const char *key_pem, char *why, size_t why_cap);

/* TLS 1.2 at least, no compression, no renegotiation. */
void tls_harden(SSL_CTX *ctx);

/* Gives a context for QUIC (TLS 1.3, ALPN "h3"), or NULL. Free with tls_free(). */
SSL_CTX *tls_quic_server(const char *cert_pem, const char *key_pem, char *why, size_t why_cap);
/* With the system's authorities only for NET_VERIFY_ROOTS: reading them takes tens of milliseconds. */
SSL_CTX *tls_quic_client(enum net_verify verify);
void tls_free(SSL_CTX *ctx);

/* Sets the server's name and, for NET_VERIFY_ROOTS, the checks of its certificate on one client connection. */
int tls_client_setup(SSL *ssl, const char *host, enum net_verify verify);
/* After the handshake: whether the peer's certificate is the one with `hash`. */
bool tls_peer_is(const SSL *ssl, const uint8_t hash[TLS_HASH_BYTES]);

#endif
