/* SPDX-License-Identifier: MIT */
/* The physical limit: what a server that does nothing else could send. Per receiver and turn it seals one object in packets with AES-128-GCM
 * (the same OpenSSL) and hands them to the kernel in one GSO send; no QUIC, no acknowledgements, no timers. The receivers are another
 * process that reads and forgets.
 *
 *   blaster RECEIVERS OBJECT_BYTES SECONDS */
#include <arpa/inet.h>
#include <netinet/udp.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PACKET_BYTES 1452 /* as QUIC's, once the path's size is known */
#define OVERHEAD_BYTES 34 /* header, frame header and tag */
#define HEADER_BYTES (OVERHEAD_BYTES - TAG_BYTES)
#define TAG_BYTES 16
#define NONCE_BYTES 12
#define RECEIVERS_MAX 4000
#define SEND_BYTES_MAX (44 * PACKET_BYTES)

struct receiver {
    struct sockaddr_in to;
    EVP_CIPHER_CTX *key;
    uint64_t packet;
};
static struct receiver receiver[RECEIVERS_MAX];
static uint8_t object[SEND_BYTES_MAX], out[SEND_BYTES_MAX];
static uint64_t packets;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu_s(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

/* ---- receivers ---- */

static int open_socket(struct sockaddr_in *at)
{
    socklen_t len = sizeof *at;
    int on = 1, fd = socket(AF_INET, SOCK_DGRAM, 0);
    *at = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (fd < 0 || bind(fd, (struct sockaddr *)at, sizeof *at) || getsockname(fd, (struct sockaddr *)at, &len))
        die("socket");
    setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof on);
    return fd;
}

static void read_all(const int *fd, size_t count)
{
    static uint8_t bytes[65536];
    struct epoll_event event[256];
    int set = epoll_create1(0);
    for (size_t i = 0; i < count; i++) {
        event[0] = (struct epoll_event){.events = EPOLLIN, .data.fd = fd[i]};
        epoll_ctl(set, EPOLL_CTL_ADD, fd[i], &event[0]);
    }
    for (int n; (n = epoll_wait(set, event, 256, -1)) >= 0;)
        for (int i = 0; i < n; i++)
            while (recv(event[i].data.fd, bytes, sizeof bytes, MSG_DONTWAIT) > 0)
                ;
    exit(0);
}

static pid_t start_receivers(size_t count)
{
    static int fd[RECEIVERS_MAX];
    for (size_t i = 0; i < count; i++)
        fd[i] = open_socket(&receiver[i].to);
    pid_t pid = fork();
    if (pid == 0)
        read_all(fd, count);
    for (size_t i = 0; i < count; i++)
        close(fd[i]);
    return pid;
}

/* ---- sender ---- */

static void make_keys(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t key[16] = {(uint8_t)i, (uint8_t)(i >> 8)};
        receiver[i].key = EVP_CIPHER_CTX_new();
        if (!receiver[i].key || EVP_EncryptInit_ex(receiver[i].key, EVP_aes_128_gcm(), NULL, key, NULL) != 1)
            die("key");
    }
}

static void seal(struct receiver *r, uint8_t *packet, const uint8_t *data, size_t len)
{
    uint8_t nonce[NONCE_BYTES] = {0};
    int n;
    memcpy(nonce, &r->packet, sizeof r->packet);
    r->packet++;
    memcpy(packet, nonce, HEADER_BYTES > NONCE_BYTES ? NONCE_BYTES : HEADER_BYTES);
    EVP_EncryptInit_ex(r->key, NULL, NULL, NULL, nonce);
    EVP_EncryptUpdate(r->key, NULL, &n, packet, HEADER_BYTES);
    EVP_EncryptUpdate(r->key, packet + HEADER_BYTES, &n, data, (int)len);
    EVP_EncryptFinal_ex(r->key, packet + HEADER_BYTES + n, &n);
    EVP_CIPHER_CTX_ctrl(r->key, EVP_CTRL_AEAD_GET_TAG, TAG_BYTES, packet + HEADER_BYTES + len);
    packets++;
}

static size_t seal_object(struct receiver *r, size_t bytes)
{
    size_t at = 0;
    for (size_t done = 0, take; done < bytes; done += take) {
        take = bytes - done < PACKET_BYTES - OVERHEAD_BYTES ? bytes - done : PACKET_BYTES - OVERHEAD_BYTES;
        seal(r, out + at, object + done, take);
        at += take + OVERHEAD_BYTES;
    }
    return at;
}

static void send_object(int fd, struct receiver *r, size_t len)
{
    _Alignas(struct cmsghdr) uint8_t control[CMSG_SPACE(sizeof(uint16_t))] = {0};
    struct iovec iov = {out, len};
    struct msghdr m = {.msg_name = &r->to, .msg_namelen = sizeof r->to, .msg_iov = &iov, .msg_iovlen = 1};
    if (len > PACKET_BYTES) {
        uint16_t segment = PACKET_BYTES;
        m.msg_control = control;
        m.msg_controllen = sizeof control;
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        *c = (struct cmsghdr){.cmsg_level = SOL_UDP, .cmsg_type = UDP_SEGMENT, .cmsg_len = CMSG_LEN(sizeof segment)};
        memcpy(CMSG_DATA(c), &segment, sizeof segment);
    }
    if (sendmsg(fd, &m, 0) < 0)
        die("sendmsg");
}

int main(int argc, char **argv)
{
    size_t count = argc == 4 ? strtoul(argv[1], NULL, 10) : 0, bytes = count ? strtoul(argv[2], NULL, 10) : 0;
    double seconds = bytes ? strtod(argv[3], NULL) : 0;
    if (count < 1 || count > RECEIVERS_MAX || bytes < 1 || bytes > SEND_BYTES_MAX / 2 || seconds <= 0) {
        fprintf(stderr, "blaster RECEIVERS OBJECT_BYTES SECONDS\n");
        return 2;
    }
    pid_t pid = start_receivers(count);
    make_keys(count);
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    double start = now_s(), cpu = cpu_s(), sent = 0, objects = 0;
    while (now_s() - start < seconds)
        for (size_t i = 0; i < count; i++, objects++) {
            size_t len = seal_object(&receiver[i], bytes);
            send_object(fd, &receiver[i], len);
            sent += (double)len;
        }
    cpu = cpu_s() - cpu;
    printf("blaster: %.2f Gbit/s per core to %zu receivers of %zu bytes; %.2f us an object, %.2f us a packet\n",
           sent * 8 / 1e9 / cpu, count, bytes, cpu * 1e6 / objects, cpu * 1e6 / (double)packets);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    return 0;
}
