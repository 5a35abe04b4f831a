/* SPDX-License-Identifier: MIT */
#include "recv/jitter.h"

#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "recv/transit.h"

#define FREEZE (200 * MS)
#define SPATIAL_MAX 8
#define REPLAY_SHOWS (100 * MS) /* a replay that takes longer is shown as it goes */
#define CHAIN 64 /* how far back a frame may depend */

struct jitter {
    struct frame frame[JITTER_FRAMES]; /* waiting, by capture time */
    uint32_t count;
    size_t bytes;
    struct frame given; /* held until the next call */
    struct transit transit;
    usec_t hold;

    bool chained;      /* what was given last can be built upon */
    bool wants_key;
    uint32_t wants_spatial;
    uint32_t spatial, seq; /* of the frame given last */
    uint64_t given_mask;   /* bit i set: seq - i was given */
    uint32_t replay_spatial, replay_seq; /* up to there frames are old; 0: none */
    usec_t captured;       /* of the frame given last; -1 none */

    usec_t shown, interval; /* shown: -1 nothing to compare with */
    usec_t second;
    uint32_t in_second;
    struct jitter_stats stats;
};

struct jitter *jitter_new(void)
{
    struct jitter *j = calloc(1, sizeof *j);
    if (!j)
        return NULL;
    struct transit_config config = transit_video();
    transit_init(&j->transit, &config);
    j->captured = j->shown = -1;
    return j;
}

static void release_given(struct jitter *j)
{
    pkt_unref(j->given.pkt);
    j->given.pkt = NULL;
}

/* Drops the first `n` frames that wait. */
static void drop_first(struct jitter *j, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        j->bytes -= j->frame[i].len;
        pkt_unref(j->frame[i].pkt);
    }
    j->count -= n;
    memmove(j->frame, j->frame + n, j->count * sizeof j->frame[0]);
}

void jitter_del(struct jitter *j)
{
    if (!j)
        return;
    release_given(j);
    drop_first(j, j->count);
    free(j);
}

void jitter_reset(struct jitter *j)
{
    release_given(j);
    drop_first(j, j->count);
    j->chained = j->wants_key = false;
    j->captured = j->shown = -1;
}

void jitter_replay(struct jitter *j, uint32_t spatial, uint32_t seq)
{
    j->replay_spatial = spatial;
    j->replay_seq = seq;
}

static bool is_replay(const struct jitter *j, const struct frame *f)
{
    return f->spatial == j->replay_spatial && f->seq <= j->replay_seq;
}

static bool holds_key(const struct jitter *j)
{
    for (uint32_t i = 0; i < j->count; i++)
        if (j->frame[i].key)
            return true;
    return false;
}

/* The chain of references is lost; only a key frame helps. */
static void broke(struct jitter *j, uint32_t spatial)
{
    j->chained = false;
    j->wants_key = !holds_key(j);
    j->wants_spatial = spatial;
}

void jitter_broken(struct jitter *j, usec_t now)
{
    (void)now;
    release_given(j);
    broke(j, j->spatial);
}

/* ---- putting ---- */

static int check_frame(const struct frame *f)
{
    if (f->captured_us < 0 || f->captured_us > TRANSIT_CAPTURED_MAX)
        return ERR_LIMIT;
    if (!f->pkt || f->offset > f->pkt->len || f->len > f->pkt->len - f->offset || f->len > JITTER_BYTES_MAX)
        return ERR_LIMIT;
    if (f->spatial >= SPATIAL_MAX || (!f->key && (f->depends == 0 || f->depends >= f->seq)))
        return ERR_LIMIT;
    return 0;
}

static bool comes_before(const struct frame *a, const struct frame *b)
{
    return a->captured_us != b->captured_us ? a->captured_us < b->captured_us : a->seq < b->seq;
}

static bool came_twice(const struct jitter *j, const struct frame *f)
{
    for (uint32_t i = 0; i < j->count; i++)
        if (j->frame[i].seq == f->seq && j->frame[i].spatial == f->spatial)
            return true;
    return false;
}

static void insert(struct jitter *j, const struct frame *f)
{
    uint32_t i = j->count++;
    for (; i > 0 && comes_before(f, &j->frame[i - 1]); i--)
        j->frame[i] = j->frame[i - 1];
    j->frame[i] = *f;
    j->bytes += f->len;
}

