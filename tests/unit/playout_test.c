/* SPDX-License-Identifier: MIT */
#include "recv/playout.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/rand.h"
#include "check.h"

/* A codec whose packets say where in an endless voice-like tone they begin; concealment goes on with the tone, at a tenth of its
 * strength to tell it apart. One packet in two carries no FEC when `fec` is false. */
#define PI 3.14159265358979
#define PACKET 960
#define CLOCKS (-77 * SEC)

struct codec {
    uint64_t at; /* sample after the last decoded one */
    double hz;
    bool fec;
    uint32_t decoded, concealed, recovered;
};

static float tone(const struct codec *c, uint64_t n)
{
    double t = 2 * PI * fmod(c->hz * (double)n / 48000, 1);
    return (float)(0.4 * sin(t) + 0.1 * sin(2 * t + 1));
}

static int write_tone(struct codec *c, uint64_t from, float *out, int samples, float strength)
{
    for (int i = 0; i < samples; i++)
        out[i] = strength * tone(c, from + (uint64_t)i);
    c->at = from + (uint64_t)samples;
    return samples;
}

static int decode(void *ctx, const uint8_t *data, size_t len, float *out, int room)
{
    struct codec *c = ctx;
    uint64_t from;
    if (len <= PLAYOUT_DTX_BYTES)
        return write_tone(c, c->at, out, PACKET, 0);
    if (len < sizeof from || room < PACKET)
        return ERR_PARSE;
    memcpy(&from, data, sizeof from);
    c->decoded++;
    return write_tone(c, from, out, PACKET, 1);
}

static int decode_fec(void *ctx, const uint8_t *data, size_t len, float *out, int samples)
{
    struct codec *c = ctx;
    uint64_t from;
    if (!c->fec || len < sizeof from || samples != PACKET)
        return ERR_UNSUPPORTED;
    memcpy(&from, data, sizeof from);
    c->recovered++;
    return write_tone(c, from - PACKET, out, PACKET, 1);
}

static int conceal(void *ctx, float *out, int samples)
{
    struct codec *c = ctx;
    CHECK(samples % 120 == 0);
    c->concealed++;
    return write_tone(c, c->at, out, samples, 0.1f);
}

/* A talk: one packet each 20 ms of the sender's clock, each with a fate. */
#define TALK_MAX 6000
struct event {
    usec_t arrives, captured;
    uint32_t seq, samples_at;
    bool dtx;
};

struct talk {
    struct codec codec;
    struct playout *playout;
    struct event event[TALK_MAX];
    uint32_t count, next;
    usec_t now;
    double skew; /* of the listener's sound card */
    struct playout_stats stats;
    float heard[48000 * 5];
    size_t heard_count;
    usec_t worst_delay;
    uint32_t silent_blocks;
};

static struct talk talk;

static struct talk *begin(void)
{
    struct talk *t = &talk;
    memset(t, 0, sizeof *t);
    t->codec = (struct codec){.hz = 137, .fec = true};
    struct playout_decoder d = {.ctx = &t->codec, .decode = decode, .decode_fec = decode_fec, .conceal = conceal};
    t->playout = playout_new(&d, 1);
    t->now = 100 * SEC;
    return t;
}

static void end(struct talk *t) { playout_del(t->playout); }

/* Packet `i` of the talk is captured at i * 20 ms and arrives 30 ms + `late` later; late < 0: never. */
static void say(struct talk *t, uint32_t i, usec_t late)
{
    if (late < 0)
        return;
    usec_t captured = 100 * SEC - CLOCKS + i * 20 * MS;
    t->event[t->count++] = (struct event){captured + CLOCKS + 30 * MS + late, captured, 1000 + i, i * PACKET, false};
}

static void sort(struct talk *t)
{
    for (uint32_t i = 1; i < t->count; i++)
        for (uint32_t k = i; k > 0 && t->event[k].arrives < t->event[k - 1].arrives; k--) {
            struct event e = t->event[k];
            t->event[k] = t->event[k - 1];
            t->event[k - 1] = e;
        }
}

