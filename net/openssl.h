/* SPDX-License-Identifier: MIT */
/* openssl.h - OpenSSL's headers, whose type ERR_STATE would clash with our error of that name. Include it instead of theirs, and before
 * any library's header that includes theirs. */
#ifndef PARLEY_NET_OPENSSL_H
#define PARLEY_NET_OPENSSL_H

#define ERR_STATE openssl_ERR_STATE
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#undef ERR_STATE

#endif
