/* SPDX-License-Identifier: MIT */
#include "codec/mixer.h"

#include <math.h>

#include "base/err.h"
#include "check.h"
#include "codec/opus_codec.h"

#define PACKET (20 * MS)

/* A speaker of a tone: one packet every 20 ms, on time. */
struct speaker {
    struct opus_enc *e;
    uint32_t source, hz;
    float amplitude;
};

static struct speaker speaker_of(struct mixer *m, uint32_t source, uint32_t hz, float amplitude)
{
    static const struct opus_enc_config config = {.bps = 48000, .channels = 1, .complexity = 5};
    CHECK_EQ(0, mixer_add(m, source));
    return (struct speaker){opus_enc_new(&config), source, hz, amplitude};
}

static void speak(struct speaker *s, struct mixer *m, int n)
{
    static float pcm[OPUS_FRAME];
    for (int i = 0; i < OPUS_FRAME; i++)
        pcm[i] = s->amplitude * sinf(2 * (float)M_PI * (float)s->hz * (float)(n * OPUS_FRAME + i) / OPUS_HZ);
    struct opus_packet p;
    CHECK_EQ(0, opus_enc_encode(s->e, pcm, &p));
    CHECK_EQ(0, mixer_put(m, s->source, (uint32_t)n + 1, n * PACKET, 0, p.data, p.len, n * PACKET));
}

/* Loudest sample and largest step between neighbours of `packets` times 20 ms. */
struct heard {
    float peak, step;
};
static struct heard listen(struct mixer *m, struct speaker *s, size_t speakers, int from, int packets)
{
    struct heard h = {0};
    float last = 0;
    for (int n = from; n < from + packets; n++) {
        for (size_t i = 0; i < speakers; i++)
            speak(&s[i], m, n);
        const float *out = mixer_pull(m, MIXER_PULL_MAX, n * PACKET);
        for (size_t i = 0; i < MIXER_PULL_MAX; i++) {
            h.peak = fmaxf(h.peak, fabsf(out[i]));
            if (n > from || i)
                h.step = fmaxf(h.step, fabsf(out[i] - last));
            last = out[i];
        }
    }
    return h;
}

static void stays_below_full_scale(void)
{
    struct mixer *m = mixer_new(1);
    struct speaker s[] = {speaker_of(m, 1, 300, 0.8f), speaker_of(m, 2, 470, 0.8f), speaker_of(m, 3, 710, 0.8f)};
    struct heard h = listen(m, s, COUNT_OF(s), 0, 100);
    CHECK_BETWEEN(0.9, 0.9801, h.peak);
    CHECK_BETWEEN(0, 0.2, h.step); /* turned down smoothly: no click beyond the tones' own slope */
    for (size_t i = 0; i < COUNT_OF(s); i++)
        opus_enc_del(s[i].e);
    mixer_del(m);
}

static void gains_glide(void)
{
    struct mixer *m = mixer_new(1);
    struct speaker s = speaker_of(m, 5, 200, 0.5f);
    float slope = listen(m, &s, 1, 0, 50).step;
    mixer_set_gain(m, 5, 0);
    CHECK_BETWEEN(0, slope * 1.2f, listen(m, &s, 1, 50, 2).step);
    CHECK_BETWEEN(0, 1e-6, listen(m, &s, 1, 52, 20).peak);
    CHECK_BETWEEN(100, 127, mixer_level(m, 5)); /* still known to speak */
    mixer_set_gain(m, 5, 1000);
    CHECK_BETWEEN(0.9, 0.9801, listen(m, &s, 1, 72, 20).peak); /* bounded */
    opus_enc_del(s.e);
    mixer_del(m);
}

static void any_number_of_samples_can_be_pulled(void)
{
    struct mixer *m = mixer_new(2);
    static const size_t sizes[] = {1, 128, 479, 480, 481, 960, 5000};
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        const float *out = mixer_pull(m, sizes[i], 0);
        CHECK(out && out[0] == 0);
    }
    mixer_del(m);
}

static void sources_come_and_go_within_a_bound(void)
{
    struct mixer *m = mixer_new(1);
    for (uint32_t i = 0; i < MIXER_SOURCES; i++)
        CHECK_EQ(0, mixer_add(m, 100 + i));
    CHECK_EQ(0, mixer_add(m, 100)); /* is there already */
    CHECK_EQ(ERR_FULL, mixer_add(m, 1));
    mixer_remove(m, 117);
    CHECK_EQ(0, mixer_add(m, 1));
    CHECK_EQ(ERR_UNKNOWN, mixer_put(m, 117, 1, 0, 0, (const uint8_t[]){1}, 1, 0));
    struct mixer_stats s;
    CHECK_EQ(ERR_UNKNOWN, mixer_stats(m, 117, &s));
    CHECK_EQ(0, mixer_stats(m, 1, &s));
    CHECK_EQ(0, mixer_level(m, 117));
    mixer_set_gain(m, 117, 1);
    mixer_hold(m, 117, SEC);
    mixer_remove(m, 117);
    mixer_del(m);
}

static void channels_are_one_or_two(void)
{
    CHECK(!mixer_new(0));
    CHECK(!mixer_new(3));
}

int main(void)
{
    static const struct check_test tests[] = {
        T(stays_below_full_scale),  T(gains_glide), T(any_number_of_samples_can_be_pulled), T(sources_come_and_go_within_a_bound),
        T(channels_are_one_or_two),
    };
    return CHECK_RUN(tests);
}
