/* SPDX-License-Identifier: MIT */
/* feedback.h - what arrived, ten times a second: plain structs in and out of the Feedback message. Allocates nothing. */
#ifndef PARLEY_WIRE_FEEDBACK_H
#define PARLEY_WIRE_FEEDBACK_H

#include <stddef.h>
#include <stdint.h>

#define FEEDBACK_TRACKS_MAX 64 /* reports in one Feedback; a reader of more layers takes turns */

struct track_report {
    uint32_t member; /* 0: the track is the reader's own */
    uint32_t track, spatial;
    uint32_t newest;  /* highest sequence number arrived */
    uint32_t missing; /* bit i set: newest - 1 - i has not arrived */
    uint64_t newest_at_us;
    uint64_t bytes;
    uint32_t objects;
};

struct feedback {
    uint64_t clock_us;
    uint64_t echo_us, echo_delay_us;
    size_t count;
    struct track_report track[FEEDBACK_TRACKS_MAX];
};

/* Reads a Feedback; `data` begins after the kind byte. ERR_PARSE when malformed, ERR_LIMIT when too many or out of bounds. */
int feedback_parse(struct feedback *f, const uint8_t *data, size_t len);
/* Writes the kind byte and `f` with its first reports, as many as fit into `cap`; `taken` (may be NULL) is their number.
 * Bytes written, or ERR_SPACE when not even the clock fits. */
int feedback_write(uint8_t *out, size_t cap, const struct feedback *f, size_t *taken);

#endif
