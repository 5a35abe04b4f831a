/* SPDX-License-Identifier: MIT */
/* peer.h - what the others send: opens their objects, gives sound out at once and pictures in order and in time, asks for key frames,
 * and notes what arrived for the next Feedback.
 *
 * A peer exists from the first object of a member until the member is gone. Objects come in from whichever transport; what cannot
 * be opened, was seen before or belongs to no known track is dropped and counted.
 *
 * Sound goes to the outbox handed in (CLIENT_AUDIO), as does CLIENT_KEYS; pictures are asked for with peers_next_video(). */
#ifndef PARLEY_SESSION_PEER_H
#define PARLEY_SESSION_PEER_H

#include "arrivals.h"
#include "crypto/keys.h"
#include "health.h"
#include "idmap.h"
#include "outbox.h"
#include "recv/jitter.h"
#include "recv/sync.h"
#include "roster.h"
#include "wire/feedback.h"
#include "wire/object.h"

#define PEERS_VIDEO_MAX 256 /* video tracks received at a time */
#define PEER_KEY_EVERY (300 * MS) /* key frames are asked for at most this often; up to 8 times rarer while none comes */
#define PEER_NAP MS /* pictures are not looked for more often */
#define PEER_PICTURE_OLD (5 * SEC) /* sound is not held for a picture that moved longer ago */
#define PEER_HOLD_STEP (4 * MS) /* the shell is told of a hold when it changed by this */

struct peer;
struct peer_track {
    struct peer *peer;
    uint32_t id;
    enum track_kind kind;
    struct arrivals layer[WIRE_LAYERS_MAX];
    struct meter received;
    uint32_t lost, late;
    usec_t arrived; /* its newest object */
    /* audio */
    struct lowest transit; /* smallest; unknown difference of clocks included */
    usec_t hold_told;
    /* video */
    struct jitter *jitter;
    struct sync sync; /* with the sound that belongs to it */
    usec_t key_asked;
    uint32_t tries; /* requests since the last key frame: each waits twice as long as the one before */
    uint32_t requests, spatial; /* spatial: of the newest object */
    bool key_needed; /* the shell said so */
    bool paused;
};
struct peer {
    uint32_t member;
    struct keyring keys;
    struct keys_health health;
    struct peer_track *track[WIRE_TRACKS_MAX];
};
struct peers {
    struct idmap by_member;
    struct peer_track *video[PEERS_VIDEO_MAX];
    size_t videos, turn; /* turn: the track whose pictures are asked for next */
    usec_t video_due, key_due; /* when to look at all of them again */
    size_t report_turn;
    struct group_secret secret; /* borrowed */
    struct keys_memory memory; /* outlives its members, for nothing is to be played twice */
    const struct roster *roster;
    struct outbox *out;
    struct health *health;
};

/* Everything handed in outlives the peers. */
void peers_init(struct peers *ps, struct group_secret secret, const struct roster *roster, struct outbox *out,
                struct health *health);
void peers_reset(struct peers *ps);

/* One object, as it came: WIRE_AUDIO or WIRE_VIDEO. */
void peers_on_object(struct peers *ps, enum wire_kind kind, const uint8_t *data, size_t len, usec_t now);
/* The member is gone, or the id is another person's now. */
void peers_on_gone(struct peers *ps, uint32_t member);
/* The member was put again: tracks that are no more, or are muted, end. */
void peers_on_put(struct peers *ps, uint32_t member);
void peers_on_forwarding(struct peers *ps, const Parley__V1__Forwarding *f);
/* The way here is a new one: what was noted for Feedback begins anew. */
void peers_on_carry(struct peers *ps);
/* As client_on_playout(); what it changes for the sound goes to the outbox (CLIENT_SOUND). */
void peers_on_playout(struct peers *ps, uint32_t member, uint32_t track, usec_t delay, usec_t now);
void peers_need_key(struct peers *ps, uint32_t member, uint32_t track, usec_t now);
/* Opens a sealed chat of `member` into `out`: its length or a negative ERR_*. */
int peers_open_chat(struct peers *ps, uint32_t member, struct sframe_text sealed, uint8_t *out, size_t cap);

/* Fills a CLIENT_VIDEO that is due: 1, or 0. */
int peers_next_video(struct peers *ps, struct client_event *e, usec_t now);
/* The next key frame to ask for: 1, or 0. Notes it as asked. */
struct key_request {
    uint32_t member, track, spatial;
};
int peers_next_key_request(struct peers *ps, struct key_request *r, usec_t now);
usec_t peers_deadline(const struct peers *ps);

/* Adds reports of what arrived since the last time, up to `max` (at most FEEDBACK_TRACKS_MAX); members take turns. */
void peers_report(struct peers *ps, struct feedback *f, size_t max);
int peers_stats(const struct peers *ps, uint32_t member, uint32_t track, struct track_stats *s, usec_t now);

#endif
