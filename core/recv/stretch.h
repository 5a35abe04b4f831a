/* SPDX-License-Identifier: MIT */
/* stretch.h - makes sound a little shorter or longer without changing its pitch.
 *
 * One call leaves out, or repeats, one stretch of sound of the length at which the sound resembles itself most (a whole number of
 * pitch periods for a voice), and cross-fades over the joint. All samples are interleaved floats at 48 kHz; counts are per channel. */
#ifndef PARLEY_RECV_STRETCH_H
#define PARLEY_RECV_STRETCH_H

#include <stdbool.h>
#include <stddef.h>

#define STRETCH_OVERLAP 240 /* cross-fade, 5 ms */
#define STRETCH_LAG_MIN 120 /* 2.5 ms */
#define STRETCH_LAG_MAX 720 /* 15 ms */
#define STRETCH_NEEDS (STRETCH_LAG_MAX + STRETCH_OVERLAP) /* samples that must be there */

/* Shortens `data` (`count` >= STRETCH_NEEDS) in place near its start. Returns the number of samples that were left out, 0 when no length
 * resembles well enough; `urgent` accepts a worse likeness. */
size_t stretch_shrink(float *data, size_t count, unsigned channels, bool urgent);
/* Lengthens: `data` holds STRETCH_LAG_MAX samples already played, then `count` (>= STRETCH_OVERLAP) that are to come, then room for
 * STRETCH_LAG_MAX more. Returns the number of samples added to those that are to come, or 0. */
size_t stretch_grow(float *data, size_t count, unsigned channels, bool urgent);

#endif
