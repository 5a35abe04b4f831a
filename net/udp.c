/* SPDX-License-Identifier: MIT */
#include "net/udp.h"

#include <errno.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/units.h"

#define RECEIVE_BYTES 65536
#define SEND_BATCH 32
#define CONTROL_BYTES 128
#define SOCKET_BUFFER_BYTES (4 * 1024 * 1024)

static void set_option(int fd, int level, int option, int value) { setsockopt(fd, level, option, &value, sizeof value); }

void udp_init(struct udp *u, int fd, bool no_gso)
{
    *u = (struct udp){.fd = fd, .gso = !no_gso, .port = addr_bound_port(fd)};
    set_option(fd, SOL_UDP, UDP_GRO, 1);
    set_option(fd, IPPROTO_IP, IP_PKTINFO, 1);
    set_option(fd, IPPROTO_IP, IP_RECVTOS, 1);
    set_option(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO);
    set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    set_option(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1);
    set_option(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IP_PMTUDISC_DO);
    set_option(fd, SOL_SOCKET, SO_RCVBUF, SOCKET_BUFFER_BYTES);
    set_option(fd, SOL_SOCKET, SO_SNDBUF, SOCKET_BUFFER_BYTES);
}

void udp_close(struct udp *u)
{
    if (u->fd >= 0)
        close(u->fd);
    u->fd = -1;
}

/* ---- receiving ---- */

struct receive_slot {
    struct iovec iov;
    union addr from;
    _Alignas(struct cmsghdr) uint8_t control[CONTROL_BYTES];
};

/* Large, so one per thread: whatever arrives is handed on before the next call. */
static _Thread_local struct receive_slot slots[UDP_RECEIVE_BATCH];
static _Thread_local uint8_t receive_bytes[UDP_RECEIVE_BATCH][RECEIVE_BYTES];

static void prepare(struct mmsghdr *msgs)
{
    for (size_t i = 0; i < UDP_RECEIVE_BATCH; i++) {
        slots[i].iov = (struct iovec){receive_bytes[i], RECEIVE_BYTES};
        msgs[i].msg_hdr = (struct msghdr){.msg_name = &slots[i].from,
                                          .msg_namelen = sizeof slots[i].from,
                                          .msg_iov = &slots[i].iov,
                                          .msg_iovlen = 1,
                                          .msg_control = slots[i].control,
                                          .msg_controllen = CONTROL_BYTES};
    }
}

static void read_v4_destination(union addr *to, const struct cmsghdr *c)
{
    struct in_pktinfo info;
    memcpy(&info, CMSG_DATA(c), sizeof info);
    to->in = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = info.ipi_addr};
}

static void read_v6_destination(union addr *to, const struct cmsghdr *c)
{
    struct in6_pktinfo info;
    memcpy(&info, CMSG_DATA(c), sizeof info);
    to->in6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_addr = info.ipi6_addr};
    if (IN6_IS_ADDR_LINKLOCAL(&info.ipi6_addr))
        to->in6.sin6_scope_id = info.ipi6_ifindex;
}

static int read_int(const struct cmsghdr *c)
{
    int value = 0;
    size_t len = c->cmsg_len - CMSG_LEN(0);
    memcpy(&value, CMSG_DATA(c), len < sizeof value ? len : sizeof value);
    return value;
}

static size_t read_control(struct udp_packet *p, struct msghdr *m, bool v6)
{
    size_t segment = 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO && !v6)
            read_v4_destination(&p->to, c);
        else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO)
            read_v6_destination(&p->to, c);
        else if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS) ||
                 (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_TCLASS))
            p->ecn = (uint8_t)(read_int(c) & 3);
        else if (c->cmsg_level == SOL_UDP && c->cmsg_type == UDP_GRO)
            segment = (size_t)read_int(c);
    }
    return segment;
}

static void hand_on(const struct udp *u, struct mmsghdr *msg, void (*got)(void *ctx, const struct udp_packet *p), void *ctx)
{
    struct udp_packet p = {0};
    struct receive_slot *slot = (struct receive_slot *)((uint8_t *)msg->msg_hdr.msg_iov - offsetof(struct receive_slot, iov));
    const uint8_t *data = slot->iov.iov_base;
    size_t left = msg->msg_len;
    p.from = slot->from;
    size_t segment = read_control(&p, &msg->msg_hdr, p.from.sa.sa_family == AF_INET6);
    addr_set_port(&p.to, u->port);
    for (size_t take; left; left -= take, data += take) {
        take = segment && segment < left ? segment : left;
        p.data = data;
        p.len = take;
        got(ctx, &p);
    }
}

int udp_receive(struct udp *u, void (*got)(void *ctx, const struct udp_packet *p), void *ctx)
{
    struct mmsghdr msgs[UDP_RECEIVE_BATCH];
    prepare(msgs);
    int count = recvmmsg(u->fd, msgs, UDP_RECEIVE_BATCH, MSG_DONTWAIT, NULL);
    if (count < 0)
        return errno == ECONNREFUSED ? ERR_IO : 0;
    for (int i = 0; i < count && u->fd >= 0; i++)
        if (!(msgs[i].msg_hdr.msg_flags & MSG_TRUNC))
            hand_on(u, &msgs[i], got, ctx);
    return count;
}

/* ---- sending ---- */

