/* SPDX-License-Identifier: MIT */
#include "net/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"

static size_t strip_brackets(char out[ADDR_TEXT_MAX], const char *text)
{
    size_t len = strlen(text);
    if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
        text++;
        len -= 2;
    }
    snprintf(out, ADDR_TEXT_MAX, "%.*s", (int)(len < ADDR_TEXT_MAX ? len : ADDR_TEXT_MAX - 1), text);
    return len;
}

int addr_parse(union addr *a, const char *text, uint16_t port)
{
    char plain[ADDR_TEXT_MAX];
    memset(a, 0, sizeof *a);
    if (strip_brackets(plain, text) >= ADDR_TEXT_MAX)
        return ERR_PARSE;
    if (inet_pton(AF_INET, plain, &a->in.sin_addr) == 1)
        a->sa.sa_family = AF_INET;
    else if (inet_pton(AF_INET6, plain, &a->in6.sin6_addr) == 1)
        a->sa.sa_family = AF_INET6;
    else
        return ERR_PARSE;
    addr_set_port(a, port);
    return 0;
}

void addr_any(union addr *a, uint16_t port)
{
    memset(a, 0, sizeof *a);
    a->sa.sa_family = AF_INET6;
    addr_set_port(a, port);
}

socklen_t addr_len(const union addr *a) { return a->sa.sa_family == AF_INET ? sizeof a->in : sizeof a->in6; }

/* The port stands at the same place in both families. */
uint16_t addr_port(const union addr *a) { return ntohs(a->in.sin_port); }

void addr_set_port(union addr *a, uint16_t port) { a->in.sin_port = htons(port); }

bool addr_eq(const union addr *a, const union addr *b)
{
    if (a->sa.sa_family != b->sa.sa_family || a->in.sin_port != b->in.sin_port)
        return false;
    return a->sa.sa_family == AF_INET ? a->in.sin_addr.s_addr == b->in.sin_addr.s_addr
                                      : memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr, 16) == 0;
}

static bool is_mapped(const union addr *a) { return a->sa.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&a->in6.sin6_addr); }

void addr_format(const union addr *a, char out[ADDR_TEXT_MAX])
{
    char ip[INET6_ADDRSTRLEN] = "?";
    if (a->sa.sa_family == AF_INET)
        inet_ntop(AF_INET, &a->in.sin_addr, ip, sizeof ip);
    else if (is_mapped(a))
        inet_ntop(AF_INET, &a->in6.sin6_addr.s6_addr[12], ip, sizeof ip);
    else
        inet_ntop(AF_INET6, &a->in6.sin6_addr, ip, sizeof ip);
    snprintf(out, ADDR_TEXT_MAX, strchr(ip, ':') ? "[%s]:%u" : "%s:%u", ip, addr_port(a));
}

uint64_t addr_stranger(const union addr *a)
{
    uint64_t top = 0;
    if (a->sa.sa_family == AF_INET)
        return ntohl(a->in.sin_addr.s_addr);
    if (is_mapped(a)) {
        uint32_t v4;
        memcpy(&v4, &a->in6.sin6_addr.s6_addr[12], sizeof v4);
        return ntohl(v4);
    }
    memcpy(&top, &a->in6.sin6_addr, sizeof top);
    return top;
}

static void set_option(int fd, int level, int option, int value) { setsockopt(fd, level, option, &value, sizeof value); }

/* The first binds as if alone, so that a port which another program shares with others is not taken for free. */
static int bind_shared(int fd, const union addr *a, enum addr_share share)
{
    if (share == ADDR_FURTHER)
        set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    int err = bind(fd, &a->sa, addr_len(a));
    if (!err && share == ADDR_FIRST)
        set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    return err;
}

int addr_bind(const union addr *a, int type, enum addr_share share)
{
    int fd = socket(a->sa.sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (type == SOCK_STREAM)
        set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (a->sa.sa_family == AF_INET6)
        set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    if (bind_shared(fd, a, share) || (type == SOCK_STREAM && listen(fd, 512))) {
        int why = errno;
        close(fd);
        errno = why;
        return -1;
    }
    return fd;
}

uint16_t addr_bound_port(int fd)
{
    union addr a = {0};
    socklen_t len = sizeof a;
    return getsockname(fd, &a.sa, &len) ? 0 : addr_port(&a);
}
