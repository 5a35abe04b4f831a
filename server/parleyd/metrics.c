/* SPDX-License-Identifier: MIT */
#include "metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon.h"
#include "exposition.h"
#include "memory.h"

#define RELAY(field, kind, help) {"parley_" #field, "", help, METRIC_##kind, offsetof(struct relay_stats, field)}
#define DROPPED(reason)                                                                                                            \
    {"parley_dropped", "reason=\"" #reason "\"", "objects dropped: see the table of reasons in the manual", METRIC_COUNTER,        \
     offsetof(struct relay_stats, dropped_##reason)}
static const struct metric of_relay[] = {
    RELAY(sessions, GAUGE, "connections in meetings or about to be"),
    RELAY(rooms, GAUGE, "meetings"),
    RELAY(members, GAUGE, "members of meetings, those that are held included"),
    RELAY(bytes_in, COUNTER, "bytes received from members"),
    RELAY(bytes_out, COUNTER, "bytes sent to members"),
    DROPPED(age),
    DROPPED(full),
    DROPPED(layer),
    DROPPED(rate),
    DROPPED(quiet),
    DROPPED(malformed),
    DROPPED(forbidden),
    RELAY(speakers_changed, COUNTER, "a louder voice took the place of another"),
    RELAY(key_frame_requests_in, COUNTER, "key frames asked for by receivers"),
    RELAY(key_frame_requests_out, COUNTER, "key frames asked of publishers"),
    RELAY(refused_sessions, COUNTER, "newcomers refused: as many sessions as may be"),
    RELAY(refused_cpu, COUNTER, "newcomers refused: the relay is over --max-cpu"),
    RELAY(refused_memory, COUNTER, "newcomers refused: the process is over --max-memory"),
    RELAY(refused_bandwidth, COUNTER, "newcomers refused: the relay is over --max-mbps"),
    RELAY(dropped_overload, COUNTER, "dropped: upper layers while the relay has too much to do, for each receiver"),
    RELAY(overload_step, GAUGE,
          "what is cut: 0 nothing, 1 top layer, 2 all but the base, 3 large pictures, 4 all but one, 5 pictures, 6 voices"),
    RELAY(cache_hits, COUNTER, "pictures that began with what the relay had kept"),
    RELAY(cache_misses, COUNTER, "pictures that began with a key frame asked of the publisher"),
    RELAY(cache_bytes, GAUGE, "bytes kept for newcomers"),
    RELAY(queued_bytes, GAUGE, "bytes of pictures that wait for slow receivers"),
    RELAY(joins, COUNTER, "members let in"),
    RELAY(refusals, COUNTER, "sessions refused or ended by the relay"),
    RELAY(resumes, COUNTER, "seats taken up again"),
    RELAY(takeovers, COUNTER, "seats taken up again that another thread or relay held"),
    RELAY(restores, COUNTER, "seats taken up again of which only the token told"),
    RELAY(frames_in, COUNTER, "frames of other threads and relays"),
    RELAY(frames_out, COUNTER, "frames for other threads and relays"),
    RELAY(frame_bytes_in, COUNTER, "bytes of those received"),
    RELAY(frame_bytes_out, COUNTER, "bytes of those sent"),
    RELAY(frames_malformed, COUNTER, "frames that could not be read"),
    RELAY(frames_foreign, COUNTER, "frames of no meeting, member or relay known here"),
    RELAY(frames_full, COUNTER, "frames dropped because too many waited"),
    RELAY(gaps, COUNTER, "times that frames were lost and state was asked for again"),
};

#define NET(field, kind, help) {"parley_net_" #field, "", help, METRIC_##kind, offsetof(struct net_server_stats, field)}
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

#define PORT(field, help) {"parley_exchange_" #field, "", help, METRIC_COUNTER, offsetof(struct port_stats, field)}
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

#define BUS(field, kind, help) {"parley_bus_" #field, "", help, METRIC_##kind, offsetof(struct bus_stats, field)}
static const struct metric of_bus[] = {
    BUS(batches_out, COUNTER, "messages of frames given to NATS"),
    BUS(bytes_out, COUNTER, "bytes of those"),
    BUS(dropped_out, COUNTER, "messages not given: NATS away, the queue full, or too long"),
    BUS(batches_in, COUNTER, "messages of frames that NATS brought"),
    BUS(bytes_in, COUNTER, "bytes of those"),
    BUS(foreign_in, COUNTER, "messages that were no relay's, or not for this one"),
    BUS(slow_in, COUNTER, "messages dropped because this relay did not take them in time"),
    BUS(connects, COUNTER, "connections to NATS made anew"),
};

#define PARTS(field, help) {"parley_bus_" #field, "", help, METRIC_COUNTER, offsetof(struct exchange_bus_stats, field)}
static const struct metric of_parts[] = {
    PARTS(malformed, "messages of relays that could not be read"),
    PARTS(gaps, "messages found missing by their numbers: state was asked for again"),
    PARTS(late, "messages that came after later ones and were dropped"),
    PARTS(media_dropped, "pictures and sounds of other relays for a thread that is too far behind"),
    PARTS(control_lost, "other frames for such a thread: state was asked for again"),
};

/* ---- what passes, by kind and layer ---- */

static const char *const media_name[RELAY_MEDIA] = {"sound", "camera", "screen"};
typedef const struct relay_flow flows[RELAY_MEDIA][RELAY_LAYERS];

static void expose_layer(FILE *out, const char *name, uint32_t media, uint32_t layer, uint64_t value)
{
    char labels[64];
    if (media == RELAY_SOUND)
        snprintf(labels, sizeof(labels), "kind=\"%s\"", media_name[media]);
    else
        snprintf(labels, sizeof(labels), "kind=\"%s\",spatial=\"%u\",temporal=\"%u\"", media_name[media], layer / RELAY_TEMPORALS,
                 layer % RELAY_TEMPORALS);
    expose_count(out, name, labels, value);
}

static void expose_flows(FILE *out, const char *name, const char *help, flows *flow, size_t field)
{
    expose_head(out, name, help, METRIC_COUNTER);
    for (uint32_t media = 0; media < RELAY_MEDIA; media++)
        for (uint32_t layer = 0; layer < (media == RELAY_SOUND ? 1 : RELAY_LAYERS); layer++) {
            uint64_t value;
            memcpy(&value, (const char *)&(*flow)[media][layer] + field, sizeof(value));
            expose_layer(out, name, media, layer, value);
        }
}

static void expose_media(FILE *out, const struct relay_stats *s)
{
    size_t objects = offsetof(struct relay_flow, objects), bytes = offsetof(struct relay_flow, bytes);
    expose_flows(out, "parley_objects_in", "pictures and sounds received", &s->in, objects);
    expose_flows(out, "parley_object_bytes_in", "bytes of those", &s->in, bytes);
    expose_flows(out, "parley_objects_out", "pictures and sounds sent", &s->out, objects);
    expose_flows(out, "parley_object_bytes_out", "bytes of those", &s->out, bytes);
}

static void expose_times(FILE *out, const struct counters *c)
{
    expose_histogram(out, &(struct histogram){"parley_queue_wait_seconds", "how long objects lay in a receiver's queue",
                                              relay_wait_ms, RELAY_WAITS, c->relay.waited, c->relay.waited_us});
    expose_histogram(out,
                     &(struct histogram){"parley_net_open_seconds", "from a client's first packet to an open WebTransport session",
                                         net_opening_ms, NET_OPENINGS, c->net.opening, c->net.opening_us});
}

/* ---- the process: names as the client libraries of Prometheus give them ---- */

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void expose_process(FILE *out)
{
    expose_head(out, "process_cpu_seconds", "processor time, user and system", METRIC_COUNTER);
    fprintf(out, "process_cpu_seconds_total %.3f\n", cpu_seconds());
    expose_head(out, "process_resident_memory_bytes", "memory in use", METRIC_GAUGE);
    fprintf(out, "process_resident_memory_bytes %zu\n", memory_used());
}

/* How evenly the threads are loaded. */
static void print_threads(FILE *out, const struct daemon *d)
{
    struct counters c[NET_THREADS_MAX];
    for (uint32_t i = 0; i < d->threads; i++)
        counters_read(&c[i], &d->worker[i].published);
    expose_head(out, "parley_thread_sessions", "connections of each thread", METRIC_GAUGE);
    for (uint32_t i = 0; i < d->threads; i++)
        fprintf(out, "parley_thread_sessions{thread=\"%u\"} %" PRIu64 "\n", i, c[i].relay.sessions);
    expose_head(out, "parley_thread_cpu_seconds", "processor time of each thread", METRIC_COUNTER);
    for (uint32_t i = 0; i < d->threads; i++)
        fprintf(out, "parley_thread_cpu_seconds_total{thread=\"%u\"} %.3f\n", i, (double)c[i].cpu_us / (double)SEC);
}

static void print_gauge(FILE *out, const char *name, const char *help, double value)
{
    expose_head(out, name, help, METRIC_GAUGE);
    fprintf(out, "%s %.6g\n", name, value);
}

static void print_bus(FILE *out, const struct daemon *d)
{
    struct bus_stats s;
    struct exchange_bus_stats parts;
    if (!d->nodes)
        return;
    nodes_stats(d->nodes, &s);
    exchange_bus_stats(d->exchange, &parts);
    print_gauge(out, "parley_bus_connected", "1 while NATS is reached", s.connected);
    print_gauge(out, "parley_bus_ready", "1 while this relay holds a number", s.ready);
    print_gauge(out, "parley_bus_node", "the number that it holds, 0: none", s.ready ? s.node : 0);
    print_gauge(out, "parley_bus_nodes", "other relays that can be reached", s.nodes_up);
    print_gauge(out, "parley_bus_lag_seconds", "through NATS and back", (double)s.lag_us / (double)SEC);
    expose_list(out, of_bus, COUNT_OF(of_bus), &s);
    expose_list(out, of_parts, COUNT_OF(of_parts), &parts);
}

static void print_all(FILE *out, struct worker *w)
{
    const struct daemon *d = w->daemon;
    struct counters sum;
    daemon_count(w, &sum);
    expose_list(out, of_relay, COUNT_OF(of_relay), &sum.relay);
    expose_list(out, of_net, COUNT_OF(of_net), &sum.net);
    expose_list(out, of_port, COUNT_OF(of_port), &sum.port);
    expose_media(out, &sum.relay);
    expose_times(out, &sum);
    expose_process(out);
    print_threads(out, d);
    print_bus(out, d);
    expose_head(out, "parley_uptime_seconds", "time since the start", METRIC_GAUGE);
    fprintf(out, "parley_uptime_seconds %.3f\n", (double)(loop_now() - d->started) / (double)SEC);
    expose_head(out, "parley_draining", "1 while the relay waits for its clients to leave", METRIC_GAUGE);
    fprintf(out, "parley_draining %d\n", d->state != DAEMON_SERVING);
    expose_head(out, "parley_memory_short", "1 while newcomers are refused for want of memory", METRIC_GAUGE);
    fprintf(out, "parley_memory_short %d\n", atomic_load(&d->memory_short));
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