struct send_slot {
    struct iovec iov;
    union addr to;
    _Alignas(struct cmsghdr) uint8_t control[CONTROL_BYTES];
};

static struct cmsghdr *put_control(struct msghdr *m, size_t *used, int level, int type, const void *data, size_t len)
{
    struct cmsghdr *c = (struct cmsghdr *)((uint8_t *)m->msg_control + *used);
    c->cmsg_level = level;
    c->cmsg_type = type;
    c->cmsg_len = CMSG_LEN(len);
    memcpy(CMSG_DATA(c), data, len);
    *used += CMSG_SPACE(len);
    return c;
}

static void put_source(struct msghdr *m, size_t *used, const union addr *from)
{
    if (from->sa.sa_family == AF_INET) {
        struct in_pktinfo info = {.ipi_spec_dst = from->in.sin_addr};
        put_control(m, used, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
    } else if (from->sa.sa_family == AF_INET6) {
        struct in6_pktinfo info = {.ipi6_addr = from->in6.sin6_addr, .ipi6_ifindex = from->in6.sin6_scope_id};
        put_control(m, used, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
    }
}

static void put_ecn(struct msghdr *m, size_t *used, const struct udp_send *s)
{
    int ecn = s->ecn;
    bool v4 = s->to.sa.sa_family == AF_INET || IN6_IS_ADDR_V4MAPPED(&s->to.in6.sin6_addr);
    if (ecn)
        put_control(m, used, v4 ? IPPROTO_IP : IPPROTO_IPV6, v4 ? IP_TOS : IPV6_TCLASS, &ecn, sizeof ecn);
}

static void fill(struct mmsghdr *msg, struct send_slot *slot, const struct udp_send *s, const uint8_t *data, size_t len)
{
    uint16_t segment = (uint16_t)s->segment;
    size_t used = 0;
    slot->iov = (struct iovec){(void *)(uintptr_t)data, len};
    slot->to = s->to;
    memset(slot->control, 0, sizeof slot->control);
    msg->msg_hdr = (struct msghdr){.msg_name = &slot->to,
                                   .msg_namelen = addr_len(&s->to),
                                   .msg_iov = &slot->iov,
                                   .msg_iovlen = 1,
                                   .msg_control = slot->control};
    put_source(&msg->msg_hdr, &used, &s->from);
    put_ecn(&msg->msg_hdr, &used, s);
    if (len > s->segment)
        put_control(&msg->msg_hdr, &used, SOL_UDP, UDP_SEGMENT, &segment, sizeof segment);
    msg->msg_hdr.msg_controllen = used;
}

/* One entry without GSO, packet by packet. False: the socket is full before the first one. `sent` counts those that went. */
static bool send_singly(struct udp *u, const struct udp_send *s, uint64_t *calls, size_t *sent)
{
    *sent = 0;
    for (size_t at = 0; at < s->len; at += s->segment) {
        struct mmsghdr msg;
        struct send_slot slot;
        size_t len = s->len - at < s->segment ? s->len - at : s->segment;
        fill(&msg, &slot, s, s->data + at, len);
        ++*calls;
        ssize_t n = sendmsg(u->fd, &msg.msg_hdr, MSG_DONTWAIT);
        *sent += n >= 0;
        if (n < 0 && (errno == EAGAIN || errno == ENOBUFS))
            return at > 0; /* the rest counts as lost */
    }
    return true;
}

static bool refuses_gso(const struct udp_send *s, int error)
{
    return s->len > s->segment && (error == EIO || error == EINVAL || error == EOPNOTSUPP || error == EMSGSIZE);
}

/* What became of the first entry of a batch that sendmmsg() refused: 1 when it is done with, 0 when the socket is full. */
static size_t settle_first(struct udp *u, const struct udp_send *first, int error, uint64_t *calls)
{
    if (error == EAGAIN || error == ENOBUFS)
        return 0;
    if (!refuses_gso(first, error))
        return 1;
    size_t sent;
    bool done = send_singly(u, first, calls, &sent);
    /* Too large for the path says nothing about GSO, nor does an address that nothing can be sent to (port 0, say): strangers choose
     * those. */
    if (sent && error != EMSGSIZE)
        u->gso = false;
    return done;
}

static size_t send_some(struct udp *u, const struct udp_send *list, size_t count, uint64_t *calls)
{
    struct mmsghdr msgs[SEND_BATCH];
    struct send_slot slot[SEND_BATCH];
    if (count > SEND_BATCH)
        count = SEND_BATCH;
    for (size_t i = 0; i < count; i++)
        fill(&msgs[i], &slot[i], &list[i], list[i].data, list[i].len);
    int sent = sendmmsg(u->fd, msgs, (unsigned int)count, MSG_DONTWAIT);
    ++*calls;
    return sent > 0 ? (size_t)sent : settle_first(u, &list[0], errno, calls);
}

size_t udp_send(struct udp *u, const struct udp_send *list, size_t count, uint64_t *calls)
{
    size_t done = 0, sent;
    while (done < count) {
        size_t some = u->gso || list[done].len <= list[done].segment ? send_some(u, list + done, u->gso ? count - done : 1, calls)
                                                                     : send_singly(u, &list[done], calls, &sent);
        if (!some)
            break;
        done += some;
    }
    return done;
}
