/* SPDX-License-Identifier: MIT */
/* group.h - what the servers of several threads on one port share: their sockets, bound in the order of the threads, and the gate.
 *
 * How a packet finds its thread: the sockets have one port (SO_REUSEPORT), and a filter of seven instructions in the kernel gives each
 * packet to thread (first byte of its connection id) modulo (number of threads). The ids that a thread issues begin with its
 * number, so whatever address the packets of a connection come from, they reach the thread that has it. A client's first packets
 * carry an id of the client's choosing: they all reach one thread, which then owns the connection. TCP connections are spread by
 * the kernel. Inside net/ only. */
#ifndef PARLEY_NET_GROUP_H
#define PARLEY_NET_GROUP_H

#include "net/gate.h"
#include "net/lws_server.h"

struct sockets {
    int udp; /* -1: none */
    int tcp[LWS_LISTENERS_MAX];
    size_t secure, count; /* of tcp; the first `secure` speak TLS */
};

struct net_group {
    struct gate gate;
    uint32_t threads;
    struct sockets sockets[NET_THREADS_MAX]; /* taken by net_listen() */
    int held[NET_THREADS_MAX]; /* each UDP socket again: while one is open, the kernel counts it and the order stands */
};

void sockets_close(struct sockets *k);

#endif