static void put(struct talk *t, const struct event *e)
{
    uint64_t data[4] = {e->samples_at};
    playout_put(t->playout, e->seq, e->captured, 0, (uint8_t *)data, e->dtx ? 1 : sizeof data, e->arrives);
}

static void hear(struct talk *t, const float *block)
{
    if (t->heard_count + PLAYOUT_BLOCK <= COUNT_OF(t->heard)) {
        memcpy(t->heard + t->heard_count, block, PLAYOUT_BLOCK * sizeof *block);
        t->heard_count += PLAYOUT_BLOCK;
    }
}

/* Until `until` after the beginning. */
static void listen(struct talk *t, usec_t until)
{
    sort(t);
    float block[PLAYOUT_BLOCK];
    for (; t->now < 100 * SEC + until; t->now += (usec_t)(10 * MS * (1 + t->skew))) {
        while (t->next < t->count && t->event[t->next].arrives <= t->now)
            put(t, &t->event[t->next++]);
        t->silent_blocks += !playout_pull(t->playout, block, t->now);
        hear(t, block);
        playout_stats(t->playout, &t->stats);
        t->worst_delay = usec_max(t->worst_delay, t->stats.delay_us);
        if (getenv("TRACE") && (t->now / MS) % 100 < 10)
            print_message("%6.2f delay %u target %u concealed %llu stretched %llu shrunk %llu wait %u\n",
                          (double)(t->now - 100 * SEC) / 1e6, t->stats.delay_us, t->stats.target_us,
                          (unsigned long long)t->stats.concealed_ms, (unsigned long long)t->stats.stretched_ms,
                          (unsigned long long)t->stats.shrunk_ms, t->stats.waiting);
    }
}

static float worst_step(const struct talk *t)
{
    float worst = 0;
    for (size_t i = 1; i < t->heard_count; i++)
        worst = fmaxf(worst, fabsf(t->heard[i] - t->heard[i - 1]));
    return worst;
}

/* Of what was heard, by its rising zero crossings. */
static double pitch(const struct talk *t, size_t from)
{
    size_t first = 0, last = 0, crossings = 0;
    for (size_t i = from; i < t->heard_count; i++)
        if (t->heard[i - 1] < 0 && t->heard[i] >= 0) {
            first = first ? first : i;
            last = i;
            crossings++;
        }
    return (double)(crossings - 1) * 48000 / (double)(last - first);
}

static void an_even_path_is_played_as_it_is(void)
{
    struct talk *t = begin();
    for (uint32_t i = 0; i < 500; i++)
        say(t, i, 0);
    listen(t, 10 * SEC);
    CHECK_EQ(0, t->stats.concealed_ms + t->stats.recovered_ms + t->stats.lost + t->stats.late);
    CHECK_EQ(20 * MS, t->stats.target_us);
    CHECK_BETWEEN(20 * MS, 35 * MS, t->stats.delay_us);
    CHECK_EQ(0, t->codec.concealed);
    CHECK_BETWEEN(0, 0.02, worst_step(t)); /* of the tone itself: 0.012 */
    end(t);
}

static void jitter_of_20_ms_is_not_heard(void)
{
    struct talk *t = begin();
    struct rng rng = {11};
    for (uint32_t i = 0; i < 3000; i++)
        say(t, i, (usec_t)rng_below(&rng, 20001));
    listen(t, 60 * SEC);
    CHECK_EQ(0, t->stats.concealed_ms);
    CHECK_EQ(0, t->stats.late);
    CHECK_BETWEEN(20 * MS, 45 * MS, t->stats.target_us);
    CHECK_BETWEEN(20 * MS, 60 * MS, t->stats.delay_us);
    end(t);
}

