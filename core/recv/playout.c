/* SPDX-License-Identifier: MIT */
#include "recv/playout.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "recv/packets.h"
#include "recv/stretch.h"
#include "recv/transit.h"

#define CHANNELS_MAX 2
#define ROOM (PLAYOUT_PACKET_SAMPLES + 2 * PLAYOUT_BLOCK + STRETCH_LAG_MAX) /* decoded samples that can wait */
#define BLOCK_MS 10
#define OPUS_STEP 120 /* opus makes up sound in multiples of 2.5 ms */
#define USUAL (20 * MS)             /* length of a packet */
#define SEQ_JUMP 3000               /* further than this from what is expected (a minute): the sender restarted */
#define FADE_FROM (60 * MS)         /* concealment is whole up to here, */
#define FADE_TO (120 * MS)          /* silence from here */
#define FADE_IN 240                 /* samples */
#define MEANT_GAP (40 * MS)         /* numbers go on and time jumps by this: silence that was meant */
#define LONG_GAP (150 * MS)         /* a loss longer than this is not bridged */
#define SAME (5 * MS)               /* times this near are the same */
#define SLOW_DOWN (2 * MS)          /* the delay is this much below the target: stretch */
#define SPEED_UP (10 * MS)          /* this much above: shrink */
#define HURRY (40 * MS)             /* this far off: stretch or shrink more often, and accept what may be heard */
#define SKIP (250 * MS)             /* this far above: leave packets out */
#define CORRECT_EVERY (100 * MS)
#define CORRECT_URGENT (40 * MS)
#define HOLD_MAX (500 * MS)
#define WATCH 50                    /* pulls over which the least delay is taken: 500 ms */
#define FEC_FROM 15                 /* permille lost from which it pays to wait for the packet after */
#define FEC_TO 5

enum mode {
    MODE_SILENT,  /* waits for a packet to become due */
    MODE_PLAYING, /* each packet follows the one before */
    MODE_WAITING, /* the next one has not come: conceals, and may still play it */
};

struct playout {
    struct playout_decoder decoder;
    unsigned channels;
    struct transit transit;
    struct packets packets;
    enum mode mode;
    bool numbered;       /* `next` holds */
    uint32_t next;       /* number of the packet to play next */
    usec_t end;          /* capture time at the end of what is decoded */
    usec_t waited;       /* sound made up since `end` in MODE_WAITING */
    usec_t quiet;        /* since the next packet was missed; */
    uint64_t quiet_counted_ms; /* of it already in concealed_ms */
    bool comfort;        /* the last packet said: silence follows */
    usec_t hold;
    double loss_permille;
    bool waits_for_fec;

    usec_t watch[WATCH]; /* delay at each pull, less `shift` */
    uint32_t watched;
    usec_t shift;        /* change of delay by what was stretched, shrunk, skipped, waited */
    usec_t corrected;
    usec_t delay;

    /* STRETCH_LAG_MAX samples already played, then `count` to come */
    float sound[(STRETCH_LAG_MAX + ROOM) * CHANNELS_MAX];
    size_t count;
    struct playout_stats stats;
    uint64_t stretched, shrunk; /* samples */
};

static usec_t time_of(uint64_t samples) { return (usec_t)samples * SEC / PLAYOUT_HZ; }
/* In steps that opus can make up, at least one. */
static size_t samples_of(usec_t time)
{
    size_t steps = (size_t)(usec_max(0, time) * PLAYOUT_HZ / SEC + OPUS_STEP / 2) / OPUS_STEP;
    return (steps ? steps : 1) * OPUS_STEP;
}

struct playout *playout_new(const struct playout_decoder *decoder, unsigned channels)
{
    assert(channels >= 1 && channels <= CHANNELS_MAX && decoder->decode && decoder->conceal);
    struct playout *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    p->decoder = *decoder;
    p->channels = channels;
    playout_reset(p);
    return p;
}

void playout_del(struct playout *p) { free(p); }

static void go_silent(struct playout *p)
{
    p->mode = MODE_SILENT;
    p->waited = FADE_TO; /* what comes next fades in */
    p->watched = 0;
    p->shift = 0;
}

/* Forgets what the sender was doing, not what it played. */
static void begin_anew(struct playout *p)
{
    packets_clear(&p->packets);
    p->numbered = p->comfort = false;
    p->quiet = 0;
    p->quiet_counted_ms = 0;
    go_silent(p);
}

