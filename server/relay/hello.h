/* SPDX-License-Identifier: MIT */
/* hello.h - the first message: lets a client in, or says why not. */
#ifndef PARLEY_RELAY_HELLO_H
#define PARLEY_RELAY_HELLO_H

#include "session.h"

void hello_handle(struct relay *r, struct session *s, const Parley__V1__Hello *hello, usec_t now);

#endif
