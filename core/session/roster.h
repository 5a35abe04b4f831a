/* SPDX-License-Identifier: MIT */
/* roster.h - who is in the meeting and what they publish, and what of that the shell has not been told yet.
 *
 * The relay's words go in (put replaces all that is known of a member, gone removes); differences come out of roster_next() as
 * changes, each told once, whatever happened meanwhile: a track that came and went between two polls is never mentioned.
 * A Welcome may be partial: the relay has more to say, or knows less than there is, for it was started anew or took over from one that
 * died. Who is not named then is missed: as before for ROSTER_DOUBT, away until ROSTER_GRACE, then gone.
 *
 * Bounded by ROSTER_MEMBERS_MAX members of WIRE_TRACKS_MAX tracks; lookups do not walk lists. */
#ifndef PARLEY_SESSION_ROSTER_H
#define PARLEY_SESSION_ROSTER_H

#include "client.h"
#include "idmap.h"
#include "parley.pb-c.h"

#define ROSTER_MEMBERS_MAX 4096
#define ROSTER_DOUBT (300 * MS)
#define ROSTER_GRACE (3 * SEC)

struct roster_member {
    struct member_info info;
    uint8_t salt[WIRE_SALT_BYTES];
    struct track_spec *track;
    uint32_t tracks;
    /* What the shell was told, and has yet to be: bit i stands for track i + 1. */
    bool told, tell, gone, reborn, queued, missed;
    uint8_t told_tracks, tell_tracks;
    uint32_t seen; /* the sync in which it was put last */
    struct roster_member *next;
};

struct roster {
    struct idmap members;
    struct roster_member *first, *last; /* those with something to tell */
    struct roster_member *grave;        /* told as gone last; freed at the next call */
    uint32_t sync;
    uint32_t present;
    usec_t missed_since; /* of all who are missed */
    usec_t due;          /* roster_tick() has something to do; NEVER */
    uint64_t refused; /* members beyond the bound, or malformed */
};

void roster_init(struct roster *r);
/* Frees all; nothing is told. */
void roster_reset(struct roster *r);

/* ERR_FULL, ERR_NOMEM, ERR_LIMIT (a field out of bounds); counted. 1 when an other person took the id: what belonged to the
 * member is void (keys, tracks); else 0. */
int roster_put(struct roster *r, const Parley__V1__Member *m);
/* True when there was such a member. */
bool roster_gone(struct roster *r, uint32_t id);
struct roster_goner {
    void (*gone)(void *ctx, uint32_t id); /* before the member goes */
    void *ctx;
};
/* Everything that is not put between the two is gone, or missed when that was not all. */
void roster_sync_begin(struct roster *r);
void roster_sync_end(struct roster *r, bool partial, const struct roster_goner *g, usec_t now);
/* When `now` has reached `due`. */
void roster_tick(struct roster *r, const struct roster_goner *g, usec_t now);

/* The member, or NULL when unknown or gone. Valid until the next put or gone. */
const struct roster_member *roster_find(const struct roster *r, uint32_t id);
const struct track_spec *roster_track(const struct roster *r, uint32_t id, uint32_t track);

/* Fills a CLIENT_MEMBER, CLIENT_GONE, CLIENT_TRACK or CLIENT_TRACK_GONE: 1, or 0 when everything was told. */
int roster_next(struct roster *r, struct client_event *e);

/* 0, or ERR_LIMIT when a field is out of bounds. */
int track_spec_read(struct track_spec *t, const Parley__V1__Track *from);

#endif
