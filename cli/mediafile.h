/* SPDX-License-Identifier: MIT */
/* mediafile.h - decoded frames of one stream of a file, from the beginning again at its end. The only place of libavformat. */
#ifndef PARLEY_CLI_MEDIAFILE_H
#define PARLEY_CLI_MEDIAFILE_H

#include <libavutil/frame.h>
#include <stdbool.h>

#include "base/units.h"

struct mediafile;

/* The best picture or sound stream of `path`; NULL and a sentence in `*why`. */
struct mediafile *mediafile_open(const char *path, bool sound, const char **why);
void mediafile_close(struct mediafile *f);
/* The next frame (borrowed until the next call) and its time since the beginning, which goes on over repetitions; NULL when the file
 * cannot be read any more. */
const AVFrame *mediafile_next(struct mediafile *f, usec_t *at);

#endif