void playout_reset(struct playout *p)
{
    struct transit_config config = transit_audio();
    transit_init(&p->transit, &config);
    begin_anew(p);
    p->count = 0;
    memset(p->sound, 0, sizeof p->sound);
}

void playout_hold(struct playout *p, usec_t hold) { p->hold = usec_max(0, usec_min(hold, HOLD_MAX)); }

static usec_t own_target(const struct playout *p) { return transit_target(&p->transit) + (p->waits_for_fec ? USUAL : 0); }
static usec_t target(const struct playout *p) { return own_target(p) + p->hold; }

/* ---- putting ---- */

static bool restarted(struct playout *p, uint32_t seq, usec_t captured_us, usec_t now)
{
    uint32_t before = transit_restarts(&p->transit);
    transit_put(&p->transit, captured_us, now);
    int32_t jump = p->numbered ? (int32_t)(seq - p->next) : 0;
    return before != transit_restarts(&p->transit) || jump > SEQ_JUMP || jump < -SEQ_JUMP;
}

int playout_put(struct playout *p, uint32_t seq, usec_t captured_us, uint32_t duration_us, const uint8_t *data, size_t len,
                usec_t now)
{
    if (len == 0 || len > PLAYOUT_PACKET_BYTES || duration_us > 60 * MS || captured_us < 0 || captured_us > TRANSIT_CAPTURED_MAX)
        return ERR_LIMIT;
    if (restarted(p, seq, captured_us, now)) {
        begin_anew(p);
        p->stats.restarts++;
    }
    if (p->numbered && (int32_t)(seq - p->next) < 0) {
        p->stats.late++;
        return ERR_LATE;
    }
    struct packet packet = {
        .seq = seq, .duration_us = duration_us ? duration_us : (uint32_t)USUAL, .captured_us = captured_us, .len = (uint32_t)len};
    int err = packets_put(&p->packets, &packet, data);
    if (err)
        p->stats.duplicates++;
    else
        p->stats.packets++;
    return err;
}

/* ---- making sound ---- */

static float *tail(struct playout *p) { return p->sound + (STRETCH_LAG_MAX + p->count) * p->channels; }
static size_t room(const struct playout *p)
{
    size_t left = ROOM - STRETCH_LAG_MAX - p->count;
    return left < PLAYOUT_PACKET_SAMPLES ? left : PLAYOUT_PACKET_SAMPLES;
}

static void append_zeros(struct playout *p, size_t samples)
{
    memset(tail(p), 0, samples * p->channels * sizeof(float));
    p->count += samples;
}

/* What the decoder makes up; zeros where it fails. */
static void append_concealed(struct playout *p, size_t samples)
{
    int made = p->decoder.conceal(p->decoder.ctx, tail(p), (int)samples);
    if (made != (int)samples)
        memset(tail(p), 0, samples * p->channels * sizeof(float));
    p->count += samples;
}

/* Ramps the first `samples` of the last `count` from `from` to `to`. */
static void ramp(struct playout *p, size_t count, size_t samples, float from, float to)
{
    float *s = tail(p) - count * p->channels;
    for (size_t i = 0; i < samples; i++)
        for (unsigned c = 0; c < p->channels; c++)
            s[i * p->channels + c] *= from + (to - from) * (float)i / (float)samples;
}

static float loudness_after(usec_t waited)
{
    if (waited <= FADE_FROM)
        return 1;
    return waited >= FADE_TO ? 0 : (float)(FADE_TO - waited) / (float)(FADE_TO - FADE_FROM);
}

static void count_loss(struct playout *p, bool lost)
{
    p->stats.lost += lost;
    p->loss_permille += ((lost ? 1000 : 0) - p->loss_permille) / 200;
    if (p->loss_permille > FEC_FROM)
        p->waits_for_fec = p->decoder.decode_fec != NULL;
    else if (p->loss_permille < FEC_TO)
        p->waits_for_fec = false;
}

/* ---- what comes next ---- */

/* Delay, beyond the smallest transit, of the first sample to come. */
static usec_t delay_now(const struct playout *p, usec_t now)
{
    return now - transit_base(&p->transit) - p->end + time_of(p->count);
}

