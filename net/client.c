/* SPDX-License-Identifier: MIT */
#include "net/client.h"

#include "base/err.h"
#include "net/conn.h"
#include "net/dial.h"

struct net_conn *net_dial(struct net_loop *loop, const struct net_dial *what, const struct net_handler *handler, void *ctx)
{
    struct url url;
    if (url_parse(&url, what->url))
        return NULL;
    if (what->transport == NET_WEBSOCKET)
        return lws_dial(loop, what, &url, handler, ctx);
    return url.secure ? wt_dial(loop, what, &url, handler, ctx) : NULL;
}

int net_migrate(struct net_conn *conn) { return conn->ops->migrate ? conn->ops->migrate(conn) : ERR_UNSUPPORTED; }