static void the_first_sound_comes_soon(void)
{
    struct talk *t = begin();
    say(t, 0, 0);
    say(t, 1, 0);
    say(t, 2, 0);
    float block[PLAYOUT_BLOCK];
    usec_t heard = NEVER;
    for (; t->now < 100 * SEC + 200 * MS && heard == NEVER; t->now += 10 * MS) {
        while (t->next < t->count && t->event[t->next].arrives <= t->now)
            put(t, &t->event[t->next++]);
        if (playout_pull(t->playout, block, t->now))
            heard = t->now - 100 * SEC;
    }
    CHECK_BETWEEN(30 * MS, 80 * MS, heard); /* 30 of path, 40 of first target, 10 of block */
    end(t);
}

static void lost_packets_come_back_from_fec(void)
{
    static const struct {
        bool fec;
        double concealed_low, concealed_high;
    } row[] = {{true, 0, 0.006}, {false, 0.03, 0.07}};
    for (size_t k = 0; k < COUNT_OF(row); k++) {
        struct talk *t = begin();
        t->codec.fec = row[k].fec;
        struct rng rng = {3};
        for (uint32_t i = 0; i < 3000; i++)
            say(t, i, rng_unit(&rng) < 0.05 ? -1 : (usec_t)rng_below(&rng, 10000));
        listen(t, 60 * SEC);
        CHECK_BETWEEN(row[k].concealed_low * 60000, row[k].concealed_high * 60000, t->stats.concealed_ms);
        CHECK_BETWEEN(120, 180, t->stats.lost);
        CHECK_BETWEEN(row[k].fec ? 0.93 * 20 * t->stats.lost : 0, 20.0 * t->stats.lost, t->stats.recovered_ms);
        CHECK_BETWEEN(20 * MS, 90 * MS, t->stats.delay_us);
        end(t);
    }
}

static void clocks_that_drift_are_followed(void)
{
    static const double skew[] = {500e-6, -500e-6};
    for (size_t k = 0; k < COUNT_OF(skew); k++) {
        struct talk *t = begin();
        t->skew = skew[k];
        for (uint32_t i = 0; i < 5900; i++)
            say(t, i, 0);
        listen(t, 118 * SEC);
        CHECK_EQ(0, t->stats.concealed_ms);
        CHECK_BETWEEN(20 * MS, 45 * MS, t->stats.delay_us);
        double corrected =
            (double)t->stats.shrunk_ms - (double)t->stats.stretched_ms; /* 59 ms in 118 s, and 20 of the first target */
        CHECK_BETWEEN(skew[k] > 0 ? 40 : -80, skew[k] > 0 ? 100 : 0, corrected);
        end(t);
    }
}

static void a_burst_is_taken_and_worked_off(void)
{
    struct talk *t = begin();
    for (uint32_t i = 0; i < 1000; i++)
        say(t, i, i >= 400 && i < 408 ? (407 - i) * 20 * MS : 0); /* 140 ms of delay, then eight at once */
    listen(t, 7900 * MS);
    CHECK_EQ(0, t->stats.concealed_ms);
    listen(t, 8300 * MS);
    CHECK_BETWEEN(60, 140, t->stats.concealed_ms);
    listen(t, 9500 * MS);
    CHECK_BETWEEN(20 * MS, 40 * MS, t->stats.delay_us);
    CHECK_EQ(0, t->stats.lost);
    end(t);
}

static void an_outage_of_a_second_is_over_at_once(void)
{
    static const bool lost[] = {true, false};
    for (size_t k = 0; k < COUNT_OF(lost); k++) {
        struct talk *t = begin();
        for (uint32_t i = 0; i < 1000; i++)
            say(t, i, i < 500 || i >= 550 ? 0 : lost[k] ? -1 : (549 - i) * 20 * MS);
        listen(t, 11 * SEC + 200 * MS); /* 100 ms after the path is back */
        CHECK_BETWEEN(15 * MS, 60 * MS, t->stats.delay_us);
        listen(t, 20 * SEC);
        CHECK_BETWEEN(20 * MS, 60 * MS, t->stats.delay_us);
        CHECK_BETWEEN(900, 1100, t->stats.concealed_ms);
        CHECK_BETWEEN(0, 300 * MS, t->worst_delay);
        end(t);
    }
}

