/* SPDX-License-Identifier: MIT */
/* meeting.h - from the link of a meeting to what dialling needs: addresses, trust, the secret.
 *
 * A link is http(s)://HOST[:PORT]/m/MEETING#SECRET; the secret is base64url and never leaves this program. The server's
 * /config.json says where the relay listens and, when the relay made its certificate itself, the certificate's hash. It is believed
 * when an authority vouches for the server, when the server is this machine, or when the user says so. */
#ifndef PARLEY_CLI_MEETING_H
#define PARLEY_CLI_MEETING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/session/client.h"
#include "net/client.h"

#define MEETING_URL_MAX 1024

struct meeting {
    char id[WIRE_MEETING_MAX + 1];
    uint8_t secret[CLIENT_SECRET_MAX];
    size_t secret_len;
    char origin[MEETING_URL_MAX]; /* http(s)://HOST[:PORT] */
    bool local;                   /* this machine */
    char webtransport[MEETING_URL_MAX], websocket[MEETING_URL_MAX];
    enum net_verify verify;
    uint8_t hash[32];
};

/* Takes the link apart. ERR_PARSE: no such link; ERR_NO_KEY: the secret is missing or malformed. */
int meeting_parse(struct meeting *m, const char *link);
/* The certificate's SHA-256, base64 or hex with or without colons. ERR_PARSE. */
int meeting_trust_hash(struct meeting *m, const char *text);
/* The first hash of those that a relay's address ends with: "/certhash/HASH...". ERR_PARSE. */
int meeting_trust_certhash(struct meeting *m, const char *text);
/* Reads /config.json (blocks, at most 5 s) unless a hash was given; without one the relay's addresses are /wt and /ws beside it. ERR_IO
 * when the server does not answer, or its certificate is not to be trusted: `*why` is a sentence. */
int meeting_ask(struct meeting *m, const char **why);

#endif
