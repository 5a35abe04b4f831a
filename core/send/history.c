/* SPDX-License-Identifier: MIT */
#include "send/history.h"

#include <string.h>

#define MISSING_BITS 32
#define SETTLED 3 /* an object is judged lost when one sent this many later has arrived */

void history_init(struct history *h) { memset(h, 0, sizeof *h); }
void history_reset(struct history *h) { history_init(h); }

void history_sent(struct history *h, uint32_t seq, uint32_t bytes, usec_t now)
{
    h->entry[h->next] = (struct history_entry){.seq = seq, .bytes = bytes, .sent = now, .spatial = h->spatial};
    h->next = (h->next + 1) % HISTORY_OBJECTS;
}

void history_sent_untimed(struct history *h, uint32_t seq, uint32_t bytes, usec_t now)
{
    history_sent(h, seq, bytes, now);
    h->entry[(h->next + HISTORY_OBJECTS - 1) % HISTORY_OBJECTS].untimed = true;
}

static struct history_entry *find(struct history *h, uint32_t spatial, uint32_t seq)
{
    for (uint32_t i = 0; i < HISTORY_OBJECTS; i++)
        if (h->entry[i].seq == seq && h->entry[i].spatial == spatial && seq != 0)
            return &h->entry[i];
    return NULL;
}

static bool arrived(const struct history_report *r, uint32_t behind)
{
    return behind == 0 || !(r->missing >> (behind - 1) & 1); /* 0: the newest itself */
}

/* Judges one object that is not newer than the newest: it arrived, or later ones did long enough ago, or it is still open, or the
 * report no longer reaches back to it. */
static void judge(struct history_entry *e, const struct history_report *r, struct delivery *d)
{
    uint32_t behind = r->newest - e->seq;
    bool told = behind <= MISSING_BITS, here = told && arrived(r, behind);
    if (told && !here && behind < SETTLED)
        return;
    e->judged = true;
    d->objects += told;
    d->lost += told && !here;
    d->bytes += here ? e->bytes : 0;
}

static void time_newest(struct history *h, const struct history_report *r, struct delivery *d)
{
    const struct history_entry *e = find(h, r->spatial, r->newest);
    if (!e || e->judged || e->untimed)
        return;
    d->timed = true;
    d->sent = e->sent;
    d->arrived = r->newest_at;
    d->object_bytes = e->bytes;
}

/* Nothing on one layer moves more than this between two reports. */
#define DELIVERED_MAX (64u * 1024 * 1024)

static void judge_all(struct history *h, const struct history_report *r, struct delivery *d)
{
    for (uint32_t i = 0; i < HISTORY_OBJECTS; i++) {
        struct history_entry *e = &h->entry[i];
        if (e->seq != 0 && !e->judged && e->spatial == r->spatial && e->seq <= r->newest)
            judge(e, r, d);
    }
}

struct delivery history_report(struct history *h, const struct history_report *r)
{
    struct delivery d = {0};
    struct history_mark *m = r->spatial < HISTORY_LAYERS ? &h->mark[r->spatial] : NULL;
    if (!m || r->newest < m->newest || r->bytes < m->bytes || !find(h, r->spatial, r->newest))
        return d;
    uint64_t more = r->bytes - m->bytes;
    time_newest(h, r, &d);
    judge_all(h, r, &d);
    if (m->any)
        d.bytes = more < DELIVERED_MAX ? (uint32_t)more : 0;
    *m = (struct history_mark){.any = true, .newest = r->newest, .bytes = r->bytes};
    return d;
}

uint32_t history_newest(const struct history *h, uint32_t spatial) { return h->mark[spatial].newest; }

usec_t history_waiting(const struct history *h, uint32_t seq)
{
    usec_t at = NEVER;
    for (uint32_t i = 0; i < HISTORY_OBJECTS; i++) {
        const struct history_entry *e = &h->entry[i];
        if (e->seq >= seq && e->seq > h->mark[e->spatial].newest)
            at = usec_min(at, e->sent);
    }
    return at;
}
