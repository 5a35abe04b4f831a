/* SPDX-License-Identifier: MIT */
/* link.h - the state of the connection: whom to dial, which transport carries the session, when it is dead and when to try again.
 *
 *   dialing -> joining -> live -> retrying -> dialing ...     a refusal: `refused` when final, else retrying
 *   any state -> leaving -> left
 *
 * A *carrier* is a transport that is being opened or is open. Dialing asks for two (WebTransport as `n`, WebSocket as `n + 1`); the
 * first to open says Hello, the other only when that stays unanswered; the first to be welcomed carries the session and the other
 * is hung up. While a WebSocket carries it, WebTransport is tried again every 30 s, and a Welcome there to the same seat moves the session.
 * The same happens on link_reconnect(): the old carrier goes on until the new one is welcomed; and when what came steadily stops and
 * a ping stays unanswered: then another relay is dialled first, if one is known.
 *
 * Inputs are what happened; after each, take the effects with link_next() until it returns 0, and link_tick() is due at
 * link_deadline(). Inputs about carriers that were hung up are ignored. */
#ifndef PARLEY_SESSION_LINK_H
#define PARLEY_SESSION_LINK_H

#include "base/rand.h"
#include "client.h"
#include "relays.h"

#define LINK_CARRIERS_MAX 4
#define LINK_EFFECTS_MAX 32
#define LINK_CODE_MAX 24
#define LINK_TEXT_MAX 256

enum link_effect_type {
    LINK_DO_DIAL = 1, /* `link`; `upgrade`: WebTransport only */
    LINK_DO_HANGUP,   /* `link` */
    LINK_DO_HELLO,    /* on `link`, with the resume token if there is one */
    LINK_DO_GOODBYE,  /* on `link` */
    LINK_DO_PING,     /* on `link`, with `token` */
    LINK_DO_SHOW,     /* `state` was entered, for the reason in code and text */
    LINK_DO_CARRY,    /* `link` carries the session from now on */
    LINK_DO_LEFT,     /* over; nothing follows */
};
struct link_effect {
    enum link_effect_type type;
    uint32_t link;
    uint64_t token;
    bool upgrade;
    enum link_state state;
};

enum carrier_state { CARRIER_NONE, CARRIER_DIALING, CARRIER_OPEN, CARRIER_ASKED, CARRIER_LIVE };
struct carrier {
    enum carrier_state state;
    uint32_t link;
    char relay[RELAYS_TEXT_MAX + 1]; /* to which it goes */
    enum transport transport;
    size_t datagram_bytes;
    bool fresh_seat; /* its Hello asked for a seat of its own, and nobody wants that any more when it is hung up */
    usec_t deadline; /* dialing, asked: given up then; open: says Hello then */
};

struct link {
    enum link_state state;
    struct carrier carrier[LINK_CARRIERS_MAX];
    uint32_t next_link;
    usec_t deadline;   /* of the state: retry or give up leaving */
    usec_t upgrade_at; /* try WebTransport again */
    usec_t redial_at;  /* asked by Drain */
    bool doubting;     /* another connection is tried because this one is silent */
    bool moving;       /* link_reconnect() while live: any new carrier is welcome */
    uint32_t failures; /* since the session was last steady */
    usec_t live_at, heard_at;
    uint64_t ping_token;
    usec_t ping_at, ping_sent_at; /* sent_at: NEVER when none is under way */
    usec_t next_doubt_at; /* not before, another connection is tried beside one that is silent */
    uint32_t rtt_us;              /* smoothed, 0: unknown */
    uint8_t resume[WIRE_RESUME_BYTES];
    bool has_resume, was_live;
    uint32_t reconnects;
    struct relays relays; /* those of the last Welcome are told by relays_clear() and relays_add() */
    char code[LINK_CODE_MAX], text[LINK_TEXT_MAX];
    struct rng rng;
    struct link_effect effect[LINK_EFFECTS_MAX];
    size_t effect_first, effect_count;
};

/* Starts dialing. */
void link_init(struct link *l, uint64_t seed, usec_t now);

void link_on_open(struct link *l, uint32_t link, enum transport t, size_t datagram_bytes, usec_t now);
void link_on_closed(struct link *l, uint32_t link, usec_t now);
/* Any bytes came from the relay on `link`. */
void link_on_heard(struct link *l, uint32_t link, usec_t now);
/* True when `link` carries the session from now on; false when the Welcome came too late or unasked. `resume`: WIRE_RESUME_BYTES or NULL. */
bool link_on_welcome(struct link *l, uint32_t link, const uint8_t *resume, usec_t now);
/* `relay`: where to go instead, or "". */
void link_on_refused(struct link *l, uint32_t link, const char *code, const char *text, uint32_t retry_ms, const char *relay,
                     usec_t now);
void link_on_pong(struct link *l, uint32_t link, uint64_t token, usec_t now);
/* A round trip measured elsewhere, for example by the echo in Feedback. */
void link_on_rtt(struct link *l, usec_t rtt);
/* The relay is about to stop. `relay`: where to go, at once; "": back here after `retry_ms`. */
void link_on_drain(struct link *l, uint32_t link, uint32_t retry_ms, const char *relay, usec_t now);
/* What comes on `link` has no meaning any more: hang up, dial again. */
void link_on_broken(struct link *l, uint32_t link, const char *text, usec_t now);
void link_reconnect(struct link *l, usec_t now);
void link_leave(struct link *l, usec_t now);
void link_tick(struct link *l, usec_t now);
usec_t link_deadline(const struct link *l);

/* The oldest effect: 1, or 0 when there is none. */
int link_next(struct link *l, struct link_effect *effect);
/* The relay that `link` is to go to, or "" for the shell's own; valid until the next input. */
const char *link_relay(const struct link *l, uint32_t link);
/* The carrier named `link` while it is open, or NULL. */
const struct carrier *link_open(const struct link *l, uint32_t link);
/* The carrier of the session, or NULL. */
const struct carrier *link_live(const struct link *l);

#endif
