/* SPDX-License-Identifier: MIT */
/* beat.h - the forms in which relays speak on the bus: a beat (who I am, how busy), the seal, and a batch (a header, then frames).
 *
 *   beat:  "PBT1", instance 8, sent_us 8, node 2, flags 1 (1: draining, 2: leaving), threads 1, cpu 1, sessions 4, rooms 4, address to the end
 *   seal:  "PBS1", born_us 8, key 32; after each beat
 *   batch: "PBX1", from 2, to 2, threads 1, instance 8, epoch 4, then the frames
 *
 * `instance` is drawn at random by each process, so that a restart under the same number is seen. */
#ifndef PARLEY_BUS_BEAT_H
#define PARLEY_BUS_BEAT_H

#include <stddef.h>

#include "node.h"

#define BEAT_MAX (4 + 8 + 8 + 2 + 1 + 1 + 1 + 4 + 4 + BUS_ADDRESS_MAX)
#define BEAT_SEAL_BYTES (4 + 8 + BUS_SEAL_BYTES)
#define BATCH_HEADER_BYTES 21
#define BEAT_THREADS_MAX 16

struct beat {
    uint64_t instance, sent_us;
    bool leaving;
    struct bus_node node;
};

struct batch_header {
    uint32_t from, to;
    uint32_t threads; /* of the sender */
    uint64_t instance;
    uint32_t epoch; /* how often the sender took the receiver for dead */
};

/* Bytes written. */
size_t beat_write(uint8_t out[BEAT_MAX], const struct beat *b);
/* ERR_PARSE: not a beat; an address holds only what beat_is_address() allows. */
int beat_parse(struct beat *b, const uint8_t *data, size_t len);

void beat_seal_write(uint8_t out[BEAT_SEAL_BYTES], const struct bus_seal *seal);
/* ERR_PARSE: not a seal. */
int beat_seal_parse(struct bus_seal *seal, const uint8_t *data, size_t len);
/* Whether a system that has both takes the first. */
bool beat_seal_is_elder(const struct bus_seal *a, const struct bus_seal *b);

/* Whether it holds only what a host, a port and hashes of certificates may. */
bool beat_is_address(const char *text, size_t len);

void batch_header_write(uint8_t out[BATCH_HEADER_BYTES], const struct batch_header *h);
/* ERR_PARSE: not a batch. The frames follow at BATCH_HEADER_BYTES. */
int batch_header_parse(struct batch_header *h, const uint8_t *data, size_t len);

#endif
