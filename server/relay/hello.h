/* SPDX-License-Identifier: MIT */
/* hello.h - the first message: lets a client in, or says why not.
 *
 * Who is the first here in a room that other shards may know waits until they have told who is there: for their answers, or
 * SHARDS_PATIENCE at most. Then the roster is whole, and a seat that was left on another shard can be taken up. */
#ifndef PARLEY_RELAY_HELLO_H
#define PARLEY_RELAY_HELLO_H

#include "session.h"

struct room;

void hello_handle(struct relay *r, struct session *s, const Parley__V1__Hello *hello, usec_t now);
/* The session is gone while it waited. */
void hello_forget(struct relay *r, struct session *s);
/* Another shard has answered, or will not. */
void hello_answered(struct relay *r, struct room *room, usec_t now);

#endif
