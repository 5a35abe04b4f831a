/* SPDX-License-Identifier: MIT */
/* addr.h - socket addresses as values: reading, writing, comparing, and who counts as one stranger. */
#ifndef PARLEY_NET_ADDR_H
#define PARLEY_NET_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

union addr {
    struct sockaddr sa;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    struct sockaddr_storage storage;
};

#define ADDR_TEXT_MAX 64

/* A numeric address, IPv6 with or without brackets. ERR_PARSE. */
int addr_parse(union addr *a, const char *text, uint16_t port);
/* Every interface: IPv6, which takes IPv4 too. */
void addr_any(union addr *a, uint16_t port);
socklen_t addr_len(const union addr *a);
uint16_t addr_port(const union addr *a);
void addr_set_port(union addr *a, uint16_t port);
bool addr_eq(const union addr *a, const union addr *b);
/* "192.0.2.1:4433" (also for IPv4 inside IPv6), "[2001:db8::1]:4433". */
void addr_format(const union addr *a, char out[ADDR_TEXT_MAX]);
/* The 64 bits that one stranger shares: an IPv4 address, or the /64 of an IPv6 one. */
uint64_t addr_stranger(const union addr *a);

enum addr_share {
    ADDR_ALONE,
    ADDR_FIRST,   /* nobody else has the port; ADDR_FURTHER sockets of ours may join */
    ADDR_FURTHER, /* joins the first */
};
/* Gives a bound, non-blocking socket (dual stack when IPv6), listening when SOCK_STREAM; -1 and errno. */
int addr_bind(const union addr *a, int type, enum addr_share share);
/* The port that a socket was given. */
uint16_t addr_bound_port(int fd);

#endif
