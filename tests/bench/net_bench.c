/* SPDX-License-Identifier: MIT */
/* What the transports cost:
 *   net_bench CERT.pem KEY.pem throughput SECONDS [nogso|ws]
 *   net_bench CERT.pem KEY.pem fanout SECONDS CONNECTIONS [OBJECT_BYTES [OBJECTS_A_SECOND]] [nogso|ws]
 *   net_bench CERT.pem KEY.pem memory CONNECTIONS [ws]
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

struct bench {
    struct net_loop *loop;
    struct net_server *server;
    struct net_conn *conn[CONNECTIONS_MAX];
    size_t count, wanted;
    struct pkt *pkt;
    struct loop_timer frame; /* fanout: one object to everybody, this often */
    usec_t frame_us, frame_at;
    size_t frame_bytes;
    uint64_t bytes, frames, skipped;
    bool blasting, ws;
    size_t opened;
};
static struct bench b;

static double seconds_of(struct timeval t) { return (double)t.tv_sec + (double)t.tv_usec / 1e6; }

static struct cpu {
    double user, total;
} cpu_s(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (struct cpu){seconds_of(u.ru_utime), seconds_of(u.ru_utime) + seconds_of(u.ru_stime)};
}

static struct cpu cpu_since(struct cpu then)
{
    struct cpu now = cpu_s();
    return (struct cpu){now.user - then.user, now.total - then.total};
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
            give(b.conn[i], b.frame_bytes, false);
        else
            b.skipped++;
    b.frame_at = usec_max(b.frame_at + b.frame_us, now - b.frame_us);
    loop_timer_set(b.loop, &b.frame, b.frame_at);
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

static void print_rates(const char *what, double seconds, struct cpu used)
{
    double cpu = used.total;
    struct net_server_stats s;
    net_server_stats(b.server, &s);
    double out = b.ws ? (double)b.bytes : (double)s.udp_bytes_out;
    printf("%s: %.2f Gbit/s, %.2f of a core (%.0f %% user), %.2f Gbit/s per core; %llu packets in %llu sends, %.1f a send\n", what,
           out * 8 / 1e9 / seconds, cpu / seconds, 100 * used.user / cpu, out * 8 / 1e9 / cpu, (unsigned long long)s.udp_out,
           (unsigned long long)s.udp_sends, s.udp_sends ? (double)s.udp_out / (double)s.udp_sends : 0.0);
}

static void throughput(double seconds)
{
    give(b.conn[0], BLAST_BYTES, true);
    b.blasting = true;
    blast(NULL, b.conn[0]);
    struct cpu before = cpu_s();
    run_for((usec_t)(seconds * 1e6));
    print_rates("throughput", seconds, cpu_since(before));
}

static void fanout(double seconds)
{
    for (size_t i = 0; i < b.count; i++)
        give(b.conn[i], 1, true);
    b.frame = (struct loop_timer){.fire = on_frame};
    b.frame_at = loop_now();
    b.bytes = 0;
    loop_timer_set(b.loop, &b.frame, b.frame_at);
    struct cpu before = cpu_s();
    run_for((usec_t)(seconds * 1e6));
    struct cpu used = cpu_since(before);
    print_rates("fanout", seconds, used);
    double objects = (double)b.bytes / (double)b.frame_bytes;
    printf("fanout: %zu receivers, %.0f objects of %zu bytes a second, %.2f us each, %.1f %% skipped\n", b.count, objects / seconds,
           b.frame_bytes, used.total * 1e6 / objects, 100.0 * (double)b.skipped / ((double)b.skipped + objects));
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

/* The clients' process is made first, and begins anew: it holds nothing of the server's, and a profiler of the server does not follow. */
static pid_t start_clients(const char *self, int port_pipe[2], size_t count, bool ws)
{
    uint16_t port;
    char text[2][16];
    pid_t pid = pipe(port_pipe) ? -1 : fork();
    if (pid != 0)
        return pid;
    close(port_pipe[1]);
    if (read(port_pipe[0], &port, sizeof port) != sizeof port)
        exit(1);
    snprintf(text[0], sizeof text[0], "%u", port);
    snprintf(text[1], sizeof text[1], "%zu", count);
    execl(self, self, "clients", text[0], text[1], ws ? "ws" : "wt", (char *)NULL);
    exit(1);
}

/* The number at `at`, or `otherwise` when there is none. */
static size_t number(int argc, char **argv, int at, size_t otherwise)
{
    size_t n = at < argc ? strtoul(argv[at], NULL, 10) : 0;
    return n ? n : otherwise;
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
    if (argc == 5 && strcmp(argv[1], "clients") == 0)
        clients((uint16_t)atoi(argv[2]), strtoul(argv[3], NULL, 10), strcmp(argv[4], "ws") == 0);
    if (argc < 5) {
        fprintf(stderr,
                "net_bench CERT.pem KEY.pem throughput SECONDS | fanout SECONDS CONNECTIONS [BYTES [HZ]] | memory CONNECTIONS "
                "[nogso] [ws]\n");
        return 2;
    }
    const char *what = argv[3];
    bool ws = has(argc, argv, "ws"), memory = strcmp(what, "memory") == 0;
    size_t count = memory ? strtoul(argv[4], NULL, 10) : strcmp(what, "fanout") == 0 ? number(argc, argv, 5, 1) : 1;
    b.frame_bytes = number(argc, argv, 6, 1000);
    b.frame_us = SEC / (usec_t)number(argc, argv, 7, 1000);
    pid_t pid = start_clients(argv[0], port_pipe, count, ws);
    b.ws = ws;
    serve(argv[1], argv[2], has(argc, argv, "nogso"));
    uint16_t port = net_server_port(b.server);
    double before = resident_mb();
    struct cpu cpu = cpu_s();
    if (pid < 0 || write(port_pipe[1], &port, sizeof port) != sizeof port)
        return 1;
    wait_for(count);
    if (memory)
        printf("memory: %zu connections, %.1f kB each; %.2f ms of CPU each to accept\n", count,
               (resident_mb() - before) * 1000 / (double)count, cpu_since(cpu).total * 1000 / (double)count);
    else if (count == 1 && strcmp(what, "throughput") == 0)
        throughput(strtod(argv[4], NULL));
    else
        fanout(strtod(argv[4], NULL));
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return 0;
}
