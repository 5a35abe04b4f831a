/* SPDX-License-Identifier: MIT */
#include <libswscale/swscale.h>
#include <stdlib.h>

#include "base/err.h"
#include "mediafile.h"
#include "picture.h"
#include "scaler.h"

#define CATCH_UP 300 /* frames that may be passed over at once */

struct file_source {
    struct picture_source source;
    struct mediafile *file;
    struct SwsContext *scaler;
    const AVFrame *frame;
    usec_t at, started;
};

/* The frame whose time has come; those before it are passed over. */
static int file_next(struct picture_source *s, struct vpx_picture *out, usec_t now, int64_t unix_ms)
{
    struct file_source *f = (struct file_source *)s;
    (void)unix_ms;
    if (!f->frame)
        f->started = now;
    for (int i = 0; i < CATCH_UP && (!f->frame || f->at < now - f->started); i++) {
        f->frame = mediafile_next(f->file, &f->at);
        if (!f->frame)
            return ERR_IO;
    }
    return scaler_run(&f->scaler, f->frame, out) == 0 ? 1 : ERR_IO;
}

static void file_del(struct picture_source *s)
{
    struct file_source *f = (struct file_source *)s;
    sws_freeContext(f->scaler);
    mediafile_close(f->file);
    free(f);
}

struct picture_source *picture_file(const char *path, const char **why)
{
    static const struct picture_ops ops = {file_next, file_del};
    struct file_source *f = calloc(1, sizeof *f);
    *why = "memory is short";
    if (!f)
        return NULL;
    f->source.ops = &ops;
    f->file = mediafile_open(path, false, why);
    if (f->file)
        return &f->source;
    free(f);
    return NULL;
}
