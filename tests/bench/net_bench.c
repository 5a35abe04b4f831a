/* SPDX-License-Identifier: MIT */
/* What the transports cost: net_bench throughput SECONDS [nogso|ws] | fanout SECONDS CONNECTIONS [nogso|ws] | memory CONNECTIONS [ws].
 * The server is one process with one loop, the clients are another; the server's CPU time and memory are what is printed. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "net/client.h"
#include "net/loop.h"
#include "net/server.h"

#define CONNECTIONS_MAX 4000
#define BLAST_BYTES 16384
#define FRAME_BYTES 1000 /* fanout: one object to everybody ... */
#define FRAME_US (1 * MS) /* ... this often */

struct bench {
    struct net_loop *loop;
    struct net_server *server;
    struct net_conn *conn[CONNECTIONS_MAX];
    size_t count, wanted;
    struct pkt *pkt;
    struct loop_timer frame;
    uint64_t bytes, frames;
    bool blasting, ws;
    size_t opened;
};
static struct bench b;

static double cpu_s(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static double resident_mb(void)
{
    long pages = 0, ignored;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f || fscanf(f, "%ld %ld", &ignored, &pages) != 2)
        exit(1);
    fclose(f);
    return (double)pages * 4096 / 1e6;
}

/* ---- server ---- */

static int give(struct net_conn *conn, size_t len, bool begin)
{
    b.bytes += len;
    return net_send(conn, &(struct net_send){
                              .channel = NET_RUN, .pkt = pkt_ref(b.pkt), .len = len, .run = 1, .run_begin = begin, .priority = 3});
}

static void blast(void *ctx, struct net_conn *conn)
{
    (void)ctx;
    while (b.blasting && net_room(conn) > 0)
        if (give(conn, BLAST_BYTES, false))
            return;
}

static void on_accepted(void *ctx, struct net_conn *conn)
{
    (void)ctx;
    if (b.count < CONNECTIONS_MAX)
        b.conn[b.count++] = conn;
}

static void on_server_closed(void *ctx, struct net_conn *conn, uint32_t code, const char *text)
{
    (void)ctx, (void)code, (void)text;
    for (size_t i = 0; i < b.count; i++)
        if (b.conn[i] == conn)
            b.conn[i--] = b.conn[--b.count];
}

static void on_frame(void *ctx, usec_t now)
{
    (void)ctx;
    b.frames++;
    for (size_t i = 0; i < b.count; i++)
        if (net_room(b.conn[i]) > 0)
            give(b.conn[i], FRAME_BYTES, false);
    loop_timer_set(b.loop, &b.frame, now + FRAME_US);
}

static const struct net_handler server_side = {.opened = on_accepted, .writable = blast, .closed = on_server_closed};

static char *read_file(const char *path)
{
    static char text[2][8192];
    static int next;
    char *out = text[next++ % 2];
    FILE *f = fopen(path, "r");
    size_t len = f ? fread(out, 1, sizeof text[0] - 1, f) : 0;
    if (!len) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(1);
    }
    fclose(f);
    out[len] = 0;
    return out;
}

static void run_for(usec_t us)
{
    usec_t end = loop_now() + us;
    for (usec_t now; (now = loop_now()) < end;)
        loop_step(b.loop, end - now);
}

/* ---- clients ---- */

static void on_client_opened(void *ctx, struct net_conn *conn)
{
    (void)ctx, (void)conn;
    b.opened++;
}

static void on_client_run(void *ctx, struct net_conn *conn, uint64_t run, const uint8_t *data, size_t len, enum net_end end)
{
    (void)ctx, (void)conn, (void)run, (void)data, (void)end;
    b.bytes += len;
}

static void on_client_message(void *ctx, struct net_conn *conn, const uint8_t *data, size_t len)
{
    (void)ctx, (void)conn, (void)data;
    b.bytes += len;
}

static const struct net_handler client_side = {.opened = on_client_opened, .run = on_client_run, .message = on_client_message};

static void clients(uint16_t port, size_t count, bool ws)
{
    char url[64];
    snprintf(url, sizeof url, ws ? "wss://127.0.0.1:%u/ws" : "https://127.0.0.1:%u/wt", port);
    struct net_dial dial = {
        .url = url, .transport = ws ? NET_WEBSOCKET : NET_WEBTRANSPORT, .verify = NET_VERIFY_NONE, .timeout_us = 60 * SEC};
    b.loop = loop_new();
    for (size_t i = 0; i < count; i++) {
        if (!net_dial(b.loop, &dial, &client_side, NULL))
            exit(1);
        while (b.opened + 16 < i)
            loop_step(b.loop, 10 * MS);
    }
    loop_run(b.loop);
}

/* ---- measurements ---- */

