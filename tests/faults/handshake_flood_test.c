/* SPDX-License-Identifier: MIT */
/* A flood of QUIC handshakes from addresses that are not the sender's: clients have to prove theirs (Retry), newcomers get in, those in the
 * call hear each other, and the relay does not grow. */
#include "check.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "crowd.h"

#define JOIN_PATIENCE PATIENT(10 * SEC)
#define INITIALS 1500 /* different first packets, sent again and again */
#define INITIAL_BYTES 1200
#define FLOOD_PER_SECOND 3000
#define FLOOD_FOR (3 * SEC)
#define TURN (5 * MS)
#define NEWCOMERS 20
#define JOINED_WITHIN PATIENT(1500 * MS) /* a newcomer during the flood, the slowest */
#define ADDED_P99_MAX PATIENT(60 * MS)
#define SILENCE_MAX PATIENT(400 * MS)
#define MEMORY_MAX ROOMY(24u << 20)

static struct process relay;
static struct crowd c;

/* ---- first packets of clients ---- */

static uint8_t initial[INITIALS][INITIAL_BYTES];

static int udp_socket(uint16_t *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
    socklen_t len = sizeof(a);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), bytes = 8 << 20;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
    CHECK_EQ(0, bind(fd, (struct sockaddr *)&a, sizeof(a)));
    CHECK_EQ(0, getsockname(fd, (struct sockaddr *)&a, &len));
    *port = ntohs(a.sin_port);
    return fd;
}

static void on_closed(void *ctx, struct net_conn *conn, uint32_t code, const char *text)
{
    (void)conn, (void)code, (void)text;
    --*(int *)ctx;
}

static const struct net_handler nobody = {.closed = on_closed};

/* Real clients dial a port where nobody answers; what they send first is kept. */
static void collect_initials(void)
{
    uint16_t port;
    char url[64];
    struct net_loop *loop = loop_new();
    int fd = udp_socket(&port), open = 0;
    snprintf(url, sizeof(url), "https://127.0.0.1:%u/wt", port);
    struct net_dial what = {.url = url, .transport = NET_WEBTRANSPORT, .verify = NET_VERIFY_NONE};
    for (size_t have = 0; have < INITIALS;) {
        struct net_conn *conn = net_dial(loop, &what, &nobody, &open);
        CHECK(conn);
        open++;
        ssize_t n = -1;
        while (n < 0) {
            loop_step(loop, 200);
            n = recv(fd, initial[have], INITIAL_BYTES, 0);
        }
        have += n == INITIAL_BYTES;
        net_close(conn, 0, "");
        while (recv(fd, &(char){0}, 1, 0) >= 0)
            ;
    }
    while (open)
        loop_step(loop, 10 * MS);
    close(fd);
    loop_del(loop);
}

/* ---- the flood ---- */

static struct {
    int fd;
    struct loop_timer turn;
    usec_t began;
    uint64_t sent;
    uint32_t noise;
} flood;

/* A source address of the loopback network that is not ours to answer for. */
static in_addr_t spoofed(void)
{
    flood.noise = flood.noise * 1664525 + 1013904223;
    return htonl(0x7f000000 | (flood.noise >> 8 & 0x00fffffe) | 2);
}

static void send_one(void)
{
    union {
        struct cmsghdr head;
        char bytes[CMSG_SPACE(sizeof(struct in_pktinfo))];
    } control = {.bytes = {0}};
    struct in_pktinfo from = {.ipi_spec_dst.s_addr = spoofed()};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(relay.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct iovec iov = {initial[flood.sent++ % INITIALS], INITIAL_BYTES};
    struct msghdr m = {.msg_name = &to,
                       .msg_namelen = sizeof(to),
                       .msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof(control)};
    control.head = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(from)), .cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO};
    memcpy(CMSG_DATA(&control.head), &from, sizeof(from));
    sendmsg(flood.fd, &m, 0);
}

