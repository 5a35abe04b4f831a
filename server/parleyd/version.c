/* SPDX-License-Identifier: MIT */
#include "version.h"

#include <jansson.h>
#include <libwebsockets.h>
#include <nghttp3/nghttp3.h>
#include <ngtcp2/ngtcp2.h>
#include <openssl/crypto.h>
#include <protobuf-c/protobuf-c.h>
#include <sodium/version.h>
#include <uv.h>

#include "bus/bus.h"

void version_print(FILE *out)
{
    fprintf(out, "parleyd %s\n", PARLEY_VERSION);
    fprintf(out, "ngtcp2 %s\n", ngtcp2_version(0)->version_str);
    fprintf(out, "nghttp3 %s\n", nghttp3_version(0)->version_str);
    fprintf(out, "OpenSSL %s\n", OpenSSL_version(OPENSSL_VERSION_STRING));
    fprintf(out, "libwebsockets %s\n", lws_get_library_version());
    fprintf(out, "nats.c %s\n", bus_version());
    fprintf(out, "libuv %s\n", uv_version_string());
    fprintf(out, "libsodium %s\n", sodium_version_string());
    fprintf(out, "protobuf-c %s\n", protobuf_c_version());
    fprintf(out, "jansson %s\n", jansson_version_str());
}
