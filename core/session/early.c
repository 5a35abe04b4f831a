/* SPDX-License-Identifier: MIT */
#include "early.h"

#include <stdlib.h>
#include <string.h>

void early_clear(struct early *e)
{
    free(e->bytes);
    *e = (struct early){0};
}

void early_keep(struct early *e, uint32_t link, const struct early_piece *p, const uint8_t *data, size_t len)
{
    if (e->link != link)
        early_clear(e);
    e->link = link;
    if (!e->bytes)
        e->bytes = malloc(EARLY_BYTES);
    if (!e->bytes || e->count == EARLY_PIECES || len > EARLY_BYTES - e->used)
        return;
    if (len)
        memcpy(e->bytes + e->used, data, len);
    e->piece[e->count] = *p;
    e->piece[e->count].at = e->used;
    e->piece[e->count++].len = len;
    e->used += len;
}

int early_next(struct early *e, uint32_t link, struct early_piece *p, const uint8_t **data)
{
    if (e->link != link || e->next == e->count) {
        early_clear(e);
        return 0;
    }
    *p = e->piece[e->next++];
    *data = e->bytes + p->at;
    return 1;
}
