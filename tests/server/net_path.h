/* SPDX-License-Identifier: MIT */
/* net_path.h - a bad network between a client and a server on loopback: a UDP forwarder on the same loop that loses packets, changes
 * the client's address as a phone or a NAT does, and goes dead. */
#ifndef PARLEY_TESTS_NET_PATH_H
#define PARLEY_TESTS_NET_PATH_H

#include <stdbool.h>
#include <stdint.h>

#include "net/loop.h"

struct net_path {
    struct net_loop *loop;
    int client_side, server_side;
    struct loop_io *client_io, *server_io;
    uint16_t port; /* dial this one */
    uint16_t server_port;
    uint16_t client_port; /* whoever spoke last */
    uint32_t lose_percent, alter_percent;
    usec_t delay_us; /* each way */
    uint64_t bottleneck_bps; /* towards the client; 0: none */
    size_t queue_bytes; /* before the bottleneck; beyond it packets are lost */
    struct net_path_packet *first, **last; /* on their way */
    usec_t busy_until;
    struct loop_timer arrival;
    bool dead;
    uint64_t seed, forwarded, lost;
};
/* Set the other fields afterwards; they may change at any time. */
void net_path_start(struct net_path *p, struct net_loop *loop, uint16_t server_port);
/* From now on the server sees another address. */
void net_path_rebind(struct net_path *p);
void net_path_stop(struct net_path *p);

#endif
