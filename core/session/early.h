/* SPDX-License-Identifier: MIT */
/* early.h - media that overtook the relay's Welcome: a lost packet of the control stream holds that up, datagrams and runs go past it.
 *
 * A bounded few are kept until the Welcome is read, then taken as if they came now. Of one carrier at a time, the one that spoke last. */
#ifndef PARLEY_SESSION_EARLY_H
#define PARLEY_SESSION_EARLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client.h"

#define EARLY_PIECES 64
#define EARLY_BYTES (64 * 1024)

struct early_piece {
    bool is_run; /* else a datagram */
    uint64_t run;
    enum run_end end;
    size_t at, len;
};
struct early {
    uint32_t link; /* 0: nothing is kept */
    struct early_piece piece[EARLY_PIECES];
    uint32_t count, next;
    uint8_t *bytes;
    size_t used;
};

/* Copies. What does not fit is lost. */
void early_keep(struct early *e, uint32_t link, const struct early_piece *p, const uint8_t *data, size_t len);
/* The next piece of `link`, borrowed: 1, or 0 at the end; then nothing is kept any more. */
int early_next(struct early *e, uint32_t link, struct early_piece *p, const uint8_t **data);
void early_clear(struct early *e);

#endif
