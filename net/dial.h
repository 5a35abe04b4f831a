/* SPDX-License-Identifier: MIT */
/* dial.h - one half of net_dial() per transport. Inside net/ only. */
#ifndef PARLEY_NET_DIAL_H
#define PARLEY_NET_DIAL_H

#include "net/client.h"
#include "net/url.h"

#define DIAL_TIMEOUT_DEFAULT (5 * SEC)

struct net_conn *lws_dial(struct net_loop *loop, const struct net_dial *what, const struct url *url,
                          const struct net_handler *handler, void *ctx);
struct net_conn *wt_dial(struct net_loop *loop, const struct net_dial *what, const struct url *url,
                         const struct net_handler *handler, void *ctx);

#endif
