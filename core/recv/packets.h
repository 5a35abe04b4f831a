/* SPDX-License-Identifier: MIT */
/* packets.h - sound packets that wait for their turn, in fixed memory: places by sequence number, bytes in one ring.
 *
 * A packet that comes when all places or bytes are taken pushes out the oldest: late sound is worth less than new sound. */
#ifndef PARLEY_RECV_PACKETS_H
#define PARLEY_RECV_PACKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/units.h"

#define PACKETS_PLACES 64
#define PACKETS_BYTES (32 * 1024)

struct packet {
    bool used;
    uint32_t seq, duration_us;
    usec_t captured_us;
    uint64_t at; /* offset since the beginning; the ring's is the remainder */
    uint32_t len;
};

struct packets {
    struct packet place[PACKETS_PLACES];
    uint64_t written;
    uint8_t bytes[PACKETS_BYTES];
};

void packets_clear(struct packets *p);
/* Copies `data`. ERR_LATE: that one waits already. `len` at most PACKETS_BYTES / 4. */
int packets_put(struct packets *p, const struct packet *packet, const uint8_t *data);
/* The packet of that number, or NULL. */
const struct packet *packets_find(const struct packets *p, uint32_t seq);
/* The packet with the lowest number from `seq` on (numbers wrap), or NULL. */
const struct packet *packets_from(const struct packets *p, uint32_t seq);
/* The packet captured first, or NULL. */
const struct packet *packets_earliest(const struct packets *p);
const uint8_t *packets_data(const struct packets *p, const struct packet *packet);
/* Drops all with a number before `seq`. */
void packets_forget(struct packets *p, uint32_t seq);
uint32_t packets_count(const struct packets *p);

#endif
