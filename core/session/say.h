/* SPDX-License-Identifier: MIT */
/* say.h - what a client says on the control channel: each message built, framed for the carrier, and queued. */
#ifndef PARLEY_SESSION_SAY_H
#define PARLEY_SESSION_SAY_H

#include "identity.h"
#include "link.h"
#include "outbox.h"
#include "parley.pb-c.h"
#include "peer.h"

/* Where to: a carrier and the queue. A NULL carrier swallows what is said. */
struct mouth {
    const struct carrier *carrier;
    struct outbox *out;
};

/* `resume`: WIRE_RESUME_BYTES or NULL. */
void say_hello(struct mouth m, const struct identity *me, const uint8_t *resume);
void say_goodbye(struct mouth m);
void say_publish(struct mouth m, const struct track_spec *spec);
void say_unpublish(struct mouth m, uint32_t track);
void say_subscribe(struct mouth m, const struct want *wants, size_t count);
void say_name(struct mouth m, const char *name);
void say_key_frame(struct mouth m, const struct key_request *r);
void say_chat(struct mouth m, const uint8_t *sealed, size_t len);
void say_ping(struct mouth m, uint64_t token);
void say_pong(struct mouth m, uint64_t token, usec_t clock);

#endif