static void print_rates(const char *what, double seconds, double cpu)
{
    struct net_server_stats s;
    net_server_stats(b.server, &s);
    double out = b.ws ? (double)b.bytes : (double)s.udp_bytes_out;
    printf("%s: %.2f Gbit/s, %.2f of a core, %.2f Gbit/s per core; %llu packets in %llu sends, %.1f a send\n", what,
           out * 8 / 1e9 / seconds, cpu / seconds, out * 8 / 1e9 / cpu, (unsigned long long)s.udp_out,
           (unsigned long long)s.udp_sends, s.udp_sends ? (double)s.udp_out / (double)s.udp_sends : 0.0);
}

static void throughput(double seconds)
{
    give(b.conn[0], BLAST_BYTES, true);
    b.blasting = true;
    blast(NULL, b.conn[0]);
    double cpu = cpu_s();
    run_for((usec_t)(seconds * 1e6));
    print_rates("throughput", seconds, cpu_s() - cpu);
}

static void fanout(double seconds)
{
    for (size_t i = 0; i < b.count; i++)
        give(b.conn[i], 1, true);
    b.frame = (struct loop_timer){.fire = on_frame};
    loop_timer_set(b.loop, &b.frame, loop_now());
    double cpu = cpu_s();
    run_for((usec_t)(seconds * 1e6));
    double used = cpu_s() - cpu;
    print_rates("fanout", seconds, used);
    double objects = (double)b.bytes / FRAME_BYTES;
    printf("fanout: %zu receivers, %.0f objects a second, %.2f us each\n", b.count, objects / seconds, used * 1e6 / objects);
}

static void wait_for(size_t count)
{
    for (usec_t end = loop_now() + 60 * SEC; b.count < count && loop_now() < end;)
        loop_step(b.loop, 10 * MS);
    if (b.count < count) {
        fprintf(stderr, "only %zu of %zu connected\n", b.count, count);
        exit(1);
    }
    run_for(500 * MS);
}

static void serve(const char *cert, const char *key, bool no_gso)
{
    char why[256];
    struct net_limits limits = net_limits_default();
    limits.connections_per_ip = limits.openings_per_ip = CONNECTIONS_MAX;
    limits.http_connections = limits.http_per_ip = CONNECTIONS_MAX;
    limits.retry_above = limits.handshakes_per_ip = limits.handshakes;
    b.loop = loop_new();
    b.server = net_listen(
        b.loop,
        &(struct net_listen){
            .address = "127.0.0.1", .cert_pem = read_file(cert), .key_pem = read_file(key), .no_gso = no_gso, .limits = &limits},
        &server_side, NULL, NULL, why, sizeof why);
    if (!b.server) {
        fprintf(stderr, "%s\n", why);
        exit(1);
    }
    b.pkt = pkt_new(BLAST_BYTES);
    b.pkt->len = BLAST_BYTES;
    memset(b.pkt->data, 1, BLAST_BYTES);
}

/* The clients' process is made first, so that it holds nothing of the server's. */
static pid_t start_clients(int port_pipe[2], size_t count, bool ws)
{
    uint16_t port;
    pid_t pid = pipe(port_pipe) ? -1 : fork();
    if (pid != 0)
        return pid;
    close(port_pipe[1]);
    if (read(port_pipe[0], &port, sizeof port) == sizeof port)
        clients(port, count, ws);
    exit(0);
}

static bool has(int argc, char **argv, const char *word)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], word) == 0)
            return true;
    return false;
}

int main(int argc, char **argv)
{
    int port_pipe[2];
    if (argc < 5) {
        fprintf(stderr,
                "net_bench CERT.pem KEY.pem throughput SECONDS | fanout SECONDS CONNECTIONS | memory CONNECTIONS [nogso] [ws]\n");
        return 2;
    }
    const char *what = argv[3];
    bool ws = has(argc, argv, "ws"), memory = strcmp(what, "memory") == 0;
    size_t count = memory ? strtoul(argv[4], NULL, 10) : strcmp(what, "fanout") == 0 && argc > 5 ? strtoul(argv[5], NULL, 10) : 1;
    pid_t pid = start_clients(port_pipe, count, ws);
    b.ws = ws;
    serve(argv[1], argv[2], has(argc, argv, "nogso"));
    uint16_t port = net_server_port(b.server);
    double before = resident_mb(), cpu = cpu_s();
    if (pid < 0 || write(port_pipe[1], &port, sizeof port) != sizeof port)
        return 1;
    wait_for(count);
    if (memory)
        printf("memory: %zu connections, %.1f kB each; %.2f ms of CPU each to accept\n", count,
               (resident_mb() - before) * 1000 / (double)count, (cpu_s() - cpu) * 1000 / (double)count);
    else if (count == 1 && strcmp(what, "throughput") == 0)
        throughput(strtod(argv[4], NULL));
    else
        fanout(strtod(argv[4], NULL));
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return 0;
}
