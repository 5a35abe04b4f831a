/* SPDX-License-Identifier: MIT */
#include "net/serving.h"

#include <string.h>

#include "net/loop.h"

struct net_limits net_limits_default(void)
{
    return (struct net_limits){
        .connections = 4000,
        .connections_per_ip = 1000,
        .openings_per_ip = 100,
        .http_connections = 1000,
        .http_per_ip = 250,
        .handshakes = 512,
        .handshakes_per_ip = 256,
        .retry_above = 64,
        .handshake_ms = 5000,
        .idle_ms = 10000,
        .keep_alive_ms = 4000,
        .runs = 128,
        .bidis = 100,
        .stream_window = 256 * 1024,
        .conn_window = 1024 * 1024,
        .header_bytes = 8192,
        .frame_bytes = 4096,
        .early_streams = 8,
        .early_bytes = 64 * 1024,
        .message_bytes = 1024 * 1024 + 64,
        .queue_bytes = 4 * 1024 * 1024,
        .datagram_queue = 32,
        .datagram_age_ms = 100,
        .http_body_bytes = 64 * 1024,
    };
}

int serving_admit(struct serving *s, uint64_t stranger)
{
    int err = gate_admit(s->gate, &s->limits, stranger, loop_now());
    s->stats.refused_limit += err != 0;
    return err;
}

void serving_release(struct serving *s, uint64_t stranger) { gate_release(s->gate, stranger); }

const uint32_t net_opening_ms[NET_OPENINGS] = {5, 10, 25, 50, 100, 250, 500, 1000};

void serving_opened(struct serving *s, usec_t took)
{
    uint32_t bucket = 0;
    while (bucket < NET_OPENINGS && took > net_opening_ms[bucket] * MS)
        bucket++;
    s->stats.opening[bucket]++;
    s->stats.opening_us += (uint64_t)took;
}

int serving_verdict(struct serving *s, const char *path, const char *expected_path, const char *origin, const char *host)
{
    size_t len = strcspn(path, "?");
    if (len != strlen(expected_path) || memcmp(path, expected_path, len) != 0) {
        s->stats.refused_path++;
        return 404;
    }
    if (s->origin_allowed && !s->origin_allowed(s->ctx, origin, host)) {
        s->stats.refused_origin++;
        return 403;
    }
    return s->draining ? 503 : 200;
}
