/* SPDX-License-Identifier: MIT */
#include "cluster_kit.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"

/* ---- the carrier ---- */

static void send(struct cluster *c, uint32_t from, uint32_t to, const struct relay_frame *f)
{
    struct cluster_link *l = &c->link[from][to];
    CHECK(to < c->count && to != from);
    l->frames++;
    l->media += f->media;
    if (l->cut)
        return;
    if (l->lose && !f->media) {
        l->lose--;
        l->gap = true;
        return;
    }
    CHECK(c->flying_count < CLUSTER_FLYING);
    c->flying[c->flying_count++] = (struct cluster_frame){pkt_ref(f->pkt), from, to, c->now + l->delay};
}

static void collect(struct cluster *c)
{
    for (uint32_t at = 0; at < c->count; at++) {
        struct relay_frame f;
        if (!c->kit[at].r)
            continue;
        kit_drain(&c->kit[at]);
        while (relay_take_frame(c->kit[at].r, &f)) {
            CHECK(f.to_count > 0);
            for (uint32_t i = 0; i < f.to_count; i++)
                send(c, at, f.to[i], &f);
            pkt_unref(f.pkt);
        }
    }
}

/* From memory of its very size, so that a sanitizer sees a read beyond its end. */
static void deliver(struct cluster *c, const struct cluster_frame *f)
{
    struct relay *r = c->kit[f->to].r;
    struct cluster_link *l = &c->link[f->from][f->to];
    if (r && l->gap)
        relay_on_gap(r, f->from, c->now);
    l->gap = false;
    uint8_t *copy = malloc(f->pkt->len);
    memcpy(copy, f->pkt->data, f->pkt->len);
    if (r && !l->cut)
        relay_on_frame(r, f->from, copy, f->pkt->len, c->now);
    free(copy);
    pkt_unref(f->pkt);
}

static usec_t next_due(const struct cluster *c)
{
    usec_t due = NEVER;
    for (uint32_t i = 0; i < c->flying_count; i++)
        due = usec_min(due, c->flying[i].due);
    for (uint32_t at = 0; at < c->count; at++)
        if (c->kit[at].r)
            due = usec_min(due, relay_deadline(c->kit[at].r));
    return due;
}

static void set_clock(struct cluster *c, usec_t now)
{
    c->now = usec_max(c->now, now);
    for (uint32_t at = 0; at < c->count; at++)
        c->kit[at].now = c->now;
}

static void step(struct cluster *c)
{
    for (uint32_t i = 0; i < c->flying_count;) {
        struct cluster_frame f = c->flying[i];
        if (f.due > c->now) {
            i++;
            continue;
        }
        c->flying_count--;
        memmove(&c->flying[i], &c->flying[i + 1], (c->flying_count - i) * sizeof(f));
        deliver(c, &f);
    }
    for (uint32_t at = 0; at < c->count; at++)
        if (c->kit[at].r)
            relay_tick(c->kit[at].r, c->now);
}

void cluster_run(struct cluster *c, usec_t duration)
{
    usec_t end = c->now + duration;
    for (collect(c); next_due(c) <= end; collect(c)) {
        set_clock(c, next_due(c));
        step(c);
    }
    set_clock(c, end);
}

void cluster_settle(struct cluster *c)
{
    collect(c);
    while (c->flying_count)
        cluster_run(c, MS);
}

/* ---- relays ---- */

static void start(struct cluster *c, uint32_t at, uint8_t seed)
{
    struct relay_place place = {.shard = at, .bits = CLUSTER_BITS};
    c->kit[at] = kit_new_seeded(NULL, seed);
    c->kit[at].now = c->now;
    relay_set_place(c->kit[at].r, &place);
    relay_set_seal(c->kit[at].r, c->seal, 1000);
}

static void tell(struct cluster *c, uint32_t at, uint32_t of, bool up)
{
    if (c->kit[at].r)
        relay_on_shard(c->kit[at].r, of, up, c->now);
}

struct cluster *cluster_new(uint32_t count, usec_t delay)
{
    struct cluster *c = calloc(1, sizeof(*c));
    c->count = count;
    c->now = 1000 * SEC;
    for (uint32_t at = 0; at < count; at++)
        start(c, at, (uint8_t)(10 + at));
    for (uint32_t a = 0; a < count; a++)
        for (uint32_t b = 0; b < count; b++) {
            c->link[a][b].delay = delay;
            if (a != b)
                tell(c, a, b, true);
        }
    return c;
}

void cluster_del(struct cluster *c)
{
    for (uint32_t i = 0; i < c->flying_count; i++)
        pkt_unref(c->flying[i].pkt);
    for (uint32_t at = 0; at < c->count; at++)
        if (c->kit[at].r)
            kit_del(&c->kit[at]);
    free(c);
}

uint32_t cluster_rejoin(struct cluster *c, uint32_t at, uint64_t sid, const char *meeting, const uint8_t *resume)
{
    struct kit *k = &c->kit[at];
    kit_rejoin(k, sid, RELAY_WEBTRANSPORT, meeting, resume);
    for (usec_t end = c->now + 400 * MS; !k->in[sid].member && !k->in[sid].refused[0] && c->now < end;)
        cluster_run(c, MS);
    return k->in[sid].member;
}

uint32_t cluster_join(struct cluster *c, uint32_t at, uint64_t sid, const char *meeting)
{
    return cluster_rejoin(c, at, sid, meeting, NULL);
}

void cluster_part(struct cluster *c, uint32_t a, uint32_t b, bool up)
{
    c->link[a][b].cut = c->link[b][a].cut = !up;
    tell(c, a, b, up);
    tell(c, b, a, up);
}

void cluster_kill(struct cluster *c, uint32_t at)
{
    kit_del(&c->kit[at]);
    c->kit[at].r = NULL;
    for (uint32_t i = 0; i < c->flying_count;) {
        if (c->flying[i].from != at && c->flying[i].to != at) {
            i++;
            continue;
        }
        pkt_unref(c->flying[i].pkt);
        c->flying_count--;
        memmove(&c->flying[i], &c->flying[i + 1], (c->flying_count - i) * sizeof(c->flying[i]));
    }
    for (uint32_t other = 0; other < c->count; other++)
        if (other != at)
            tell(c, other, at, false);
}

void cluster_restart(struct cluster *c, uint32_t at, uint8_t seed)
{
    start(c, at, seed);
    for (uint32_t other = 0; other < c->count; other++)
        if (other != at) {
            tell(c, other, at, true);
            tell(c, at, other, c->kit[other].r != NULL);
        }
}

uint32_t cluster_frames(const struct cluster *c)
{
    uint32_t sum = 0;
    for (uint32_t a = 0; a < c->count; a++)
        for (uint32_t b = 0; b < c->count; b++)
            sum += c->link[a][b].frames;
    return sum;
}
