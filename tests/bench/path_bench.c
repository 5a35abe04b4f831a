/* SPDX-License-Identifier: MIT */
/* The whole way of an object through parleyd, with a clock of its own: publisher's datagrams in, relay, links, QUIC, datagrams to every
 * receiver, their acknowledgements. Daemon and clients take turns in one thread, each on a loop of its own, and time passes only
 * between turns: so the daemon does the same work in every run, and its instructions can be counted (server_turn() under callgrind,
 * see instructions.sh). Without callgrind it prints the CPU time of the daemon's turns.
 *
 *   path_bench video RECEIVERS OBJECT_BYTES OBJECTS_A_SECOND SECONDS
 *   path_bench audio RECEIVERS OBJECT_BYTES SPEAKERS SECONDS */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "net/client.h"
#include "parleyd/daemon.h"
#include "wire/control.h"
#include "wire/framer.h"
#include "wire/object.h"

#define PEERS_MAX 4000
#define TURN_US 50 /* between the turns of clients and daemon */
#define TURNS 8 /* of each, after something was sent */
#define STEP_US 5000 /* between two looks at the timers while nothing is sent */
#define LOOPS 2

/* ---- the clock and its alarms, in place of the system's ---- */

static uint64_t clock_us = 1000000000;
static struct alarm {
    int fd;
    uint64_t at;
} alarms[LOOPS];
static int alarm_count;

int __real_clock_gettime(clockid_t id, struct timespec *t);
int __wrap_clock_gettime(clockid_t id, struct timespec *t);
int __wrap_timerfd_create(int id, int flags);
int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *when, struct itimerspec *old);

int __wrap_clock_gettime(clockid_t id, struct timespec *t)
{
    if (id != CLOCK_MONOTONIC)
        return __real_clock_gettime(id, t);
    *t = (struct timespec){.tv_sec = (time_t)(clock_us / 1000000), .tv_nsec = (long)(clock_us % 1000000) * 1000};
    return 0;
}

int __wrap_timerfd_create(int id, int flags)
{
    (void)id, (void)flags;
    alarms[alarm_count] = (struct alarm){eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), UINT64_MAX};
    return alarms[alarm_count++].fd;
}

static void ring(struct alarm *a)
{
    uint64_t one = 1;
    if (a->at > clock_us)
        return;
    a->at = UINT64_MAX;
    if (write(a->fd, &one, sizeof one) < 0)
        abort();
}

int __wrap_timerfd_settime(int fd, int flags, const struct itimerspec *when, struct itimerspec *old)
{
    (void)flags, (void)old;
    for (int i = 0; i < alarm_count; i++)
        if (alarms[i].fd == fd) {
            alarms[i].at = (uint64_t)when->it_value.tv_sec * 1000000 + (uint64_t)when->it_value.tv_nsec / 1000;
            ring(&alarms[i]);
        }
    return 0;
}

static void pass(uint64_t us)
{
    clock_us += us;
    for (int i = 0; i < alarm_count; i++)
        ring(&alarms[i]);
}

/* ---- turns ---- */

struct peer {
    struct net_conn *conn;
    uint32_t index;
    bool asked;
};
static struct {
    struct net_loop *server, *clients;
    struct daemon daemon;
    struct peer peer[PEERS_MAX];
    uint32_t peers, publishers, opened, welcomed;
    bool audio;
    uint32_t publisher; /* the first member */
    uint64_t got_bytes;
    double server_s;
    bool counting;
} b;

