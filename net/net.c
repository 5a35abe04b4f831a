/* SPDX-License-Identifier: MIT */
#include "net/net.h"

#include "net/conn.h"

int net_send(struct net_conn *conn, const struct net_send *what) { return conn->ops->send(conn, what); }

void net_flush(struct net_conn *conn)
{
    if (conn->ops->flush)
        conn->ops->flush(conn);
}

size_t net_room(const struct net_conn *conn) { return conn->ops->room(conn); }

void net_close(struct net_conn *conn, uint32_t code, const char *text) { conn->ops->close(conn, code, text ? text : ""); }

void net_pause(struct net_conn *conn, bool paused) { conn->ops->pause(conn, paused); }

enum net_transport net_transport_of(const struct net_conn *conn) { return conn->ops->transport; }

size_t net_datagram_max(const struct net_conn *conn) { return conn->ops->datagram_max ? conn->ops->datagram_max(conn) : 0; }

const char *net_peer(const struct net_conn *conn) { return conn->ops->peer(conn); }

void net_set_user(struct net_conn *conn, void *user) { conn->user = user; }

void *net_user(const struct net_conn *conn) { return conn->user; }

void net_stats(const struct net_conn *conn, struct net_stats *s)
{
    *s = (struct net_stats){0};
    conn->ops->stats(conn, s);
}
