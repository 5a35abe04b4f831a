/* SPDX-License-Identifier: MIT */
/* viewer.h - what one other member sends, decoded and measured: each track of pictures and of sound. */
#ifndef PARLEY_CLI_VIEWER_H
#define PARLEY_CLI_VIEWER_H

#include <jansson.h>
#include <stdbool.h>

#include "core/session/client.h"

#define VIEWER_TRACKS 256 /* of all members together */

struct viewer;
struct viewed; /* one track */

struct viewer *viewer_new(struct client *client);
void viewer_del(struct viewer *v);

/* A track began or changed, or ended (what was measured is kept). ERR_FULL, ERR_NOMEM. */
int viewer_track(struct viewer *v, const struct member_info *member, const struct track_spec *spec);
void viewer_track_gone(struct viewer *v, uint32_t member, uint32_t track);
/* All tracks of a member. */
void viewer_member_gone(struct viewer *v, uint32_t member);
/* Asks for all pictures at `width_px`. */
void viewer_subscribe(struct viewer *v, uint32_t width_px, usec_t now);

void viewer_on_audio(struct viewer *v, const struct client_event *e, usec_t now);
/* CLIENT_SOUND: the engine holds a sound until its picture is there. */
void viewer_on_sound(struct viewer *v, const struct client_event *e);
void viewer_on_video(struct viewer *v, const struct client_event *e, usec_t now);
/* Plays 10 ms of every sound; call each 10 ms. */
void viewer_play(struct viewer *v, usec_t now);

/* When the first picture of all was shown; NEVER when there was none. */
usec_t viewer_first_picture(const struct viewer *v);
/* Everything measured, one object per track; and the same as a table for people. */
json_t *viewer_report(const struct viewer *v);
void viewer_print(const struct viewer *v);

#endif
