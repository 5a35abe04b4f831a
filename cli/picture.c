/* SPDX-License-Identifier: MIT */
#include "picture.h"

#include <stdlib.h>

#include "testcard.h"

int picture_next(struct picture_source *s, struct vpx_picture *out, usec_t now, int64_t unix_ms)
{
    return s->ops->next(s, out, now, unix_ms);
}

void picture_del(struct picture_source *s)
{
    if (s)
        s->ops->del(s);
}

/* ---- the test card ---- */

struct card_source {
    struct picture_source source;
    unsigned tint;
    uint16_t counter;
};

static int card_next(struct picture_source *s, struct vpx_picture *out, usec_t now, int64_t unix_ms)
{
    struct card_source *c = (struct card_source *)s;
    struct testcard_picture p = {.width_px = out->width_px,
                                 .height_px = out->height_px,
                                 .y_stride = out->y_stride,
                                 .u_stride = out->u_stride,
                                 .v_stride = out->v_stride,
                                 .y = out->y,
                                 .u = out->u,
                                 .v = out->v};
    (void)now;
    testcard_draw(&p, c->counter++, unix_ms, c->tint);
    return 1;
}

static void card_del(struct picture_source *s) { free(s); }

struct picture_source *picture_card(unsigned tint, const char **why)
{
    static const struct picture_ops ops = {card_next, card_del};
    struct card_source *c = calloc(1, sizeof *c);
    *why = "memory is short";
    if (!c)
        return NULL;
    c->source.ops = &ops;
    c->tint = tint;
    return &c->source;
}
