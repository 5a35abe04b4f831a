/* SPDX-License-Identifier: MIT */
/* voices.h - the sound of one room: whose voice is forwarded, and how it gets to the listeners.
 *
 * Microphones: the loudest few are forwarded to everybody, by the level in their objects' headers. The level rises at once and falls
 * slowly, and who is in keeps the place against those who are hardly louder: speakers do not flutter. The host's voice goes first while it
 * speaks. A voice that is left out goes only to those who pinned it. A room with no more microphones than places is not touched, and a
 * screen's sound always goes to all.
 *
 * What is forwarded is put into one packet for all listeners, with the sound of the others of this moment; only those whose own voice is
 * in it get another one. It leaves when the relay is next polled, or in large rooms a few milliseconds later: listeners times packets
 * a second is bounded. */
#ifndef PARLEY_RELAY_VOICES_H
#define PARLEY_RELAY_VOICES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/pkt.h"
#include "base/units.h"
#include "relay.h"
#include "timers.h"
#include "wire/object.h"

#define VOICES_PIECES 64         /* objects in one packet */
#define VOICES_WAIT_LEAST MS      /* a packet waits for more no less than this, or not at all, */
#define VOICES_WAIT_MAX (60 * MS) /* and no longer than this */

struct feed;
struct room;
struct seat;

/* How loud a microphone is. */
struct voice {
    uint32_t level; /* of WIRE levels, in thousandths, when last heard */
    usec_t at;      /* then; 0: never */
    usec_t spoke_at; /* when it was loud enough to be speech */
    usec_t since;   /* in its place */
    uint32_t place; /* in voices.in, from 1; 0: none */
};

/* One object in the packet. */
struct voice_piece {
    uint32_t member;
    uint16_t at, len;
};

struct voices {
    struct feed *in[VOICES_MAX];
    uint32_t count;
    struct pkt *packet; /* being filled, or NULL */
    struct voice_piece piece[VOICES_PIECES];
    uint32_t pieces;
    uint32_t serial;    /* of the packet: seat->spoke_in tells who is in it */
    struct timer timer; /* when it leaves */
    usec_t sent_at;
    struct room *next; /* in the relay's list of rooms whose packet leaves with the next poll */
    bool listed;
};

/* Whether the microphone's object is to go to everybody. Notes its level. */
bool voices_admit(struct relay *r, struct feed *f, uint32_t level, usec_t now);
/* The track ended: its place is free. */
void voices_leave(struct feed *f);
/* To everybody here but the speaker, soon. Copies. */
void voices_put(struct relay *r, struct feed *f, const struct pkt *p, usec_t now);
/* To those who pinned the speaker. */
void voices_put_pinned(struct relay *r, struct feed *f, struct pkt *p, usec_t now);
/* Sends what was put since the last poll. */
void voices_flush_all(struct relay *r, usec_t now);
/* The room ends. */
void voices_free(struct relay *r, struct room *room);

#endif
