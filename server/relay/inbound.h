/* SPDX-License-Identifier: MIT */
/* inbound.h - bytes from a connection, cut into requests, objects and reports, whichever transport they came by. */
#ifndef PARLEY_RELAY_INBOUND_H
#define PARLEY_RELAY_INBOUND_H

#include "session.h"

void inbound_control(struct relay *r, struct session *s, const uint8_t *data, size_t len, usec_t now);
void inbound_datagram(struct relay *r, struct session *s, const uint8_t *data, size_t len, usec_t now);
void inbound_run(struct relay *r, struct session *s, uint64_t id, const uint8_t *data, size_t len, enum relay_run_end end,
                 usec_t now);
void inbound_message(struct relay *r, struct session *s, const uint8_t *data, size_t len, usec_t now);

#endif
