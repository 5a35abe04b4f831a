/* SPDX-License-Identifier: MIT */
/* requests.h - what a client may ask on the control channel, one handler per message. */
#ifndef PARLEY_RELAY_REQUESTS_H
#define PARLEY_RELAY_REQUESTS_H

#include "session.h"

/* One Control from `s`. Malformed, out of turn or too often: the session is closed with a code. */
void request_handle(struct relay *r, struct session *s, const uint8_t *data, size_t len, usec_t now);

#endif
