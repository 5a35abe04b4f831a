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
    RELAY(dropped_quiet, COUNTER, "dropped: a voice that was not among the loudest of a large meeting"),
    RELAY(speakers_changed, COUNTER, "a louder voice took the place of another"),
    RELAY(dropped_malformed, COUNTER, "dropped: could not be read"),
    RELAY(dropped_forbidden, COUNTER, "dropped: the sender may not send it"),
    RELAY(key_frame_requests_in, COUNTER, "key frames asked for by receivers"),
    RELAY(key_frame_requests_out, COUNTER, "key frames asked of publishers"),
    RELAY(refused_sessions, COUNTER, "newcomers refused: as many sessions as may be"),
    RELAY(refused_cpu, COUNTER, "newcomers refused: the relay is over --max-cpu"),
    RELAY(refused_bandwidth, COUNTER, "newcomers refused: the relay is over --max-mbps"),
    RELAY(dropped_overload, COUNTER, "dropped: upper layers while the relay has too much to do, for each receiver"),
    RELAY(overload_step, GAUGE,
          "what is cut: 0 nothing, 1 top layer, 2 all but the base, 3 large pictures, 4 all but one, 5 pictures, 6 voices"),
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

#define PORT(field, help) {"parley_exchange_" #field, help, COUNTER, offsetof(struct port_stats, field)}
static const struct metric of_port[] = {
    PORT(frames_out, "frames given to other threads and relays"),
    PORT(bytes_out, "bytes of those"),
    PORT(frames_in, "frames taken from other threads and relays"),
    PORT(bytes_in, "bytes of those"),
    PORT(media_dropped, "pictures and sounds for a thread that is too far behind"),
    PORT(control_lost, "other frames that were lost: state was asked for again"),
    PORT(batches_out, "batches given to the bus"),
    PORT(batches_failed, "batches that the bus did not take"),
};

static void print_head(FILE *out, const char *name, const char *help, enum kind kind)
{
    const char *suffix = kind == COUNTER ? "_total" : "";
    fprintf(out, "# HELP %s%s %s\n# TYPE %s%s %s\n", name, suffix, help, name, suffix, kind == COUNTER ? "counter" : "gauge");
}

static void print_one(FILE *out, const struct metric *m, const void *stats)
{
    uint64_t value;
    memcpy(&value, (const char *)stats + m->offset, sizeof(value));
    print_head(out, m->name, m->help, m->kind);
    fprintf(out, "%s%s %" PRIu64 "\n", m->name, m->kind == COUNTER ? "_total" : "", value);
}

static void print_list(FILE *out, const struct metric *list, size_t count, const void *stats)
{
    for (size_t i = 0; i < count; i++)
        print_one(out, &list[i], stats);
}

/* How evenly the threads are loaded. */
static void print_threads(FILE *out, const struct daemon *d)
{
    struct counters c[NET_THREADS_MAX];
    for (uint32_t i = 0; i < d->threads; i++)
        counters_read(&c[i], &d->worker[i].published);
    print_head(out, "parley_thread_sessions", "connections of each thread", GAUGE);
    for (uint32_t i = 0; i < d->threads; i++)
        fprintf(out, "parley_thread_sessions{thread=\"%u\"} %" PRIu64 "\n", i, c[i].relay.sessions);
    print_head(out, "parley_thread_cpu_seconds", "processor time of each thread", COUNTER);
    for (uint32_t i = 0; i < d->threads; i++)
        fprintf(out, "parley_thread_cpu_seconds_total{thread=\"%u\"} %.3f\n", i, (double)c[i].cpu_us / (double)SEC);
}

static void print_all(FILE *out, struct worker *w)
{
    const struct daemon *d = w->daemon;
    struct counters sum;
    daemon_count(w, &sum);
    print_list(out, of_relay, COUNT_OF(of_relay), &sum.relay);
    print_list(out, of_net, COUNT_OF(of_net), &sum.net);
    print_list(out, of_port, COUNT_OF(of_port), &sum.port);
    print_threads(out, d);
    print_head(out, "parley_uptime_seconds", "time since the start", GAUGE);
    fprintf(out, "parley_uptime_seconds %.3f\n", (double)(loop_now() - d->started) / (double)SEC);
    print_head(out, "parley_draining", "1 while the relay waits for its clients to leave", GAUGE);
    fprintf(out, "parley_draining %d\n", d->state != DAEMON_SERVING);
}

struct pkt *metrics_text(struct worker *w)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    if (!out)
        return NULL;
    print_all(out, w);
    struct pkt *p = fclose(out) == 0 ? pkt_copy(text, len) : NULL;
    free(text);
    return p;
}