static void on_turn(void *ctx, usec_t now)
{
    (void)ctx;
    while (flood.sent < (uint64_t)((now - flood.began) * FLOOD_PER_SECOND / SEC))
        send_one();
    loop_timer_set(c.loop, &flood.turn, now + TURN);
}

static void start_flood(void)
{
    static struct sock_filter nothing[] = {{.code = BPF_RET | BPF_K}};
    static const struct sock_fprog deaf = {.len = 1, .filter = nothing};
    uint16_t port;
    flood.fd = udp_socket(&port);
    CHECK_EQ(0, setsockopt(flood.fd, SOL_SOCKET, SO_ATTACH_FILTER, &deaf, sizeof(deaf))); /* spoofed hosts hear nothing */
    flood.began = loop_now();
    flood.turn = (struct loop_timer){.fire = on_turn};
    loop_timer_set(c.loop, &flood.turn, flood.began);
}

static void stop_flood(void)
{
    loop_timer_stop(c.loop, &flood.turn);
    close(flood.fd);
}

/* ---- */

static void newcomers_come(struct samples *times)
{
    for (int i = 0; i < NEWCOMERS; i++) {
        crowd_join(&c, &(struct person_spec){.meeting = "m", .transport = NET_WEBTRANSPORT})->unheeded = true;
        crowd_run_for(&c, (FLOOD_FOR - SEC) / NEWCOMERS);
    }
    crowd_until_joined(&c, JOIN_PATIENCE);
    for (const struct person *p = c.people; p; p = p->next)
        if (p->unheeded)
            samples_add(times, p->joined_at - p->asked_at);
}

static void newcomers_get_in_while_strangers_knock(void)
{
    struct samples times = {0};
    collect_initials();
    process_start(&relay, 0, 0, NULL, NULL);
    crowd_start(&c, &relay);
    for (int i = 0; i < 10; i++)
        crowd_join(&c, &(struct person_spec){.meeting = "m", .speaks = i < 2, .frame_bytes = i < 1 ? 3000 : 0, .watches = true});
    crowd_until_joined(&c, JOIN_PATIENCE);
    crowd_run_for(&c, 700 * MS);
    crowd_measure(&c);
    crowd_run_for(&c, SEC);
    struct noticed quiet = crowd_noticed(&c);
    size_t memory = process_memory(&relay);
    usec_t cpu = process_cpu(&relay);
    crowd_measure(&c);
    start_flood();
    crowd_run_for(&c, SEC);
    newcomers_come(&times);
    struct noticed with = crowd_noticed(&c);
    size_t grown = process_memory(&relay) - memory;
    double retries = process_metric(&relay, "parley_net_retries_sent_total");
    stop_flood();
    print_message("%llu first packets, %.0f answered with Retry; newcomers waited p50 %.0f max %.0f ms; relay %.2f s of CPU, "
                  "%+zd kB\n",
                  (unsigned long long)flood.sent, retries, (double)samples_at(&times, 0.5) / 1e3,
                  (double)samples_at(&times, 1) / 1e3, (double)(process_cpu(&relay) - cpu) / 1e6, grown / 1024);
    crowd_tell("  before", &quiet);
    crowd_tell("  in the flood", &with);
    CHECK_BETWEEN((double)flood.sent / 2, (double)flood.sent, retries);
    CHECK_BETWEEN(0, JOINED_WITHIN, samples_at(&times, 1));
    CHECK_BETWEEN(0, quiet.sound_p99 + ADDED_P99_MAX, with.sound_p99);
    CHECK_BETWEEN(0, SILENCE_MAX, with.silence_max);
    CHECK_BETWEEN(0, MEMORY_MAX, grown);
    samples_free(&times);
    crowd_stop(&c);
    CHECK_EQ(0, process_stop(&relay));
}

int main(void)
{
    static const struct check_test tests[] = {T(newcomers_get_in_while_strangers_knock)};
    return CHECK_RUN(tests);
}