static double thread_s(void)
{
    struct timespec t;
    __real_clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void quiet_turn(void) { loop_step(b.server, 0); }
/* The same, under a name that callgrind is told of. */
__attribute__((noinline)) void server_turn(void);
void server_turn(void) { loop_step(b.server, 0); }

static void turns(int count)
{
    for (int i = 0; i < count; i++) {
        loop_step(b.clients, 0);
        pass(TURN_US);
        double start = thread_s();
        if (b.counting)
            server_turn();
        else
            quiet_turn();
        b.server_s += thread_s() - start;
        pass(TURN_US);
    }
}

static void wait_until(uint64_t at)
{
    while (clock_us < at) {
        pass(at - clock_us < STEP_US ? at - clock_us : STEP_US);
        turns(1);
    }
}

static void fail(const char *why)
{
    fprintf(stderr, "path_bench: %s\n", why);
    exit(1);
}

/* ---- clients ---- */

static void ask(struct peer *p, const Parley__V1__Control *m)
{
    struct pkt *pkt = control_pack(m, CONTROL_STREAM);
    if (!pkt || net_send(p->conn, &(struct net_send){.channel = NET_CONTROL, .pkt = pkt, .len = pkt->len}) != 0)
        fail("a request was not sent");
}

static void say_hello(struct peer *p)
{
    uint8_t salt[WIRE_SALT_BYTES] = {(uint8_t)p->index, (uint8_t)(p->index >> 8)};
    Parley__V1__Hello h = PARLEY__V1__HELLO__INIT;
    h.major = WIRE_MAJOR;
    h.meeting = "m";
    h.name = "somebody";
    h.salt = (ProtobufCBinaryData){.data = salt, .len = sizeof salt};
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_HELLO;
    m.hello = &h;
    ask(p, &m);
}

static void publish(struct peer *p)
{
    Parley__V1__Layer layer = PARLEY__V1__LAYER__INIT, *layers = &layer;
    layer.width_px = 640;
    layer.height_px = 360;
    layer.temporal = 1;
    layer.max_bps = 2000000;
    Parley__V1__Track t = PARLEY__V1__TRACK__INIT;
    t.id = 1;
    t.kind = b.audio ? PARLEY__V1__KIND__KIND_MIC : PARLEY__V1__KIND__KIND_CAMERA;
    t.layers = &layers;
    t.n_layers = !b.audio;
    Parley__V1__Publish pub = PARLEY__V1__PUBLISH__INIT;
    pub.track = &t;
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_PUBLISH;
    m.publish = &pub;
    ask(p, &m);
}

static void watch(struct peer *p)
{
    Parley__V1__Want want = PARLEY__V1__WANT__INIT, *list = &want;
    want.member = b.publisher;
    want.track = 1;
    want.width_px = 640;
    Parley__V1__Subscribe s = PARLEY__V1__SUBSCRIBE__INIT;
    s.wants = &list;
    s.n_wants = 1;
    Parley__V1__Control m = PARLEY__V1__CONTROL__INIT;
    m.body_case = PARLEY__V1__CONTROL__BODY_SUBSCRIBE;
    m.subscribe = &s;
    ask(p, &m);
}

static void on_opened(void *ctx, struct net_conn *conn)
{
    struct peer *p = ctx;
    p->conn = conn;
    b.opened++;
    say_hello(p);
}

static uint32_t member_of(const uint8_t *data, size_t len)
{
    struct framer f;
    struct framed m;
    struct arena a;
    int err;
    framer_init(&f, WIRE_CONTROL_MAX, false);
    arena_init_growing(&a, CONTROL_ARENA_MAX);
    framer_feed(&f, data, len);
    const Parley__V1__Control *c = framer_next(&f, &m) > 0 ? control_parse(&a, m.data, m.len, WIRE_CONTROL_MAX, &err) : NULL;
    uint32_t member = c && c->body_case == PARLEY__V1__CONTROL__BODY_WELCOME ? c->welcome->member : 0;
    arena_free(&a);
    framer_free(&f);
    return member;
}

/* The first thing that comes is the Welcome. */
static void on_control(void *ctx, struct net_conn *conn, const uint8_t *data, size_t len)
{
    struct peer *p = ctx;
    (void)conn;
    if (p->asked)
        return;
    p->asked = true;
    if (!p->index && !(b.publisher = member_of(data, len)))
        fail("the first member's Welcome cannot be read");
    b.welcomed++;
    if (p->index < b.publishers)
        publish(p);
    else if (!b.audio)
        watch(p);
}

static void on_datagram(void *ctx, struct net_conn *conn, const uint8_t *data, size_t len)
{
    (void)ctx, (void)conn, (void)data;
    b.got_bytes += len;
}

static void on_run(void *ctx, struct net_conn *conn, uint64_t run, const uint8_t *data, size_t len, enum net_end end)
{
    (void)ctx, (void)conn, (void)run, (void)data, (void)end;
    b.got_bytes += len;
}

static void on_closed(void *ctx, struct net_conn *conn, uint32_t code, const char *text)
{
    (void)ctx, (void)conn, (void)code;
    fail(text);
}

static const struct net_handler handler = {
    .opened = on_opened, .control = on_control, .datagram = on_datagram, .run = on_run, .closed = on_closed};

static void join_all(uint32_t count)
{
    char url[64];
    snprintf(url, sizeof url, "https://127.0.0.1:%u/wt", net_server_port(b.daemon.worker[0].server));
    struct net_dial dial = {.url = url, .transport = NET_WEBTRANSPORT, .verify = NET_VERIFY_NONE, .timeout_us = 60 * SEC};
    for (; b.peers < count; b.peers++) {
        struct peer *p = &b.peer[b.peers];
        p->index = b.peers;
        if (!net_dial(b.clients, &dial, &handler, p))
            fail("no client");
        for (int i = 0; i < 100000 && b.welcomed <= b.peers; i++)
            turns(1);
        if (b.welcomed <= b.peers)
            fail("not welcomed");
    }
}

/* ---- the daemon ---- */

static void start_daemon(void)
{
    static struct config c;
    static char *arguments[] = {"parleyd", "--port=0", "--threads=1", "--max-cpu=100", NULL};
    char why[256];
    if (config_read(&c, 4, arguments, why, sizeof why) != 0)
        fail(why);
    c.plain = false;
    c.relay.sessions = c.relay.members = c.net.connections = c.net.connections_per_ip = c.net.openings_per_ip = PEERS_MAX;
    c.net.handshakes_per_ip = c.net.retry_above = c.net.handshakes;
    c.relay.silence_ms = 600000;
    b.server = loop_new();
    b.clients = loop_new();
    if (daemon_start(&b.daemon, &c, b.server, fopen("/dev/null", "w"), why, sizeof why) != 0)
        fail(why);
}

/* ---- media ---- */

static void send_picture(uint32_t seq, size_t bytes)
{
    struct object_header h = {
        .track = 1, .seq = seq, .key = seq == 1, .depends = seq == 1 ? 0 : 1, .captured_us = (usec_t)clock_us};
    struct pkt *p = pkt_new(bytes + 128);
    int at = object_write_framed(p->data, p->cap, WIRE_VIDEO, &h, bytes);
    size_t skip = seq == 1 ? 0 : 1; /* the kind byte stands at the start of a run only */
    memset(p->data + at, (int)seq, bytes);
    p->len = (uint32_t)at + (uint32_t)bytes;
    net_send(
        b.peer[0].conn,
        &(struct net_send){
            .channel = NET_RUN, .pkt = p, .offset = skip, .len = p->len - skip, .run = 1, .run_begin = seq == 1, .priority = 2});
}

static void send_sounds(uint32_t seq, size_t bytes)
{
    for (uint32_t i = 0; i < b.publishers; i++) {
        struct object_header h = {.track = 1, .seq = seq, .level = 90, .captured_us = (usec_t)clock_us};
        struct pkt *p = pkt_new(bytes + 128);
        int at = object_write_framed(p->data, p->cap, WIRE_AUDIO, &h, bytes);
        memset(p->data + at, (int)seq, bytes);
        p->len = (uint32_t)at + (uint32_t)bytes;
        net_send(b.peer[i].conn, &(struct net_send){.channel = NET_DATAGRAM, .pkt = p, .len = p->len});
    }
}

static void meeting(size_t bytes, uint32_t rate, uint32_t from, uint32_t to)
{
    uint64_t next = clock_us;
    for (uint32_t seq = from; seq < to; seq++) {
        if (b.audio)
            send_sounds(seq, bytes);
        else
            send_picture(seq, bytes);
        turns(TURNS);
        wait_until(next += 1000000 / rate);
    }
}

int main(int argc, char **argv)
{
    if (argc != 6)
        fail("video RECEIVERS OBJECT_BYTES OBJECTS_A_SECOND SECONDS | audio RECEIVERS OBJECT_BYTES SPEAKERS SECONDS");
    uint32_t receivers = (uint32_t)atoi(argv[2]), number = (uint32_t)atoi(argv[4]), warm = 20;
    size_t bytes = (size_t)atoi(argv[3]);
    double seconds = atof(argv[5]);
    b.audio = strcmp(argv[1], "audio") == 0;
    b.publishers = b.audio ? number : 1;
    uint32_t rate = b.audio ? 50 : number, objects = (uint32_t)(seconds * rate);
    if (receivers + b.publishers > PEERS_MAX)
        fail("too many receivers");
    start_daemon();
    join_all(receivers + b.publishers);
    meeting(bytes, rate, 1, 1 + warm);
    struct relay_stats before, after;
    struct net_server_stats net_before, net;
    relay_stats(b.daemon.worker[0].relay, &before);
    net_server_stats(b.daemon.worker[0].server, &net_before);
    b.got_bytes = 0;
    b.server_s = 0;
    b.counting = true;
    meeting(bytes, rate, 1 + warm, 1 + warm + objects);
    b.counting = false;
    relay_stats(b.daemon.worker[0].relay, &after);
    net_server_stats(b.daemon.worker[0].server, &net);
    double out = (double)(after.objects_out - before.objects_out), packets = (double)(net.udp_out - net_before.udp_out);
    printf(
        "%s: %.0f objects out (%.0f bytes came), %.0f packets out, %.0f in; CPU %.2f us an object, %.2f us a packet, %.2f Gbit/s per "
        "core\n",
        argv[1], out, (double)b.got_bytes, packets, (double)(net.udp_in - net_before.udp_in), b.server_s * 1e6 / out,
        b.server_s * 1e6 / packets, (double)(net.udp_bytes_out - net_before.udp_bytes_out) * 8 / 1e9 / b.server_s);
    return 0;
}
