/* SPDX-License-Identifier: MIT */
/* contact.h - by what another relay's members reach this one: its public address, and the hashes of the certificates it made itself,
 * without which a page would not trust it. HOST:PORT/certhash/HASH/certhash/HASH, see proto/README.md. */
#ifndef PARLEY_SERVER_CONTACT_H
#define PARLEY_SERVER_CONTACT_H

#include "bus/bus.h"
#include "cert.h"

/* `certs` NULL: an authority vouches for the relay. An address too long to have hashes beside it goes without. */
void contact_write(char out[BUS_ADDRESS_MAX], const char *address, const struct certs *certs);

#endif
