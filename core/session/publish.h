/* SPDX-License-Identifier: MIT */
/* publish.h - my tracks: numbers, seals, frames and paces what I send, and says what to encode.
 *
 * A frame that will not be sent is dropped before it is sealed, so neither a sequence number nor a counter is spent on it, and with
 * it everything that needs it: an upper temporal layer costs only itself, a base frame makes a key frame due. On WebTransport
 * each layer of a video track is a run; a key frame begins a new one, and the old one is finished, or reset when frames were skipped.
 *
 * What a transport holds back cannot be seen in a browser, so what the relay's last report
 * should have named and did not counts as waiting: with it the
 * sender falls silent in a stall rather than fill a buffer with old pictures, and gives the run up when it lasts.
 *
 * Outputs go to the outbox handed in (CLIENT_SEND_DATAGRAM, CLIENT_SEND_RUN); what to encode is asked with publish_next_encoder(). */
#ifndef PARLEY_SESSION_PUBLISH_H
#define PARLEY_SESSION_PUBLISH_H

#include "crypto/keys.h"
#include "health.h"
#include "outbox.h"
#include "parley.pb-c.h"
#include "send/history.h"
#include "send/ladder.h"
#include "send/pacer.h"
#include "send/rate.h"
#include "wire/feedback.h"

#define PUBLISH_TRACKS (WIRE_TRACKS_MAX + 1) /* by id; 0 is unused */

struct publish_reference {
    uint64_t order; /* the how-manieth frame offered; 0: none since the key frame */
    uint32_t seq;
    bool dropped;
};
struct publish_layer {
    struct history history;
    uint32_t seq; /* last used */
    uint64_t order;
    struct publish_reference latest[WIRE_LAYERS_MAX]; /* by temporal layer */
    uint64_t run;
    uint32_t run_seq; /* the first of the run */
    bool run_open, run_skipped;
    bool key_due;    /* nothing but a key frame goes out */
    bool key_wanted; /* somebody asked for one */
    uint32_t key_seq; /* of the last one sent, and when; 0: none on this path */
    usec_t key_sent;
    usec_t key_told; /* when the encoder was asked; NEVER: not yet */
    bool wanted;     /* by somebody, as the relay says; nothing is encoded before */
    uint32_t demand_bps;
    bool told, told_wanted;
    uint32_t told_bps, told_fps, told_scale;
    uint32_t key_frames, dropped, width_px, height_px;
    struct meter sent, frames; /* frames: counts, not bytes */
};
struct publish_track {
    bool used;
    struct track_spec spec;
    struct publish_layer layer[WIRE_LAYERS_MAX]; /* by spatial id; sound uses the first */
};
struct publish {
    uint32_t member; /* my id in this meeting: sealed into every object */
    struct publish_track track[PUBLISH_TRACKS];
    struct sealer sealer;
    struct rate rate;
    struct ladder ladder;
    struct pacer pacer;
    struct outbox *out;
    struct health *health;
    bool live;
    uint32_t link;
    enum transport transport;
    size_t datagram_bytes, object_bytes;
    uint64_t next_run;
    struct lowest transit; /* from sent (our clock) to arrived (the relay's) */
    usec_t reported;       /* the relay's clock in its last Feedback; NEVER: none yet */
    bool encoder_dirty;
};

/* Derives my key. `out` and `health` outlive it. */
void publish_init(struct publish *p, struct group_secret secret, const uint8_t *salt, struct outbox *out, struct health *health,
                  usec_t now);
void publish_wipe(struct publish *p);

/* A carrier was welcomed: the path is new, every video layer goes on with a key frame. */
void publish_on_carry(struct publish *p, uint32_t member, uint32_t link, enum transport t, size_t datagram_bytes,
                      size_t object_bytes, usec_t now);
void publish_on_lost(struct publish *p);

/* 0, ERR_LIMIT when a field is out of bounds. The caller announces it. */
int publish_put(struct publish *p, const struct track_spec *spec, usec_t now);
int publish_remove(struct publish *p, uint32_t track, usec_t now);
/* The specification of a track of mine, or NULL. */
const struct track_spec *publish_track(const struct publish *p, uint32_t track);
/* As client_send(). */
int publish_send(struct publish *p, const struct media *m, usec_t now);

void publish_on_demand(struct publish *p, const Parley__V1__Demand *d, usec_t now);
/* Somebody cannot go on without a key frame. One that is still on its way to the relay, or has just arrived there, is the answer. */
void publish_on_key_request(struct publish *p, uint32_t track, uint32_t spatial, usec_t now);
void publish_on_feedback(struct publish *p, const struct feedback *f, usec_t now);
/* A round trip was measured: after Welcome on the empty path, then by each Feedback. */
void publish_on_round_trip(struct publish *p, usec_t rtt, usec_t now);
void publish_tick(struct publish *p, usec_t now);
usec_t publish_deadline(const struct publish *p);
/* Fills a CLIENT_ENCODER: 1, or 0 when nothing changed. */
int publish_next_encoder(struct publish *p, struct client_event *e, usec_t now);
int publish_stats(const struct publish *p, uint32_t track, struct track_stats *s, usec_t now);

#endif
