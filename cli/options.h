/* SPDX-License-Identifier: MIT */
/* options.h - the command line of `parley COMMAND`, read by argp. Mistakes print a sentence and end the program with 64. */
#ifndef PARLEY_CLI_OPTIONS_H
#define PARLEY_CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "call.h"
#include "codec/vpx_codec.h"

/* What every command that joins a meeting understands. */
struct options {
    const char *link, *name, *token, *cert_hash;
    enum call_transport transport;
    bool insecure, json;
    double duration_s; /* 0: until interrupted */
    /* stream */
    const char *source, *audio;
    uint32_t width_px, height_px, fps, bps, tint, temporal;
    enum vpx_kind codec;
    /* watch */
    uint32_t want_px;
};

void options_stream(struct options *o, int argc, char **argv);
void options_watch(struct options *o, int argc, char **argv);

#endif
