/* SPDX-License-Identifier: MIT */
#include "codec/opus_codec.h"

#include <math.h>

#include "base/err.h"
#include "check.h"
#include "codec/level.h"

static const struct opus_enc_config voice = {
    .bps = 32000, .channels = 1, .complexity = 5, .loss_percent = 20, .fec = true, .dtx = true};

static void tone(float *pcm, int packet, float amplitude)
{
    for (int i = 0; i < OPUS_FRAME; i++)
        pcm[i] = amplitude * sinf(2 * (float)M_PI * 440 * (float)(packet * OPUS_FRAME + i) / OPUS_HZ);
}

static void levels_follow_the_scale_of_the_wire(void)
{
    static float pcm[OPUS_FRAME];
    static const struct {
        float amplitude;
        uint32_t low, high;
    } row[] = {{0, 0, 0}, {1, 123, 125}, {0.5f, 117, 119}, {0.01f, 83, 85}, {1e-7f, 0, 0}, {2, 127, 127}};
    for (size_t i = 0; i < COUNT_OF(row); i++) {
        tone(pcm, 0, row[i].amplitude);
        CHECK_BETWEEN(row[i].low, row[i].high, sound_level(pcm, OPUS_FRAME));
    }
    pcm[3] = NAN;
    CHECK_EQ(0, sound_level(pcm, OPUS_FRAME));
}

static void a_lost_packet_comes_back_from_the_next(void)
{
    static float pcm[OPUS_FRAME], out[OPUS_FRAME];
    struct opus_enc *e = opus_enc_new(&voice);
    struct opus_dec *d = opus_dec_new(1);
    struct opus_packet p;
    for (int n = 0; n < 20; n++) {
        tone(pcm, n, 0.5f);
        CHECK_EQ(0, opus_enc_encode(e, pcm, &p));
        if (n != 18 && n != 19)
            CHECK_EQ(OPUS_FRAME, opus_dec_decode(d, p.data, p.len, out, OPUS_FRAME));
    }
    CHECK_EQ(OPUS_FRAME, opus_dec_decode_fec(d, p.data, p.len, out, OPUS_FRAME));
    CHECK_BETWEEN(110, 122, sound_level(out, OPUS_FRAME));
    CHECK_EQ(OPUS_FRAME, opus_dec_conceal(d, out, OPUS_FRAME));
    opus_enc_del(e);
    opus_dec_del(d);
}

static void says_so_when_a_packet_holds_no_fec(void)
{
    static float pcm[OPUS_FRAME], out[OPUS_FRAME];
    struct opus_enc_config config = voice;
    config.fec = false;
    struct opus_enc *e = opus_enc_new(&config);
    struct opus_dec *d = opus_dec_new(1);
    struct opus_packet p;
    tone(pcm, 0, 0.5f);
    opus_enc_encode(e, pcm, &p);
    CHECK_EQ(ERR_UNSUPPORTED, opus_dec_decode_fec(d, p.data, p.len, out, OPUS_FRAME));
    opus_enc_del(e);
    opus_dec_del(d);
}

static void silence_is_marked(void)
{
    static const float silence[OPUS_FRAME];
    struct opus_enc *e = opus_enc_new(&voice);
    struct opus_packet p;
    int marked = 0;
    for (int n = 0; n < 100; n++) {
        opus_enc_encode(e, silence, &p);
        marked += p.dtx;
    }
    CHECK_BETWEEN(70, 100, marked);
    opus_enc_del(e);
}

static void refuses_what_it_cannot_be(void)
{
    struct opus_enc_config config = voice;
    config.channels = 3;
    CHECK(!opus_enc_new(&config));
    CHECK(!opus_dec_new(0));
}

static void nonsense_is_an_error(void)
{
    static float out[OPUS_FRAME];
    static const uint8_t bad[] = {0xff, 0xff, 0xff};
    struct opus_dec *d = opus_dec_new(1);
    CHECK_EQ(ERR_PARSE, opus_dec_decode(d, bad, sizeof bad, out, OPUS_FRAME));
    CHECK_EQ(ERR_PARSE, opus_dec_decode(d, bad, 0, out, OPUS_FRAME));
    CHECK_EQ(ERR_PARSE, opus_dec_decode_fec(d, bad, 0, out, OPUS_FRAME));
    CHECK_EQ(ERR_SPACE, opus_dec_decode(d, (const uint8_t[]){0x18, 1, 2, 3, 4, 5}, 6, out, 480)); /* 60 ms into 10 ms */
    opus_dec_del(d);
}

int main(void)
{
    static const struct check_test tests[] = {
        T(levels_follow_the_scale_of_the_wire), T(a_lost_packet_comes_back_from_the_next),
        T(says_so_when_a_packet_holds_no_fec),  T(silence_is_marked),
        T(refuses_what_it_cannot_be),           T(nonsense_is_an_error),
    };
    return CHECK_RUN(tests);
}
