/* SPDX-License-Identifier: MIT */
/* conn.h - what the two kinds of connection share: the first member of each. Included only inside net/. */
#ifndef PARLEY_NET_CONN_H
#define PARLEY_NET_CONN_H

#include "net/net.h"

struct net_ops {
    enum net_transport transport;
    int (*send)(struct net_conn *conn, const struct net_send *what);
    void (*flush)(struct net_conn *conn); /* NULL: all leaves by itself */
    size_t (*room)(const struct net_conn *conn);
    void (*close)(struct net_conn *conn, uint32_t code, const char *text);
    size_t (*datagram_max)(const struct net_conn *conn); /* NULL: 0 */
    const char *(*peer)(const struct net_conn *conn);
    void (*stats)(const struct net_conn *conn, struct net_stats *s);
    void (*pause)(struct net_conn *conn, bool paused);
    int (*migrate)(struct net_conn *conn); /* NULL: unsupported */
};

struct net_conn {
    const struct net_ops *ops;
    const struct net_handler *handler;
    void *ctx;
    void *user;
};

/* Callbacks may be NULL in a handler. */
#define NET_CALL(conn, callback, ...)                                                                                              \
    do {                                                                                                                           \
        if ((conn)->handler->callback)                                                                                             \
            (conn)->handler->callback((conn)->ctx, (conn), ##__VA_ARGS__);                                                         \
    } while (0)

#endif