static void a_pause_that_was_meant_is_silence(void)
{
    static const bool marked[] = {true, false};
    for (size_t k = 0; k < COUNT_OF(marked); k++) {
        struct talk *t = begin();
        for (uint32_t i = 0; i < 100; i++)
            say(t, i, 0);
        if (marked[k]) {
            say(t, 100, 0);
            t->event[t->count - 1].dtx = true;
        }
        uint32_t seq = t->event[t->count - 1].seq;
        for (uint32_t i = 250; i < 400; i++) { /* numbers go on, time jumps by 3 s */
            say(t, i, 0);
            t->event[t->count - 1].seq = ++seq;
        }
        listen(t, 4900 * MS);
        CHECK_BETWEEN(0, marked[k] ? 0 : 120, t->stats.concealed_ms); /* nobody can know before the next one comes */
        listen(t, 8 * SEC);
        CHECK_EQ(0, t->stats.concealed_ms);
        CHECK_EQ(0, t->stats.lost);
        CHECK_BETWEEN(2800, 3100, t->stats.silent_ms);
        CHECK_BETWEEN(20 * MS, 40 * MS, t->stats.delay_us);
        end(t);
    }
}

static void stretching_and_shrinking_keep_the_pitch(void)
{
    struct talk *t = begin();
    for (uint32_t i = 0; i < 250; i++)
        say(t, i, 0);
    listen(t, 1 * SEC);
    t->heard_count = 0;
    playout_hold(t->playout, 120 * MS);
    listen(t, 3 * SEC);
    CHECK_BETWEEN(110, 150, t->stats.stretched_ms);
    CHECK_BETWEEN(135.5, 138.5, pitch(t, 1));
    t->heard_count = 0;
    playout_hold(t->playout, 0);
    listen(t, 5 * SEC);
    CHECK_BETWEEN(100, 170, t->stats.shrunk_ms);
    CHECK_BETWEEN(135.5, 138.5, pitch(t, 1));
    CHECK_BETWEEN(0, 0.02, worst_step(t));
    CHECK_EQ(0, t->stats.concealed_ms);
    end(t);
}

static void a_lost_packet_costs_no_click(void)
{
    struct talk *t = begin();
    for (uint32_t i = 0; i < 200; i++)
        say(t, i, i == 100 ? -1 : 0);
    t->codec.fec = true;
    listen(t, 4 * SEC);
    CHECK_EQ(1, t->stats.lost);
    CHECK_EQ(20, t->stats.recovered_ms);
    end(t);
}

static void packets_twice_late_or_out_of_order(void)
{
    struct talk *t = begin();
    struct rng rng = {21};
    for (uint32_t i = 0; i < 1000; i++) {
        say(t, i, (usec_t)rng_below(&rng, 50001)); /* often overtaken */
        if (i % 3 == 0)
            say(t, i, (usec_t)rng_below(&rng, 50001));
        if (i % 50 == 0)
            say(t, i, 500 * MS);
    }
    listen(t, 20 * SEC);
    CHECK_BETWEEN(0, 200, t->stats.concealed_ms);
    CHECK_BETWEEN(300, 360, t->stats.duplicates + t->stats.late);
    CHECK_BETWEEN(0, 10, t->stats.lost);
    end(t);
}