static void play(struct playout *p, const struct packet *packet)
{
    bool faded = p->mode != MODE_PLAYING && loudness_after(p->waited) < 1;
    int made = p->decoder.decode(p->decoder.ctx, packets_data(&p->packets, packet), packet->len, tail(p), (int)room(p));
    if (made <= 0 || (size_t)made > room(p)) {
        p->stats.decode_errors++;
        made = (int)samples_of(packet->duration_us);
        append_concealed(p, (size_t)made);
    } else {
        p->count += (size_t)made;
    }
    if (faded)
        ramp(p, (size_t)made, FADE_IN < made ? FADE_IN : (size_t)made, loudness_after(p->waited), 1);
    p->end = packet->captured_us + time_of((size_t)made);
    p->comfort = packet->len <= PLAYOUT_DTX_BYTES;
    p->next = packet->seq + 1;
    p->mode = MODE_PLAYING;
    p->waited = p->quiet = 0;
    p->quiet_counted_ms = 0;
    packets_forget(&p->packets, p->next);
    count_loss(p, false);
}

/* Sound for packets that are lost although later ones are here: from the next one's FEC data, or made up. */
static void bridge(struct playout *p, const struct packet *after)
{
    uint32_t missing = after->seq - p->next;
    usec_t left = usec_max(SAME, after->captured_us - p->end - p->waited), part = missing > 1 ? usec_min(left, USUAL) : left;
    int made = ERR_UNSUPPORTED;
    if (missing == 1 && p->decoder.decode_fec)
        made = p->decoder.decode_fec(p->decoder.ctx, packets_data(&p->packets, after), after->len, tail(p),
                                     (int)samples_of(after->duration_us));
    if (made > 0) {
        p->count += (size_t)made;
        p->stats.recovered_ms += (uint64_t)(time_of((size_t)made) / MS);
    } else {
        append_concealed(p, samples_of(part));
        p->stats.concealed_ms += (uint64_t)(part / MS);
    }
    p->end = missing == 1 ? after->captured_us : p->end + p->waited + part;
    p->waited = 0;
    p->mode = MODE_PLAYING;
    p->next++;
    count_loss(p, true);
}

static void give_up_lost(struct playout *p, uint32_t next)
{
    for (uint32_t i = 0; p->next != next; p->next++, i++)
        if (i < 1000)
            count_loss(p, true);
}

/* Nothing is here to be played: makes up sound that fades; after that, silence. */
static void wait_on(struct playout *p)
{
    p->mode = MODE_WAITING;
    append_concealed(p, PLAYOUT_BLOCK);
    usec_t before = p->waited;
    p->waited += time_of(PLAYOUT_BLOCK);
    p->quiet = p->waited;
    ramp(p, PLAYOUT_BLOCK, PLAYOUT_BLOCK, loudness_after(before), loudness_after(p->waited));
    p->stats.concealed_ms += BLOCK_MS;
    p->quiet_counted_ms += BLOCK_MS;
    if (p->waited >= FADE_TO)
        go_silent(p);
}

static void stay_silent(struct playout *p)
{
    if (p->comfort)
        append_concealed(p, PLAYOUT_BLOCK);
    else
        append_zeros(p, PLAYOUT_BLOCK);
    if (p->numbered)
        p->quiet += time_of(PLAYOUT_BLOCK);
}

/* How much of the silence so far was the sender's: time that went on without numbers going on. */
static void settle_quiet(struct playout *p, const struct packet *packet)
{
    if (!p->numbered)
        return;
    usec_t lost = (usec_t)(packet->seq - p->next) * USUAL;
    usec_t meant = usec_max(0, usec_min(packet->captured_us - p->end - lost, p->quiet));
    if (meant + 2 * USUAL >= p->quiet)
        meant = p->quiet;
    p->stats.silent_ms += (uint64_t)(meant / MS);
    p->stats.concealed_ms += (uint64_t)((p->quiet - meant) / MS) - p->quiet_counted_ms;
}

static bool is_due(const struct playout *p, const struct packet *packet, usec_t now)
{
    return now - transit_base(&p->transit) - packet->captured_us >= target(p);
}

/* Ends the silence with the latest packet that is due; those before it are too old. */
static bool try_begin(struct playout *p, usec_t now)
{
    const struct packet *first = p->numbered ? packets_from(&p->packets, p->next) : packets_earliest(&p->packets), *after;
    if (!first || !is_due(p, first, now))
        return false;
    settle_quiet(p, first);
    if (p->numbered)
        give_up_lost(p, first->seq);
    while ((after = packets_from(&p->packets, first->seq + 1)) && is_due(p, after, now)) {
        p->stats.skipped_ms += first->duration_us / MS;
        first = after;
    }
    p->numbered = true;
    play(p, first);
    return true;
}

