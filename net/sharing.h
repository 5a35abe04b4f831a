/* SPDX-License-Identifier: MIT */
/* sharing.h - what dialled connections share. Inside net/ only. */
#ifndef PARLEY_NET_SHARING_H
#define PARLEY_NET_SHARING_H

#include "net/client.h"
#include "net/quic.h"

struct net_sharing {
    struct quic_share sockets;
    SSL_CTX *tls[NET_VERIFY_NONE + 1];
};
/* The settings for connections that are checked like this; stays the sharing's. NULL when memory is short. */
SSL_CTX *sharing_tls(struct net_sharing *s, enum net_verify verify);

#endif
