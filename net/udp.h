/* SPDX-License-Identifier: MIT */
/* udp.h - one UDP socket that moves many packets per system call: recvmmsg with GRO, sendmmsg with GSO.
 *
 * Where the kernel or the device refuses GSO, packets go one by one; that is noticed at the first refusal and remembered. */
#ifndef PARLEY_NET_UDP_H
#define PARLEY_NET_UDP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/addr.h"

#define UDP_RECEIVE_BATCH 8      /* system messages of one udp_receive() */
#define UDP_SEGMENTS_MAX 64      /* packets of one GSO send */
#define UDP_SEND_BYTES_MAX 65000 /* bytes of one GSO send */

struct udp {
    int fd;
    bool gso;
    uint16_t port;
};

/* Takes a bound socket and asks for GRO, ECN and the address that packets were sent to. */
void udp_init(struct udp *u, int fd, bool no_gso);
void udp_close(struct udp *u);

/* What arrived: one packet, however the kernel bundled it. */
struct udp_packet {
    union addr from, to; /* `to` with our port */
    uint8_t ecn;
    const uint8_t *data;
    size_t len;
};
/* Receives one batch: how many system messages there were (0: nothing now), or ERR_IO when a connected peer refused. */
int udp_receive(struct udp *u, void (*got)(void *ctx, const struct udp_packet *p), void *ctx);

/* What leaves: `len` bytes as packets of `segment` each (the last may be shorter). */
struct udp_send {
    union addr to, from; /* family 0 in `from`: as the kernel chooses */
    uint8_t ecn;
    const uint8_t *data;
    size_t len, segment;
};
/* Gives how many of `list` are done with (sent, or failed for good: lost as on any network); fewer than `count` when the socket is full. */
size_t udp_send(struct udp *u, const struct udp_send *list, size_t count, uint64_t *calls);

#endif
