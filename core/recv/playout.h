/* SPDX-License-Identifier: MIT */
/* playout.h - one speaker's sound: opus packets in, as they come; blocks of 10 ms out, as the sound card wants them.
 *
 *   heard = captured + smallest transit + delay,    delay follows a target taken from the measured arrival pattern (transit.h)
 *
 * For each block: the next packet; or what the packet after it tells of it (FEC); or the decoder's concealment, faded to silence;
 * or silence that was meant (DTX: sequence numbers go on, capture time jumps; or the last packet had at most PLAYOUT_DTX_BYTES).
 * The delay is corrected by leaving out or repeating whole pitch periods (stretch.h), in silence by waiting.
 *
 * Fixed memory after playout_new(). `now` is one clock for both playout_put() and playout_pull(). */
#ifndef PARLEY_RECV_PLAYOUT_H
#define PARLEY_RECV_PLAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/units.h"

#define PLAYOUT_HZ 48000
#define PLAYOUT_BLOCK 480 /* samples per channel in a block, 10 ms */
#define PLAYOUT_PACKETS 64 /* that can wait */
#define PLAYOUT_BYTES (32 * 1024) /* of packets that can wait */
#define PLAYOUT_PACKET_SAMPLES 2880 /* longest packet per channel, 60 ms */
#define PLAYOUT_PACKET_BYTES 1275
#define PLAYOUT_DTX_BYTES 2

/* What opus does, handed in so that core needs no opus. Samples are interleaved floats at 48 kHz; `room` and `samples` count per
 * channel; `samples` is a multiple of 120 (2.5 ms). Each returns samples per channel or a negative ERR_*. */
struct playout_decoder {
    void *ctx;
    int (*decode)(void *ctx, const uint8_t *data, size_t len, float *out, int room);
    /* The `samples` before this packet, from its FEC data; ERR_UNSUPPORTED when it holds none. NULL: never. */
    int (*decode_fec)(void *ctx, const uint8_t *data, size_t len, float *out, int samples);
    /* Goes on without data. */
    int (*conceal)(void *ctx, float *out, int samples);
};

struct playout;

/* `channels` 1 or 2. Copies `decoder`; its ctx must outlive the playout. NULL when memory is short. */
struct playout *playout_new(const struct playout_decoder *decoder, unsigned channels);
void playout_del(struct playout *p);

/* Copies one packet. `duration_us` 0: 20 ms. ERR_LATE: its turn is over or it came twice; ERR_LIMIT: a field is out of bounds.
 * A sequence number or capture time far from the last ones is a sender that restarted: playing begins anew. */
int playout_put(struct playout *p, uint32_t seq, usec_t captured_us, uint32_t duration_us, const uint8_t *data, size_t len,
                usec_t now);
/* Writes PLAYOUT_BLOCK samples per channel, always. True when anything but silence may be in it. */
bool playout_pull(struct playout *p, float *out, usec_t now);
/* Plays this much later than it would by itself (lip sync); at most 500 ms. It gets there by stretching, not at once. */
void playout_hold(struct playout *p, usec_t hold);
/* Forgets packets and timing, e.g. when the track ends. */
void playout_reset(struct playout *p);

struct playout_stats {
    uint32_t target_us, delay_us; /* beyond the smallest transit, the hold included */
    uint32_t own_us; /* delay that it has or would soon have without the hold: what client_on_playout() wants */
    uint32_t jitter_us; /* p95 of the spread of transit */
    uint64_t played_ms; /* blocks pulled since the first packet, silence included */
    uint64_t concealed_ms, recovered_ms, stretched_ms, shrunk_ms, silent_ms, skipped_ms;
    uint32_t packets, lost, late, duplicates, restarts, decode_errors;
    uint32_t waiting; /* packets */
};
void playout_stats(const struct playout *p, struct playout_stats *s);

#endif
