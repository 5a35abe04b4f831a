/* SPDX-License-Identifier: MIT */
/* ear.h - what one receiver notices of one sender: what is missing, what came in another order, when the picture stood still; and the numbers
 * of its reports to the relay. */
#ifndef PARLEY_LOAD_EAR_H
#define PARLEY_LOAD_EAR_H

#include <stdbool.h>
#include <stdint.h>

#include "shape.h"
#include "wire/feedback.h"
#include "wire/object.h"

#define EAR_PAUSE_OBJECTS 25 /* a larger gap in a voice is somebody who did not speak, or was not among the loudest */
#define EAR_FREEZE (200 * MS) /* between two pictures that can be shown */

/* What a receiver lives through, of all senders together. */
struct ear_tally {
    uint64_t audio_objects, audio_lost, video_objects, video_lost, undecodable, reordered, freezes;
    usec_t frozen_us, frozen_max_us;
};

struct ear_layer {
    uint32_t newest, missing, objects;
    uint64_t bytes;
    usec_t newest_at;
    bool fresh; /* something came since the last report */
};

struct ear {
    uint32_t member; /* whom this is about; 0: nobody yet */
    usec_t since; /* the first object came: what was sent earlier was kept for newcomers, its age is no delay */
    struct ear_layer audio, video[SHAPE_LAYERS_MAX];
    uint8_t spatial;
    bool showing; /* a picture of `spatial` has come */
    uint32_t base; /* stamp of the newest */
    uint64_t decodable; /* bit i: frame newest - i was */
    usec_t shown_at; /* of the last picture; 0: none since the picture is wanted */
    usec_t ask_at; /* no key frame is asked for before */
};

void ear_init(struct ear *e, uint32_t member, usec_t now);
/* The picture is wanted anew, or is not to be expected for a while: the gap that follows is not a freeze. */
void ear_pause(struct ear *e);
void ear_audio(struct ear *e, const struct object_header *h, size_t len, struct ear_tally *t, usec_t now);
/* `base` is the stamp's. True: the picture cannot be decoded, a key frame should be asked for. */
bool ear_video(struct ear *e, const struct object_header *h, uint32_t base, size_t len, struct ear_tally *t, usec_t now);
/* At the end: a picture that stands still since long counts too. */
void ear_close(const struct ear *e, struct ear_tally *t, usec_t now);
/* Adds what is fresh to a report. */
void ear_report(struct ear *e, uint32_t audio_track, uint32_t video_track, struct feedback *f);

#endif
