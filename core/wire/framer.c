/* SPDX-License-Identifier: MIT */
#include "wire/framer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/err.h"

#define FIRST_BYTES 256         /* what is reserved when the first byte of a spanning message comes */
#define KEEP_BYTES (16 * 1024)  /* memory kept from one spanning message to the next */
#define PREFIX_MAX 8            /* bytes of a varint */

void framer_init(struct framer *f, size_t max, bool run) { *f = (struct framer){.max = max, .kind_due = run}; }

void framer_free(struct framer *f)
{
    free(f->held);
    framer_init(f, f->max, f->kind_due);
}

uint8_t framer_kind(const struct framer *f) { return f->kind; }
size_t framer_pending(const struct framer *f) { return (f->given ? 0 : f->len) + (size_t)(f->end - f->at); }
size_t framer_memory(const struct framer *f) { return f->cap; }

static size_t left(const struct framer *f) { return (size_t)(f->end - f->at); }

/* The message given last is done with; a large buffer goes with it. */
static void release(struct framer *f)
{
    if (!f->given)
        return;
    f->given = false;
    f->len = 0;
    if (f->cap > KEEP_BYTES) {
        free(f->held);
        f->held = NULL;
        f->cap = 0;
    }
}

void framer_feed(struct framer *f, const uint8_t *data, size_t len)
{
    assert(left(f) == 0 || f->broken);
    f->at = data;
    f->end = len ? data + len : data;
    if (f->kind_due && len) {
        f->kind_due = false;
        f->kind = *f->at++;
    }
}

/* Makes room for `need` bytes, of which at most twice as many as have come. */
static int grow(struct framer *f, size_t need, size_t most)
{
    size_t cap = f->cap ? f->cap : FIRST_BYTES;
    while (cap < need)
        cap *= 2;
    cap = cap > most && most >= need ? most : cap;
    if (cap <= f->cap)
        return 0;
    uint8_t *held = realloc(f->held, cap);
    if (!held)
        return ERR_NOMEM;
    f->held = held;
    f->cap = cap;
    return 0;
}

/* Moves up to `n` bytes of the piece behind those held. */
static int hold(struct framer *f, size_t n)
{
    n = n < left(f) ? n : left(f);
    if (!n)
        return 0;
    int err = grow(f, f->len + n, f->max + PREFIX_MAX);
    if (err)
        return err;
    memcpy(f->held + f->len, f->at, n);
    f->len += n;
    f->at += n;
    return 0;
}

/* Size of prefix and message when `data` begins with a whole prefix: 1; 0: more is needed; ERR_LIMIT. */
static int measure(const struct framer *f, const uint8_t *data, size_t len, size_t *prefix, size_t *whole)
{
    struct reader r = reader_of(data, len);
    uint64_t body = read_varint(&r);
    if (reader_ok(&r))
        return 0;
    if (body > f->max)
        return ERR_LIMIT;
    *prefix = len - reader_left(&r);
    *whole = *prefix + (size_t)body;
    return 1;
}

/* A message that began in an earlier piece. */
static int next_held(struct framer *f, struct framed *msg)
{
    size_t prefix, whole;
    int known;
    while (!(known = measure(f, f->held, f->len, &prefix, &whole)) && left(f)) {
        int err = hold(f, 1);
        if (err)
            return err;
    }
    if (known <= 0)
        return known;
    int err = hold(f, whole - f->len);
    if (err || f->len < whole)
        return err;
    f->given = true;
    *msg = (struct framed){f->held + prefix, whole - prefix};
    return 1;
}

/* A message that lies whole in the piece; else what there is of it is held. */
static int next_whole(struct framer *f, struct framed *msg)
{
    size_t prefix, whole;
    int known = left(f) ? measure(f, f->at, left(f), &prefix, &whole) : 0;
    if (known < 0)
        return known;
    if (!known || left(f) < whole)
        return hold(f, left(f));
    *msg = (struct framed){f->at + prefix, whole - prefix};
    f->at += whole;
    return 1;
}

int framer_next(struct framer *f, struct framed *msg)
{
    if (f->broken)
        return f->broken;
    release(f);
    int n = f->len ? next_held(f, msg) : next_whole(f, msg);
    if (n < 0)
        f->broken = n;
    return n;
}
