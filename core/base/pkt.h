/* SPDX-License-Identifier: MIT */
/* pkt.h - bytes from one sender on their way to many receivers, counted by reference.
 *
 * A packet is written once, by its creator, before the first pkt_ref(); after that it is read-only. Counts are
 * atomic, so threads may share a packet. The bytes stand in the same allocation as the count. */
#ifndef PARLEY_BASE_PKT_H
#define PARLEY_BASE_PKT_H

#include <stddef.h>
#include <stdint.h>

struct pkt {
    _Atomic uint32_t refs;
    uint32_t len; /* bytes in use */
    uint32_t cap; /* bytes there are */
    uint8_t data[];
};

/* Gives a packet with one reference and len 0, or NULL when memory is short. */
struct pkt *pkt_new(size_t cap);
/* Gives a packet holding a copy of `data`, or NULL when memory is short. */
struct pkt *pkt_copy(const void *data, size_t len);
/* Adds a reference and returns `p`. */
struct pkt *pkt_ref(struct pkt *p);
/* Takes one reference; the last one frees, or keeps the memory for the next packet of this thread's. NULL is fine. */
void pkt_unref(struct pkt *p);
/* Frees what is kept for this thread's next packets (16 MiB at most): before a thread ends. */
void pkt_trim(void);

#endif
