/* SPDX-License-Identifier: MIT */
#include "contact.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "wire/wire.h"

#define BASE64_BYTES 44 /* of a hash, with its one '=' */

static void add_hash(char *out, size_t cap, const uint8_t hash[CERT_HASH_BYTES])
{
    unsigned char text[BASE64_BYTES + 1];
    EVP_EncodeBlock(text, hash, CERT_HASH_BYTES);
    text[BASE64_BYTES - 1] = 0;
    for (unsigned char *c = text; *c; c++)
        *c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
    size_t len = strlen(out);
    snprintf(out + len, cap - len, WIRE_CERTHASH "%s", (const char *)text);
}

void contact_write(char out[BUS_ADDRESS_MAX], const char *address, const struct certs *certs)
{
    const size_t hashes = 2 * (strlen(WIRE_CERTHASH) + BASE64_BYTES - 1);
    snprintf(out, BUS_ADDRESS_MAX, "%s", address);
    if (!*address || !certs || strlen(out) + hashes >= BUS_ADDRESS_MAX)
        return;
    add_hash(out, BUS_ADDRESS_MAX, certs->now.hash);
    add_hash(out, BUS_ADDRESS_MAX, certs->next.hash);
}
