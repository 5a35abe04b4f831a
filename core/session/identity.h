/* SPDX-License-Identifier: MIT */
/* identity.h - who I am in a meeting, and its secret: what client_new() was told, checked and copied. */
#ifndef PARLEY_SESSION_IDENTITY_H
#define PARLEY_SESSION_IDENTITY_H

#include "client.h"

/* Texts are UTF-8 that ends with a zero; "" when there is none. */
struct identity {
    char meeting[WIRE_MEETING_MAX + 1], name[WIRE_NAME_MAX + 1], program[CLIENT_PROGRAM_MAX + 1], token[CLIENT_TOKEN_MAX + 1];
    uint8_t secret[CLIENT_SECRET_MAX], salt[WIRE_SALT_BYTES];
    size_t secret_len;
    uint64_t decodes; /* bit i: codec i */
};

/* 0, or ERR_LIMIT when something is out of bounds as client_new() has it; `id` is then of no use. */
int identity_set(struct identity *id, const struct client_config *config);
/* 0, or ERR_LIMIT and the name stays as it was. */
int identity_rename(struct identity *id, const char *name);

#endif
