/* SPDX-License-Identifier: MIT */
/* session.h - one connection: cutting its bytes into messages, its limits, its queue. Knows nothing of rooms.
 *
 *   open -> HELLO (waits for Hello) -> WAITING (for other shards, not always) -> LIVE (has a seat) -> CLOSING (the shell was asked to hang up) -> gone */
#ifndef PARLEY_RELAY_SESSION_H
#define PARLEY_RELAY_SESSION_H

#include "bucket.h"
#include "downlink.h"
#include "map.h"
#include "outq.h"
#include "parley.pb-c.h"
#include "relay.h"
#include "timers.h"
#include "wire/echo.h"
#include "wire/framer.h"

#define CLOSE_TEXT_MAX 160

enum session_state { SESSION_HELLO = 0, SESSION_WAITING, SESSION_LIVE, SESSION_CLOSING };

/* A unidirectional stream of the client's. */
struct inrun {
    struct framer framer;
    uint32_t layer; /* track and spatial of its first object: all must be of the same */
    size_t held;    /* bytes of an unfinished object */
    bool dead;      /* began before it was allowed to, or broke: the rest is thrown away */
};

struct session {
    uint64_t sid;
    enum relay_transport transport;
    enum session_state state;
    struct seat *seat; /* NULL unless LIVE */
    struct arrival *arrival; /* hello.h: its Hello, while it waits */
    struct framer control;
    struct map runs; /* run number -> struct inrun */
    size_t held_bytes; /* of all runs */
    struct outq out;
    struct downlink downlink;
    struct bucket bytes, objects, requests, talk;
    struct bucket excess; /* objects over the rate that are borne before the session ends */
    struct timer patience; /* Hello is late, or nothing is heard */
    usec_t heard_at;
    struct echo echo;
    struct session *ready_prev, *ready_next; /* events.h */
    bool ready;
    struct session *closing_next;
    const char *close_code;
    char close_text[CLOSE_TEXT_MAX];
};

struct session *session_new(struct relay *r, uint64_t sid, enum relay_transport t, size_t datagram_bytes, usec_t now);
void session_del(struct relay *r, struct session *s);

/* Starts the patience for Hello; ends it; and, once there is a seat, for any sign of life. */
void session_opened(struct relay *r, struct session *s, usec_t now);
void session_waits(struct relay *r, struct session *s);
void session_joined(struct relay *r, struct session *s, usec_t now);

/* Queues a message for this session; one that no longer reads is closed. */
void session_send(struct relay *r, struct session *s, const Parley__V1__Control *m, usec_t now);
/* The same message for many: packed at most once for each framing. */
struct shared_message {
    const Parley__V1__Control *m;
    struct pkt *packed[2];
};
void session_send_shared(struct relay *r, struct session *s, struct shared_message *m, usec_t now);
void shared_message_free(struct shared_message *m);

/* Says why (Refused) and asks the shell to hang up; input is ignored from now on. `code` is a literal. */
void session_refuse(struct relay *r, struct session *s, const char *code, const char *text, uint32_t retry_ms, usec_t now);
/* The same, naming another relay; "" for none. Copies nothing: `relay` is read now. */
void session_refuse_for(struct relay *r, struct session *s, const char *code, const char *text, const char *relay,
                        uint32_t retry_ms, usec_t now);
/* Asks the shell to hang up, without a word to the client. */
void session_hang_up(struct relay *r, struct session *s, const char *code, const char *text);
/* Counts an object that came over the rate; far too many of them end the session, for dropping costs time too. */
void session_over_rate(struct relay *r, struct session *s, usec_t now);
/* The client broke a rule that leaves nothing to talk about. */
void session_violated(struct relay *r, struct session *s, const char *text, usec_t now);

#endif