/* Far behind: leaves out packets that nobody would miss more than the delay. */
static const struct packet *skip_ahead(struct playout *p, const struct packet *packet, usec_t now)
{
    const struct packet *after;
    while (now - transit_base(&p->transit) - packet->captured_us > target(p) + SKIP &&
           (after = packets_find(&p->packets, packet->seq + 1))) {
        p->stats.skipped_ms += packet->duration_us / MS;
        packet = after;
    }
    return packet;
}

/* Silence that the sender meant, or a loss too long to be bridged. */
static bool pauses(const struct playout *p, const struct packet *packet, usec_t gap)
{
    if (!packet)
        return p->comfort;
    return packet->seq == p->next ? gap >= MEANT_GAP : gap > LONG_GAP;
}

static void go_on(struct playout *p, usec_t now)
{
    const struct packet *packet = packets_from(&p->packets, p->next);
    usec_t gap = packet ? packet->captured_us - p->end : 0;
    if (pauses(p, packet, gap))
        go_silent(p);
    else if (!packet)
        wait_on(p);
    else if (packet->seq == p->next)
        play(p, skip_ahead(p, packet, now));
    else if (gap - p->waited >= SAME)
        bridge(p, packet);
    else {
        give_up_lost(p, packet->seq);
        play(p, packet);
    }
}

/* ---- keeping the delay ---- */

static void watch(struct playout *p, usec_t now)
{
    p->watch[p->watched++ % WATCH] = delay_now(p, now) - p->shift;
    p->delay = delay_now(p, now);
}

static usec_t least_delay(const struct playout *p)
{
    usec_t least = NEVER;
    for (uint32_t i = 0; i < p->watched && i < WATCH; i++)
        least = usec_min(least, p->watch[i]);
    return least + p->shift;
}

static void correct(struct playout *p, usec_t now)
{
    if (p->mode != MODE_PLAYING || p->watched == 0)
        return;
    usec_t off = least_delay(p) - target(p);
    bool urgent = off > HURRY || off < -HURRY / 2;
    if (now - p->corrected < (urgent ? CORRECT_URGENT : CORRECT_EVERY))
        return;
    float *data = p->sound;
    size_t lag = 0;
    if (off > SPEED_UP) {
        lag = stretch_shrink(data + STRETCH_LAG_MAX * p->channels, p->count, p->channels, urgent);
        p->count -= lag;
        p->shrunk += lag;
    } else if (off < -SLOW_DOWN) {
        lag = stretch_grow(data, p->count, p->channels, urgent);
        p->count += lag;
        p->stretched += lag;
    }
    if (lag)
        p->corrected = now;
}

/* ---- pulling ---- */

/* Adds at least one sample to what is to come. */
static void produce(struct playout *p, usec_t now)
{
    usec_t before = delay_now(p, now);
    if (p->mode != MODE_SILENT)
        go_on(p, now);
    if (p->mode == MODE_SILENT && p->count < PLAYOUT_BLOCK) {
        if (!try_begin(p, now))
            stay_silent(p);
        return;
    }
    correct(p, now);
    p->shift += delay_now(p, now) - before;
}

static bool any_sound(const float *s, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (s[i] != 0)
            return true;
    return false;
}

bool playout_pull(struct playout *p, float *out, usec_t now)
{
    if (p->mode != MODE_SILENT)
        watch(p, now);
    while (p->count < PLAYOUT_BLOCK)
        produce(p, now);
    float *first = p->sound + STRETCH_LAG_MAX * p->channels;
    memcpy(out, first, PLAYOUT_BLOCK * p->channels * sizeof *out);
    p->count -= PLAYOUT_BLOCK;
    memmove(p->sound, p->sound + PLAYOUT_BLOCK * p->channels, (STRETCH_LAG_MAX + p->count) * p->channels * sizeof(float));
    if (p->numbered)
        p->stats.played_ms += BLOCK_MS;
    return any_sound(out, PLAYOUT_BLOCK * p->channels);
}

void playout_stats(const struct playout *p, struct playout_stats *s)
{
    *s = p->stats;
    s->target_us = (uint32_t)target(p);
    s->delay_us = (uint32_t)usec_max(0, p->delay);
    s->own_us = (uint32_t)usec_max(own_target(p), p->delay - p->hold);
    s->jitter_us = (uint32_t)transit_spread(&p->transit, 950);
    s->stretched_ms = (uint64_t)(time_of(p->stretched) / MS);
    s->shrunk_ms = (uint64_t)(time_of(p->shrunk) / MS);
    s->waiting = packets_count(&p->packets);
}
