/* SPDX-License-Identifier: MIT */
/* sound.h - where sound comes from: beeps (beep.h) or a file, over and over. 48 kHz, one channel. */
#ifndef PARLEY_CLI_SOUND_H
#define PARLEY_CLI_SOUND_H

#include <stddef.h>
#include <stdint.h>

struct sound_source;

struct sound_source *sound_beeps(const char **why);
/* NULL and a sentence in `*why`. */
struct sound_source *sound_file(const char *path, const char **why);
/* Writes `count` samples of which the first is made at `unix_us`; zeros when the file cannot be read any more. */
void sound_next(struct sound_source *s, float *out, size_t count, int64_t unix_us);
void sound_del(struct sound_source *s);

#endif
