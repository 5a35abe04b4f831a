/* SPDX-License-Identifier: MIT */
/* relays.h - which relay to dial: where the session was, one of the others that relay named, or the one we were sent to.
 *
 * A relay is HOST:PORT, followed by /certhash/HASH for each certificate that it made itself and may show (SHA-256 of the DER form,
 * 43 letters of base64url; the one in use comes first), as libp2p writes it; "" is the address that the shell was given. When a session
 * is lost the others come first, for the relay may be gone; the one it was on is among them again after the last. */
#ifndef PARLEY_SESSION_RELAYS_H
#define PARLEY_SESSION_RELAYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/wire.h"

#define RELAYS_MAX 4                     /* others that are remembered */
#define RELAYS_TEXT_MAX WIRE_ADDRESS_MAX /* longer addresses are not used */

struct relays {
    char current[RELAYS_TEXT_MAX + 1]; /* of the session, now or last */
    char named[RELAYS_TEXT_MAX + 1];   /* "": none */
    char next[RELAYS_TEXT_MAX + 1];    /* what was named, once it was asked for */
    char other[RELAYS_MAX][RELAYS_TEXT_MAX + 1];
    size_t others;
    size_t turn; /* the next dial: an index of `other`, or `others` for `current` */
};

/* Whether this is such an address, HOST a name or a numeric address (IPv6 in brackets). */
bool relays_is_address(const char *text);
/* Forgets the others that were known. */
void relays_clear(struct relays *r);
/* One more; left out when it makes no sense, or there are enough. */
void relays_add(struct relays *r, const char *address);
/* The next dial goes there, if that is an address; true then. */
bool relays_name(struct relays *r, const char *address);
/* Whom to dial next; valid until the next call. */
const char *relays_next(struct relays *r);
/* The session is at `address` now. */
void relays_settled(struct relays *r, const char *address);

#endif