static void a_restarted_sender_is_heard_again(void)
{
    static const struct {
        uint32_t seq;
        usec_t captured;
    } row[] = {{1, 0}, {500000, 0}, {1, -70 * SEC}, {3000, 70 * SEC}};
    for (size_t k = 0; k < COUNT_OF(row); k++) {
        struct talk *t = begin();
        for (uint32_t i = 0; i < 400; i++) {
            say(t, i, 0);
            if (i >= 200) {
                t->event[t->count - 1].seq = row[k].seq + i;
                t->event[t->count - 1].captured += row[k].captured;
            }
        }
        t->event[0].seq = 0; /* not in the row: 1000 is beyond the restart at 1 */
        for (uint32_t i = 0; i < 200; i++)
            t->event[i].seq = 100000 + i;
        listen(t, 8 * SEC);
        CHECK_EQ(1, t->stats.restarts);
        CHECK_BETWEEN(385, 400, t->codec.decoded);
        CHECK_BETWEEN(15 * MS, 60 * MS, t->stats.delay_us);
        end(t);
    }
}

static void a_held_sound_is_later(void)
{
    struct talk *t = begin();
    for (uint32_t i = 0; i < 500; i++)
        say(t, i, 0);
    listen(t, 2 * SEC);
    usec_t before = t->stats.own_us;
    playout_hold(t->playout, 120 * MS);
    listen(t, 9 * SEC);
    CHECK_BETWEEN(before + 110 * MS, before + 140 * MS, t->stats.delay_us);
    CHECK_BETWEEN(before - 10 * MS, before + 10 * MS, t->stats.own_us); /* what it would be without */
    CHECK_EQ(0, t->stats.concealed_ms);
    end(t);
}

static void impossible_packets_are_refused(void)
{
    struct talk *t = begin();
    uint8_t data[PLAYOUT_PACKET_BYTES + 1] = {0};
    CHECK_EQ(ERR_LIMIT, playout_put(t->playout, 1, 0, 0, data, 0, t->now));
    CHECK_EQ(ERR_LIMIT, playout_put(t->playout, 1, 0, 0, data, sizeof data, t->now));
    CHECK_EQ(ERR_LIMIT, playout_put(t->playout, 1, -5, 0, data, 5, t->now));
    CHECK_EQ(ERR_LIMIT, playout_put(t->playout, 1, 0, 100000, data, 5, t->now));
    end(t);
}

/* Whatever comes in, blocks come out. */
static void whatever_comes_blocks_come_out(void)
{
    struct talk *t = begin();
    struct rng rng = {77};
    float block[PLAYOUT_BLOCK] = {0};
    uint8_t data[PLAYOUT_PACKET_BYTES] = {0};
    for (int i = 0; i < 20000; i++) {
        uint32_t seq = (uint32_t)(rng_below(&rng, 50) ? (uint64_t)i / 2 + rng_below(&rng, 20) : rng_next(&rng));
        usec_t captured = (usec_t)(rng_below(&rng, 50) ? (uint64_t)i * 10000 + rng_below(&rng, 200000)
                                                       : rng_next(&rng) >> (7 + rng_below(&rng, 40)));
        playout_put(t->playout, seq, captured, (uint32_t)rng_below(&rng, 60001), data, rng_below(&rng, sizeof data), t->now);
        if (rng_below(&rng, 2))
            playout_pull(t->playout, block, t->now);
        t->now += (usec_t)rng_below(&rng, 20001);
        for (size_t k = 0; k < PLAYOUT_BLOCK; k++)
            CHECK(block[k] > -2 && block[k] < 2);
    }
    end(t);
}

int main(void)
{
    static const struct check_test tests[] = {
        T(an_even_path_is_played_as_it_is),
        T(jitter_of_20_ms_is_not_heard),
        T(the_first_sound_comes_soon),
        T(lost_packets_come_back_from_fec),
        T(clocks_that_drift_are_followed),
        T(a_burst_is_taken_and_worked_off),
        T(an_outage_of_a_second_is_over_at_once),
        T(a_pause_that_was_meant_is_silence),
        T(stretching_and_shrinking_keep_the_pitch),
        T(a_lost_packet_costs_no_click),
        T(packets_twice_late_or_out_of_order),
        T(a_restarted_sender_is_heard_again),
        T(a_held_sound_is_later),
        T(impossible_packets_are_refused),
        T(whatever_comes_blocks_come_out),
    };
    return CHECK_RUN(tests);
}
