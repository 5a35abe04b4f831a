/* SPDX-License-Identifier: MIT */
/* peers.h - which other relays there are, who is up, and how busy they are. Knows no socket and no clock.
 *
 * Two relays must agree when one took the other for dead, or one would go on sending what the other has forgotten. So each batch
 * carries an *epoch*, raised by its sender each time it took the receiver for dead; a receiver that sees it rise takes the sender
 * for restarted too. */
#ifndef PARLEY_BUS_PEERS_H
#define PARLEY_BUS_PEERS_H

#include "base/units.h"
#include "beat.h"

#define PEER_SILENCE (1500 * MS)

struct peer {
    bool known, up;
    uint64_t instance;
    usec_t heard;
    uint32_t epoch, seen_epoch;
    struct bus_node info;
};

struct peers {
    struct peer peer[BUS_NODES];
    uint32_t up_count;
};

enum peer_change {
    PEER_FOREIGN, /* of somebody who is not, or no longer, this relay's peer */
    PEER_SAME,
    PEER_ROSE,      /* is up now */
    PEER_RESTARTED, /* was up, and begins anew: down, then up */
    PEER_FELL,      /* said that it leaves */
};

/* `up`: whether a live relay counts as up now, or is only remembered. */
enum peer_change peers_on_beat(struct peers *p, const struct beat *b, bool up, usec_t now);
enum peer_change peers_on_batch(struct peers *p, const struct batch_header *h, usec_t now);
/* Takes one relay down that was silent for PEER_SILENCE: its number, or 0 when there is none. */
uint32_t peers_silent(struct peers *p, usec_t now);
/* Takes any relay down: its number, or 0 when none is up. */
uint32_t peers_drop(struct peers *p);
/* Whether somebody was heard under this number not long ago. */
bool peers_uses(const struct peers *p, uint32_t node, usec_t now);
/* Whether a relay that is up, or was the last under its number, has the address of this host, whatever the port. */
bool peers_has_host(const struct peers *p, const char *host, size_t len);
/* NULL when there is none. */
const struct bus_node *peers_lightest(const struct peers *p);
/* Those that clients may go to, at most `max`, lightest first. Gives their number. */
size_t peers_others(const struct peers *p, const struct bus_node **out, size_t max);

#endif
