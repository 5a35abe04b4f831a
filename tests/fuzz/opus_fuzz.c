/* SPDX-License-Identifier: MIT */
/* Opus packets from a member who has the key and means ill, through decoder, concealment, playout and mix: whatever comes in, sound that
 * can be played comes out. */
#include <math.h>

#include "codec/mixer.h"
#include "codec/opus_codec.h"
#include "fuzz/fuzz.h"

#define PACKETS_MAX 24
#define BLOCK 480
#define SOURCE 1

static void listen(struct mixer *m, unsigned channels, usec_t now)
{
    const float *pcm = mixer_pull(m, BLOCK, now);
    for (size_t i = 0; i < BLOCK * channels; i++)
        MUST(isfinite(pcm[i]) && fabsf(pcm[i]) <= 1);
}

static void decode(struct opus_dec *d, const uint8_t *data, size_t len)
{
    static float pcm[PLAYOUT_PACKET_SAMPLES * 2];
    int got = opus_dec_decode(d, data, len, pcm, PLAYOUT_PACKET_SAMPLES);
    MUST(got <= PLAYOUT_PACKET_SAMPLES);
    got = opus_dec_decode_fec(d, data, len, pcm, OPUS_FRAME);
    MUST(got <= OPUS_FRAME);
    MUST(opus_dec_conceal(d, pcm, OPUS_FRAME) == OPUS_FRAME);
}

/* How many channels are played, then packets: what becomes of the one before, two bytes of length and so many bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    unsigned channels = 1 + (take_u8(&data, &len) & 1);
    struct opus_dec *d = opus_dec_new(channels);
    struct mixer *m = mixer_new(channels);
    usec_t now = 0;
    MUST(d && m && mixer_add(m, SOURCE) == 0);
    for (uint32_t seq = 1; len && seq <= PACKETS_MAX; seq++) {
        uint8_t fate = take_u8(&data, &len);
        size_t want = take_u8(&data, &len);
        want = want << 8 | take_u8(&data, &len);
        want = want < len ? want : len;
        decode(d, data, want);
        seq += fate & 1; /* one was lost */
        mixer_put(m, SOURCE, seq, seq * 20 * MS, (fate >> 1 & 3) * 20000, data, want, now);
        for (int i = 0; i < 1 + (fate >> 3 & 3); i++, now += 10 * MS)
            listen(m, channels, now);
        data += want;
        len -= want;
    }
    mixer_del(m);
    opus_dec_del(d);
    return 0;
}