static bool has_room(const struct jitter *j, const struct frame *f)
{
    return j->count < JITTER_FRAMES && j->bytes + f->len <= JITTER_BYTES_MAX;
}

/* Too much waits: goes on at the newest key frame, or empties. */
static void make_room(struct jitter *j, const struct frame *f)
{
    uint32_t key = j->count;
    while (key > 0 && !j->frame[key - 1].key)
        key--;
    uint32_t before = key > 1 ? key - 1 : j->count;
    j->stats.dropped += before;
    drop_first(j, before);
    if (!has_room(j, f)) {
        j->stats.dropped += j->count;
        drop_first(j, j->count);
    }
    broke(j, f->spatial);
}

static void note_transit(struct jitter *j, const struct frame *f, usec_t now)
{
    uint32_t restarts = transit_restarts(&j->transit);
    transit_put(&j->transit, f->captured_us, now);
    if (restarts == transit_restarts(&j->transit))
        return;
    jitter_reset(j);
    j->stats.restarts++;
}

/* The relay's memory of another layer begins before what was shown last: what waits of the layer that was left is in its way. */
static void go_back(struct jitter *j, const struct frame *f)
{
    if (!f->key || f->captured_us > j->captured || f->spatial == j->spatial)
        return;
    drop_first(j, j->count);
    j->chained = false;
    j->captured = f->captured_us - 1;
}

/* All but the reference. */
static int put(struct jitter *j, const struct frame *frame, usec_t now)
{
    struct frame f = *frame;
    int err = check_frame(&f);
    if (err)
        return err;
    if (is_replay(j, &f))
        go_back(j, &f);
    else
        note_transit(j, &f, now);
    if (f.captured_us <= j->captured || came_twice(j, &f)) {
        j->stats.late++;
        return ERR_LATE;
    }
    bool full = !has_room(j, &f);
    if (full)
        make_room(j, &f);
    f.arrived = now;
    insert(j, &f);
    if (f.key)
        j->wants_key = false;
    else if (!j->chained)
        broke(j, f.spatial);
    return full ? ERR_FULL : 0;
}

int jitter_put(struct jitter *j, const struct frame *frame, usec_t now)
{
    release_given(j);
    int err = put(j, frame, now);
    if (err && err != ERR_FULL)
        pkt_unref(frame->pkt);
    return err;
}

/* ---- giving ---- */

static usec_t held(const struct jitter *j) { return usec_max(transit_target(&j->transit), j->hold); }

static usec_t due(const struct jitter *j, const struct frame *f) { return f->captured_us + transit_base(&j->transit) + held(j); }

/* When it is to be given. */
static usec_t give_at(const struct jitter *j, const struct frame *f)
{
    return is_replay(j, f) ? f->arrived : due(j, f) - JITTER_LEAD;
}

static bool decodable(const struct jitter *j, const struct frame *f)
{
    if (f->key)
        return true;
    if (!j->chained || f->spatial != j->spatial || f->seq <= j->seq)
        return false;
    uint32_t needs = f->seq - f->depends;
    return needs <= j->seq && j->seq - needs < CHAIN && (j->given_mask >> (j->seq - needs) & 1);
}

/* Index of the first frame that can be decoded, or count. */
static uint32_t first_decodable(const struct jitter *j)
{
    uint32_t i = 0;
    while (i < j->count && !decodable(j, &j->frame[i]))
        i++;
    return i;
}

/* Gives up frames whose reference did not come, unless a later frame can do without it: then they are passed over. */
static void drop_hopeless(struct jitter *j, usec_t now)
{
    while (j->count && first_decodable(j) == j->count && now >= due(j, &j->frame[0]) + JITTER_GIVE_UP) {
        bool mine = j->frame[0].spatial == j->spatial;
        uint32_t spatial = j->frame[0].spatial;
        j->stats.dropped++;
        drop_first(j, 1);
        if (mine)
            broke(j, spatial);
    }
}

static bool follows(const struct jitter *j, const struct frame *f) { return f->spatial == j->spatial && f->seq > j->seq; }

/* A picture that stood until `until` beyond what the sender's own pace explains. */
static void count_freeze(const struct jitter *j, struct jitter_stats *s, usec_t until)
{
    usec_t beyond = until - j->shown - j->interval;
    if (j->shown < 0 || beyond <= FREEZE)
        return;
    s->freezes++;
    s->frozen_ms += (uint32_t)(beyond / MS);
}

