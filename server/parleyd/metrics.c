/* SPDX-License-Identifier: MIT */
#include "metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon.h"

enum kind { GAUGE, COUNTER };

struct metric {
    const char *name, *help;
    enum kind kind;
    size_t offset;
};

#define RELAY(field, kind, help) {"parley_" #field, help, kind, offsetof(struct relay_stats, field)}
static const struct metric of_relay[] = {
    RELAY(sessions, GAUGE, "connections in meetings or about to be"),
    RELAY(rooms, GAUGE, "meetings"),
    RELAY(members, GAUGE, "members of meetings, those that are held included"),
    RELAY(objects_in, COUNTER, "pictures and sounds received"),
    RELAY(bytes_in, COUNTER, "bytes received from members"),
    RELAY(objects_out, COUNTER, "pictures and sounds sent"),
    RELAY(bytes_out, COUNTER, "bytes sent to members"),
    RELAY(dropped_age, COUNTER, "dropped: too old for its receiver"),
    RELAY(dropped_full, COUNTER, "dropped: the receiver's queue was full"),
    RELAY(dropped_layer, COUNTER, "dropped: not a layer for the receiver, or not decodable there"),
    RELAY(dropped_rate, COUNTER, "dropped: the sender was over its rate"),
    RELAY(dropped_malformed, COUNTER, "dropped: could not be read"),
    RELAY(dropped_forbidden, COUNTER, "dropped: the sender may not send it"),
    RELAY(key_frame_requests_in, COUNTER, "key frames asked for by receivers"),
    RELAY(key_frame_requests_out, COUNTER, "key frames asked of publishers"),
    RELAY(cache_hits, COUNTER, "pictures that began with what the relay had kept"),
    RELAY(cache_misses, COUNTER, "pictures that began with a key frame asked of the publisher"),
    RELAY(cache_bytes, GAUGE, "bytes kept for newcomers"),
    RELAY(joins, COUNTER, "members let in"),
    RELAY(refusals, COUNTER, "sessions refused or ended by the relay"),
    RELAY(resumes, COUNTER, "seats taken up again"),
};

#define NET(field, kind, help) {"parley_net_" #field, help, kind, offsetof(struct net_server_stats, field)}
static const struct metric of_net[] = {
    NET(webtransport, GAUGE, "open WebTransport sessions"),
    NET(websocket, GAUGE, "open WebSockets"),
    NET(handshakes, GAUGE, "QUIC handshakes in progress"),
    NET(accepted, COUNTER, "connections accepted"),
    NET(refused_limit, COUNTER, "connections refused: a limit"),
    NET(refused_origin, COUNTER, "connections refused: the page's origin"),
    NET(refused_path, COUNTER, "connections refused: no such path"),
    NET(retries_sent, COUNTER, "clients asked to prove their address"),
    NET(handshake_timeouts, COUNTER, "handshakes given up"),
    NET(udp_in, COUNTER, "UDP packets received"),
    NET(udp_out, COUNTER, "UDP packets sent"),
    NET(udp_bytes_in, COUNTER, "UDP bytes received"),
    NET(udp_bytes_out, COUNTER, "UDP bytes sent"),
    NET(udp_sends, COUNTER, "system calls that sent UDP"),
    NET(udp_dropped, COUNTER, "UDP packets that could not be sent"),
    NET(malformed, COUNTER, "packets and streams that could not be read"),
    NET(migrations, COUNTER, "connections that moved to another address"),
    NET(stateless_resets, COUNTER, "stateless resets sent"),
    NET(version_negotiations, COUNTER, "version negotiations sent"),
    NET(http_requests, COUNTER, "HTTP requests"),
};

static void print_one(FILE *out, const struct metric *m, const void *stats)
{
    uint64_t value;
    memcpy(&value, (const char *)stats + m->offset, sizeof(value));
    const char *suffix = m->kind == COUNTER ? "_total" : "";
    fprintf(out, "# HELP %s%s %s\n# TYPE %s%s %s\n%s%s %" PRIu64 "\n", m->name, suffix, m->help, m->name, suffix,
            m->kind == COUNTER ? "counter" : "gauge", m->name, suffix, value);
}

static void print_all(FILE *out, const struct daemon *d)
{
    struct relay_stats relay;
    struct net_server_stats net;
    relay_stats(d->relay, &relay);
    net_server_stats(d->server, &net);
    for (size_t i = 0; i < COUNT_OF(of_relay); i++)
        print_one(out, &of_relay[i], &relay);
    for (size_t i = 0; i < COUNT_OF(of_net); i++)
        print_one(out, &of_net[i], &net);
    fprintf(out,
            "# HELP parley_uptime_seconds time since the start\n# TYPE parley_uptime_seconds gauge\nparley_uptime_seconds %.3f\n",
            (double)(loop_now() - d->started) / (double)SEC);
    fprintf(
        out,
        "# HELP parley_draining 1 while the relay waits for its clients to leave\n# TYPE parley_draining gauge\nparley_draining %d\n",
        d->state != DAEMON_SERVING);
}

struct pkt *metrics_text(const struct daemon *d)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (!out)
        return NULL;
    print_all(out, d);
    struct pkt *p = fclose(out) == 0 ? pkt_copy(text, len) : NULL;
    free(text);
    return p;
}
