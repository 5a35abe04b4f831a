/* SPDX-License-Identifier: MIT */
#include "net/sharing.h"

#include <stdlib.h>

#include "net/tls.h"

struct net_sharing *net_sharing_new(uint32_t connections)
{
    struct net_sharing *s = calloc(1, sizeof *s);
    if (s)
        s->sockets.most = connections ? connections : 1;
    return s;
}

void net_sharing_del(struct net_sharing *s)
{
    for (size_t i = 0; s && i < COUNT_OF(s->tls); i++)
        tls_free(s->tls[i]);
    free(s);
}

SSL_CTX *sharing_tls(struct net_sharing *s, enum net_verify verify)
{
    if (!s->tls[verify])
        s->tls[verify] = tls_quic_client(verify);
    return s->tls[verify];
}