static void count_second(struct jitter *j, usec_t now)
{
    if (now - j->second >= SEC) {
        j->stats.fps_x10 = (uint32_t)(j->in_second * 10 * SEC / (now - j->second));
        j->second = now;
        j->in_second = 0;
    }
    j->in_second++;
}

static void count_shown(struct jitter *j, const struct frame *f, usec_t now)
{
    if (follows(j, f))
        j->interval = (f->captured_us - j->captured) / (f->seq - j->seq);
    usec_t shown = usec_max(f->due, now);
    count_freeze(j, &j->stats, shown);
    if (f->key && !j->chained && follows(j, f) && j->shown >= 0)
        j->stats.lost += f->seq - j->seq - 1;
    j->shown = shown;
    count_second(j, now);
}

static void count_given(struct jitter *j, const struct frame *f, usec_t now)
{
    j->stats.given++;
    j->stats.key_frames += f->key;
    if (f->key) {
        j->stats.width_px = f->width_px;
        j->stats.height_px = f->height_px;
    }
    if (!f->hidden)
        count_shown(j, f, now);
}

static void chain(struct jitter *j, const struct frame *f)
{
    uint32_t ahead = f->key ? CHAIN : f->seq - j->seq;
    j->given_mask = (ahead < CHAIN ? j->given_mask << ahead : 0) | 1;
    j->chained = true;
    j->spatial = f->spatial;
    j->seq = f->seq;
    j->captured = f->captured_us;
}

/* Takes frame `i` out of those that wait; what is older is passed over. */
static const struct frame *give(struct jitter *j, uint32_t i, usec_t now)
{
    struct frame *f = &j->given;
    if (j->frame[i].key && i > 0) /* something needed never came */
        j->chained = false;
    j->stats.dropped += i;
    drop_first(j, i);
    *f = j->frame[0];
    pkt_ref(f->pkt);
    f->due = is_replay(j, f) ? now : due(j, f);
    f->hidden = is_replay(j, f) && f->seq < j->replay_seq && j->shown >= 0 && now - j->shown < REPLAY_SHOWS;
    drop_first(j, 1);
    count_given(j, f, now);
    chain(j, f);
    return f;
}

const struct frame *jitter_next(struct jitter *j, usec_t now)
{
    release_given(j);
    drop_hopeless(j, now);
    uint32_t i = first_decodable(j);
    if (i == j->count || now < give_at(j, &j->frame[i]))
        return NULL;
    return give(j, i, now);
}

/* When the wait for the reference of the first frame becomes a freeze. */
static usec_t patience_ends(const struct jitter *j) { return due(j, &j->frame[0]) + JITTER_PATIENCE; }

usec_t jitter_deadline(const struct jitter *j, usec_t now)
{
    if (j->count == 0)
        return NEVER;
    uint32_t i = first_decodable(j);
    if (i < j->count)
        return give_at(j, &j->frame[i]);
    return patience_ends(j) > now ? patience_ends(j) : due(j, &j->frame[0]) + JITTER_GIVE_UP;
}

bool jitter_wants_key(const struct jitter *j, uint32_t *spatial, usec_t now)
{
    *spatial = j->wants_spatial;
    if (j->wants_key || j->count == 0 || first_decodable(j) < j->count)
        return j->wants_key;
    *spatial = j->frame[j->count - 1].spatial;
    return now >= patience_ends(j);
}

void jitter_hold(struct jitter *j, usec_t hold) { j->hold = usec_min(hold, JITTER_HOLD_MAX); }
usec_t jitter_base(const struct jitter *j) { return transit_base(&j->transit); }
usec_t jitter_target(const struct jitter *j) { return transit_target(&j->transit); }

void jitter_stats(const struct jitter *j, struct jitter_stats *s, usec_t now)
{
    *s = j->stats;
    s->jitter_us = (uint32_t)transit_spread(&j->transit, 950);
    s->target_us = (uint32_t)held(j);
    uint32_t spatial;
    if (jitter_wants_key(j, &spatial, now)) /* a freeze that still lasts */
        count_freeze(j, s, now);
    if (now - j->second > 2 * SEC)
        s->fps_x10 = 0;
}
